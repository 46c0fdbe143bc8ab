//! Devices' clocks: believed when they can be right, and never worth a reading when they cannot.

use jiff::{SignedDuration, Timestamp};

use super::house::{House, Left, NOW, pressure};

fn day(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

async fn times(house: &House) -> Vec<String> {
    house
        .see(
            "select distinct basis || ' ' || state || ' ' || strftime('%FT%TZ', taken_at / 1000, 'unixepoch')
                    || ' claimed ' || coalesce(strftime('%FT%TZ', claimed_at / 1000, 'unixepoch'), '-')
             from reading order by set_id",
        )
        .await
}

#[tokio::test]
async fn a_clock_that_can_be_right_is_believed() {
    for taken_at in ["2026-11-22T09:09:59Z", "2026-11-22T07:00:00Z", "2026-08-24T09:00:00Z"] {
        let house = House::new().await;
        house.accepts(house.publish("bp-1", &pressure(day(taken_at), 128, 76))).await;
        assert_eq!(times(&house).await, [format!("device accepted {taken_at} claimed -")]);
        house.leaves(Left::NOTHING).await;
    }
}

#[tokio::test]
async fn a_clock_that_cannot_be_right_is_flagged_and_the_reading_is_judged_as_of_now() {
    for (label, claimed) in [
        ("tomorrow", "2026-11-23T09:00:00Z"),
        ("eleven minutes ahead", "2026-11-22T09:11:00Z"),
        ("the first day of time", "1970-01-01T00:00:07Z"),
        ("91 days ago", "2026-08-23T09:00:00Z"),
    ] {
        let house = House::new().await;
        house.accepts(house.publish("bp-1", &pressure(day(claimed), 190, 99))).await;
        assert_eq!(times(&house).await, [format!("received flagged {NOW} claimed {claimed}")], "{label}");
        assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"], "{label}");
        house.leaves(Left::texts(1)).await;
    }
}

#[tokio::test]
async fn without_a_time_a_reading_was_taken_when_it_came() {
    let house = House::new().await;
    house.accepts(house.publish("bp-1", &pressure(None, 190, 99))).await;
    assert_eq!(times(&house).await, [format!("received accepted {NOW} claimed -")]);
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn what_the_broker_kept_without_a_time_is_flagged_and_not_judged() {
    let house = House::new().await;
    house.accepts(house.published("bp-1", &pressure(None, 190, 99), true)).await;
    assert_eq!(times(&house).await, [format!("received flagged {NOW} claimed -")]);
    assert_eq!(house.count("alert").await, 0);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn what_the_broker_kept_with_a_time_is_judged() {
    let house = House::new().await;
    house.accepts(house.published("bp-1", &pressure(day("2026-11-22T08:00:00Z"), 190, 99), true)).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn nobody_is_texted_about_last_nights_reading() {
    let house = House::new().await;
    house.accepts(house.publish("bp-1", &pressure(day("2026-11-21T22:00:00Z"), 190, 99))).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    house.leaves(Left::NOTHING).await;
}

async fn offset(house: &House) -> Vec<String> {
    house.see("select clock_offset_ms || ' at ' || clock_seen_at from device where id = 'bp-1'").await
}

#[tokio::test]
async fn a_clocks_offset_is_written_when_it_moved_or_a_day_has_passed() {
    let house = House::new().await;
    let ahead = |seconds| Some(house.clock.now() + SignedDuration::from_secs(seconds));
    let at = || house.clock.now().as_millisecond();

    house.accepts(house.publish("bp-1", &pressure(ahead(60), 128, 76))).await;
    let first = format!("60000 at {}", at());
    assert_eq!(offset(&house).await, [first.clone()]);

    house.wait(SignedDuration::from_mins(5));
    house.accepts(house.publish("bp-1", &pressure(ahead(85), 128, 76))).await;
    assert_eq!(offset(&house).await, [first], "25 seconds are no news");

    house.accepts(house.publish("bp-1", &pressure(ahead(91), 128, 76))).await;
    assert_eq!(offset(&house).await, [format!("91000 at {}", at())]);

    house.wait(SignedDuration::from_hours(25));
    house.accepts(house.publish("bp-1", &pressure(ahead(91), 128, 76))).await;
    assert_eq!(offset(&house).await, [format!("91000 at {}", at())]);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn a_copy_that_the_broker_kept_says_nothing_of_the_clock() {
    let house = House::new().await;
    house.accepts(house.published("bp-1", &pressure(day("2026-11-20T08:00:00Z"), 128, 76), true)).await;
    assert_eq!(offset(&house).await, ["-"]);
    house.leaves(Left::NOTHING).await;
}
