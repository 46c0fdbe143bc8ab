//! An oximeter that speaks every two seconds: judged each time, charted once a minute, every message accounted for.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use lamplight::catalog;
use lamplight::domain::decide::Catalog;
use lamplight::domain::event::Event;
use lamplight::domain::profile::hear;
use lamplight::engine::intake::Settled;
use lamplight::mqtt::simulator::Chance;

use super::house::{House, NOW};

async fn house() -> House {
    let devices = catalog::built_in_devices().unwrap();
    let files = Catalog { devices: Arc::new(devices), ..catalog::built_in().unwrap() };
    let house = House::under(files, NOW.parse::<Timestamp>().unwrap()).await;
    house.enrol("patient_id,phone,devices\nada,+447700900121,sensors\n").await;
    house
}

fn said(house: &House, spo2: u32, pulse: u32) -> Event {
    let payload = format!(r#"{{"SpO2":{spo2},"HR":{pulse},"PI":43,"Movement":0,"Battery":88}}"#);
    let received_at = house.clock.now();
    let said = hear(&house.catalog.devices, "sensors", payload.as_bytes(), false, received_at).unwrap();
    let [said] = <[_; 1]>::try_from(said).unwrap();
    Event {
        id: house.ids.event(received_at),
        key: said.key.unwrap(),
        received_at,
        origin: said.origin,
        raw: said.raw,
    }
}

fn two_seconds(house: &House) {
    house.wait(SignedDuration::from_secs(2));
}

#[tokio::test]
async fn an_hour_of_messages_is_a_reading_a_minute_and_a_dip_between_them_is_red_at_once() {
    let house = house().await;
    let mut chance = Chance::of(7);
    let start = house.clock.now();
    let dip = 1_003..1_008;
    let mut red_after = None;
    for n in 0..1_800 {
        let spo2 = if dip.contains(&n) { 82 } else { 97 + u32::from(chance.unit() < 0.5) };
        let pulse = 70 + (chance.unit() * 6.0) as u32;
        let settled = house.take([said(&house, spo2, pulse)]).await;
        assert!(matches!(settled[..], [Ok(Settled::Accepted | Settled::Duplicate)]), "{n}: {settled:?}");
        if red_after.is_none() && house.count("alert where severity = 'red'").await > 0 {
            red_after = Some(n);
        }
        two_seconds(&house);
    }
    assert_eq!(red_after, Some(dip.start), "the first message of the dip raises it");

    let [received, accepted, duplicate, rejected, held] = house.ledger().await;
    assert_eq!((received, accepted + duplicate, rejected, held), (1_800, 1_800, 0, 0));
    assert_eq!(house.count("inbox").await, accepted, "every message is journalled, copies are counted");
    let minutes = format!(
        "select count(distinct taken_at / 60000) from reading_set where taken_at >= {}",
        start.as_millisecond()
    );
    assert_eq!(house.see(&minutes).await, ["60"]);
    let kept = house.count("reading_set").await;
    assert!((60..=60 * 2 + 5).contains(&kept), "{kept} sets are kept of 1800 messages");
    assert_eq!(house.see("select min(value) from reading where vital = 'spo2'").await, ["82.0"]);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_low_that_goes_on_is_one_reading_a_minute_too_and_a_deeper_one_is_kept() {
    let house = house().await;
    for n in 0..60 {
        house.take([said(&house, 82, 70 + n % 30)]).await;
        two_seconds(&house);
    }
    assert_eq!(house.count("reading_set").await, 2);
    assert_eq!(house.see("select count from alert where severity = 'red'").await, ["2"]);
    house.take([said(&house, 82, 70)]).await;
    house.take([said(&house, 80, 71)]).await;
    house.take([said(&house, 81, 72)]).await;
    assert_eq!(
        house.see("select value from reading where vital = 'spo2' order by set_id").await,
        ["82.0", "82.0", "82.0", "80.0"]
    );
    house.leaves_whatever().await;
}

#[tokio::test]
async fn what_a_window_holds_is_known_after_a_restart_and_in_the_middle_of_a_batch() {
    let house = house().await;
    let mut together = Vec::new();
    for n in 0..10 {
        together.push(said(&house, 97, 70 + n));
        two_seconds(&house);
    }
    house.take(together).await;
    assert_eq!(house.count("reading_set").await, 1);
    let house = house.restart().await;
    house.take([said(&house, 97, 90)]).await;
    assert_eq!(house.count("reading_set").await, 1);
    house.wait(SignedDuration::from_mins(1));
    house.take([said(&house, 97, 90)]).await;
    assert_eq!(house.count("reading_set").await, 2);
    house.leaves_whatever().await;
}
