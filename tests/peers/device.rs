//! Devices publish to a real mosquitto.

use serde_json::{Value, json};

use super::daemon::{AGNES, Daemon, Plan, until};
use super::twilio::Emulate;
use crate::support::broker::{Mosquitto, free_port};
use crate::support::wire::Wire;

const CUFF: &str = "lamplight/v1/cuff-1/reading";

fn pressure(id: &str, systolic: u32, diastolic: u32, pulse: u32) -> Vec<u8> {
    let one = |vital: &str, value: u32, unit: &str| json!({"vital": vital, "value": value, "unit": unit});
    let readings = [
        one("systolic", systolic, "mm[Hg]"),
        one("diastolic", diastolic, "mm[Hg]"),
        one("pulse", pulse, "/min"),
    ];
    json!({"id": id, "readings": readings}).to_string().into_bytes()
}

fn with_broker(broker: &Mosquitto) -> Plan {
    Plan { broker: Some((broker.url(), "")), ..Plan::default() }
}

async fn device(daemon: &Daemon, id: &str) -> Value {
    let devices = daemon.list("devices").await;
    devices.iter().find(|device| device["device_id"] == id).cloned().unwrap_or(Value::Null)
}

async fn until_ledger(daemon: &Daemon, ledger: [u64; 5]) {
    until(&format!("{ledger:?}"), async || daemon.ledger().await == ledger).await;
}

#[tokio::test]
async fn a_cuffs_reading_is_kept_alerted_and_answered_on_the_patients_phone() {
    let broker = Mosquitto::start("peers-cuff");
    let port = free_port();
    let twilio = Emulate::start(&format!("http://127.0.0.1:{port}")).await;
    let plan = Plan { api_base: Some(twilio.url("")), ..with_broker(&broker) };
    let daemon = Daemon::start_on(port, plan).await;

    let mut cuff = Wire::device(broker.port, "cuff-1").await;
    cuff.deliver(CUFF, 1, &pressure("a", 184, 118, 91)).await;
    until_ledger(&daemon, [1, 1, 0, 0, 0]).await;
    let readings = daemon.list("readings?patient=p1").await;
    assert_eq!(readings.len(), 3);
    for reading in &readings {
        assert_eq!(
            [&reading["source"], &reading["device_id"], &reading["state"], &reading["set_id"]],
            [&json!("device"), &json!("cuff-1"), &json!("accepted"), &readings[0]["set_id"]]
        );
    }
    let alerts = daemon.list("alerts?patient=p1").await;
    assert_eq!((&alerts[0]["severity"], alerts.len()), (&json!("red"), 1));
    let sent = twilio.wait_for(AGNES, 1).await;
    assert!(sent[0]["body"].as_str().unwrap().contains("184/118"), "{sent:?}");

    // Sent again, as devices do that saw no PUBACK; and the same breach again, which is no news for the phone.
    cuff.deliver(CUFF, 2, &pressure("a", 184, 118, 91)).await;
    until_ledger(&daemon, [2, 1, 1, 0, 0]).await;
    cuff.deliver(CUFF, 3, &pressure("b", 185, 117, 90)).await;
    until_ledger(&daemon, [3, 2, 1, 0, 0]).await;
    assert_eq!(daemon.readings("p1").await.len(), 6);
    assert_eq!(daemon.list("alerts?patient=p1").await[0]["count"], 2);
    assert_eq!(daemon.replies("p1").await.len(), 1);
    daemon.end().await;
}

