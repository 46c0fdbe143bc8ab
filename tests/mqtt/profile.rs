//! Makes with topics of their own, from a real broker to the reading.

use std::fs;

use lamplight::catalog;
use lamplight::clock::Clock;
use lamplight::domain::decide::Catalog;
use lamplight::engine::activation::CatalogInForce;
use lamplight::engine::ignored::Ignored;
use lamplight::mqtt::broker::{BrokerConfig, BrokerSettings, Foreign};

use super::gateway::{Gateway, accept, hurried};
use crate::support::broker::Mosquitto;
use crate::support::house::{House, PROJECT, quiet_config};
use crate::support::joined::Joined;
use crate::support::wire::{PUBACK, ScriptedBroker, Wire};

const SCALE: &str = "home/attic/BTtoMQTT/AABBCCDDEEFF";
const WEIGHT: &[u8] =
    br#"{"id":"AA:BB:CC:DD:EE:FF","type":"SCALE","weighing_mode":"person","unit":"kg","weight":78.4}"#;

fn joined(broker: &Mosquitto, profiles: &str) -> Joined {
    let mqtt = format!("broker = {:?}\nprofiles = {profiles:?}", broker.url());
    Joined::start(&mqtt, "patient_id\np1\n")
}

/// Two measurements of a Kati watch in one message.
fn batch() -> Vec<u8> {
    let now = Clock::system().now().as_second();
    let item = |epoch: i64, pulse: u32| format!(r#"{{"timestamp":{epoch},"heartRate":{pulse},"spO2":98}}"#);
    let items = [item(now - 7200, 71), item(now - 3600, 72)].join(",");
    format!(r#"{{"IMEI":"860000000000000","num_datas":12,"data":[{items}]}}"#).into_bytes()
}

#[tokio::test]
async fn what_nobody_is_registered_for_is_held_and_taken_in_once_somebody_is() {
    let broker = Mosquitto::start("theengs");
    let mut gateway = joined(&broker, "theengs, theengs-lwt, kati-watch-batch");
    gateway.until_subscribed();
    let mut hub = Wire::device(broker.port, "attic").await;
    hub.deliver(SCALE, 1, WEIGHT).await;
    let subjects = "select subject from task where kind = 'unknown_device' and resolved_at is null";
    gateway.until_seen(subjects, &["attic:AABBCCDDEEFF"]).await;
    gateway.until_seen("select outcome from inbox", &["held"]).await;

    gateway.house.must(&["device", "add", "attic:AABBCCDDEEFF", "--patient", "p1"]);
    gateway.until_seen("select patient_id, vital, value from v_reading", &["p1|weight|78.4"]).await;
    gateway.until_seen(subjects, &[]).await;

    // The hub's last will is known to be its own, and nobody is asked who it is.
    hub.deliver_retained("home/attic/LWT", 2, b"offline").await;
    gateway.until_seen("select id, online from hub", &["attic|0"]).await;
    gateway.until_seen(subjects, &[]).await;
}

#[tokio::test]
async fn a_message_of_several_measurements_is_several_readings_and_never_comes_again() {
    let broker = Mosquitto::start("kati");
    let mut gateway = joined(&broker, "kati-watch-batch, theengs");
    gateway.until_subscribed();
    gateway.house.must(&["device", "add", "iMEDE_watch:860000000000000", "--patient", "p1"]);
    let mut watch = Wire::device(broker.port, "watch").await;
    watch.deliver("iMEDE_watch/AP55", 1, &batch()).await;
    let pulses = "select value from v_reading where vital = 'pulse' order by taken_at";
    gateway.until_seen(pulses, &["71.0", "72.0"]).await;
    gateway.stop();
    gateway.start_again();
    gateway.until_subscribed();
    // What comes behind it is there, so nothing of it waits at the broker.
    watch.deliver(SCALE, 2, WEIGHT).await;
    gateway.until_seen("select count(*), sum(copies) from inbox", &["3|0"]).await;
}

#[tokio::test]
async fn a_message_of_several_measurements_is_acknowledged_once_when_all_of_them_are_kept() {
    let broker = ScriptedBroker::bind().await;
    let settings = BrokerSettings { broker: broker.url(), ..BrokerSettings::default() };
    let mut config = BrokerConfig::load(settings).unwrap();
    config.pace = hurried();
    let devices = std::sync::Arc::new(catalog::built_in_devices().unwrap());
    let catalog = CatalogInForce::new(Catalog { devices, ..catalog::built_in().unwrap() });
    let profiles = vec!["kati-watch-batch".to_owned()];
    config.foreign = Some(Foreign { profiles, catalog, ignored: Ignored::default() });
    let mut gateway = Gateway::start_config(config, 10);
    let (mut wire, _, filters) = broker.welcome(false).await;
    assert!(filters.contains(&"iMEDE_watch/AP55".to_owned()), "{filters:?}");
    wire.publish("iMEDE_watch/AP55", 7, &batch()).await;
    let [first, second] = <[_; 2]>::try_from(gateway.take(2).await).ok().unwrap();
    accept(second);
    assert!(wire.is_silent_for(std::time::Duration::from_millis(300)).await, "half of it is not kept");
    accept(first);
    let answer = wire.read_past_pings().await.unwrap();
    assert_eq!((answer.kind(), answer.packet_id()), (PUBACK, 7));
    assert!(wire.is_silent_for(std::time::Duration::from_millis(300)).await, "acknowledged twice");
}

#[tokio::test]
async fn what_is_too_large_or_too_deep_is_kept_cut_told_of_and_never_comes_again() {
    let broker = Mosquitto::start("limits");
    let mut gateway = joined(&broker, "theengs");
    gateway.until_subscribed();
    gateway.house.must(&["device", "add", "attic:AABBCCDDEEFF", "--patient", "p1"]);
    gateway.house.must(&["device", "add", "cuff-1", "--patient", "p1"]);
    let mut hub = Wire::device(broker.port, "attic").await;
    let deep = [r#"{"weight":"#, &"[".repeat(10_000), &"]".repeat(10_000), "}"].concat();
    let large = format!(r#"{{"weight":78.4,"x":"{}"}}"#, "x".repeat(1_000_000));
    for (id, topic) in [(1, SCALE), (3, "lamplight/v1/cuff-1/reading")] {
        hub.deliver(topic, id, deep.as_bytes()).await;
        hub.deliver(topic, id + 1, large.as_bytes()).await;
    }
    gateway.until_seen("select count(*) from inbox where outcome = 'rejected'", &["4"]).await;
    let kept = "select max(length(raw)) from inbox";
    gateway.until_seen(kept, &["65536"]).await;
    let told = "select kind, count from task where resolved_at is null order by subject";
    gateway.until_seen(told, &["unreadable_payload|2", "unreadable_payload|2"]).await;
    gateway.stop();
    gateway.start_again();
    gateway.until_subscribed();
    hub.deliver(SCALE, 5, WEIGHT).await;
    gateway.until_seen("select value from v_reading", &["78.4"]).await;
    gateway.until_seen("select count(*), sum(copies) from inbox", &["5|0"]).await;
    let log = gateway.log();
    assert!(!log.contains("[[[") && !log.contains("xxx"));
}

#[tokio::test]
async fn what_a_profile_ignores_is_counted_and_not_journalled() {
    let broker = Mosquitto::start("ignored");
    let mut gateway = joined(&broker, "ha-statestream-other");
    gateway.until_subscribed();
    let mut house = Wire::device(broker.port, "home-assistant").await;
    for id in 1..=200 {
        house.deliver("homeassistant/light/hall/state", id, b"on").await;
    }
    let counted = "select profile, topic, sum(count) from ignored_message group by profile, topic";
    gateway.until_seen(counted, &["ha-statestream-other|homeassistant/light/hall/state|200"]).await;
    assert_eq!(gateway.house.see("select count(*) from inbox").await, ["0"]);
}

#[tokio::test]
async fn a_reload_listens_on_the_topics_that_a_profile_has_now_and_no_longer_on_the_old() {
    let broker = Mosquitto::start("topics");
    let config = quiet_config(&format!("127.0.0.1:{}", crate::support::broker::free_port()))
        .replace(&format!("{PROJECT}/protocols"), "protocols");
    let house = House::new(&format!("{config}[mqtt]\nbroker = {:?}\nprofiles = \"theengs\"\n", broker.url()));
    for word in ["en", "cy", "pl", "ur"] {
        let name = format!("protocols/clinical/messages.{word}.toml");
        house.write(&name, &fs::read_to_string(format!("{PROJECT}/{name}")).unwrap());
    }
    let shipped = fs::read_to_string(format!("{PROJECT}/protocols/devices/theengs.toml")).unwrap();
    house.write("protocols/devices/theengs.toml", &shipped);
    let mut gateway = Joined::start_in(house, "patient_id,devices\np1,attic:AABBCCDDEEFF\n");
    gateway.until_subscribed();

    let moved = shipped
        .replace("home/{gateway}/BTtoMQTT", "ward/{gateway}/BTtoMQTT")
        .replace("\"+/{gateway}/BTtoMQTT/{id}\"", "\"floor/{gateway}/BTtoMQTT/{id}\"")
        .replace("\"home/", "\"ward/");
    gateway.house.write("protocols/devices/theengs.toml", &moved);
    gateway.signal("-HUP");
    gateway.until_logged("the topics of the device profiles in use have changed", 1);
    gateway.until_logged("subscribed at the MQTT broker", 2);
    let mut hub = Wire::device(broker.port, "attic").await;
    let ward = "ward/attic/BTtoMQTT/AABBCCDDEEFF";
    hub.deliver(ward, 1, WEIGHT).await;
    gateway.until_seen("select address from inbox", &[ward]).await;
    // The broker has the old filter no more: only what stands on the new topics comes.
    hub.deliver(SCALE, 2, WEIGHT).await;
    let floor = "floor/attic/BTtoMQTT/AABBCCDDEEFF";
    let lighter = String::from_utf8(WEIGHT.to_vec()).unwrap().replace("78.4", "77.9");
    hub.deliver(floor, 3, lighter.as_bytes()).await;
    gateway.until_seen("select address from inbox order by received_at", &[ward, floor]).await;

    // A profile in use that is gone would leave its devices unheard: such a change is refused.
    fs::remove_file(gateway.house.path("protocols/devices/theengs.toml")).unwrap();
    gateway.signal("-HUP");
    gateway.until_logged("mqtt.profiles names 'theengs', and there is no such file", 1);
    let heavier = lighter.replace("77.9", "79.2");
    hub.deliver(ward, 4, heavier.as_bytes()).await;
    gateway.until_seen("select value from v_reading order by value", &["77.9", "78.4", "79.2"]).await;
}
