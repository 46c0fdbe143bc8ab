//! Batches that are decided while the one before is being written end as if they had been decided in turn.

use std::fmt::Write as _;

use lamplight::domain::event::Event;
use lamplight::domain::id::PatientId;
use lamplight::engine::intake::Settled;

use super::house::{House, pressure};

const PATIENTS: u32 = 400;
/// Several of the largest batches.
const FLOOD: u32 = 4_800;
/// The largest batch.
const LARGEST: u32 = 1_024;

/// A house with many cuffs, and what they publish: one in `breach_in` is beyond a limit, one in eleven comes twice.
async fn flooded(breach_in: u32) -> (House, Vec<Event>) {
    let mut house = House::new().await;
    house.stop().await;
    house.start(2 * FLOOD as usize);
    let mut sheet = "patient_id,phone,devices\n".to_owned();
    for n in 0..PATIENTS {
        writeln!(sheet, "p{n},+447700900{},cuff-{n}", 500 + n).unwrap();
    }
    house.enrol(&sheet).await;
    let mut events: Vec<Event> = Vec::new();
    let mut dice = 11_u32;
    // Each question has a roll of its own: else it is the same few patients who are ever beyond a limit.
    let mut roll = || {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        dice >> 16
    };
    for n in 0..FLOOD {
        if roll().is_multiple_of(11) && n > 0 {
            events.push(events[events.len() - 1 - roll() as usize % events.len().min(700)].clone());
            continue;
        }
        let taken_at = house.clock.now() - jiff::SignedDuration::from_secs(i64::from(FLOOD - n));
        let systolic = if roll().is_multiple_of(breach_in) { 150 + roll() % 40 } else { 110 + roll() % 20 };
        let cuff = format!("cuff-{}", roll() % PATIENTS);
        events.push(house.publish(&cuff, &pressure(Some(taken_at), systolic, 74)));
    }
    (house, events)
}

/// A house with many phones, and what comes from them. Batches come from two halves of a town in turn; one text in
/// `stray_in` is from somebody of the other half, or with `strangers` from a phone that two share or that nobody knows.
async fn chattering(stray_in: u32, strangers: bool) -> (House, Vec<Event>) {
    let mut house = House::new().await;
    house.stop().await;
    house.start(2 * FLOOD as usize);
    let mut sheet = "patient_id,phone,devices\ntwin-a,+447700900499,\ntwin-b,+447700900499,\n".to_owned();
    for n in 0..PATIENTS {
        writeln!(sheet, "p{n},+447700900{},", 500 + n).unwrap();
    }
    house.enrol(&sheet).await;
    let mut dice = 5_u32;
    let mut roll = || {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        dice >> 16
    };
    let mut events: Vec<Event> = Vec::new();
    for n in 0..FLOOD {
        let half = n / LARGEST % 2 * PATIENTS / 2;
        let from = match roll() % stray_in {
            0 if strangers => 498 + roll() % 2,
            0 => 500 + PATIENTS / 2 - half + roll() % (PATIENTS / 2),
            _ => 500 + half + roll() % (PATIENTS / 2),
        };
        let body = match roll() % 30 {
            0 => "STOP".to_owned(),
            1 | 2 => "START".to_owned(),
            3 => "YES".to_owned(),
            4 => "the dog ate it".to_owned(),
            5 | 6 => format!("weight {}kg", 60 + roll() % 90),
            7 | 8 => format!("BP {} 126", 150 + roll() % 40),
            _ => format!("BP {} 74", 110 + roll() % 30),
        };
        let mut event = house.text(&format!("+447700900{from}"), &body);
        event.key = format!("twilio:SM{n}");
        events.push(event);
    }
    (house, events)
}

/// Everything that a flood leaves behind, without the names that chance has given.
async fn left(house: &House) -> Vec<String> {
    let mut rows = house
        .see("select patient_id || ' ' || rule_id || ' ' || severity || ' x' || count || ' ' || why || ' ' || coalesce(recovered_at, '-') from alert order by 1")
        .await;
    rows.extend(
        house.see("select patient_id || ' ' || taken_at || ' ' || numbers from reading_set order by 1").await,
    );
    rows.extend(
        house.see("select dedupe_key || ' ' || outcome || ' ' || copies from inbox order by 1").await,
    );
    rows.extend(
        house.see("select coalesce(patient_id, address) || ' ' || body || ' ' || (repeats is not null) from message order by 1").await,
    );
    rows.extend(house.see("select id || ' ' || standing from patient order by 1").await);
    rows.extend(
        house
            .see("select kind || ' ' || coalesce(patient_id, '-') || ' ' || detail from task order by 1")
            .await,
    );
    rows.extend(house.see("select patient_id || ' ' || in_a_row from unreadable order by 1").await);
    rows.extend(house.see("select patient_id || ' ' || readings from confirmation order by 1").await);
    rows
}

#[tokio::test]
async fn a_flood_that_is_decided_ahead_ends_as_one_that_is_decided_in_turn() {
    for breach_in in [6, 40, 700] {
        let (house, events) = flooded(breach_in).await;
        let kept = house.take(events).await;
        assert!(kept.iter().all(|kept| matches!(kept, Ok(Settled::Accepted | Settled::Duplicate))));
        assert!(house.telemetry.intake_ahead.get() > 0, "nothing was decided ahead, one in {breach_in}");
        let at_once = left(&house).await;
        let ledger = house.ledger().await;
        assert_eq!(ledger[0], i64::from(FLOOD));
        house.leaves_whatever().await;

        let (house, events) = flooded(breach_in).await;
        for some in events.chunks(300) {
            house.take(some.to_vec()).await;
        }
        assert_eq!(house.telemetry.intake_ahead.get(), 0, "each had landed before the next came");
        assert_eq!(left(&house).await, at_once);
        assert_eq!(house.ledger().await, ledger);
        house.leaves_whatever().await;
    }
}

