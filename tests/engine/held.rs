//! What is held of a device is given to a patient by somebody who knows, or put aside: judged as of when it was taken, once.

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::decide::{Gift, NotGiven};
use lamplight::domain::event::Event;
use lamplight::domain::id::{DeviceId, EventId, PatientId};
use lamplight::domain::payload;
use lamplight::engine::device::revoke_device;
use lamplight::engine::held::{HeldDesk, HeldError, held_readings};
use lamplight::engine::intake::Settled;
use lamplight::engine::nurse::{Hand, Via};
use lamplight::engine::release::Released;

use super::foreign;
use super::house::{House, Left, pressure};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const WHY: &str = "She rang and read it out";

fn sister() -> Hand {
    Hand { actor: "sister".to_owned(), via: Via::Api { token: "clinic".to_owned() } }
}

fn to(patient: &str) -> Gift {
    Gift { patient: PatientId::trusted(patient), taken_at: None, measurements: Vec::new() }
}

fn at(patient: &str, taken_at: Timestamp) -> Gift {
    Gift { taken_at: Some(taken_at), ..to(patient) }
}

async fn give_as(house: &House, hand: &Hand, event: &EventId, gift: &Gift) -> Result<usize, HeldError> {
    let desk = HeldDesk { store: &house.store, catalog: &house.catalog, hand, now: house.clock.now() };
    desk.give(event, gift, WHY).await
}

async fn give(house: &House, event: &EventId, gift: &Gift) -> Result<usize, HeldError> {
    give_as(house, &sister(), event, gift).await
}

async fn dismiss(house: &House, event: &EventId) -> Result<(), HeldError> {
    let hand = sister();
    let desk = HeldDesk { store: &house.store, catalog: &house.catalog, hand: &hand, now: house.clock.now() };
    desk.dismiss(event, "Somebody tried the cuff on").await
}

/// A reading of Ada's cuff after it was revoked: nobody's.
async fn held(house: &House, taken_at: Option<Timestamp>, systolic: u32) -> Event {
    let cuff = DeviceId::trusted("bp-1");
    revoke_device(&house.store, house.clock.now(), "sister", &cuff).await.unwrap();
    let event = house.publish("bp-1", &pressure(taken_at, systolic, 80));
    house.settles(event.clone(), Settled::Held).await;
    event
}

