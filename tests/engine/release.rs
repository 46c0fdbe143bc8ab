//! What was held is taken in once its sender is known: once, with the times at which it really came.

use jiff::SignedDuration;
use lamplight::domain::alert::{NOT_CONFIRMED, NOT_THEIRS};
use lamplight::engine::intake::Settled;
use lamplight::engine::release::Released;

use super::house::{ADA, House, Left, STRANGER, pressure};

#[tokio::test]
async fn a_held_reading_is_taken_in_once_with_its_own_times() {
    let house = House::new().await;
    let taken_at = house.clock.now() - SignedDuration::from_mins(7);
    let event = house.publish("bp-9", &pressure(Some(taken_at), 190, 99));
    let received_at = event.received_at;
    house.settles(event.clone(), Settled::Held).await;
    assert_eq!(house.ledger().await, [1, 0, 0, 0, 1]);

    house.wait(SignedDuration::from_hours(2));
    assert_eq!(house.release().await, Released::default());
    house.enrol("patient_id,devices\nbob,bp-9\n").await;
    assert_eq!(house.release().await, Released { events: 1, messages: 1 });
    assert_eq!(house.release().await, Released::default());

    assert_eq!(house.ledger().await, [1, 1, 0, 0, 0]);
    assert_eq!(house.alerts().await, ["bob blood_pressure_high red open x1"]);
    assert_eq!(
        house.see("select distinct taken_at || ' ' || received_at || ' ' || state from reading").await,
        [format!("{} {} accepted", taken_at.as_millisecond(), received_at.as_millisecond())]
    );
    assert_eq!(house.see("select patient_id || ' ' || outcome from inbox").await, ["bob accepted"]);
    // Sent again it is still the same event.
    house.settles(event, Settled::Duplicate).await;
    assert_eq!(house.count("reading").await, 2);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn held_texts_are_answered_while_the_answer_is_of_use_and_judged_whenever() {
    let house = House::new().await;
    house.settles(house.text(STRANGER, "BP 190 99"), Settled::Held).await;
    house.wait(SignedDuration::from_hours(7));
    house.settles(house.text(STRANGER, "BP 185 95"), Settled::Held).await;
    house.enrol(&format!("patient_id,phone\ncarl,{STRANGER}\n")).await;
    assert_eq!(house.release().await, Released { events: 2, messages: 1 });
    assert_eq!(house.alerts().await, ["carl blood_pressure_high red open x2"]);
    assert_eq!(
        house.see("select distinct patient_id from message where direction = 'in'").await,
        ["carl"],
        "the texts are in the patient's record"
    );
    let texts = house.texts().await;
    assert!(texts[0].starts_with("Sorry, we do not know") && texts[1].contains("185/95"), "{texts:?}");
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn an_event_that_came_before_midnight_and_was_kept_after_it_can_be_released() {
    let house = House::new().await;
    house.clock.set("2026-11-22T23:59:59.900Z".parse().unwrap());
    let event = house.pressure("bp-9", 190, 99);
    house.clock.set("2026-11-23T00:00:00.100Z".parse().unwrap());
    house.settles(event, Settled::Held).await;
    house.enrol("patient_id,devices\nbob,bp-9\n").await;
    assert_eq!(house.release().await.events, 1);
    assert_eq!(house.alerts().await, ["bob blood_pressure_high red open x1"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_held_event_that_the_database_refuses_holds_up_no_other() {
    let house = House::new().await;
    let events: Vec<_> = (0..3).map(|n| house.text(STRANGER, &format!("BP {} 99", 190 + n))).collect();
    let poison = events[1].id.clone();
    house.take(events).await;
    house.settles(house.pressure("zz-1", 150, 80), Settled::Held).await;
    house
        .run(&format!(
            "insert into message (id, direction, channel, address, body, state, created_at)
             values ('{poison}m1', 'in', 'sms', '', '', 'received', 0)"
        ))
        .await;
    house.enrol(&format!("patient_id,phone,devices\ncarl,{STRANGER},zz-1\n")).await;
    assert_eq!(house.release().await.events, 4);
    assert!(house.tasks().await.contains(&format!("poisoned_event {poison} x1")));
    assert_eq!(house.ledger().await, [4, 3, 0, 1, 0]);
    assert_eq!(house.alerts().await, ["carl blood_pressure_high red open x3"]);
    house.leaves(Left::texts(4)).await;
}

#[tokio::test]
async fn what_a_device_said_before_it_was_registered_does_not_undo_what_it_said_since() {
    let house = House::new().await;
    house.settles(house.status("bp-9", "online"), Settled::Held).await;
    house.wait(SignedDuration::from_hours(1));
    house.enrol("patient_id,devices\nbob,bp-9\n").await;
    house.accepts(house.status("bp-9", "offline")).await;
    assert_eq!(house.release().await.events, 1);
    assert_eq!(
        house.see("select online || ' ' || status_at from device where id = 'bp-9'").await,
        [format!("0 {}", house.clock.now().as_millisecond())]
    );
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn the_task_about_an_unknown_sender_is_done_once_the_sender_is_known() {
    let house = House::new().await;
    house.settles(house.pressure("bp-9", 128, 76), Settled::Held).await;
    house.settles(house.text(STRANGER, "BP 126 74"), Settled::Held).await;
    house.settles(house.text(STRANGER, "i have chest pain"), Settled::Held).await;
    house.enrol(&format!("patient_id,phone,devices\ncarl,{STRANGER},bp-9\n")).await;
    house.release().await;
    // A cry for help is no matter of registration: somebody has to look.
    assert_eq!(house.tasks().await, [format!("asked_for_help {STRANGER} x1")]);
    house.leaves(Left::texts(3)).await;
}

#[tokio::test]
async fn a_slip_that_was_held_for_days_can_be_confirmed_and_is_not_if_nobody_was_asked() {
    let house = House::new().await;
    house.settles(house.text(STRANGER, "BP 235 120"), Settled::Held).await;
    house.wait(SignedDuration::from_hours(72));
    house.enrol(&format!("patient_id,phone\ncarl,{STRANGER}\n")).await;
    house.release().await;
    assert_eq!(house.alerts().await, ["carl blood_pressure_high red open x1"]);
    assert_eq!(house.tasks().await, ["unconfirmed carl x1"], "nobody was asked, so a human must ask");
    house.accepts(house.text(STRANGER, "YES")).await;
    assert_eq!(house.readings().await, ["systolic 235.0 unconfirmed", "diastolic 120.0 unconfirmed"]);
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn a_stop_that_was_held_is_obeyed() {
    let house = House::new().await;
    house.settles(house.text(STRANGER, "STOP"), Settled::Held).await;
    house.enrol(&format!("patient_id,phone\ncarl,{STRANGER}\n")).await;
    house.release().await;
    house.accepts(house.text(STRANGER, "BP 190 99")).await;
    assert_eq!(house.see("select standing from patient where id = 'carl'").await, ["stopped"]);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn a_phone_that_is_shared_no_more_lets_its_texts_in_and_the_others_alert_says_so() {
    let house = House::new().await;
    house.enrol(&format!("patient_id,phone\nbeth,{ADA}\n")).await;
    house.settles(house.text(ADA, "BP 190 99"), Settled::Held).await;
    house.enrol("patient_id,phone\nbeth,+447700900177\n").await;
    assert_eq!(house.release().await.events, 1);
    // It counted for both while nobody knew whose it was, and counts no second time.
    let both = ["ada blood_pressure_high red open x1", "beth blood_pressure_high red open x1"];
    assert_eq!(house.alerts().await, both);
    let why = house.see("select patient_id || ': ' || why from alert order by patient_id").await;
    assert!(!why[0].contains(NOT_CONFIRMED) && !why[0].contains(NOT_THEIRS), "{why:?}");
    assert!(why[1].starts_with("beth: ") && why[1].ends_with(NOT_THEIRS), "{why:?}");
    house.leaves(Left::texts(2)).await;
}
