//! Words of texts go when they were kept for long enough, and nothing else does.

use jiff::SignedDuration;
use lamplight::domain::id::AlertId;
use lamplight::domain::retention::RawTexts;
use lamplight::engine::explain::{Verdict, explain};
use lamplight::engine::intake::Settled;
use lamplight::engine::retention::{Removed, run, years};

use super::house::{ADA, BOB, House, Left, STRANGER};

const RULE: RawTexts = RawTexts { days: 365 };
/// Texts in and out that still have their words.
const WORDY: &str =
    "select (case direction when 'in' then 'in ' else 'out ' end) || coalesce(patient_id, '-') from message
                     where body <> '' order by id";

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

async fn remove(house: &House) -> Removed {
    run(&house.store, &years(&house.catalog), RULE, house.clock.now()).await.unwrap()
}

/// All that waits has been delivered.
async fn deliver(house: &House) {
    house.run("update message set state = 'delivered', due_at = null where direction = 'out'").await;
}

async fn runs_on_record(house: &House) -> Vec<String> {
    house.see("select action || ' ' || detail from audit where action = 'words.remove' order by seq").await
}

#[tokio::test]
async fn words_that_are_old_enough_are_removed_and_all_that_was_made_of_them_stays() {
    let house = House::new().await;
    let mut text = house.text(ADA, "BP 131 79");
    text.key = "twilio:SM1".to_owned();
    house.accepts(text).await;
    deliver(&house).await;
    house.run("insert into message_event (message_id, at, state, raw) select id, 0, 'sent', 'To=%2B44' from message where direction = 'out'").await;
    house
        .run(
            "insert into message_event (provider_id, at, state, raw) values ('SM9', 0, 'sent', 'From=%2B44')",
        )
        .await;
    let readings = house.readings().await;
    house.wait(days(364));
    assert_eq!(remove(&house).await, Removed { parked: 1, ..Removed::default() }, "a day too early");
    house.wait(days(1) + SignedDuration::from_secs(1));
    assert_eq!(remove(&house).await, Removed { journalled: 1, messages: 2, parked: 0 });
    assert_eq!(house.see("select body || length(raw) || dedupe_key from inbox").await, ["0twilio:SM1"]);
    assert_eq!(house.see(WORDY).await, [] as [&str; 0]);
    assert_eq!(
        house
            .count("message where emptied_at is not null and provider_id is not null or direction = 'out'")
            .await,
        2
    );
    assert_eq!(house.count("message_event where raw <> ''").await, 0);
    assert_eq!(house.readings().await, readings);
    assert_eq!(remove(&house).await, Removed::default(), "there is nothing left to remove");
    let on_record = runs_on_record(&house).await;
    assert_eq!(on_record.len(), 2, "one line a run that removed something: {on_record:?}");
    assert!(
        on_record[1].contains(r#""days":365"#) && on_record[1].contains(r#""messages":2"#),
        "{on_record:?}"
    );

    // Twilio brings it once more, ten years after.
    let mut again = house.text(ADA, "BP 131 79");
    again.key = "twilio:SM1".to_owned();
    house.settles(again, Settled::Duplicate).await;
    assert_eq!(house.readings().await, readings);
    assert_eq!(house.ledger().await, [2, 1, 1, 0, 0]);
    house.abandon();
}

#[tokio::test]
async fn what_is_still_at_work_keeps_its_words_however_old_it_is() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 126 74")).await;
    house.accepts(house.text(ADA, "BP 190 99")).await;
    house.settles(house.text(STRANGER, "BP 140 90"), Settled::Held).await;
    house.accepts(house.text(BOB, "BP 121 79")).await;
    deliver(&house).await;
    house.accepts(house.text(BOB, "BP 122 79")).await;
    house.wait(days(4000));
    remove(&house).await;
    assert_eq!(
        house.see("select body from inbox where body <> '' order by id").await,
        ["BP 126 74", "BP 190 99", "BP 140 90"],
        "an open alert keeps all that its patient said, and what is held is not understood yet"
    );
    let queued =
        house.see("select direction || body from message where state = 'queued' and body <> ''").await;
    assert_eq!(queued.len(), 1, "what has not left has its words");
    let alert = house.see("select id from alert").await.remove(0);
    house.acknowledge(&alert).await;
    remove(&house).await;
    assert_eq!(
        house.count("inbox where body <> '' and patient_id = 'ada'").await,
        2,
        "acknowledged is not resolved"
    );
    house.resolve(&alert).await;
    house.run("update task set resolved_at = 1 where patient_id = 'ada'").await;
    remove(&house).await;
    assert_eq!(house.see("select body from inbox where body <> ''").await, ["BP 140 90"]);
    house.leaves(Left { texts: 1, held: 1 }).await;
}