#[tokio::test]
async fn a_held_reading_is_given_by_hand_judged_for_that_patient_and_counts_once() {
    let house = House::new().await;
    let event = held(&house, Some(house.clock.now()), 190).await;
    assert_eq!(house.tasks().await, ["unknown_device bp-1 x1"]);
    house.wait(HOUR);
    assert_eq!(give(&house, &event.id, &to("bob")).await.unwrap(), 1);
    assert_eq!(house.alerts().await, ["bob blood_pressure_high red open x1"]);
    assert_eq!(house.readings().await, ["systolic 190.0 accepted", "diastolic 80.0 accepted"]);
    let taken = house.see("select distinct patient_id || ' ' || taken_at from v_reading").await;
    assert_eq!(taken, ["bob 2026-11-22T09:00:00.000Z"]);
    assert!(house.tasks().await.is_empty(), "nothing of the cuff waits any more");
    assert_eq!(house.ledger().await, [1, 1, 0, 0, 0]);
    let deed = "select actor || ' ' || subject || ' ' || (detail ->> 'patient') || ' ' || (detail ->> 'token') \
                from audit where action = 'reading.give'";
    assert_eq!(house.see(deed).await, [format!("sister {} bob clinic", event.id)]);
    let journal = house.see("select outcome || ' ' || patient_id || ': ' || reason from inbox").await;
    assert_eq!(journal, [format!("accepted bob: given to the patient by hand: {WHY}")]);

    // Twice is once, for somebody else is never, and the device's own copy changes nothing.
    assert_eq!(give(&house, &event.id, &to("bob")).await.unwrap(), 0);
    let refused = give(&house, &event.id, &to("ada")).await;
    assert!(matches!(refused, Err(HeldError::Settled(_))), "{refused:?}");
    house.settles(event, Settled::Duplicate).await;
    assert_eq!(house.release().await, Released::default());
    assert_eq!(house.alerts().await, ["bob blood_pressure_high red open x1"]);
    assert_eq!(house.see(deed).await.len(), 1);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn it_is_judged_by_the_limits_of_whom_it_is_given_to_and_is_part_of_their_past() {
    let house = House::new().await;
    house
        .enrol("patient_id,phone,thresholds\nada,+447700900121,blood_pressure_high.systolic_red=200\n")
        .await;
    house.enrol("patient_id,devices\nbob,bp-2\n").await;
    let first = held(&house, Some(house.clock.now()), 190).await;
    give(&house, &first.id, &to("ada")).await.unwrap();
    assert_eq!(house.alerts().await, ["ada blood_pressure_high amber open x1"]);
    let second = held(&house, Some(house.clock.now()), 191).await;
    give(&house, &second.id, &to("bob")).await.unwrap();
    // What comes after by the usual way knows of it.
    house.accepts(house.pressure("bp-2", 192, 80)).await;
    assert_eq!(
        house.alerts().await,
        ["ada blood_pressure_high amber open x1", "bob blood_pressure_high red open x2"]
    );
    house.leaves_whatever().await;
}

#[tokio::test]
async fn an_old_reading_is_charted_at_its_time_and_told_to_nobody_as_new() {
    let house = House::new().await;
    let taken_at = house.clock.now();
    let event = held(&house, None, 190).await;
    house.wait(HOUR * 24 * 3);
    assert_eq!(give(&house, &event.id, &at("bob", taken_at - HOUR)).await.unwrap(), 0);
    assert_eq!(house.tasks().await, ["late_readings bp-1 x1"]);
    assert!(house.texts().await.is_empty());
    // What nobody is woken for: it rests on nothing that came in time.
    assert_eq!(
        house.see("select late || coalesce(timely, ' in nothing') from alert").await,
        ["1 in nothing"]
    );
    assert_eq!(house.see("select distinct taken_at from v_reading").await, ["2026-11-22T08:00:00.000Z"]);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn what_a_device_says_stands_and_a_hand_adds_only_what_it_could_not_say() {
    let house = foreign::house().await;
    house.enrol("patient_id,devices\nbob,attic:AABBCCDDEEFF\n").await;
    let jin =
        r#"{"id":"AA:BB:CC:DD:EE:FF","type":"SCALE","weighing_mode":"person","unit":"jin","weight":144.9}"#;
    let [doubt] =
        <[Event; 1]>::try_from(foreign::published(&house, "home/attic/BTtoMQTT/AABBCCDDEEFF", jin)).unwrap();
    house.settles(doubt.clone(), Settled::Held).await;
    let plain = held(&house, Some(house.clock.now()), 190).await;
    let status = house.status("bp-9", "online");
    house.settles(status.clone(), Settled::Held).await;

    let weight = payload::decode(br#"{"readings":[{"vital":"weight","value":72.4,"unit":"kg"}]}"#).unwrap();
    let weighed = Gift { measurements: weight.measurements, ..to("bob") };
    let future = house.clock.now() + HOUR;
    for (labelled, event, gift, why) in [
        ("a doubt without numbers", &doubt.id, to("bob"), NotGiven::Unread),
        ("other numbers than the device's", &plain.id, weighed.clone(), NotGiven::SaysItself),
        ("a time after it came", &plain.id, at("bob", future), NotGiven::BadTime),
        ("a status", &status.id, to("bob"), NotGiven::NoReading),
    ] {
        let refused = give(&house, event, &gift).await;
        assert!(matches!(refused, Err(HeldError::NotGiven(is)) if is == why), "{labelled}: {refused:?}");
    }
    let nobody = Hand { actor: "token:clinic".to_owned(), ..sister() };
    let refused = give_as(&house, &nobody, &plain.id, &to("bob")).await;
    assert!(matches!(refused, Err(HeldError::Nameless)), "{refused:?}");
    let refused = give(&house, &plain.id, &to("carol")).await;
    assert!(matches!(refused, Err(HeldError::UnknownPatient(_))), "{refused:?}");
    let refused = give(&house, &EventId::trusted("e1"), &to("bob")).await;
    assert!(matches!(refused, Err(HeldError::Unknown)), "{refused:?}");
    assert_eq!(house.count("v_reading").await, 0);
    assert_eq!(house.count("audit where action like 'reading.%'").await, 0);

    give(&house, &doubt.id, &weighed).await.unwrap();
    assert_eq!(
        house.see("select patient_id || ' ' || vital || ' ' || value from v_reading").await,
        ["bob weight 72.4"]
    );
    assert_eq!(
        house.see("select detail ->> 'values_by_hand' from audit where action = 'reading.give'").await,
        ["1"]
    );
    house.leaves(Left::held(2)).await;
}

#[tokio::test]
async fn what_is_put_aside_is_kept_and_never_becomes_anybodys() {
    let house = House::new().await;
    let event = held(&house, Some(house.clock.now()), 190).await;
    let other = held(&house, Some(house.clock.now()), 191).await;
    let list = held_readings(&house.store, &house.catalog.devices, None, 10).await.unwrap();
    assert_eq!(
        list.iter().map(|held| held.kept.event.id.clone()).collect::<Vec<_>>(),
        [event.id.clone(), other.id.clone()]
    );
    assert_eq!(list[0].says.as_ref().unwrap().measurements.len(), 2);

    dismiss(&house, &event.id).await.unwrap();
    assert_eq!(house.tasks().await, ["unknown_device bp-1 x2"], "another waits");
    dismiss(&house, &event.id).await.unwrap();
    dismiss(&house, &other.id).await.unwrap();
    assert!(house.tasks().await.is_empty());
    let refused = give(&house, &event.id, &to("bob")).await;
    assert!(matches!(refused, Err(HeldError::Settled(_))), "{refused:?}");
    assert_eq!(house.ledger().await, [2, 0, 0, 2, 0]);
    assert_eq!(house.count("audit where action = 'reading.dismiss' and actor = 'sister'").await, 2);
    assert_eq!(house.count("v_reading").await, 0);
    house.leaves(Left::NOTHING).await;
}
