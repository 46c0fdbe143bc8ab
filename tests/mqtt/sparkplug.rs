//! A Sparkplug node that is not understood is asked for its names, over a real broker.

use std::time::Duration;

use lamplight::domain::profile::read_hex;

use crate::device::sparkplug::{BIRTH, CUFF, CUFF_BIRTH, DATA};
use crate::support::broker::Mosquitto;
use crate::support::joined::Joined;
use crate::support::wire::{Frame, Wire};

const ASKED: &str = "a Sparkplug node was asked to be born again";
const LISTENS: Duration = Duration::from_millis(300);

/// The topic and payload of a publish at QoS 0 that no broker keeps.
fn published(frame: &Frame) -> (String, Vec<u8>) {
    assert_eq!(frame.first, 0x30, "a publish at QoS 0, not retained: {frame:?}");
    let (length, rest) = frame.body.split_first_chunk::<2>().unwrap();
    let (topic, payload) = rest.split_at(usize::from(u16::from_be_bytes(*length)));
    (String::from_utf8(topic.to_vec()).unwrap(), payload.to_vec())
}

#[tokio::test]
async fn a_node_whose_birth_was_not_heard_is_asked_for_it_once_a_minute_and_then_understood() {
    let broker = Mosquitto::start("rebirth");
    let mqtt = format!("broker = {:?}\nprofiles = \"sparkplug\"", broker.url());
    let mut gateway = Joined::start(&mqtt, "patient_id,devices\np1,rpm:gw01:cuff01\n");
    gateway.until_subscribed();
    let mut node = Wire::device(broker.port, "gw01").await;
    let mut ear = Wire::device(broker.port, "ear").await;
    ear.listen("spBv1.0/rpm/NCMD/gw01").await;
    let (birth, data) = (read_hex(BIRTH).unwrap(), read_hex(DATA).unwrap());

    node.deliver(CUFF, 1, &data).await;
    let (topic, payload) = published(&ear.read().await.unwrap());
    assert_eq!(topic, "spBv1.0/rpm/NCMD/gw01");
    let name = b"Node Control/Rebirth";
    assert!(
        payload.windows(name.len()).any(|part| part == name) && payload.ends_with(&[0x70, 1]),
        "{payload:?}"
    );
    gateway.until_seen("select outcome from inbox", &["held"]).await;
    // Again, within the minute.
    let later = [data.as_slice(), &[0x18, 3]].concat();
    node.deliver(CUFF, 2, &later).await;
    gateway.until_seen("select count(*) from inbox", &["2"]).await;
    assert!(ear.is_silent_for(LISTENS).await, "asked twice");
    assert_eq!(gateway.log().matches(ASKED).count(), 1);

    node.deliver(CUFF_BIRTH, 3, &birth).await;
    node.deliver(CUFF, 4, &data).await;
    gateway
        .until_seen(
            "select distinct value from v_reading where vital = 'systolic' order by 1",
            &["141.0", "150.0"],
        )
        .await;
}

#[tokio::test]
async fn members_of_a_group_hear_a_part_each_and_ask_for_nothing() {
    let broker = Mosquitto::start("rebirth-share");
    let mqtt = format!("broker = {:?}\nprofiles = \"sparkplug\"\nshare_group = \"wards\"", broker.url());
    let mut gateway = Joined::start(&mqtt, "patient_id,devices\np1,rpm:gw01:cuff01\n");
    gateway.until_subscribed();
    let mut node = Wire::device(broker.port, "gw01").await;
    node.deliver(CUFF, 1, &read_hex(DATA).unwrap()).await;
    gateway.until_seen("select outcome from inbox", &["held"]).await;
    assert!(!gateway.log().contains(ASKED));
}
