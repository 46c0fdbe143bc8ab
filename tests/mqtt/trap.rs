//! Every known way to lose a message, or to stall, between a broker and its subscriber; the broker is scripted.

use std::time::Duration;

use lamplight::domain::event::{Origin, RAW_LIMIT};
use lamplight::domain::secret::Secret;
use lamplight::engine::intake::Settled;
use lamplight::mqtt::broker::{BrokerSettings, Pace};
use tokio::time::Instant;

use super::gateway::{Gateway, TOPIC, accept, fail, hurried, weight};
use crate::support::wire::{DISCONNECT, PINGREQ, PUBACK, ScriptedBroker, Wire, read_greeting};

async fn expect_puback(wire: &mut Wire, packet_id: u16) {
    let frame = wire.read_past_pings().await.expect("the connection lives");
    assert_eq!((frame.kind(), frame.packet_id()), (PUBACK, packet_id));
}

/// At the shortest the waits of those who begin with 200 ms are 100, 200, 400 and 500 ms.
const FOUR_WAITS: Duration = Duration::from_millis(1200);

#[tokio::test]
async fn the_session_is_persistent_and_subscribes_at_qos_1() {
    let broker = ScriptedBroker::bind().await;
    let settings = BrokerSettings {
        broker: broker.url(),
        username: Some("gateway".to_owned()),
        password: Some(Secret::new("secret".to_owned())),
        client_id: Some("north-ward".to_owned()),
        share_group: Some("wards".to_owned()),
        ..BrokerSettings::default()
    };
    let _gateway = Gateway::start_with(settings, 10, Pace::default());
    let (_wire, greeting, filters) = broker.welcome(false).await;
    assert!(!greeting.clean_session);
    assert_eq!(greeting.keep_alive_s, 30);
    assert_eq!(greeting.fields, ["north-ward", "gateway", "secret"]);
    assert_eq!(filters, ["$share/wards/lamplight/v1/+/reading", "$share/wards/lamplight/v1/+/status"]);
}

#[tokio::test]
async fn a_message_is_acknowledged_only_after_its_answer() {
    let broker = ScriptedBroker::bind().await;
    let mut gateway = Gateway::start(&broker.url(), 10, hurried());
    let (mut wire, ..) = broker.welcome(false).await;
    wire.publish(TOPIC, 7, &weight(1)).await;
    let waiting = gateway.next().await;
    assert!(wire.is_silent_for(Duration::from_millis(300)).await);
    accept(waiting);
    expect_puback(&mut wire, 7).await;
}

#[tokio::test]
async fn every_way_to_be_durable_is_acknowledged() {
    let broker = ScriptedBroker::bind().await;
    let mut gateway = Gateway::start(&broker.url(), 10, hurried());
    let (mut wire, ..) = broker.welcome(false).await;
    let settled = [Settled::Accepted, Settled::Duplicate, Settled::Rejected, Settled::Held];
    for (packet_id, settled) in (1..).zip(settled) {
        wire.publish(TOPIC, packet_id, &weight(1)).await;
        gateway.next().await.asker.answer(Ok(settled));
        expect_puback(&mut wire, packet_id).await;
    }
}

#[tokio::test]
async fn acknowledgements_of_a_lost_connection_never_reach_the_next() {
    let broker = ScriptedBroker::bind().await;
    let mut gateway = Gateway::start(&broker.url(), 100, hurried());
    let (mut lost, ..) = broker.welcome(false).await;
    for packet_id in 1..=10 {
        lost.publish(TOPIC, packet_id, &weight(packet_id.into())).await;
    }
    let old = gateway.take(10).await;
    drop(lost);

    // The broker has forgotten the session and uses the same packet ids for other messages.
    let (mut wire, ..) = broker.welcome(false).await;
    for packet_id in 1..=5 {
        wire.publish(TOPIC, packet_id, &weight(100 + u32::from(packet_id))).await;
    }
    let mut new = gateway.take(5).await;
    old.into_iter().for_each(accept);
    accept(new.pop().unwrap());

    // Answers come in their order, so the old ones would have been sent before this one.
    expect_puback(&mut wire, 5).await;
    assert_eq!(gateway.stale(), 10);
    new.into_iter().for_each(accept);
    for packet_id in 1..=4 {
        expect_puback(&mut wire, packet_id).await;
    }
}