#[tokio::test]
async fn texts_that_are_decided_ahead_end_as_texts_that_are_decided_in_turn() {
    let cases = [(u32::MAX, false, true), (2_000, true, true), (60, true, false), (60, false, false)];
    for (stray_in, strangers, is_ahead) in cases {
        let (house, events) = chattering(stray_in, strangers).await;
        let kept = house.take(events).await;
        assert!(kept.iter().all(Result::is_ok));
        assert_eq!(house.telemetry.intake_ahead.get() > 0, is_ahead, "one in {stray_in} is a stray");
        let at_once = left(&house).await;
        let ledger = house.ledger().await;
        assert_eq!(ledger[0], i64::from(FLOOD));
        house.leaves_whatever().await;

        let (house, events) = chattering(stray_in, strangers).await;
        for some in events.chunks(300) {
            house.take(some.to_vec()).await;
        }
        let in_turn = left(&house).await;
        let differing = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|row| !those.contains(row)).cloned().collect()
        };
        assert_eq!(
            differing(&in_turn, &at_once),
            differing(&at_once, &in_turn),
            "one in {stray_in} is a stray"
        );
        assert_eq!(in_turn, at_once);
        assert_eq!(house.ledger().await, ledger);
        house.leaves_whatever().await;
    }
}

#[tokio::test]
async fn who_says_the_same_again_while_the_first_is_being_written_repeats_it() {
    let (house, _) = chattering(u32::MAX, false).await;
    let batch = |half: u32| {
        let others = (1..LARGEST).map(move |n| (500 + half + n % (PATIENTS / 2), 110 + n % 20));
        // The first of each batch is of one and the same patient.
        std::iter::once((500, 118)).chain(others.filter(|(phone, _)| *phone != 500))
    };
    let texts = batch(0).chain(std::iter::repeat_n((501, 111), 2)).chain(batch(PATIENTS / 2));
    let events: Vec<Event> = texts
        .map(|(phone, systolic)| house.text(&format!("+447700900{phone}"), &format!("BP {systolic} 74")))
        .collect();
    house.take(events).await;
    assert_eq!(
        house.see("select repeats is not null from message where patient_id = 'p0' and direction = 'in' order by id").await,
        ["0", "1"]
    );
    assert_eq!(house.telemetry.intake_ahead.get(), 0, "what the batch before touches is not foreseen");
    house.leaves_whatever().await;
}

/// Somebody else's commit between two batches: what was decided ahead of it is thrown away.
#[tokio::test]
async fn what_changes_while_batches_are_in_the_air_holds_from_the_next_one_on() {
    let (house, events) = flooded(20).await;
    // Notes every text that is written to somebody who has left by then.
    house.run("create table too_late (id text)").await;
    house
        .run(
            "create trigger notes after insert on message
             when new.direction = 'out' and (select standing from patient where id = new.patient_id) = 'stopped'
             begin insert into too_late values (new.id); end",
        )
        .await;
    let (store, now) = (house.store.clone(), house.clock.now());
    let telemetry = house.telemetry.clone();
    let change = async move {
        // After every commit a quarter of them leave, behind the batch that is being written by then.
        for quarter in 0..4_u32 {
            while telemetry.intake_commits.get() <= u64::from(quarter) {
                tokio::task::yield_now().await;
            }
            let mut tx = store.begin().await.unwrap();
            for n in (0..PATIENTS).filter(|n| n % 4 == quarter) {
                tx.stop_texting(&PatientId::trusted(format!("p{n}")), now).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
    };
    let (kept, ()) = tokio::join!(house.take(events), change);
    assert_eq!(kept.len(), FLOOD as usize);
    assert!(house.count("message where direction = 'out'").await > 0, "whoever is there is texted");
    assert_eq!(house.count("too_late").await, 0, "who has left is texted no more");
    house.leaves_whatever().await;
}

/// One event that the database refuses takes nothing with it, though the batch behind it was decided on what it left.
#[tokio::test]
async fn what_was_decided_on_a_batch_that_is_refused_is_decided_anew() {
    let (house, events) = flooded(40).await;
    let poisoned = events[200].key.clone();
    house
        .run(&format!(
            "create trigger refuse before insert on reading_set when new.set_id =
               (select id from inbox where dedupe_key = '{poisoned}')
             begin insert into ledger values (1, 'out of balance', 5, 0, 0, 0, 0); end"
        ))
        .await;
    let kept = house.take(events).await;
    assert!(kept.iter().all(Result::is_ok), "what is refused is kept all the same");
    let outcome = house.see(&format!("select outcome from inbox where dedupe_key = '{poisoned}'")).await;
    assert_ne!(outcome, ["accepted"]);
    assert_eq!(
        house.see("select count(*) from reading_set").await,
        house.see("select count(*) from inbox where outcome = 'accepted'").await
    );
    assert_eq!(
        house.see("select sum(count) from alert").await,
        house.see("select count(*) from alert_evidence").await,
        "every firing is counted once"
    );
    house.leaves_whatever().await;
}
