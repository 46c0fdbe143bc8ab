//! STOP is obeyed at once, silences no alert, and only START undoes it.

use lamplight::domain::event::OptOut;

use super::house::{ADA, House, Left};

#[tokio::test]
async fn after_a_stop_there_are_no_texts_and_every_reading_is_judged() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "STOP")).await;
    assert_eq!(house.tasks().await, ["left_monitoring ada x1"]);
    for body in ["BP 190 99", "I have chest pain", "HELP", "YES", "gibberish about nothing"] {
        house.take([house.text(ADA, body)]).await;
    }
    house.accepts(house.pressure("bp-1", 195, 99)).await;
    assert_eq!(
        house.alerts().await,
        ["ada blood_pressure_high red open x2", "ada system_urgent_text red open x1"]
    );
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn start_restores_the_texts() {
    let house = House::new().await;
    house.take([house.text(ADA, "STOP"), house.text(ADA, "START"), house.text(ADA, "BP 126 74")]).await;
    let texts = house.texts().await;
    assert!(texts[0].starts_with("Welcome back") && texts[1].contains("126/74"), "{texts:?}");
    assert_eq!(
        house.see("select action from audit where actor = 'ada' order by seq").await,
        ["patient.stopped", "patient.restarted"]
    );
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn a_start_that_changes_nothing_is_not_put_on_record_as_a_change() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "START")).await;
    assert_eq!(house.count("audit where actor = 'ada'").await, 0);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_second_stop_is_one_task() {
    let house = House::new().await;
    house.take([house.text(ADA, "STOP"), house.text(ADA, "stop!")]).await;
    assert_eq!(house.tasks().await, ["left_monitoring ada x1"]);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn the_carriers_word_on_an_opt_out_wins_over_ours() {
    let house = House::new().await;
    house.accepts(house.carried(ADA, "Na", Some(OptOut::Stop))).await;
    assert_eq!(house.see("select standing from patient where id = 'ada'").await, ["stopped"]);
    house.accepts(house.carried(ADA, "si", Some(OptOut::Start))).await;
    assert_eq!(house.see("select standing from patient where id = 'ada'").await, ["active"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_reading_beside_a_stop_is_judged() {
    let house = House::new().await;
    house.take([house.carried(ADA, "STOP 190/120", Some(OptOut::Stop))]).await;
    assert_eq!(house.see("select standing from patient where id = 'ada'").await, ["stopped"]);
    assert!(house.alerts().await.contains(&"ada blood_pressure_high red open x1".to_owned()));
    house.leaves(Left::NOTHING).await;
}
