//! Rules that look back: the past is recalled from the store, a late reading is judged by its own time, and what has
//! recovered says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::id::PatientId;
use lamplight::domain::rule::Applies;
use lamplight::domain::vital::Vital;
use lamplight::store::history::Wanted;

use super::house::{ADA, House, Left, pressure};

/// A house in which one rule for those enrolled is for everyone.
async fn with_rule(id: &str) -> House {
    let mut house = House::new().await;
    let mut catalog = (*house.catalog).clone();
    for rule in catalog.rules.iter_mut().filter(|rule| rule.id.as_str() == id) {
        rule.applies = Applies::Everyone;
    }
    house.stop().await;
    house.catalog = Arc::new(catalog);
    house.start(1_000);
    house
}

fn weight(taken_at: Timestamp, kg: f64) -> String {
    format!(r#"{{"taken_at":"{taken_at}","readings":[{{"vital":"weight","value":{kg},"unit":"kg"}}]}}"#)
}

#[tokio::test]
async fn a_gain_over_days_is_seen_across_batches() {
    let house = with_rule("weight_gain").await;
    for (kg, alerts) in [(80.0, 0), (81.0, 0), (81.4, 0), (82.1, 1)] {
        house.accepts(house.publish("bp-1", &weight(house.clock.now(), kg))).await;
        assert_eq!(house.count("alert").await, alerts, "{kg} kg");
        house.wait(SignedDuration::from_hours(24));
    }
    assert_eq!(house.alerts().await, ["ada weight_gain amber open x1"]);
    assert_eq!(
        house.see("select why from alert").await,
        ["weight up by 2.1 kg since 22 November (from 80 kg), at or above 2"]
    );
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_gain_within_one_batch_is_seen() {
    let house = with_rule("weight_gain").await;
    let now = house.clock.now();
    let before = |hours| now - SignedDuration::from_hours(hours);
    house
        .take([
            house.publish("bp-1", &weight(before(48), 80.0)),
            house.publish("bp-1", &weight(before(1), 82.5)),
        ])
        .await;
    assert_eq!(house.alerts().await, ["ada weight_gain amber open x1"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_late_reading_is_judged_by_what_was_known_at_its_time() {
    let house = with_rule("weight_gain").await;
    let now = house.clock.now();
    let before = |hours| now - SignedDuration::from_hours(hours);
    // Today's light weight lies after the late one: it is no gain from there.
    house.accepts(house.publish("bp-1", &weight(now, 78.0))).await;
    house.accepts(house.publish("bp-1", &weight(before(24), 82.5))).await;
    assert_eq!(house.count("alert").await, 0);
    house.accepts(house.publish("bp-1", &weight(before(72), 80.0))).await;
    house.accepts(house.publish("bp-1", &weight(before(20), 82.5))).await;
    assert_eq!(house.see("select rule_id || ' ' || late from alert").await, ["weight_gain 1"]);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn an_evenings_reading_that_comes_at_three_in_the_morning_is_marked_late_and_texts_nobody() {
    let house = House::new().await;
    house.clock.set("2026-11-23T03:00:00Z".parse().unwrap());
    let evening = house.clock.now() - SignedDuration::from_hours(7);
    house.accepts(house.publish("bp-1", &pressure(Some(evening), 190, 99))).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    assert_eq!(house.see("select severity || ' ' || late from alert").await, ["red 1"]);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn a_red_reading_of_just_now_is_answered_at_three_in_the_morning_too() {
    let house = House::new().await;
    house.clock.set("2026-11-23T03:00:00Z".parse().unwrap());
    house.accepts(house.publish("bp-1", &pressure(Some(house.clock.now()), 190, 99))).await;
    assert_eq!(house.see("select severity || ' ' || late from alert").await, ["red 0"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn an_alert_opened_by_a_late_reading_is_marked_until_a_timely_one_joins() {
    let house = House::new().await;
    let then = house.clock.now() - SignedDuration::from_hours(7);
    house.accepts(house.publish("bp-1", &pressure(Some(then), 190, 100))).await;
    assert_eq!(house.see("select severity || ' ' || late from alert").await, ["red 1"]);
    house.accepts(house.pressure("bp-1", 150, 90)).await;
    assert_eq!(house.see("select severity || ' ' || late from alert").await, ["red 0"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn two_good_readings_are_a_recovery_that_still_waits_for_a_human() {
    let house = House::new().await;
    for (body, recovered) in
        [("BP 185 99", "no"), ("BP 125 75", "no"), ("BP 126 74", "yes"), ("BP 151 80", "no")]
    {
        house.accepts(house.text(ADA, body)).await;
        assert_eq!(
            house.see("select iif(recovered_at is null, 'no', 'yes') || ' ' || state from alert").await,
            [format!("{recovered} open")],
            "{body}"
        );
        house.wait(SignedDuration::from_mins(40));
    }
    house.leaves(Left::texts(4)).await;
}

#[tokio::test]
async fn advice_that_has_recovered_is_closed_and_on_record() {
    let house = House::new().await;
    for body in ["BP 136 80", "BP 125 75", "BP 126 74"] {
        house.accepts(house.text(ADA, body)).await;
        house.wait(SignedDuration::from_mins(40));
    }
    assert_eq!(
        house.see("select severity || ' ' || state || ' ' || resolved_by || ' ' || outcome from alert").await,
        ["advice resolved lamplight recovered"]
    );
    assert_eq!(house.count("audit where action = 'alert.resolve' and actor = 'lamplight'").await, 1);
    house.leaves(Left::texts(3)).await;
}

#[tokio::test]
async fn a_recovery_and_a_relapse_in_one_batch_leave_no_recovery() {
    let house = House::new().await;
    let at = |minutes: i64| house.clock.now() - SignedDuration::from_mins(60 - minutes);
    house
        .take([
            house.publish("bp-1", &pressure(Some(at(0)), 185, 99)),
            house.publish("bp-1", &pressure(Some(at(10)), 125, 75)),
            house.publish("bp-1", &pressure(Some(at(20)), 125, 75)),
            house.publish("bp-1", &pressure(Some(at(30)), 186, 99)),
        ])
        .await;
    assert_eq!(house.see("select state || ' ' || (recovered_at is null) from alert").await, ["open 1"]);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn plain_bands_ask_nothing_of_the_past() {
    let house = House::new().await;
    let state = lamplight::engine::known_state(
        &house.store,
        &lamplight::domain::id::PatientId::trusted("ada"),
        house.clock.now(),
    )
    .await
    .unwrap()
    .unwrap();
    assert_eq!(house.catalog.look_back(&state).count(), 0);
    house.leaves(Left::NOTHING).await;
}

/// What is recalled of a patient's past is what is on record of it: every number of it, and of nobody else's.
#[tokio::test]
async fn the_past_is_recalled_as_it_was_measured() {
    let house = House::new().await;
    let now = house.clock.now();
    let days = |back: i64| (now - SignedDuration::from_hours(24 * back)).as_millisecond();
    for (set, back, patient, numbers, state) in [
        ("a", 9, "ada", r#"[["systolic",0,111.0,null]]"#, "accepted"),
        (
            "b",
            2,
            "ada",
            r#"[["systolic",0,121.5,null],["diastolic",0,71,null],["pulse",0,61,null]]"#,
            "accepted",
        ),
        ("c", 2, "ada", r#"[["systolic",0,122,null],["systolic",1,123,null]]"#, "unconfirmed"),
        ("d", 1, "ada", r#"[["systolic",0,124,null]]"#, "withdrawn"),
        ("e", 1, "ada", r#"[["systolic",0,125,null]]"#, "flagged"),
        (
            "f",
            0,
            "ada",
            r#"[["glucose",0,null,"high"],["ketones",0,8,"high"],["aura",0,1,null]]"#,
            "accepted",
        ),
        ("g", 0, "bob", r#"[["glucose",0,6.4,null],["systolic",0,126,null]]"#, "accepted"),
    ] {
        let (at, day) = (days(back), days(back).div_euclid(86_400_000));
        house
            .run(&format!(
                "insert into reading_set (day, patient_id, taken_at, set_id, numbers, received_at, basis, source, state)
                 values ({day}, '{patient}', {at}, '{set}', '{numbers}', {at}, 'received', 'text', '{state}')"
            ))
            .await;
    }
    let wanted = |patient: &str, vitals: &[Vital]| Wanted {
        patient: PatientId::trusted(patient),
        since: now - SignedDuration::from_hours(24 * 7),
        until: now,
        vitals: vitals.iter().copied().collect(),
        questions: BTreeSet::new(),
    };
    let mut tx = house.store.begin().await.unwrap();
    let past = tx
        .past_readings(&[
            wanted("ada", &[Vital::Systolic, Vital::Diastolic, Vital::Glucose, Vital::Ketones]),
            wanted("bob", &[Vital::Glucose]),
            wanted("nobody", &[Vital::Glucose]),
        ])
        .await
        .unwrap();
    drop(tx);
    let said = |patient: &str| -> Vec<String> {
        let readings = past.get(&PatientId::trusted(patient)).into_iter().flatten();
        readings
            .map(|reading| {
                let (set, state) = (&reading.set, reading.state.name());
                assert_eq!(reading.taken_at.as_millisecond(), days(if set.as_str() < "f" { 2 } else { 0 }));
                format!("{set} {:?} {:?} {state}", reading.measurement.vital(), reading.measurement.amount())
            })
            .collect()
    };
    assert_eq!(
        said("ada"),
        [
            "b Systolic Exactly(121.5) accepted",
            "b Diastolic Exactly(71.0) accepted",
            "c Systolic Exactly(122.0) unconfirmed",
            "c Systolic Exactly(123.0) unconfirmed",
            "f Glucose OffScaleHigh accepted",
            "f Ketones Above(8.0) accepted",
        ]
    );
    assert_eq!(said("bob"), ["g Glucose Exactly(6.4) accepted"]);
    assert_eq!(past.len(), 2);
    house.leaves(Left::default()).await;
}
