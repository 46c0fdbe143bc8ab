//! The outside heartbeat: a ping to a dead-man service, which raises the alarm when none comes. It is sent only while the
//! auditor has lately looked and found nothing that withholds it, so our silence covers every way of failing: a machine
//! that is off, an auditor that is stuck, an alert that everybody was told of and nobody has taken on.

use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use thiserror::Error;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::telemetry::Telemetry;

/// A service that takes longer has not heard us.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the heart is heard.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    client: Client,
    url: String,
    telemetry: Telemetry,
    clock: Clock,
}

/// What became of one beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    Sent,
    /// Nothing proves that all is well.
    Withheld,
    /// The service did not take it.
    Failed,
}

/// Nothing can be sent over TLS on this machine.
#[derive(Debug, Error)]
#[error("the client for the heartbeat cannot be set up; are the system's CA certificates installed?")]
pub struct NoHeart(#[source] reqwest::Error);

impl Beat {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Withheld => "withheld",
            Self::Failed => "failed",
        }
    }
}

impl Heartbeat {
    /// `url` often is a secret: whoever knows it can keep the alarm quiet. It never reaches a log.
    pub fn new(url: String, telemetry: Telemetry, clock: Clock) -> Result<Self, NoHeart> {
        let client = Client::builder().timeout(PATIENCE).redirect(Policy::none()).build().map_err(NoHeart)?;
        Ok(Self { client, url, telemetry, clock })
    }

    /// Beats every so often until `stop`.
    pub async fn run(self, every: Duration, stop: CancellationToken) {
        let mut ticks = interval(every.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = Beat::Sent;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let beat = self.beat().await;
            if beat != last {
                match beat {
                    Beat::Sent => tracing::info!("the heartbeat is heard"),
                    Beat::Withheld => tracing::error!("the heartbeat is withheld: see /api/v1/auditor"),
                    Beat::Failed => tracing::warn!("the heartbeat is not heard"),
                }
            }
            last = beat;
        }
    }

    /// Beats once, if all is well.
    pub async fn beat(&self) -> Beat {
        let beat = if self.telemetry.is_clean(self.clock.now()) {
            match self.client.get(&self.url).send().await {
                Ok(response) if response.status().is_success() => Beat::Sent,
                Ok(_) | Err(_) => Beat::Failed,
            }
        } else {
            Beat::Withheld
        };
        Telemetry::count(&self.telemetry.heartbeats, beat.name());
        beat
    }
}
