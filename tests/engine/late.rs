//! Readings that come hours after they were taken: they make alerts, wake nobody, and take nothing from the news of the
//! next one that comes in time.

use jiff::SignedDuration;
use lamplight::domain::event::Event;

use super::house::{House, Left, pressure};

/// A cuff's reading that was taken so many hours ago.
fn taken_ago(house: &House, hours: i64, systolic: u32) -> Event {
    let taken_at = house.clock.now() - SignedDuration::from_hours(hours);
    house.publish("bp-1", &pressure(Some(taken_at), systolic, 80))
}

/// The runner has looked at every watch.
async fn look(house: &House) {
    house.run("update watch set look_at = 1").await;
}

async fn is_marked(house: &House) -> bool {
    house.count("watch where look_at = 0").await == 1
}

/// How bad the alerts are by what came in time.
async fn in_time(house: &House) -> Vec<String> {
    house.see("select coalesce(timely, 'nothing') from alert where state <> 'resolved'").await
}

#[tokio::test]
async fn the_first_reading_in_time_is_news_whatever_late_ones_have_opened() {
    let house = House::new().await;
    house.accepts(taken_ago(&house, 9, 190)).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    assert_eq!(house.texts().await.len(), 0, "advice for last night");
    assert_eq!(in_time(&house).await, ["nothing"]);
    look(&house).await;
    house.accepts(taken_ago(&house, 8, 191)).await;
    assert!(!is_marked(&house).await && house.texts().await.is_empty(), "late again is no news");

    house.wait(SignedDuration::from_mins(5));
    house.accepts(taken_ago(&house, 0, 190)).await;
    assert_eq!(house.texts().await.len(), 1, "a red reading of this minute got no advice");
    assert!(is_marked(&house).await, "staff are told of it");
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x3"]);
    assert_eq!(house.count("alert where late = 0 and worsened_at is null").await, 1);
    assert_eq!(in_time(&house).await, ["red"]);
    look(&house).await;
    house.accepts(taken_ago(&house, 0, 189)).await;
    assert!(!is_marked(&house).await);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_late_red_on_an_amber_alert_does_not_swallow_the_red_that_follows() {
    let house = House::new().await;
    house.accepts(taken_ago(&house, 0, 152)).await;
    look(&house).await;
    house.accepts(taken_ago(&house, 8, 190)).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x2"]);
    assert!(is_marked(&house).await, "whoever looks knows whether the team is there");
    assert_eq!(in_time(&house).await, ["amber"], "as amber the team knows of it");
    look(&house).await;
    house.accepts(taken_ago(&house, 0, 190)).await;
    assert!(is_marked(&house).await);
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn what_a_hub_catches_up_on_does_not_end_the_quiet_before_a_new_reading() {
    let house = House::new().await;
    house.accepts(taken_ago(&house, 0, 190)).await;
    house.wait(SignedDuration::from_hours(24));
    house.accepts(taken_ago(&house, 12, 190)).await;
    assert_eq!(house.texts().await.len(), 1);
    house.accepts(taken_ago(&house, 0, 190)).await;
    assert_eq!(house.texts().await.len(), 2, "the patient last heard of it a day ago");
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn what_was_held_for_a_day_is_late_when_it_is_taken_in() {
    let house = House::new().await;
    let held = house.pressure("bp-9", 190, 99);
    house.take([held]).await;
    house.wait(SignedDuration::from_hours(24));
    house.enrol("patient_id,devices\nada,bp-1;bp-9\n").await;
    house.release().await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    assert_eq!(in_time(&house).await, ["nothing"]);
    assert!(house.texts().await.is_empty());
    house.accepts(taken_ago(&house, 0, 190)).await;
    assert_eq!(house.texts().await.len(), 1);
    house.leaves(Left::texts(1)).await;
}
