//! The same promises with a real broker.

use std::collections::BTreeSet;
use std::time::Duration;

use lamplight::domain::event::Origin;
use lamplight::mqtt::broker::BrokerSettings;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::gateway::{Gateway, TOPIC, accept, hurried, message_id, weight};
use crate::support::broker::Mosquitto;
use crate::support::wire::Wire;

#[tokio::test]
async fn readings_and_status_arrive_with_their_device() {
    let broker = Mosquitto::start("arrive");
    let mut device = Wire::device(broker.port, "cuff").await;
    device.deliver_retained("lamplight/v1/cuff-1/status", 1, b"online").await;
    let mut gateway = Gateway::start(&broker.url(), 100, hurried());
    let event = gateway.accept().await;
    let Origin::Status(status) = &event.origin else { panic!("a status") };
    assert_eq!((status.device.as_str(), status.report.as_ref().unwrap().online), ("cuff-1", Some(true)));

    gateway.until_healthy(true).await;
    device.deliver(TOPIC, 2, &weight(1)).await;
    let event = gateway.accept().await;
    let Origin::Reading(reading) = &event.origin else { panic!("a reading") };
    assert_eq!((reading.device.as_str(), reading.topic.as_str()), ("cuff-1", TOPIC));
    assert!(!reading.retained);
    assert_eq!(event.raw, weight(1));

    device.deliver_retained("lamplight/v1/scale-2/reading", 3, &weight(2)).await;
    assert!(matches!(gateway.accept().await.origin, Origin::Reading(reading) if !reading.retained));
    drop(gateway);
    let mut gateway = Gateway::start(&broker.url(), 100, hurried());
    // The kept copies come again, and say so.
    let copies = [gateway.accept().await, gateway.accept().await];
    assert!(copies.iter().any(|copy| matches!(&copy.origin, Origin::Reading(reading) if reading.retained)));
}

#[tokio::test]
async fn what_is_published_while_the_gateway_is_away_is_delivered_to_it_later() {
    let broker = Mosquitto::start("away");
    let mut gateway = Gateway::start(&broker.url(), 100, hurried());
    gateway.until_healthy(true).await;
    gateway.stop.cancel();
    gateway.ended().await;
    let mut device = Wire::device(broker.port, "cuff").await;
    for id in 1..=50 {
        device.deliver(TOPIC, id, &weight(id.into())).await;
    }
    let mut gateway = Gateway::start(&broker.url(), 100, hurried());
    for id in 1..=50 {
        assert_eq!(message_id(&gateway.accept().await), id.to_string());
    }
}

#[tokio::test]
async fn a_restart_of_the_broker_loses_nothing_that_was_not_acknowledged() {
    let mut broker = Mosquitto::start("restart");
    let mut gateway = Gateway::start(&broker.url(), 100, hurried());
    gateway.until_healthy(true).await;
    let mut device = Wire::device(broker.port, "cuff").await;
    for id in 1..=10 {
        device.deliver(TOPIC, id, &weight(id.into())).await;
    }
    let early = gateway.take(10).await;
    broker.stop();
    gateway.until_healthy(false).await;
    // Committed, but the acknowledgements have nowhere to go.
    early.into_iter().for_each(accept);
    broker.start_again();
    let mut again = BTreeSet::new();
    while again.len() < 10 {
        again.insert(message_id(&gateway.accept().await));
    }
    assert_eq!(gateway.stale(), 10);

    // Acknowledged now: a further connection brings none of them.
    let mut device = Wire::device(broker.port, "cuff").await;
    device.deliver(TOPIC, 11, &weight(11)).await;
    assert_eq!(message_id(&gateway.accept().await), "11");
    gateway.stop.cancel();
    gateway.ended().await;
    let mut gateway = Gateway::start(&broker.url(), 100, hurried());
    gateway.until_healthy(true).await;
    // What a broker keeps for a session comes before what is new.
    device.deliver(TOPIC, 12, &weight(12)).await;
    assert_eq!(message_id(&gateway.accept().await), "12");
}

#[tokio::test]
async fn a_flood_through_a_small_intake_arrives_whole() {
    let broker = Mosquitto::start("flood");
    let mut gateway = Gateway::start(&broker.url(), 16, hurried());
    gateway.until_healthy(true).await;
    let mut device = Wire::device(broker.port, "cuff").await;
    let publisher = tokio::spawn(async move {
        for id in 1..=2000 {
            device.deliver(TOPIC, id, &weight(id.into())).await;
        }
    });
    let mut seen = BTreeSet::new();
    while seen.len() < 2000 {
        // The writer stalls now and then until messages were turned away.
        if seen.len() % 500 == 0 {
            gateway.until_refused().await;
        }
        seen.insert(message_id(&gateway.accept().await));
    }
    publisher.await.unwrap();
    assert!(gateway.sessions("lost") > 0);
}

#[tokio::test]
async fn a_broker_with_a_certificate_of_a_trusted_authority_is_spoken_to_over_tls() {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");
    let lines = format!("certfile {fixtures}/server.pem\nkeyfile {fixtures}/server.key");
    let broker = Mosquitto::start_with("tls", &lines);
    let settings = |ca_file: &str| BrokerSettings {
        broker: format!("mqtts://localhost:{}", broker.port),
        ca_file: Some(format!("{fixtures}/{ca_file}").into()),
        ..BrokerSettings::default()
    };
    let gateway = Gateway::start_with(settings("ca.pem"), 10, hurried());
    gateway.until_healthy(true).await;
    drop(gateway);

    // Between the two, so that every attempt is seen from its beginning to its end.
    let between = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let broker_url = format!("mqtts://localhost:{}", between.local_addr().unwrap().port());
    let distrustful = BrokerSettings { broker: broker_url, ..settings("other-ca.pem") };
    let stranger = Gateway::start_with(distrustful, 10, hurried());
    for _ in 0..2 {
        let attempt = async {
            let (mut ours, _) = between.accept().await.unwrap();
            let mut theirs = TcpStream::connect(("127.0.0.1", broker.port)).await.unwrap();
            let _ = copy_bidirectional(&mut ours, &mut theirs).await;
        };
        timeout(Duration::from_secs(40), attempt).await.expect("it turns away");
    }
    assert_eq!(stranger.sessions("connected"), 0);
}
