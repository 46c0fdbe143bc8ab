//! A reading that may be a slip: read back, judged meanwhile, and settled by the patient's next text.

use jiff::SignedDuration;

use super::house::{ADA, House, Left};

#[tokio::test]
async fn what_is_read_back_is_judged_at_once() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 235 120")).await;
    assert_eq!(house.readings().await, ["systolic 235.0 unconfirmed", "diastolic 120.0 unconfirmed"]);
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    assert_eq!(house.see("select detail ->> 'unconfirmed' from alert_evidence").await, ["1"]);
    assert!(house.texts().await[0].contains("Reply YES"));
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_yes_makes_it_certain_and_does_not_count_it_twice() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 235 120")).await;
    house.wait(SignedDuration::from_mins(2));
    house.accepts(house.text(ADA, "YES")).await;
    assert_eq!(house.readings().await, ["systolic 235.0 accepted", "diastolic 120.0 accepted"]);
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    assert_eq!(house.see("select detail ->> 'unconfirmed' from alert_evidence").await, ["0"]);
    // A second YES finds nothing to confirm.
    house.accepts(house.text(ADA, "YES")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    assert!(house.texts().await[2].contains("nothing to confirm"));
    house.leaves(Left::texts(3)).await;
}

#[tokio::test]
async fn a_no_withdraws_it_and_leaves_the_alert_to_a_nurse() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 235 120")).await;
    house.accepts(house.text(ADA, "NO")).await;
    assert_eq!(house.readings().await, ["systolic 235.0 withdrawn", "diastolic 120.0 withdrawn"]);
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    assert_eq!(house.count("confirmation").await, 0);
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn the_same_vital_sent_again_instead_of_a_yes_withdraws_what_waited() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 235 120")).await;
    house.accepts(house.text(ADA, "BP 135 82")).await;
    assert_eq!(
        house.readings().await,
        [
            "systolic 235.0 withdrawn",
            "diastolic 120.0 withdrawn",
            "systolic 135.0 accepted",
            "diastolic 82.0 accepted"
        ]
    );
    house.accepts(house.text(ADA, "YES")).await;
    assert_eq!(house.see("select count(*) from reading where state = 'accepted'").await, ["2"]);
    house.leaves(Left::texts(3)).await;
}

#[tokio::test]
async fn another_vital_does_not_answer_the_question() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 235 120")).await;
    house.accepts(house.text(ADA, "temp 36.8")).await;
    house.accepts(house.text(ADA, "YES")).await;
    assert_eq!(
        house.readings().await,
        ["systolic 235.0 accepted", "diastolic 120.0 accepted", "temperature 36.8 accepted"]
    );
    house.leaves(Left::texts(3)).await;
}

#[tokio::test]
async fn a_second_slip_withdraws_the_first() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 235 120")).await;
    house.accepts(house.text(ADA, "BP 236 121")).await;
    house.accepts(house.text(ADA, "YES")).await;
    assert_eq!(
        house.readings().await,
        [
            "systolic 235.0 withdrawn",
            "diastolic 120.0 withdrawn",
            "systolic 236.0 accepted",
            "diastolic 121.0 accepted"
        ]
    );
    house.leaves(Left::texts(3)).await;
}

#[tokio::test]
async fn the_carriers_opt_in_word_yes_is_our_yes_while_a_reading_waits() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 235 120")).await;
    let yes = house.carried(ADA, "YES", Some(lamplight::domain::event::OptOut::Start));
    house.accepts(yes).await;
    assert_eq!(house.readings().await, ["systolic 235.0 accepted", "diastolic 120.0 accepted"]);
    assert!(!house.texts().await[1].contains("Welcome back"));
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn words_of_an_emergency_do_not_make_a_doubtful_reading_certain() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "chest pain, BP 235 120")).await;
    assert_eq!(house.readings().await, ["systolic 235.0 unconfirmed", "diastolic 120.0 unconfirmed"]);
    assert_eq!(
        house.alerts().await,
        ["ada blood_pressure_high red open x1", "ada system_urgent_text red open x1"]
    );
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_reading_asked_about_before_midnight_is_settled_after_it() {
    let house = House::new().await;
    house.clock.set("2026-11-22T23:59:59.900Z".parse().unwrap());
    let event = house.text(ADA, "BP 235 120");
    house.clock.set("2026-11-23T00:00:00.100Z".parse().unwrap());
    house.accepts(event).await;
    house.accepts(house.text(ADA, "YES")).await;
    assert_eq!(house.readings().await, ["systolic 235.0 accepted", "diastolic 120.0 accepted"]);
    house.leaves(Left::texts(2)).await;
}