#[tokio::test]
async fn what_an_unregistered_device_sends_is_held_and_taken_in_when_it_is_registered() {
    let broker = Mosquitto::start("peers-held");
    let daemon = Daemon::start(with_broker(&broker)).await;
    let mut scale = Wire::device(broker.port, "scale-9").await;
    let weight = br#"{"id":7,"taken_at":"2000-01-01T00:00:00Z","readings":[{"vital":"weight","value":12,"unit":"[stone_av]"}]}"#;
    scale.deliver("lamplight/v1/scale-9/reading", 1, weight).await;
    scale.deliver_retained("lamplight/v1/scale-9/status", 2, br#"{"status":"online","battery":41}"#).await;
    until_ledger(&daemon, [2, 0, 0, 0, 2]).await;
    let tasks = daemon.list("tasks").await;
    assert_eq!((&tasks[0]["kind"], &tasks[0]["subject"]), (&json!("unknown_device"), &json!("scale-9")));

    let told = daemon.house.run(&["device", "add", "scale-9", "--patient", "p2"]);
    assert_eq!(told.code, 0, "{told:?}");
    assert_eq!(told.err, "2 held messages were taken in.\n");
    assert_eq!(daemon.ledger().await, [2, 2, 0, 0, 0]);
    let readings = daemon.list("readings?patient=p2").await;
    let [reading] = readings.as_slice() else { panic!("{readings:?}") };
    assert!((reading["value"].as_f64().unwrap() - 76.2).abs() < 0.01, "{reading}");
    assert_eq!((&reading["unit"], &reading["device_id"]), (&json!("kg"), &json!("scale-9")));
    // A clock of the year 2000 costs no reading: the time of receipt counts, and both are told.
    assert_eq!(
        (&reading["state"], &reading["claimed_at"]),
        (&json!("flagged"), &json!("2000-01-01T00:00:00Z"))
    );
    assert_eq!(device(&daemon, "scale-9").await["battery"], 41.0);

    // The daemon knows the device at once, without a restart.
    scale.deliver("lamplight/v1/scale-9/reading", 3, &pressure("c", 120, 70, 60)).await;
    until_ledger(&daemon, [3, 3, 0, 0, 0]).await;
    // And no more once it is revoked.
    daemon.house.must(&["device", "revoke", "scale-9"]);
    scale.deliver("lamplight/v1/scale-9/reading", 4, &pressure("d", 121, 70, 60)).await;
    until_ledger(&daemon, [4, 3, 0, 0, 1]).await;
    daemon.end().await;
}

#[tokio::test]
async fn a_devices_status_shows_in_the_list_of_devices() {
    let broker = Mosquitto::start("peers-status");
    let daemon = Daemon::start(with_broker(&broker)).await;
    let mut cuff = Wire::device(broker.port, "cuff-1").await;
    let topic = "lamplight/v1/cuff-1/status";
    assert_eq!(device(&daemon, "cuff-1").await["online"], Value::Null);
    for (packet, (payload, online, battery)) in (1..).zip([
        ("online", json!(true), Value::Null),
        (r#"{"status":"online","battery":87}"#, json!(true), json!(87.0)),
        ("offline", json!(false), json!(87.0)),
        (r#"{"battery":86.5}"#, json!(false), json!(86.5)),
    ]) {
        cuff.deliver_retained(topic, packet, payload.as_bytes()).await;
        until(payload, async || {
            let shown = device(&daemon, "cuff-1").await;
            shown["online"] == online && shown["battery"] == battery
        })
        .await;
    }
    assert!(daemon.list("readings").await.is_empty());
    daemon.end().await;
}

#[tokio::test]
async fn readings_that_were_published_while_the_daemon_was_away_are_taken_in_once() {
    let broker = Mosquitto::start("peers-away");
    let mut daemon = Daemon::start(with_broker(&broker)).await;
    daemon.stop();
    let mut cuff = Wire::device(broker.port, "cuff-1").await;
    for n in 1..=40 {
        cuff.deliver(CUFF, n, &pressure(&n.to_string(), 120, 70, 60)).await;
    }
    for _ in 0..2 {
        daemon.start_again().await;
        until_ledger(&daemon, [40, 40, 0, 0, 0]).await;
        daemon.stop();
    }
    daemon.start_again().await;
    assert_eq!(daemon.list("readings?vital=pulse").await.len(), 40);
    daemon.end().await;
}

#[tokio::test]
async fn gateways_of_one_share_group_take_each_reading_once_between_them() {
    let broker = Mosquitto::start("peers-share");
    let mut gateways = Vec::new();
    for lines in
        ["client_id = \"left\"\nshare_group = \"ward\"", "client_id = \"right\"\nshare_group = \"ward\""]
    {
        let plan = Plan { broker: Some((broker.url(), lines)), ..Plan::default() };
        gateways.push(Daemon::start(plan).await);
    }
    let mut cuff = Wire::device(broker.port, "cuff-1").await;
    for n in 1..=60 {
        cuff.deliver(CUFF, n, &pressure(&n.to_string(), 120, 70, 60)).await;
    }
    let received = async |gateway: &Daemon| gateway.ledger().await[0];
    until("all of it", async || received(&gateways[0]).await + received(&gateways[1]).await == 60).await;
    for gateway in gateways {
        let [received, accepted, ..] = gateway.ledger().await;
        assert!(received > 0 && received == accepted, "{received} received, {accepted} accepted");
        gateway.end().await;
    }
}
