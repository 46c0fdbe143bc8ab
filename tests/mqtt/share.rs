//! Two gateways on one broker, each with a database of its own, that share its messages out.

use std::time::Duration;

use tokio::time::Instant;

use super::gateway::weight;
use crate::support::broker::Mosquitto;
use crate::support::joined::Joined;
use crate::support::wire::{PATIENCE, Wire};

const COUNT: u16 = 60;

fn member(broker: &Mosquitto, client_id: &str) -> Joined {
    let mqtt = format!("broker = {:?}\nclient_id = {client_id:?}\nshare_group = \"wards\"", broker.url());
    Joined::start(&mqtt, "patient_id,devices\np1,cuff-1\n")
}

#[tokio::test]
async fn each_message_lands_once_in_all_at_one_of_the_gateways() {
    let broker = Mosquitto::start("share");
    let mut gateways = [member(&broker, "north"), member(&broker, "south")];
    gateways.iter_mut().for_each(Joined::until_subscribed);
    let mut device = Wire::device(broker.port, "cuff").await;
    for id in 1..=COUNT {
        device.deliver("lamplight/v1/cuff-1/reading", id, &weight(id.into())).await;
    }
    let deadline = Instant::now() + PATIENCE;
    let mut landed = loop {
        let mut landed = Vec::new();
        for gateway in &gateways {
            let raws = gateway.house.see("select cast(raw as text) from inbox").await;
            assert!(raws.len() < usize::from(COUNT), "one of them got everything");
            landed.extend(raws);
        }
        if landed.len() >= usize::from(COUNT) {
            break landed;
        }
        assert!(Instant::now() < deadline, "{} of {COUNT} landed", landed.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    landed.sort();
    landed.dedup();
    assert_eq!(landed.len(), usize::from(COUNT));
    for gateway in &gateways {
        assert_eq!(gateway.house.see("select coalesce(sum(copies), 0) from inbox").await, ["0"]);
        assert!(gateway.house.count("select count(*) from inbox").await > 0, "one of them got nothing");
    }
}
