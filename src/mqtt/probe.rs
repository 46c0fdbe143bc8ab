//! One reading published to our own broker, as a home device would.

use std::time::Duration;

use rumqttc::{AsyncClient, Event, Incoming, PublishOptions, QoS};
use thiserror::Error;

use super::broker::BrokerConfig;
use crate::domain::id::DeviceId;

const PATIENCE: Duration = Duration::from_secs(20);

/// Why the broker did not take a reading.
#[derive(Debug, Error)]
pub enum NotPublished {
    #[error("the broker cannot be reached")]
    Unreachable,
    #[error("the broker did not acknowledge the reading in time")]
    Unanswered,
}

/// Publishes `payload` as `device`'s reading over a connection of its own, and waits until the broker has it.
pub async fn publish(config: &BrokerConfig, device: &DeviceId, payload: &str) -> Result<(), NotPublished> {
    let mut options = config.options();
    // A second client of our own name would throw the gateway off the broker.
    let name = format!("{}-synthetic", options.client_id());
    options.set_client_id(name);
    options.set_clean_session(true);
    let (client, mut events) = AsyncClient::builder(options).capacity(4).build();
    let topic = format!("lamplight/v1/{device}/reading");
    client
        .publish(topic, payload.to_owned(), PublishOptions::new(QoS::AtLeastOnce))
        .await
        .map_err(|_| NotPublished::Unreachable)?;
    let acknowledged = async {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Incoming::PubAck(_))) => return Ok(()),
                Ok(_) => {}
                Err(_) => return Err(NotPublished::Unreachable),
            }
        }
    };
    let published =
        tokio::time::timeout(PATIENCE, acknowledged).await.map_err(|_| NotPublished::Unanswered)?;
    let _ = client.disconnect().await;
    // Lets the farewell go out; the broker does without it too.
    let _ = tokio::time::timeout(Duration::from_secs(1), events.poll()).await;
    published
}
