//! Publishing a script to a broker, at a rate, and counting what the broker has taken.

use std::collections::BTreeMap;
use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, Incoming, PublishOptions, QoS};
use thiserror::Error;
use tokio::time::{Instant, sleep_until, timeout};

use super::script::{Fault, Script};
use crate::clock::Clock;
use crate::mqtt::broker::BrokerConfig;

/// How long the broker may take for the last acknowledgements.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why not everything was sent.
#[derive(Debug, Error)]
pub enum Unsent {
    #[error("the broker cannot be reached, or has ended the connection")]
    Unreachable,
    #[error("the broker did not acknowledge everything in time")]
    Unanswered,
}

/// What was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    pub sent: usize,
    /// Of them, by what was wrong with them.
    pub faulty: BTreeMap<Fault, usize>,
}

/// Publishes `count` messages of a script, `rate` a second, and waits until the broker has acknowledged each.
pub async fn send(
    config: &BrokerConfig,
    mut script: Script,
    (count, rate): (usize, f64),
    clock: &Clock,
) -> Result<Sum, Unsent> {
    let mut options = config.options();
    options.set_clean_session(true);
    let (client, mut events) = AsyncClient::builder(options).capacity(256).build();
    let publishing = async {
        let begun = Instant::now();
        let mut sum = Sum::default();
        while sum.sent < count {
            let Some(message) = script.next(clock.now()) else { break };
            if !message.at_once {
                sleep_until(begun + Duration::from_secs_f64(sum.sent as f64 / rate)).await;
            }
            let options = PublishOptions::new(QoS::AtLeastOnce);
            client.publish(message.topic, message.payload, options).await.map_err(|_| Unsent::Unreachable)?;
            sum.sent += 1;
            if let Some(fault) = message.fault {
                *sum.faulty.entry(fault).or_default() += 1;
            }
        }
        Ok(sum)
    };
    let mut acknowledged = 0;
    let sum = tokio::select! {
        sum = publishing => sum?,
        lost = until_acknowledged(&mut events, &mut acknowledged, usize::MAX) => return Err(lost.err().unwrap_or(Unsent::Unreachable)),
    };
    let rest = until_acknowledged(&mut events, &mut acknowledged, sum.sent);
    timeout(PATIENCE, rest).await.map_err(|_| Unsent::Unanswered)??;
    let _ = client.disconnect().await;
    // Lets the farewell go out; the broker does without it too.
    let _ = timeout(Duration::from_secs(1), events.poll()).await;
    Ok(sum)
}

/// Keeps the connection alive until so many were acknowledged.
async fn until_acknowledged(
    events: &mut EventLoop,
    acknowledged: &mut usize,
    wanted: usize,
) -> Result<(), Unsent> {
    while *acknowledged < wanted {
        match events.poll().await {
            Ok(Event::Incoming(Incoming::PubAck(_))) => *acknowledged += 1,
            Ok(_) => {}
            Err(_) => return Err(Unsent::Unreachable),
        }
    }
    Ok(())
}
