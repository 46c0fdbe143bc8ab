//! Late readings at night: they are on the queue at once, and the team is told when it is back.

use jiff::SignedDuration;
use lamplight::domain::id::{AlertId, UserName};
use lamplight::engine::auditor::Auditor;
use lamplight::engine::queue::{Choice, Walks};
use lamplight::telemetry::Telemetry;

use super::super::house::{House, pressure};
use super::{at_site, look, notices, told};
use crate::escalation::site::{ward, ward_by_day};

/// Ada's cuff sends what it measured so many hours ago.
async fn cuff(house: &House, hours: i64, systolic: u32) {
    let taken_at = house.clock.now() - SignedDuration::from_hours(hours);
    house.accepts(house.publish("bp-1", &pressure(Some(taken_at), systolic, 80))).await;
}

/// The ward by day, at eleven in the evening of a Monday, with nothing amiss.
async fn at_night() -> House {
    let house = at_site(ward_by_day()).await;
    house.wait(SignedDuration::from_hours(12));
    house
}

async fn snoozes(house: &House) -> Vec<String> {
    house
        .see(
            "select snooze ->> 'by' || ' ' || (snooze ->> 'severity') || ' until ' || (snooze ->> 'until')
             from alert where snooze is not null",
        )
        .await
}

/// The auditor has looked, and everybody has somebody or a next step.
async fn is_sound(house: &House) {
    let mut auditor = Auditor::new(house.store.clone(), house.clock.clone(), Telemetry::default(), None);
    let findings = auditor.look(Vec::new()).await.unwrap().findings;
    let of_alerts: Vec<_> = findings.iter().filter(|finding| finding.subject != "lamplight").collect();
    assert!(of_alerts.is_empty(), "{of_alerts:?}");
}

#[tokio::test]
async fn a_late_red_waits_for_the_team_and_wakes_nobody() {
    let house = at_night().await;
    cuff(&house, 9, 190).await;
    assert_eq!(look(&house).await.messages, 0);
    assert_eq!(snoozes(&house).await, ["lamplight red until 2026-06-02T07:00:00Z"]);
    assert_eq!(
        house
            .see("select actor || ' ' || (detail ->> 'until') from audit where action = 'alert.snooze'")
            .await,
        ["lamplight 2026-06-02T07:00:00Z"]
    );
    is_sound(&house).await;
    let choice = Choice { limit: 9, ..Choice::default() };
    let now = house.clock.now();
    let queue = Walks::default().cards(&house.store, &house.catalog.site, &choice, now).await.unwrap();
    let snooze = queue.rows[0].alerts[0].snooze.as_ref().expect("the card says that it is put off");
    assert_eq!(snooze.by, UserName::trusted("lamplight"));
    assert!(queue.rows[0].snoozed_until.is_some() && queue.rows[0].waiting.is_none());

    house.wait(SignedDuration::from_hours(4));
    assert_eq!(look(&house).await.messages, 0);
    house.wait(SignedDuration::from_hours(5));
    assert_eq!(look(&house).await.messages, 1, "the team is back");
    assert_eq!(notices(&house).await[0], "2.0.0 snooze_over rota:days amina");
    is_sound(&house).await;
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_reading_in_time_wakes_what_late_ones_had_left_to_the_morning() {
    let house = at_night().await;
    cuff(&house, 9, 190).await;
    look(&house).await;
    house.wait(SignedDuration::from_hours(1));
    cuff(&house, 0, 190).await;
    assert_eq!(look(&house).await.messages, 1);
    assert_eq!(told(&house).await.len(), 1);
    assert_eq!(snoozes(&house).await, [""; 0]);
    is_sound(&house).await;
    house.leaves_whatever().await;
}

#[tokio::test]
async fn an_amber_in_time_is_told_at_night_as_amber_though_a_late_red_has_joined_it() {
    let house = at_night().await;
    cuff(&house, 0, 152).await;
    look(&house).await;
    assert!(told(&house).await[0].to_lowercase().contains("amber"));
    cuff(&house, 8, 190).await;
    assert_eq!(look(&house).await.messages, 0, "those who are told of the amber go on as they were");
    assert_eq!(snoozes(&house).await, ["lamplight red until 2026-06-02T07:00:00Z"]);
    is_sound(&house).await;
    house.wait(SignedDuration::from_mins(31));
    assert_eq!(look(&house).await.messages, 1, "the chain of the amber is not held up");
    assert!(told(&house).await.iter().all(|text| text.to_lowercase().contains("amber")));
    house.wait(SignedDuration::from_hours(9));
    look(&house).await;
    assert!(told(&house).await.iter().any(|text| text.contains("RED")), "in the morning it is red");
    is_sound(&house).await;
    house.leaves_whatever().await;
}

#[tokio::test]
async fn an_amber_that_somebody_has_is_not_paged_at_night_for_a_late_red() {
    let house = at_night().await;
    cuff(&house, 0, 152).await;
    look(&house).await;
    let id = AlertId::trusted(house.see("select id from alert").await[0].clone());
    house.nurse(&super::hand("amina")).acknowledge(&id).await.unwrap();
    look(&house).await;
    let before = notices(&house).await.len();
    cuff(&house, 8, 190).await;
    assert_eq!(look(&house).await.messages, 0);
    assert_eq!(notices(&house).await.len(), before);
    assert_eq!(snoozes(&house).await, ["lamplight red until 2026-06-02T07:00:00Z"]);
    is_sound(&house).await;
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_team_that_is_always_there_is_told_of_a_late_red_at_once() {
    let house = at_site(ward()).await;
    house.wait(SignedDuration::from_hours(12));
    cuff(&house, 9, 190).await;
    assert_eq!(look(&house).await.messages, 1);
    assert_eq!(snoozes(&house).await, [""; 0]);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn over_a_weekend_a_late_red_waits_for_the_morning_and_a_late_amber_for_monday() {
    for (systolic, waits) in
        [(190, "red until 2026-06-06T07:00:00Z"), (152, "amber until 2026-06-08T07:00:00Z")]
    {
        let house = at_night().await;
        // Friday, eleven in the evening.
        house.wait(SignedDuration::from_hours(4 * 24));
        cuff(&house, 9, systolic).await;
        assert_eq!(look(&house).await.messages, 0);
        assert_eq!(snoozes(&house).await, [format!("lamplight {waits}")]);
        is_sound(&house).await;
        house.leaves_whatever().await;
    }
}
