//! Devices that do not speak our own JSON: read by a profile, taken for whom the topic and the hub's word say, and never a
//! reading where the profile is in doubt.

use std::sync::Arc;

use jiff::Timestamp;
use lamplight::catalog;
use lamplight::domain::decide::Catalog;
use lamplight::domain::event::Event;
use lamplight::domain::payload::key;
use lamplight::domain::profile::hear;
use lamplight::engine::intake::Settled;
use lamplight::engine::release::Released;

use super::house::{House, Left, NOW};

const AVA: &str = "dusun_pub";

pub(super) async fn house() -> House {
    let plain = catalog::built_in().unwrap();
    let devices = catalog::built_in_devices().unwrap();
    House::under(Catalog { devices: Arc::new(devices), ..plain }, NOW.parse::<Timestamp>().unwrap()).await
}

/// What a publish becomes on its way in.
pub(super) fn published(house: &House, topic: &str, payload: &str) -> Vec<Event> {
    let received_at = house.clock.now();
    let said = hear(&house.catalog.devices, topic, payload.as_bytes(), false, received_at)
        .expect("a profile reads it");
    said.into_iter()
        .map(|said| {
            let id = house.ids.event(received_at);
            let key = said.key.unwrap_or_else(|| key::status(&id));
            Event { id, key, received_at, origin: said.origin, raw: said.raw }
        })
        .collect()
}

fn cuff(systolic: u32, diastolic: u32) -> String {
    format!(
        r#"{{"type":"reportAttribute","data":{{"attribute":"BP_BIOLIGTH","value":{{"device_list":[{{"scan_time":1836942771,"ble_addr":"d616f9641622","bp_high":{systolic},"bp_low":{diastolic},"PR":74}}]}}}}}}"#
    )
}