#[tokio::test]
async fn answers_that_come_while_there_is_no_connection_are_dropped() {
    let broker = ScriptedBroker::bind().await;
    let mut gateway = Gateway::start(&broker.url(), 100, hurried());
    let (mut lost, ..) = broker.welcome(false).await;
    lost.publish(TOPIC, 1, &weight(1)).await;
    let old = gateway.next().await;
    drop(lost);
    gateway.until_healthy(false).await;
    accept(old);

    let (mut wire, ..) = broker.welcome(true).await;
    wire.publish_again(TOPIC, 1, &weight(1)).await;
    let again = gateway.next().await;
    assert!(wire.is_silent_for(Duration::from_millis(200)).await);
    again.asker.answer(Ok(Settled::Duplicate));
    expect_puback(&mut wire, 1).await;
    assert_eq!(gateway.stale(), 1);
}

#[tokio::test]
async fn answers_for_every_packet_id_at_once_do_not_deadlock() {
    let all = usize::from(u16::MAX);
    let broker = ScriptedBroker::bind().await;
    let pace = Pace { high_water: all + 1, ..hurried() };
    let mut gateway = Gateway::start(&broker.url(), all, pace);
    let (mut wire, ..) = broker.welcome(false).await;
    for packet_id in 1..=u16::MAX {
        wire.publish(TOPIC, packet_id, b"x").await;
    }
    let waiting = gateway.take(all).await;
    waiting.into_iter().for_each(accept);
    for packet_id in 1..=u16::MAX {
        expect_puback(&mut wire, packet_id).await;
    }
    assert_eq!(gateway.sessions("lost"), 0);
}

#[tokio::test]
async fn an_oversized_payload_is_kept_cut_and_acknowledged_once() {
    let broker = ScriptedBroker::bind().await;
    let mut gateway = Gateway::start(&broker.url(), 10, hurried());
    let (mut wire, ..) = broker.welcome(false).await;
    // The library's own limit would be 10 KiB, and a refused packet would come back for ever.
    for (packet_id, size) in [(1, RAW_LIMIT + 1), (2, 17 << 20)] {
        wire.publish(TOPIC, packet_id, &vec![b' '; size]).await;
        let event = gateway.accept().await;
        assert_eq!(event.raw.len(), RAW_LIMIT);
        let Origin::Reading(reading) = event.origin else { panic!("a reading") };
        let why = reading.payload.unwrap_err().to_string();
        assert!(why.contains(&format!("too large: {size} bytes")), "{why}");
        expect_puback(&mut wire, packet_id).await;
    }
    wire.publish(TOPIC, 3, &weight(1)).await;
    assert_eq!(gateway.accept().await.raw, weight(1));
    expect_puback(&mut wire, 3).await;
    assert_eq!((gateway.sessions("connected"), gateway.sessions("lost")), (1, 0));
}

#[tokio::test]
async fn an_undecodable_payload_is_kept_as_it_is_and_acknowledged_once() {
    let broker = ScriptedBroker::bind().await;
    let mut gateway = Gateway::start(&broker.url(), 10, hurried());
    let (mut wire, ..) = broker.welcome(false).await;
    let payloads: [&[u8]; 4] = [b"", b"\xff\xfe\x00", b"{\"readings\":[{\"vital\":", b"141/80"];
    for (packet_id, payload) in (1..).zip(payloads) {
        wire.publish(TOPIC, packet_id, payload).await;
        let event = gateway.accept().await;
        assert_eq!(event.raw, payload);
        let Origin::Reading(reading) = event.origin else { panic!("a reading") };
        assert!(reading.payload.is_err());
        expect_puback(&mut wire, packet_id).await;
    }
    assert!(wire.is_silent_for(Duration::from_millis(200)).await);
    assert!(gateway.is_idle_for(Duration::ZERO).await);
    assert_eq!(gateway.sessions("lost"), 0);
}

#[tokio::test]
async fn a_message_on_a_foreign_topic_is_kept_as_a_stray() {
    let broker = ScriptedBroker::bind().await;
    let mut gateway = Gateway::start(&broker.url(), 10, hurried());
    let (mut wire, ..) = broker.welcome(true).await;
    for (packet_id, topic) in (1..).zip(["scale/weight", "lamplight/v1/bad id/reading"]) {
        wire.publish(topic, packet_id, b"78.4").await;
        let event = gateway.accept().await;
        assert_eq!((event.address(), event.raw.as_slice()), (topic, b"78.4".as_slice()));
        assert!(matches!(event.origin, Origin::Stray { .. }));
        expect_puback(&mut wire, packet_id).await;
    }
}

#[tokio::test]
async fn it_subscribes_on_every_connection_whatever_the_broker_says_of_the_session() {
    let broker = ScriptedBroker::bind().await;
    let gateway = Gateway::start(&broker.url(), 10, hurried());
    for session_present in [false, true, true, false] {
        // Panics unless the first packet after the greeting is a subscription.
        let (wire, _, filters) = broker.welcome(session_present).await;
        assert_eq!(filters, ["lamplight/v1/+/reading", "lamplight/v1/+/status"]);
        gateway.until_healthy(true).await;
        drop(wire);
        gateway.until_healthy(false).await;
    }
    assert_eq!(gateway.sessions("connected"), 4);
}

