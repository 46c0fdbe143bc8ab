//! One unresolved alert a patient and rule: repeats join it, worsening shows, and it can be judged again from what is
//! stored.

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::chart::Chart;
use lamplight::domain::history::History;
use lamplight::domain::id::{EventId, RuleId};
use lamplight::domain::reading::{Beyond, Measurement};
use lamplight::domain::threshold::{Threshold, Thresholds};
use lamplight::domain::vital::Vital;
use serde_json::{Value, json};

use super::house::{ADA, BOB, House, Left};

async fn the_alert(house: &House) -> String {
    house.see("select id from alert order by id desc limit 1").await.remove(0)
}

#[tokio::test]
async fn repeats_join_the_alert_that_stands() {
    let house = House::new().await;
    for body in ["BP 152 80", "BP 155 84", "BP 151 79"] {
        house.accepts(house.text(ADA, body)).await;
        house.wait(SignedDuration::from_hours(12));
    }
    assert_eq!(house.alerts().await, ["ada blood_pressure_high amber open x3"]);
    assert_eq!(house.count("alert_evidence").await, 3);
    assert_eq!(house.count("alert where worsened_at is null and last_at > opened_at").await, 1);
    house.leaves(Left::texts(3)).await;
}

#[tokio::test]
async fn each_patient_and_each_rule_has_its_own_alert() {
    let house = House::new().await;
    house.take([house.text(ADA, "BP 152 80 pulse 120"), house.text(BOB, "BP 184 95")]).await;
    assert_eq!(
        house.alerts().await,
        [
            "ada blood_pressure_high amber open x1",
            "ada pulse_high amber open x1",
            "bob blood_pressure_high red open x1"
        ]
    );
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn a_milder_repeat_does_not_take_back_what_the_worst_one_said() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 190 99")).await;
    let said = house.see("select why || proposal from alert").await;
    house.accepts(house.text(ADA, "BP 152 80")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x2"]);
    assert_eq!(house.see("select why || proposal from alert").await, said, "a red alert with amber words");
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn an_acknowledged_alert_reopens_only_for_something_worse() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 152 80")).await;
    house.acknowledge(&the_alert(&house).await).await;
    house.accepts(house.text(ADA, "BP 155 82")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high amber acknowledged x2"]);
    house.accepts(house.text(ADA, "BP 136 82")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high amber acknowledged x3"]);
    house.accepts(house.text(ADA, "BP 190 99")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x4"]);
    assert_eq!(house.see("select acknowledged_by from alert").await, ["-"]);
    house.leaves(Left::texts(4)).await;
}

#[tokio::test]
async fn after_a_resolved_alert_a_breach_opens_a_new_one() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 190 99")).await;
    house.resolve(&the_alert(&house).await).await;
    house.accepts(house.pressure("bp-1", 152, 82)).await;
    assert_eq!(
        house.alerts().await,
        ["ada blood_pressure_high red resolved x1", "ada blood_pressure_high amber open x1"]
    );
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn a_cuff_that_repeats_what_is_known_does_not_make_the_phone_ring_until_it_was_quiet_for_hours() {
    let house = House::new().await;
    for _ in 0..5 {
        house.accepts(house.pressure("bp-1", 190, 99)).await;
        house.wait(SignedDuration::from_mins(10));
    }
    assert_eq!(house.texts().await.len(), 1);
    house.wait(SignedDuration::from_hours(12));
    house.accepts(house.pressure("bp-1", 190, 99)).await;
    assert_eq!(house.texts().await.len(), 2, "this morning's red reading got no answer");
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x6"]);
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn an_alert_names_the_reading_the_limits_and_the_rule_version() {
    let house = House::new().await;
    let event = house.text(ADA, "BP 190 99");
    let set = event.id.clone();
    house.accepts(event).await;
    let evidence = evidence(&house).await;
    let [evidence] = evidence.as_slice() else { panic!("{evidence:?}") };
    assert_eq!(evidence["set_id"], set.as_str());
    assert_eq!(evidence["severity"], "red");
    assert_eq!(evidence["unconfirmed"], false);
    assert_eq!(evidence["breaches"][0]["value"], 190);
    assert_eq!(evidence["breaches"][0]["limit"], 180.0);
    assert_eq!(evidence["breaches"][0]["own_limit"], false);
    let rule = house.catalog.rules.iter().find(|rule| rule.id.as_str() == "blood_pressure_high").unwrap();
    assert_eq!(evidence["rule_version"], rule.version);
    assert_eq!(house.see("select rule_version from alert").await.concat(), rule.version);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn judging_the_stored_readings_with_the_stored_limits_gives_the_stored_severity_again() {
    let house = House::new().await;
    house
        .enrol(
            "patient_id,thresholds\nada,blood_pressure_high.systolic_amber=140;peak_flow_low.personal_best=400\n",
        )
        .await;
    house.wait(SignedDuration::from_mins(1));
    for body in [
        "BP 190 99",
        "BP 144 80 pulse 120",
        "glucose 3.4",
        "glucose HI",
        "peak flow 180",
        "temp 38.4",
        "oxygen 93",
    ] {
        house.accepts(house.text(ADA, body)).await;
    }
    let evidence = evidence(&house).await;
    assert!(evidence.len() >= 8, "{evidence:#?}");
    for evidence in &evidence {
        let stored = json!({ "severity": evidence["severity"], "breaches": evidence["breaches"] });
        assert_eq!(replay(&house, evidence).await, stored);
    }
    house.leaves(Left::texts(7)).await;
}

async fn evidence(house: &House) -> Vec<Value> {
    let rows = house
        .see(
            "select json_set(e.detail, '$.rule', a.rule_id) from alert_evidence e join alert a on a.id = e.alert_id
             order by e.set_id, a.rule_id",
        )
        .await;
    rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// What the rule of this version says of the readings of this set, under the limits in force when they were judged.
async fn replay(house: &House, evidence: &Value) -> Value {
    let text = |name: &str| evidence[name].as_str().unwrap().to_owned();
    let rule = house.catalog.rules.iter().find(|rule| rule.id.as_str() == text("rule")).unwrap();
    assert_eq!(rule.version, text("rule_version"));
    let set = text("set_id");
    let limits = house
        .see(&format!(
            "select json_array(t.rule_id, t.parameter, t.value) from threshold t, alert_evidence e
             where e.set_id = '{set}' and t.patient_id = 'ada' and t.since <= e.at order by t.since"
        ))
        .await;
    let limits: Thresholds = limits.iter().map(|row| limit(row, house.clock.now())).collect();
    let readings = house
        .see(&format!(
            "select json_array(vital, value, beyond) from reading where set_id = '{set}' order by vital desc"
        ))
        .await;
    let readings: Vec<_> = readings.iter().map(|row| measurement(row)).collect();
    let (set, history) = (EventId::trusted("e"), History::default());
    let finding =
        rule.judge(&Chart::of(&set, Timestamp::UNIX_EPOCH, &readings, &history), &limits).unwrap().unwrap();
    json!({ "severity": finding.band.severity, "breaches": finding.breaches })
}

fn limit(row: &str, since: Timestamp) -> Threshold {
    let (rule, parameter, value): (String, String, f64) = serde_json::from_str(row).unwrap();
    let rule = RuleId::trusted(rule);
    Threshold { rule, parameter, value, author: String::new(), reason: String::new(), since }
}

fn measurement(row: &str) -> Measurement {
    let (vital, value, beyond): (String, Option<f64>, Option<String>) = serde_json::from_str(row).unwrap();
    let vital = Vital::from_name(&vital).unwrap();
    match (value, beyond.and_then(|side| Beyond::from_name(&side))) {
        (Some(value), None) => Measurement::exactly(vital, value).unwrap(),
        (Some(value), Some(side)) => Measurement::bounded(vital, value, side).unwrap(),
        (None, side) => Measurement::off_scale(vital, side.unwrap()),
    }
}
