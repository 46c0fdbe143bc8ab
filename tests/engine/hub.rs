//! What hubs and batteries say of themselves, and that it is known when nothing comes.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::date;
use lamplight::catalog::built_in_devices;
use lamplight::domain::decide::Catalog;
use lamplight::domain::event::Event;
use lamplight::domain::id::{PatientId, ProtocolId};
use lamplight::domain::profile::hear;
use lamplight::engine::enrolment::Wish;
use lamplight::engine::intake::Settled;

use super::foreign::{house, published};
use super::house::Left;
use super::protocol::{Gateway, hand};
use crate::due::file::{asks, at, catalog, entry, protocol};

/// Where blood pressures are asked for every morning, and the shipped profiles are in use.
async fn gateway() -> Gateway {
    let daily = protocol("daily", vec![entry("morning", asks(&["bp"]), &["08:00"])]);
    let devices = Arc::new(built_in_devices().unwrap());
    Gateway::under(Catalog { devices, ..catalog([daily]) }, at("2026-06-01 12:00")).await
}

async fn start(gateway: &Gateway, patient: &str) {
    let wish = Wish {
        protocol: ProtocolId::trusted("daily"),
        first_day: Some(date(2026, 6, 2)),
        last_day: Some(date(2026, 6, 2)),
        consent: None,
    };
    gateway.desk().start(&PatientId::trusted(patient), &wish, &hand()).await.unwrap();
}

#[tokio::test]
async fn a_hub_that_has_gone_is_why_its_devices_are_silent_and_no_others() {
    let gateway = gateway().await;
    let house = &gateway.house;
    for (patient, device) in [("ada", "attic:AABBCCDDEEFF"), ("bob", "cellar:AABBCCDDEEFF")] {
        house.enrol(&format!("patient_id,devices\n{patient},{device}\n")).await;
        start(&gateway, patient).await;
    }
    gateway.settle().await;
    let will = |hub: &str, word: &str| published(house, &format!("home/{hub}/LWT"), word);
    for event in will("attic", "offline").into_iter().chain(will("cellar", "offline")) {
        house.settles(event, Settled::Accepted).await;
    }
    house.wait(SignedDuration::from_secs(1));
    for event in will("cellar", "online") {
        house.settles(event, Settled::Accepted).await;
    }
    assert!(house.tasks().await.is_empty(), "a hub needs no patient: {:?}", house.tasks().await);
    gateway.pass_to(at("2026-06-02 08:00")).await;
    gateway.settle().await;
    gateway.pass_to(at("2026-06-02 23:00")).await;
    assert_eq!(
        house.see("select patient_id || ' ' || cause from prompt order by patient_id").await,
        ["ada hub_offline", "bob silent"]
    );
    gateway.house.leaves_whatever().await;
}

#[tokio::test]
async fn a_battery_beside_the_readings_is_the_devices_and_an_empty_one_is_why_it_is_silent() {
    let gateway = gateway().await;
    let house = &gateway.house;
    house.enrol("patient_id,devices\nada,sensors\n").await;
    start(&gateway, "ada").await;
    gateway.settle().await;
    let ring = r#"{"SpO2":97,"HR":72,"PI":43,"Movement":0,"Battery":4}"#;
    for event in published(house, "sensors", ring) {
        house.settles(event, Settled::Accepted).await;
    }
    assert_eq!(house.see("select battery from device where id = 'sensors'").await, ["4.0"]);
    // Taken off the finger, it says its charge every two seconds: that is one word an hour.
    let idle = r#"{"SpO2":255,"HR":0,"PI":0,"Movement":0,"Battery":4}"#;
    let [first, second] =
        [(); 2].map(|()| <[Event; 1]>::try_from(published(house, "sensors", idle)).unwrap());
    let ([first], [second]) = (first, second);
    house.settles(first, Settled::Accepted).await;
    house.settles(second, Settled::Duplicate).await;

    gateway.pass_to(at("2026-06-02 08:00")).await;
    gateway.settle().await;
    gateway.pass_to(at("2026-06-02 23:00")).await;
    assert_eq!(house.see("select cause from prompt").await, ["battery"]);
    gateway.house.leaves_whatever().await;
}

#[tokio::test]
async fn what_the_broker_kept_counts_where_it_says_that_a_hub_is_away_and_nowhere_else() {
    let house = house().await;
    let heard = |topic: &str, payload: &str| {
        hear(&house.catalog.devices, topic, payload.as_bytes(), true, house.clock.now()).unwrap().len()
    };
    assert_eq!(heard("home/attic/LWT", "offline"), 1);
    assert_eq!(heard("sensors", r#"{"SpO2":97,"HR":72,"Battery":88}"#), 0);
    assert_eq!(heard("sensors", r#"{"SpO2":255,"HR":0,"Battery":88}"#), 0);
    house.leaves(Left::default()).await;
}
