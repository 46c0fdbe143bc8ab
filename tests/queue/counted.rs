//! Figures from what is really stored: the audit trail knows who took an alert on first.

use jiff::SignedDuration;
use lamplight::domain::figure::By;
use lamplight::engine::figure::{Question, work_out};

use super::site::site;
use crate::engine::house::{ADA, House};

#[tokio::test]
async fn an_alert_that_became_worse_in_somebodys_hand_counts_as_reopened() {
    let house = House::new().await;
    let from = house.clock.now();
    house.accepts(house.text(ADA, "BP 152 96")).await;
    house.wait(SignedDuration::from_mins(4));
    let id = house.see("select id from alert where severity = 'amber' limit 1").await.pop().unwrap();
    house.acknowledge(&id).await;
    house.wait(SignedDuration::from_mins(60));
    house.accepts(house.text(ADA, "BP 185 121")).await;
    assert_eq!(
        house.see(&format!("select state || ' ' || severity from alert where id = '{id}'")).await,
        ["open red"]
    );
    house.wait(SignedDuration::from_mins(20));
    house.acknowledge(&id).await;
    house.wait(SignedDuration::from_mins(10));
    house.resolve(&id).await;
    let now = house.clock.now();
    let question = Question { from, to: now + SignedDuration::from_secs(1), by: By::Rule, team: None };
    let answer = work_out(&house.store, &site(), &question, now).await.unwrap();
    let rule = house.see(&format!("select rule_id from alert where id = '{id}'")).await.pop().unwrap();
    let (_, figures) = answer.groups.iter().find(|(group, _)| group.name == rule).unwrap();
    assert_eq!((figures.reopened, figures.red, figures.unsaid), (1, 1, 1));
    assert_eq!(figures.minutes_to_acknowledge.median, Some(4), "the first look, at the amber");
    assert_eq!(figures.minutes_to_resolve.median, Some(94));
    assert_eq!(
        (figures.standards_met, figures.standards_missed),
        (0, 1),
        "the red had to wait for 20 minutes"
    );
    assert!(answer.forecasts.is_empty(), "a day is no past to guess by");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn the_synthetic_patient_is_in_no_figure_and_on_no_card() {
    let house = House::new().await;
    let from = house.clock.now();
    house.accepts(house.text(ADA, "BP 186 122")).await;
    let now = house.clock.now() + SignedDuration::from_secs(1);
    let question = Question { from, to: now, by: By::Rule, team: None };
    for (seen, mark) in [(true, "0"), (false, "1")] {
        house.run(&format!("update patient set synthetic = {mark} where id = 'ada'")).await;
        let answer = work_out(&house.store, &site(), &question, now).await.unwrap();
        assert_eq!(answer.groups.iter().any(|(_, figures)| figures.red > 0), seen);
        assert_eq!(!house.store.loads(None, now).await.unwrap().is_empty(), seen);
    }
    house.leaves_whatever().await;
}
