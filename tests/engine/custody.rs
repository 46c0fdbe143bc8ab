//! A device goes from one patient to another: each keeps their own readings, and what is nobody's for sure is held.

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::id::{DeviceId, PatientId};
use lamplight::engine::custody::{Claim, CustodyDesk, CustodyError, Pairing};
use lamplight::engine::device::revoke_device;
use lamplight::engine::erase::erase;
use lamplight::engine::intake::Settled;
use lamplight::engine::release::Released;

use super::house::{House, Left, pressure};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn cuff() -> DeviceId {
    DeviceId::trusted("bp-1")
}

fn desk(house: &House) -> CustodyDesk<'_> {
    CustodyDesk { store: &house.store, ids: &house.ids, actor: "sister", now: house.clock.now() }
}

async fn code_for(house: &House, patient: &str) -> Claim {
    desk(house).issue(&PatientId::trusted(patient)).await.unwrap()
}

fn moving() -> Pairing {
    Pairing { moves: true, why: Some("Ada has a new one".to_owned()), since: None }
}

/// Ada's cuff becomes Bob's, now.
async fn move_to_bob(house: &House) {
    let claim = code_for(house, "bob").await;
    assert_eq!(desk(house).pair(&cuff(), &claim.code, &moving()).await.unwrap(), PatientId::trusted("bob"));
}

/// `patient systolic` of everything on record, in the order of taking.
async fn systolics(house: &House) -> Vec<String> {
    house
        .see("select patient_id || ' ' || cast(value as integer) from v_reading where vital = 'systolic' order by taken_at")
        .await
}

fn taken(house: &House, at: Timestamp, systolic: u32) -> lamplight::domain::event::Event {
    house.publish("bp-1", &pressure(Some(at), systolic, 80))
}

