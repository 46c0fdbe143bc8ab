//! A batch is a matter of speed, never of meaning.

use lamplight::engine::intake::Settled;

use super::house::{ADA, BOB, House, Left};

const TWICE: [Result<Settled, lamplight::engine::intake::NotKept>; 2] =
    [Ok(Settled::Accepted), Ok(Settled::Duplicate)];

#[tokio::test]
async fn a_duplicate_in_the_same_batch_is_counted_and_changes_nothing() {
    let house = House::new().await;
    let event = house.text(ADA, "BP 126 74");
    assert_eq!(house.take([event.clone(), event]).await, TWICE);
    assert_eq!(house.ledger().await, [2, 1, 1, 0, 0]);
    assert_eq!(house.readings().await, ["systolic 126.0 accepted", "diastolic 74.0 accepted"]);
    assert_eq!(house.see("select copies from inbox").await, ["1"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_duplicate_in_a_later_batch_is_counted_and_changes_nothing() {
    let house = House::new().await;
    let event = house.text(ADA, "BP 184 95");
    house.accepts(event.clone()).await;
    house.settles(event.clone(), Settled::Duplicate).await;
    house.settles(event, Settled::Duplicate).await;
    assert_eq!(house.ledger().await, [3, 1, 2, 0, 0]);
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    assert_eq!(house.see("select copies from inbox").await, ["2"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_duplicate_after_a_restart_is_counted_and_changes_nothing() {
    let house = House::new().await;
    let (text, publish) = (house.text(ADA, "BP 184 95"), house.pressure("bp-1", 186, 96));
    house.take([text.clone(), publish]).await;
    let house = house.restart().await;
    // The broker sends the very same bytes again; the event that is made of them has another id and another time.
    let again = house.pressure("bp-1", 186, 96);
    assert_eq!(house.take([text, again]).await, [Ok(Settled::Duplicate), Ok(Settled::Duplicate)]);
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x2"]);
    assert_eq!(house.ledger().await, [4, 2, 2, 0, 0]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_held_event_that_comes_again_is_a_duplicate() {
    let house = House::new().await;
    let event = house.pressure("bp-9", 120, 70);
    assert_eq!(house.take([event.clone(), event]).await, [Ok(Settled::Held), Ok(Settled::Duplicate)]);
    assert_eq!(house.tasks().await, ["unknown_device bp-9 x1"]);
    house.leaves(Left::held(1)).await;
}

#[tokio::test]
async fn two_breaches_in_one_batch_are_one_alert_of_two() {
    let house = House::new().await;
    house.take([house.text(ADA, "BP 152 80"), house.text(ADA, "BP 154 82")]).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high amber open x2"]);
    assert_eq!(house.count("alert_evidence").await, 2);
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn worsening_within_one_batch_is_seen() {
    let house = House::new().await;
    house.take([house.pressure("bp-1", 152, 80), house.pressure("bp-1", 190, 99)]).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x2"]);
    assert_eq!(house.count("alert where worsened_at is not null").await, 1);
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn a_text_and_a_cuff_of_one_patient_meet_in_one_alert() {
    let house = House::new().await;
    house.take([house.text(ADA, "BP 152 80"), house.pressure("bp-1", 153, 81)]).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high amber open x2"]);
    // The cuff brought no news, so the phone rang once.
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_stop_in_a_batch_silences_what_follows_in_it() {
    let house = House::new().await;
    house
        .take([house.text(ADA, "STOP"), house.text(ADA, "BP 184 95"), house.pressure("bp-1", 186, 96)])
        .await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x2"]);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn what_is_read_back_can_be_confirmed_in_the_same_batch() {
    let house = House::new().await;
    house.take([house.text(ADA, "BP 235 120"), house.text(ADA, "YES")]).await;
    assert_eq!(house.readings().await, ["systolic 235.0 accepted", "diastolic 120.0 accepted"]);
    assert_eq!(house.count("confirmation").await, 0);
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn events_of_many_patients_commit_together() {
    let house = House::new().await;
    let events = (0..300).map(|n| {
        let from = if n % 2 == 0 { ADA } else { BOB };
        house.text(from, &format!("BP {} {}", 110 + n % 20, 62 + n / 20))
    });
    let events: Vec<_> = events.collect();
    assert!(house.take(events).await.iter().all(|kept| *kept == Ok(Settled::Accepted)));
    let metrics = house.telemetry.render();
    let commits = metrics.lines().find_map(|line| line.strip_prefix("lamplight_intake_batch_size_count "));
    assert_eq!(commits, Some("1"), "300 events that waited together went in one by one");
    house.leaves(Left::texts(300)).await;
}

#[tokio::test]
async fn a_devices_words_about_itself_are_all_heard() {
    let house = House::new().await;
    house.take([house.status("bp-1", "online"), house.status("bp-1", r#"{"battery":71}"#)]).await;
    assert_eq!(
        house.see("select online || ' ' || battery from device where id = 'bp-1'").await,
        ["1 71.0"],
        "the later word drove out the earlier one, which said something else"
    );
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn whatever_comes_while_others_keep_the_store_goes_along_in_one_commit() {
    let house = House::new().await;
    let others = house.store.begin_quietly().await.unwrap();
    let first = house.text(ADA, "BP 126 74");
    let rest: Vec<_> = (0..5).map(|n| house.text(BOB, &format!("BP 12{n} 7{n}"))).collect();
    let turns = async |turns: u32| {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    };
    let late = async {
        turns(100).await;
        house.take(rest).await
    };
    let patience = async {
        turns(1_000).await;
        assert_eq!(house.telemetry.intake_commits.get(), 0, "nothing is written past who keeps the store");
        drop(others);
    };
    let (first, late, ()) = tokio::join!(house.take([first]), late, patience);
    assert!(first.iter().chain(&late).all(|kept| *kept == Ok(Settled::Accepted)), "{first:?} {late:?}");
    assert_eq!(house.telemetry.intake_commits.get(), 1);
    assert_eq!(house.ledger().await, [6, 6, 0, 0, 0]);
    house.leaves(Left::texts(6)).await;
}
