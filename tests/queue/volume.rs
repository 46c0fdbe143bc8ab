//! Ten thousand open alerts. The database says of everybody on the queue what the pure core says.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::id::{PatientId, UserName};
use lamplight::domain::queue::{Load, Mark};
use lamplight::engine::queue::{Choice, Walks, placed};

use super::site::site;
use crate::engine::house::House;

/// 2,500 patients with four alerts each, in every state that there is: taken on, lapsed, put off, put off and worse.
const CROWD: &str = "
with recursive n(n) as (select 0 union all select n + 1 from n where n < 2499)
insert into patient (id, language, time_zone, team, consent, consent_at, standing, created_at, updated_at)
select printf('q%04d', n), 'en', 'Europe/London', iif(n % 3 = 0, 'north', null), 'given', 0, 'active', 0, 0 from n;
with recursive n(n) as (select 0 union all select n + 1 from n where n < 9999),
made as (select n, 1795338000000 - (n * 7919 % 30000) * 60000 as opened from n)
insert into alert (id, patient_id, rule_id, rule_version, severity, state, title, why, proposal, opened_at, last_at,
                   worsened_at, acknowledged_by, acknowledged_at, lapses_at, snoozed_until, snooze)
select 'x' || n, printf('q%04d', n / 4), 'r' || (n % 4), 'v',
       case n * 31 % 7 when 0 then 'red' when 1 then 'red' when 2 then 'advice' else 'amber' end,
       iif(n * 17 % 5 = 0, 'acknowledged', 'open'), '', '', '', opened, opened,
       iif(n % 11 = 0, opened + 60000, null), iif(n * 17 % 5 = 0, iif(n % 2, 'anna', 'ben'), null),
       iif(n * 17 % 5 = 0, opened, null),
       iif(n * 17 % 5 = 0, iif(n % 6, 1795338000000 + 60000, 1795338000000), null),
       iif(n * 17 % 5 = 1, 1795338000000 + (n % 3 - 1) * 60000, null),
       iif(n * 17 % 5 = 1, json_object('by', 'anna', 'reason', 'x', 'severity', iif(n % 2, 'amber', 'red')), null)
from made;";

async fn crowd() -> House {
    let house = House::new().await;
    house.clock.set(Timestamp::from_millisecond(1_795_338_000_000).unwrap());
    house.run(CROWD).await;
    house
}

#[tokio::test]
async fn ten_thousand_open_alerts_are_paged_without_loss_and_without_waiting() {
    let house = crowd().await;
    let (site, now, walks) = (site(), house.clock.now(), Walks::default());
    let began = Instant::now();
    let first =
        walks.cards(&house.store, &site, &Choice { limit: 100, ..Choice::default() }, now).await.unwrap();
    let took = began.elapsed();
    println!("the first 100 cards of 10,000 open alerts: {took:?}");
    assert!(took.as_secs() < 5, "this is the slow build, and still");
    let everybody = placed(&house.store, &site, None, now).await.unwrap();
    assert_eq!(everybody.len(), 2_500);
    assert_eq!(first.rows.len(), 100);

    let mut seen: Vec<String> = Vec::new();
    let mut mark: Option<Mark> = None;
    loop {
        let choice = Choice { limit: 700, mark: mark.take(), ..Choice::default() };
        let page = walks.cards(&house.store, &site, &choice, house.clock.now()).await.unwrap();
        assert_eq!(page.ahead, seen.len());
        seen.extend(page.rows.iter().map(|card| card.placed.patient.to_string()));
        mark = page.next;
        // Time goes on while somebody reads, and moves nobody.
        house.wait(SignedDuration::from_mins(5));
        if mark.is_none() {
            break;
        }
    }
    let order: Vec<String> = everybody.iter().map(|placed| placed.patient.to_string()).collect();
    assert!(seen == order, "every card once, in order");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn the_database_and_the_core_place_everybody_alike() {
    let house = crowd().await;
    let (site, now) = (site(), house.clock.now());
    let everybody = placed(&house.store, &site, None, now).await.unwrap();
    let loads = house.store.loads(None, now).await.unwrap();
    let patients: Vec<&PatientId> = loads.iter().map(|(patient, ..)| patient).collect();
    let facts = house.store.card_facts(&patients).await.unwrap();
    for (patient, _, stored) in &loads {
        let mut pure = Load::default();
        for alert in &facts[patient].1 {
            pure.add(alert.severity, alert.since(), alert.is_held(now));
        }
        assert_eq!(*stored, pure, "{patient}");
    }
    let choice = Choice { limit: 3_000, ..Choice::default() };
    let walks = Walks::default();
    let page = walks.cards(&house.store, &site, &choice, now).await.unwrap();
    assert!(page.rows.iter().map(|card| &card.placed).eq(everybody.iter()));

    let anna = Choice { mine: Some(UserName::trusted("anna")), ..choice };
    let hers = walks.cards(&house.store, &site, &anna, now).await.unwrap().rows;
    assert!(!hers.is_empty() && hers.len() < 2_500);
    assert!(hers.iter().all(|card| card.owners.iter().any(|owner| owner.as_str() == "anna")));
    house.leaves_whatever().await;
}