#[tokio::test]
async fn each_reading_is_whose_the_cuff_was_when_it_was_taken() {
    let house = House::new().await;
    let start = house.clock.now();
    house.accepts(taken(&house, start, 121)).await;
    house.wait(HOUR * 2);
    move_to_bob(&house).await;
    house.wait(HOUR * 2);
    let now = house.clock.now();
    // Uploaded late, and taken while it was Ada's: hers, though Bob has the cuff.
    house.accepts(taken(&house, start + HOUR, 122)).await;
    house.accepts(taken(&house, now, 133)).await;
    // From before the first who had it: hers too.
    house.accepts(taken(&house, start - HOUR * 24, 120)).await;
    assert_eq!(systolics(&house).await, ["ada 120", "ada 121", "ada 122", "bob 133"]);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn a_late_reading_of_the_patient_before_is_judged_by_the_limits_of_that_patient() {
    let house = House::new().await;
    house
        .enrol("patient_id,phone,thresholds\nada,+447700900121,blood_pressure_high.systolic_red=170\n")
        .await;
    let start = house.clock.now();
    house.wait(HOUR * 2);
    move_to_bob(&house).await;
    house.wait(HOUR);
    house.accepts(taken(&house, start + HOUR, 175)).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn what_nobody_can_tell_the_owner_of_is_held_with_a_task_and_stays_so() {
    let house = House::new().await;
    house.wait(HOUR * 24 * 10);
    move_to_bob(&house).await;
    let moved = house.clock.now();
    house.wait(HOUR);
    let year_1970 = "1970-01-01T00:03:00Z".parse().unwrap();
    for (labelled, event) in [
        ("within minutes of the move", taken(&house, moved + SignedDuration::from_mins(4), 140)),
        ("just before it", taken(&house, moved - SignedDuration::from_mins(9), 141)),
        ("a clock that cannot be right", taken(&house, year_1970, 142)),
        ("no time, on the day of the move", house.publish("bp-1", &pressure(None, 143, 80))),
        ("kept by the broker", house.published("bp-1", &pressure(None, 144, 80), true)),
    ] {
        assert_eq!(house.take([event]).await, [Ok(Settled::Held)], "{labelled}");
    }
    assert_eq!(house.tasks().await, ["unknown_device bp-1/whose x5"]);
    assert_eq!(house.release().await, Released::default());
    // A day on, what says no time can only be of now. A clock that is wrong stays wrong.
    house.wait(HOUR * 24);
    house.accepts(house.publish("bp-1", &pressure(None, 145, 80))).await;
    house.settles(taken(&house, "1970-01-02T00:00:00Z".parse().unwrap(), 146), Settled::Held).await;
    assert_eq!(systolics(&house).await, ["bob 145"]);
    house.leaves(Left { texts: 1, held: 6 }).await;
}

#[tokio::test]
async fn a_cuff_that_only_one_patient_ever_had_is_believed_whatever_its_clock_says() {
    let house = House::new().await;
    house.accepts(taken(&house, "1970-01-01T00:03:00Z".parse().unwrap(), 121)).await;
    house.accepts(house.publish("bp-1", &pressure(None, 122, 80))).await;
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn between_two_patients_a_device_is_nobodys_unless_somebody_says_since_when_it_was_not() {
    let house = House::new().await;
    let start = house.clock.now();
    house.wait(HOUR);
    desk(&house).take_back(&cuff(), "Ada has gone home").await.unwrap();
    house.wait(HOUR * 2);
    house.settles(taken(&house, start + HOUR * 2, 131), Settled::Held).await;
    // Hers, though nobody has the cuff now.
    house.accepts(taken(&house, start + SignedDuration::from_mins(30), 121)).await;

    let claim = code_for(&house, "bob").await;
    let too_early = Pairing { since: Some(start), ..Pairing::default() };
    let refused = desk(&house).pair(&cuff(), &claim.code, &too_early).await;
    assert!(matches!(refused, Err(CustodyError::BadSince)), "{refused:?}");
    let since = Pairing { since: Some(start + SignedDuration::from_mins(80)), ..Pairing::default() };
    desk(&house).pair(&cuff(), &claim.code, &since).await.unwrap();
    assert_eq!(house.release().await.events, 1);
    assert_eq!(house.release().await, Released::default());
    assert_eq!(systolics(&house).await, ["ada 121", "bob 131"]);
    let history = house.store.bindings(&cuff()).await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|b| (b.patient_id.as_ref().unwrap().as_str(), b.why.as_str(), b.ended_why.as_deref()))
        .collect();
    assert_eq!(told, [("ada", "registered", Some("Ada has gone home")), ("bob", "paired by code", None)]);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn what_an_unknown_device_sent_is_taken_in_once_when_it_is_paired() {
    let house = House::new().await;
    let held = house.pressure("bp-9", 190, 99);
    house.settles(held.clone(), Settled::Held).await;
    house.wait(HOUR);
    let claim = code_for(&house, "bob").await;
    let device = DeviceId::trusted("bp-9");
    desk(&house).pair(&device, &claim.code, &Pairing::default()).await.unwrap();
    assert_eq!(house.release().await.events, 1);
    assert_eq!(house.release().await, Released::default());
    house.settles(held, Settled::Duplicate).await;
    assert_eq!(house.alerts().await, ["bob blood_pressure_high red open x1"]);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_code_counts_once_and_for_a_quarter_of_an_hour_and_only_the_last_one() {
    let house = House::new().await;
    let first = code_for(&house, "bob").await;
    let second = code_for(&house, "bob").await;
    let pair =
        async |code: &str| desk(&house).pair(&DeviceId::trusted("bp-9"), code, &Pairing::default()).await;
    assert!(matches!(pair(&first.code).await, Err(CustodyError::WrongCode)));
    let (a, b) = second.code.split_at(4);
    pair(&format!("{a} {b}")).await.unwrap();
    assert!(matches!(pair(&second.code).await, Err(CustodyError::WrongCode)));
    let third = code_for(&house, "ada").await;
    house.wait(SignedDuration::from_mins(15));
    assert!(matches!(pair(&third.code).await, Err(CustodyError::WrongCode)));
    // Only hashes are kept.
    assert_eq!(house.count(&format!("device_claim where hash like '%{}%'", second.code)).await, 0);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn wrong_codes_lock_the_device_and_the_hand_and_codes_are_not_issued_without_end() {
    let house = House::new().await;
    let right = code_for(&house, "bob").await;
    let pair = async |device: &str, code: &str| {
        desk(&house).pair(&DeviceId::trusted(device), code, &Pairing::default()).await
    };
    for n in 0..5 {
        let refused = pair(&format!("bp-{}", 20 + n), "00000000").await;
        assert!(matches!(refused, Err(CustodyError::WrongCode)), "{refused:?}");
    }
    // Another device each time, and yet the same hand.
    assert!(matches!(pair("bp-9", &right.code).await, Err(CustodyError::Locked)));
    let other = CustodyDesk { actor: "doctor", ..desk(&house) };
    for _ in 0..4 {
        let _ = other.pair(&DeviceId::trusted("bp-20"), "1", &Pairing::default()).await;
    }
    let locked = CustodyDesk { actor: "matron", ..desk(&house) };
    let refused = locked.pair(&DeviceId::trusted("bp-20"), &right.code, &Pairing::default()).await;
    assert!(matches!(refused, Err(CustodyError::Locked)), "{refused:?}");
    for _ in 1..5 {
        code_for(&house, "bob").await;
    }
    let refused = desk(&house).issue(&PatientId::trusted("bob")).await;
    assert!(matches!(refused, Err(CustodyError::TooMany)), "{refused:?}");
    house.wait(HOUR);
    let fresh = code_for(&house, "bob").await;
    pair("bp-9", &fresh.code).await.unwrap();
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn a_device_is_not_taken_from_its_patient_without_saying_so_and_why() {
    let house = House::new().await;
    for pairing in [Pairing::default(), Pairing { moves: true, ..Pairing::default() }] {
        let claim = code_for(&house, "bob").await;
        let refused = desk(&house).pair(&cuff(), &claim.code, &pairing).await;
        assert!(matches!(refused, Err(CustodyError::HasPatient { .. })), "{refused:?}");
    }
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn a_revoked_device_is_nobodys_at_once_whenever_its_readings_were_taken() {
    let house = House::new().await;
    let start = house.clock.now();
    house.wait(HOUR);
    revoke_device(&house.store, house.clock.now(), "sister", &cuff()).await.unwrap();
    house.settles(taken(&house, start, 121), Settled::Held).await;
    let binding = house.store.bindings(&cuff()).await.unwrap().remove(0);
    assert_eq!((binding.until, binding.ended_by.as_deref()), (Some(house.clock.now()), Some("sister")));
    let claim = code_for(&house, "bob").await;
    let refused = desk(&house).pair(&cuff(), &claim.code, &moving()).await;
    assert!(matches!(refused, Err(CustodyError::Revoked(_))), "{refused:?}");
    house.leaves(Left::held(1)).await;
}

#[tokio::test]
async fn who_has_had_a_device_is_in_their_export_and_is_nobody_once_they_are_erased() {
    let house = House::new().await;
    let start = house.clock.now();
    house.accepts(taken(&house, start, 121)).await;
    house.wait(HOUR * 2);
    move_to_bob(&house).await;
    house.wait(HOUR);
    house.accepts(taken(&house, house.clock.now(), 133)).await;
    let ada = PatientId::trusted("ada");
    let export = house.store.export_patient(&ada).await.unwrap().unwrap();
    assert_eq!(export["device_binding"][0]["device_id"], "bp-1");
    assert_eq!(export["device_binding"][0]["ended_why"], "Ada has a new one");

    erase(&house.store, &ada, "dpo", "her own request", house.clock.now()).await.unwrap();
    assert_eq!(house.count("inbox where patient_id = 'bob' and length(raw) > 0").await, 1, "his stays");
    // What she took does not become Bob's because she is gone.
    house.settles(taken(&house, start + HOUR, 122), Settled::Held).await;
    assert_eq!(systolics(&house).await, ["bob 133"]);
    house.leaves_whatever().await;
}
