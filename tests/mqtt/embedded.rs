//! The demo's built-in broker keeps the same promises.

use std::collections::BTreeSet;

use mqtt5::broker::MqttBroker;
use mqtt5::broker::config::{BrokerConfig, StorageBackend, StorageConfig};

use super::gateway::{Gateway, TOPIC, hurried, message_id, weight};
use crate::support::wire::Wire;

#[tokio::test]
async fn a_flood_through_a_small_intake_arrives_whole() {
    // Its default writes into the current folder.
    let memory = StorageConfig::new().with_backend(StorageBackend::Memory);
    let config =
        BrokerConfig::default().with_bind_address("127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap());
    let mut broker = MqttBroker::with_config(config.with_storage(memory)).await.unwrap();
    let port = broker.local_addr().unwrap().port();
    let running = tokio::spawn(async move { broker.run().await });
    let mut gateway = Gateway::start(&format!("mqtt://127.0.0.1:{port}"), 16, hurried());
    gateway.until_healthy(true).await;
    let mut device = Wire::device(port, "cuff").await;
    let publisher = tokio::spawn(async move {
        for id in 1..=500 {
            device.deliver(TOPIC, id, &weight(id.into())).await;
        }
    });
    let mut seen = BTreeSet::new();
    while seen.len() < 500 {
        if seen.len() == 100 {
            gateway.until_refused().await;
        }
        seen.insert(message_id(&gateway.accept().await));
    }
    publisher.await.unwrap();
    running.abort();
}
