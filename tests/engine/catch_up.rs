//! A device that was offline for a week and sends all that it has kept.

use jiff::SignedDuration;

use super::house::{House, Left, pressure};

#[tokio::test]
async fn a_week_of_old_readings_is_charted_and_comes_to_one_alert_and_one_item_and_wakes_nobody() {
    let house = House::new().await;
    let now = house.clock.now();
    // Two hundred, an hour apart, the last a day old; every fourth is beyond a limit for red.
    let burst: Vec<_> = (0..200)
        .map(|n| {
            let taken_at = now - SignedDuration::from_hours(24 + 200 - n);
            let systolic = if n % 4 == 0 { 190 } else { 128 };
            house.publish("bp-1", &pressure(Some(taken_at), systolic, 80))
        })
        .collect();
    assert!(house.take(burst).await.iter().all(Result::is_ok));
    assert_eq!(house.count("v_reading where vital = 'systolic'").await, 200);
    assert_eq!(house.alerts().await.len(), 1, "{:?}", house.alerts().await);
    assert_eq!(house.tasks().await, ["late_readings bp-1 x50"]);
    assert!(house.texts().await.is_empty());

    // What it measures from now on is answered as ever.
    house.accepts(house.pressure("bp-1", 191, 80)).await;
    assert_eq!(house.texts().await.len(), 1);
    assert_eq!(house.tasks().await, ["late_readings bp-1 x50"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn old_readings_within_the_limits_are_charted_and_nobodys_work() {
    let house = House::new().await;
    for hours in 7..40 {
        let taken_at = house.clock.now() - SignedDuration::from_hours(hours);
        house.accepts(house.publish("bp-1", &pressure(Some(taken_at), 128, 80))).await;
    }
    assert!(house.tasks().await.is_empty() && house.alerts().await.is_empty());
    house.leaves(Left::default()).await;
}
