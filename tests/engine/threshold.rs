//! A patient's own limits: who set them, why, since when; and what happens when one cannot be used.

use jiff::SignedDuration;

use super::house::{ADA, House, Left};

#[tokio::test]
async fn an_own_limit_changes_the_verdict_and_the_alert_says_so() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 132 80")).await;
    assert_eq!(house.count("alert").await, 0);
    house.enrol("patient_id,thresholds\nada,blood_pressure_high.systolic_amber=130\n").await;
    house.accepts(house.text(ADA, "BP 132 80")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high amber open x1"]);
    assert_eq!(
        house
            .see("select (detail ->> '$.breaches[0].limit') || ' ' || (detail ->> '$.breaches[0].own_limit') from alert_evidence")
            .await,
        ["130.0 1"]
    );
    assert_eq!(
        house.see("select author || ': ' || reason || ' ' || (since > 0) from threshold").await,
        ["test: patient import 1"]
    );
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn the_last_limit_that_was_set_is_in_force() {
    let house = House::new().await;
    for limit in ["130", "160"] {
        house
            .enrol(&format!("patient_id,thresholds\nada,blood_pressure_high.systolic_amber={limit}\n"))
            .await;
        house.wait(SignedDuration::from_mins(1));
    }
    house.accepts(house.text(ADA, "BP 152 80")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high advice open x1"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_limit_that_cannot_be_used_is_a_task_and_the_usual_one_alerts() {
    let house = House::new().await;
    house
        .run("insert into threshold values ('ada', 'blood_pressure_high', 'systolic_red', 1, 999, 'hand', 'slip')")
        .await;
    house.accepts(house.text(ADA, "BP 190 99")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    assert_eq!(house.see("select kind || ' ' || patient_id from task").await, ["failing_rule ada"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_limit_that_cannot_be_used_costs_no_other_limit() {
    let house = House::new().await;
    house
        .run(
            "insert into threshold values
               ('ada', 'blood_pressure_high', 'systolic_red', 1, 999, 'hand', 'slip'),
               ('ada', 'blood_pressure_high', 'systolic_amber', 1, 130, 'sister', 'pregnant before')",
        )
        .await;
    house.accepts(house.text(ADA, "BP 132 80")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high amber open x1"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn two_patients_whose_limits_cannot_be_used_are_two_tasks() {
    let house = House::new().await;
    house
        .run(
            "insert into threshold select id, 'blood_pressure_high', 'systolic_red', 1, 999, 'hand', 'slip' from patient",
        )
        .await;
    house.take([house.text(ADA, "BP 126 74"), house.text(super::house::BOB, "BP 126 74")]).await;
    assert_eq!(
        house.see("select kind || ' ' || patient_id from task order by id").await,
        ["failing_rule ada", "failing_rule bob"]
    );
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn nothing_is_called_fine_while_a_rule_cannot_be_relied_on() {
    let house = House::new().await;
    house
        .run("insert into threshold values ('ada', 'blood_pressure_high', 'systolic_red', 1, 999, 'hand', 'slip')")
        .await;
    house.accepts(house.text(ADA, "BP 120 76")).await;
    assert!(!house.texts().await[0].contains("within your limits"));
    house.leaves(Left::texts(1)).await;
}