#[tokio::test]
async fn whoever_was_on_a_protocol_has_theirs_kept_for_as_long_as_the_longest_of_them_wants() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 126 74")).await;
    house.accepts(house.text(BOB, "BP 121 79")).await;
    deliver(&house).await;
    // Eight years from the end of the one, 25 from that of the other; Bob is on one that nobody knows any more.
    for (patient, protocol, ended) in
        [("ada", "heart_failure", 900), ("ada", "pregnancy_bp", 100), ("bob", "of_old", 1)]
    {
        let ended = (house.clock.now() + days(ended)).as_millisecond();
        house
            .run(&format!(
                "insert into enrolment (patient_id, protocol_id, first_day, state, state_at, end_reason, consent,
                   consent_at, consent_source, own_times, settled_until, revision)
                 values ('{patient}', '{protocol}', '2026-01-01', 'ended', {ended}, 'ended', 'given', 0, '{{}}', '{{}}', 0, 1)"
            ))
            .await;
    }
    for (label, after, kept) in [
        ("over eight years", 9 * 366, 4),
        ("25 years, and not from the end", 16 * 365 + 20, 4),
        ("25 years from the end", 120, 2),
        ("who knows how long", 20_000, 2),
    ] {
        house.wait(days(after));
        remove(&house).await;
        assert_eq!(house.see(WORDY).await.len(), kept, "{label}");
    }
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn a_run_goes_through_all_there_is_however_much_of_it_stays() {
    let house = House::new().await;
    house
        .run(
            "with recursive n(n) as (select 1 union all select n + 1 from n where n < 1700)
             insert into inbox (id, dedupe_key, edge, kind, sender, address, body, raw, received_at, outcome, reason, patient_id)
             select printf('0%019d', n), 'k' || n, iif(n % 10 = 3, 'device', 'text'), 'text', '+447700900199', '+44',
                    'words', x'726177', 1000 + n, iif(n % 10 = 4, 'held', 'rejected'), '', iif(n % 10 < 3, 'ada', null) from n;
             update patient set date_of_birth = '2020-01-01' where id = 'ada'",
        )
        .await;
    assert_eq!(remove(&house).await.journalled, 850);
    assert_eq!(house.count("inbox where body = 'words' and raw = x'726177'").await, 850);
    assert_eq!(
        house
            .count(
                "inbox where body = 'words' and patient_id is null and edge = 'text' and outcome <> 'held'"
            )
            .await,
        0
    );
    // A run that was cut off is put on record by the next.
    house.run("update retention_run set ended_at = null, at = at - 1").await;
    remove(&house).await;
    assert_eq!(runs_on_record(&house).await.len(), 2);
    house.run("update inbox set outcome = 'rejected'").await;
    house.abandon();
}

#[tokio::test]
async fn explain_says_since_when_the_words_are_gone_and_under_which_rule() {
    for (text, verdict, note) in [
        ("BP 190 99", Verdict::Same, "what was read of them then is as it was kept"),
        ("BP 235 120", Verdict::Same, "what was read of them then is as it was kept"),
        // Read back as 6.4, and judged as 64 mg/dL: of that nothing is kept but the words.
        ("sugar 64", Verdict::NotRebuilt, "it cannot be judged anew"),
    ] {
        let house = House::new().await;
        let in_force =
            lamplight::engine::activation::CatalogInForce::new(std::sync::Arc::clone(&house.catalog));
        in_force.note_start(&house.store, "test", house.clock.now()).await.unwrap();
        house.accepts(house.text(ADA, text)).await;
        let alert = house.see("select id from alert").await.remove(0);
        let before = explain(&house.store, &AlertId::trusted(&alert)).await.unwrap().unwrap();
        assert_eq!(before.verdict, Verdict::Same, "{text}");
        house.accepts(house.text(ADA, "NO")).await;
        deliver(&house).await;
        house.resolve(&alert).await;
        house.run("update task set resolved_at = 1").await;
        house.wait(days(366));
        assert!(remove(&house).await.journalled > 0, "{text}");
        let told = explain(&house.store, &AlertId::trusted(&alert)).await.unwrap().unwrap();
        assert_eq!(told.verdict, verdict, "{text}: {told:#?}");
        let firing = &told.firings[0];
        assert_eq!(firing.came_in.as_ref().map(|came| came.raw.as_str()), Some(""));
        let notes = firing.notes.join("\n");
        assert!(
            notes.contains("removed on 2027-11-23 under the rule retention.raw_texts_days = 365"),
            "{notes}"
        );
        assert!(notes.contains(note), "{notes}");
        house.leaves_whatever().await;
    }
}