#[tokio::test]
async fn a_refused_subscription_is_unhealthy_and_tried_again() {
    let broker = ScriptedBroker::bind().await;
    let gateway = Gateway::start(&broker.url(), 10, hurried());
    let mut wire = broker.accept().await;
    wire.read().await.expect("CONNECT");
    wire.send(0x20, &[0, 0]).await;
    let subscribe = wire.read().await.expect("SUBSCRIBE");
    wire.send(0x90, &[subscribe.body[0], subscribe.body[1], 0x80, 0x80]).await;
    assert_eq!(wire.read().await.expect("a farewell").kind(), DISCONNECT);
    gateway.until_healthy(false).await;
    let _wire = broker.welcome(false).await;
    gateway.until_healthy(true).await;
}

#[tokio::test]
async fn while_the_broker_is_gone_it_tries_ever_more_rarely_and_comes_back() {
    let broker = ScriptedBroker::bind().await;
    let pace =
        Pace { retry_first: Duration::from_millis(200), retry_ceiling: Duration::from_secs(1), ..hurried() };
    let begun = Instant::now();
    let gateway = Gateway::start(&broker.url(), 10, pace);
    for _ in 0..5 {
        drop(broker.accept().await);
    }
    assert!(begun.elapsed() >= FOUR_WAITS, "five attempts in {:?}", begun.elapsed());
    assert_eq!(gateway.sessions("connected"), 0);
    let _wire = broker.welcome(false).await;
    gateway.until_healthy(true).await;
}

