//! A reading that was read back and never confirmed is told to staff, as often as the rule says, and a word ends it.

use jiff::SignedDuration;
use lamplight::engine::prompt::{Ran, repair, run_due};

use super::house::{ADA, House, Left};

async fn run(house: &House) -> Ran {
    run_due(&house.store, &house.catalog, &house.ids, house.clock.now()).await.unwrap()
}

#[tokio::test]
async fn a_reading_without_its_yes_is_an_alert_after_half_an_hour_once_and_a_yes_ends_it() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 235 120")).await;
    house.wait(SignedDuration::from_secs(30 * 60 - 1));
    assert_eq!(run(&house).await, Ran::default(), "not before");
    house.wait(SignedDuration::from_secs(1));
    assert_eq!(run(&house).await.opened, ["amber"]);
    house.wait(SignedDuration::from_hours(3));
    assert_eq!(run(&house).await, Ran::default(), "staff are told once");
    let waiting = "alert where rule_id = 'reading_unconfirmed' and count = 1 and recovered_at is";
    assert_eq!(house.count(&format!("{waiting} null")).await, 1);
    house.accepts(house.text(ADA, "YES")).await;
    assert_eq!(house.count(&format!("{waiting} not null")).await, 1);
    assert_eq!(run(&house).await, Ran::default());
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn a_yes_in_time_is_told_to_nobody() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 235 120")).await;
    house.accepts(house.text(ADA, "YES")).await;
    house.wait(SignedDuration::from_hours(1));
    assert_eq!(run(&house).await, Ran::default());
    assert_eq!(house.count("alert where rule_id = 'reading_unconfirmed'").await, 0);
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn a_reading_that_fell_off_the_agenda_is_not_forgotten() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 235 120")).await;
    house.run("delete from agenda").await;
    house.wait(SignedDuration::from_hours(1));
    assert_eq!(repair(&house.store, house.clock.now()).await.unwrap(), 1);
    assert_eq!(run(&house).await.opened, ["amber"]);
    house.leaves(Left::texts(1)).await;
}