#[tokio::test]
async fn a_hubs_word_for_an_inner_address_counts_once_somebody_has_registered_that_pair() {
    let house = house().await;
    let [event] = <[Event; 1]>::try_from(published(&house, AVA, &cuff(190, 99))).unwrap();
    house.settles(event.clone(), Settled::Held).await;
    assert_eq!(
        house.see("select subject from task where kind = 'unknown_device'").await,
        ["dusun_pub:D616F9641622"]
    );

    house.enrol("patient_id,devices\nbob,dusun_pub:D616F9641622\n").await;
    assert_eq!(house.release().await, Released { events: 1, messages: 1 });
    assert_eq!(house.alerts().await, ["bob blood_pressure_high red open x1"]);
    // The hub's clock is in 2028: the reading counts from when it came, and what was claimed is kept.
    assert_eq!(house.see("select distinct basis || ' ' || state from reading").await, ["received flagged"]);
    house.settles(event, Settled::Duplicate).await;
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn the_same_address_through_another_hub_is_another_device() {
    let house = house().await;
    house.enrol("patient_id,devices\nbob,attic:AABBCCDDEEFF\n").await;
    let scale =
        r#"{"id":"AA:BB:CC:DD:EE:FF","type":"SCALE","weighing_mode":"person","unit":"kg","weight":78.4}"#;
    for (hub, fate) in [("attic", Settled::Accepted), ("cellar", Settled::Held)] {
        for event in published(&house, &format!("home/{hub}/BTtoMQTT/AABBCCDDEEFF"), scale) {
            house.settles(event, fate).await;
        }
    }
    assert_eq!(house.see("select patient_id || ' ' || value from v_reading").await, ["bob 78.4"]);
    house.leaves(Left { texts: 0, held: 1 }).await;
}

#[tokio::test]
async fn what_a_profile_doubts_is_held_with_a_task_and_a_better_profile_takes_it_in() {
    let mut house = house().await;
    house.enrol("patient_id,devices\nbob,attic:AABBCCDDEEFF\n").await;
    let jin =
        r#"{"id":"AA:BB:CC:DD:EE:FF","type":"SCALE","weighing_mode":"person","unit":"jin","weight":144.9}"#;
    for event in published(&house, "home/attic/BTtoMQTT/AABBCCDDEEFF", jin) {
        house.settles(event, Settled::Held).await;
    }
    assert_eq!(house.see("select kind || ' ' || patient_id from task").await, ["unreadable_payload bob"]);
    assert_eq!(house.release().await, Released::default());

    let mut profiles = house.catalog.devices.profiles().to_vec();
    let theengs = profiles.iter_mut().find(|profile| profile.id == "theengs").unwrap();
    theengs.fields[0].scale = 0.5;
    theengs.fields[0].unit =
        lamplight::domain::profile::UnitFrom::Always(lamplight::domain::unit::Unit::Kilogram);
    let better = lamplight::domain::profile::Book::new(profiles);
    house.catalog = Arc::new(Catalog { devices: Arc::new(better), ..(*house.catalog).clone() });
    assert_eq!(house.release().await, Released { events: 1, messages: 0 });
    assert_eq!(house.see("select value from v_reading").await, ["72.45"]);
    house.leaves(Left::default()).await;
}

#[tokio::test]
async fn several_measurements_in_one_message_are_several_readings_each_at_its_time() {
    let house = house().await;
    house.enrol("patient_id,devices\nbob,iMEDE_watch:860000000000000\n").await;
    let item = |epoch: i64, pulse: u32| format!(r#"{{"timestamp":{epoch},"heartRate":{pulse},"spO2":98}}"#);
    let now = house.clock.now().as_second();
    let batch = format!(
        r#"{{"IMEI":"860000000000000","num_datas":12,"data":[{},{}]}}"#,
        item(now - 7200, 71),
        item(now - 3600, 72)
    );
    let events = published(&house, "iMEDE_watch/AP55", &batch);
    assert_eq!(events.len(), 2);
    for event in events {
        house.settles(event, Settled::Accepted).await;
    }
    assert_eq!(
        house.see("select value from v_reading where vital = 'pulse' order by taken_at").await,
        ["71.0", "72.0"]
    );
    assert_eq!(house.see("select count(distinct taken_at) from reading").await, ["2"]);
    house.leaves(Left::default()).await;
}

#[tokio::test]
async fn a_call_for_help_is_red_at_once_and_again_each_time() {
    let house = house().await;
    house.enrol("patient_id,devices\nbob,iMEDE_watch:860000000000000\n").await;
    let sos = r#"{"status":"SOS","location":{},"IMEI":"860000000000000"}"#;
    for _ in 0..2 {
        for event in published(&house, "iMEDE_watch/SOS", sos) {
            house.settles(event, Settled::Accepted).await;
        }
        house.wait(jiff::SignedDuration::from_mins(11));
    }
    assert_eq!(house.alerts().await, ["bob system_device_call red open x2"]);
    house.leaves(Left::default()).await;
}

#[tokio::test]
async fn a_wall_clock_hangs_on_the_patients_wall() {
    let house = house().await;
    house.enrol("patient_id,devices,time_zone\nbob,iMEDE_watch:860000000000000,Europe/Paris\n").await;
    let said = r#"{"IMEI":"860000000000000","heartRate":72,"timeStamps":"22/11/2026 09:45:00"}"#;
    for event in published(&house, "iMEDE_watch/VitalSign", said) {
        house.settles(event, Settled::Accepted).await;
    }
    assert_eq!(house.see("select taken_at from v_reading").await, ["2026-11-22T08:45:00.000Z"]);
    house.leaves(Left::default()).await;
}

#[tokio::test]
async fn what_names_a_person_in_a_payload_is_never_stored() {
    let house = house().await;
    let qube = r#"{"type":"reportAttribute","citiz":"1234567890123","nameEN":"Somebody","data":{"ble_mac":"FF:23:01:28:10:39","value":{"spo2":97,"pulse":70}}}"#;
    for event in published(&house, "CM4_BLE_GW_TX", qube) {
        house.settles(event, Settled::Held).await;
    }
    let kept = house.see("select cast(raw as text) from inbox").await;
    assert!(
        kept[0].contains("spo2") && !kept[0].contains("1234567890123") && !kept[0].contains("Somebody"),
        "{kept:?}"
    );
    house.enrol("patient_id,devices\nbob,CM4_BLE_GW_TX:FF2301281039\n").await;
    assert_eq!(house.release().await, Released { events: 1, messages: 0 });
    house.leaves(Left::default()).await;
}

#[tokio::test]
async fn whoever_finds_what_no_profile_reads_is_told_how_to_make_one() {
    let house = house().await;
    house.enrol("patient_id,devices\nbob,attic:AABBCCDDEEFF\n").await;
    house.settles(house.stray("ward 7/cuff's/data"), Settled::Rejected).await;
    house.wait(jiff::SignedDuration::from_mins(11));
    house.settles(house.stray("ward 7/scale"), Settled::Rejected).await;
    let jin = r#"{"type":"SCALE","weighing_mode":"person","unit":"jin","weight":144.9}"#;
    for event in published(&house, "home/attic/BTtoMQTT/AABBCCDDEEFF", jin) {
        house.settles(event, Settled::Held).await;
    }
    assert_eq!(
        house.tasks().await,
        ["unreadable_payload ward 7 x2", "unreadable_payload attic:AABBCCDDEEFF x1"]
    );
    let details = house.see("select detail from task order by subject").await;
    assert!(
        details[0].ends_with("lamplight profile suggest --topic home/attic/BTtoMQTT/AABBCCDDEEFF < PAYLOAD")
    );
    assert!(
        details[1].ends_with("lamplight profile suggest --topic 'ward 7/scale' < PAYLOAD"),
        "{details:?}"
    );
    house.leaves(Left::held(1)).await;
}