#[tokio::test]
async fn a_broker_that_takes_the_connection_and_drops_it_is_not_tried_in_a_tight_loop() {
    let broker = ScriptedBroker::bind().await;
    let pace =
        Pace { retry_first: Duration::from_millis(200), retry_ceiling: Duration::from_secs(1), ..hurried() };
    let begun = Instant::now();
    let _gateway = Gateway::start(&broker.url(), 10, pace);
    for _ in 0..5 {
        drop(broker.welcome(true).await);
    }
    assert!(begun.elapsed() >= FOUR_WAITS, "five attempts in {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_full_intake_leaves_the_message_unacknowledged_and_takes_it_when_it_comes_again() {
    let broker = ScriptedBroker::bind().await;
    let mut gateway = Gateway::start(&broker.url(), 1, hurried());
    let (mut wire, ..) = broker.welcome(false).await;
    for packet_id in 1..=3 {
        wire.publish(TOPIC, packet_id, &weight(packet_id.into())).await;
    }
    // The second finds no room; the first is still answered and acknowledged before the farewell.
    assert!(wire.is_silent_for(Duration::from_millis(200)).await);
    assert_eq!(gateway.accept().await.raw, weight(1));
    expect_puback(&mut wire, 1).await;
    assert_eq!(wire.read_past_pings().await.expect("a farewell").kind(), DISCONNECT);
    assert!(wire.read().await.is_none());

    let (mut wire, ..) = broker.welcome(true).await;
    for packet_id in 2..=3 {
        wire.publish_again(TOPIC, packet_id, &weight(packet_id.into())).await;
        assert_eq!(gateway.accept().await.raw, weight(packet_id.into()));
        expect_puback(&mut wire, packet_id).await;
    }
}

#[tokio::test]
async fn a_store_that_cannot_commit_leaves_the_message_unacknowledged_and_gets_it_again() {
    let broker = ScriptedBroker::bind().await;
    let mut gateway = Gateway::start(&broker.url(), 10, hurried());
    for _ in 0..3 {
        let (mut wire, ..) = broker.welcome(true).await;
        wire.publish(TOPIC, 1, &weight(1)).await;
        fail(gateway.next().await);
        assert_eq!(wire.read_past_pings().await.expect("a farewell").kind(), DISCONNECT);
    }
    let (mut wire, ..) = broker.welcome(true).await;
    wire.publish_again(TOPIC, 1, &weight(1)).await;
    gateway.accept().await;
    expect_puback(&mut wire, 1).await;
}

#[tokio::test]
async fn an_answer_that_never_comes_does_not_hold_a_closing_session_for_ever() {
    let broker = ScriptedBroker::bind().await;
    let pace = Pace { grace: Duration::from_millis(200), ..hurried() };
    let mut gateway = Gateway::start(&broker.url(), 10, pace);
    let (mut wire, ..) = broker.welcome(true).await;
    wire.publish(TOPIC, 1, &weight(1)).await;
    wire.publish(TOPIC, 2, &weight(2)).await;
    let never = gateway.next().await;
    fail(gateway.next().await);
    assert_eq!(wire.read_past_pings().await.expect("a farewell").kind(), DISCONNECT);
    let (mut wire, ..) = broker.welcome(true).await;
    wire.publish_again(TOPIC, 1, &weight(1)).await;
    gateway.accept().await;
    expect_puback(&mut wire, 1).await;
    drop(never);
}

#[tokio::test]
async fn above_the_high_water_mark_the_socket_is_left_unread() {
    let broker = ScriptedBroker::bind().await;
    let pace = Pace { high_water: 10, unread: Duration::from_secs(15), ..hurried() };
    let mut gateway = Gateway::start(&broker.url(), 1000, pace);
    let (mut wire, ..) = broker.welcome(false).await;
    for packet_id in 1..=40 {
        wire.publish(TOPIC, packet_id, &weight(packet_id.into())).await;
    }
    let mut waiting = gateway.take(10).await;
    assert!(gateway.is_idle_for(Duration::from_millis(300)).await);
    // Half of it answered makes room.
    waiting.drain(..5).for_each(accept);
    for packet_id in 1..=5 {
        expect_puback(&mut wire, packet_id).await;
    }
    waiting.append(&mut gateway.take(5).await);
    assert!(gateway.is_idle_for(Duration::from_millis(300)).await);
    waiting.into_iter().for_each(accept);
    for _ in 0..25 {
        gateway.accept().await;
    }
    for packet_id in 6..=40 {
        expect_puback(&mut wire, packet_id).await;
    }
}

#[tokio::test]
async fn leaving_the_socket_unread_does_not_miss_the_keep_alive() {
    let broker = ScriptedBroker::bind().await;
    let pace = Pace { high_water: 10, keep_alive_s: 3, unread: Duration::from_millis(150), ..hurried() };
    let mut gateway = Gateway::start(&broker.url(), 1000, pace);
    let (mut wire, ..) = broker.welcome(false).await;
    for packet_id in 1..=40 {
        wire.publish(TOPIC, packet_id, &weight(packet_id.into())).await;
    }
    let waiting = gateway.take(10).await;
    // No answer for twice the time after which a broker gives a silent client up.
    for _ in 0..3 {
        let before = Instant::now();
        assert_eq!(wire.read().await.expect("the connection lives").kind(), PINGREQ);
        assert!(before.elapsed() < Duration::from_millis(4500));
        wire.send(0xd0, &[]).await;
    }
    waiting.into_iter().for_each(accept);
    for _ in 0..30 {
        gateway.accept().await;
    }
    for packet_id in 1..=40 {
        expect_puback(&mut wire, packet_id).await;
    }
    assert_eq!(gateway.sessions("lost"), 0);
}

#[tokio::test]
async fn a_broker_that_stops_answering_pings_is_left() {
    let broker = ScriptedBroker::bind().await;
    let pace = Pace { keep_alive_s: 1, ..hurried() };
    let gateway = Gateway::start(&broker.url(), 10, pace);
    let (_silent, ..) = broker.welcome(false).await;
    let _wire = broker.welcome(true).await;
    assert_eq!(gateway.sessions("lost"), 1);
}

#[tokio::test]
async fn stopping_acknowledges_what_is_answered_and_leaves_the_rest_to_the_broker() {
    let broker = ScriptedBroker::bind().await;
    let mut gateway = Gateway::start(&broker.url(), 10, hurried());
    let (mut wire, ..) = broker.welcome(false).await;
    wire.publish(TOPIC, 1, &weight(1)).await;
    wire.publish(TOPIC, 2, &weight(2)).await;
    let waiting = gateway.take(2).await;
    gateway.stop.cancel();
    // Too late: not taken, not acknowledged.
    wire.publish(TOPIC, 3, &weight(3)).await;
    assert!(gateway.is_idle_for(Duration::from_millis(200)).await);
    waiting.into_iter().for_each(accept);
    expect_puback(&mut wire, 1).await;
    expect_puback(&mut wire, 2).await;
    assert_eq!(wire.read_past_pings().await.expect("a farewell").kind(), DISCONNECT);
    gateway.ended().await;
    assert!(wire.read().await.is_none());
}

#[tokio::test]
async fn stopping_without_a_connection_ends_at_once() {
    let broker = ScriptedBroker::bind().await;
    let mut gateway = Gateway::start(&broker.url(), 10, Pace::default());
    let mut wire = broker.accept().await;
    assert!(!read_greeting(&wire.read().await.expect("CONNECT")).clean_session);
    let before = Instant::now();
    gateway.stop.cancel();
    gateway.ended().await;
    assert!(before.elapsed() < Pace::default().grace);
}
