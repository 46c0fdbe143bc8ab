//! The synthetic patient's rounds: a red reading by the real way, its alert awaited and closed, and again.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::config::{Config, SyntheticPath};
use crate::domain::id::DeviceId;
use crate::engine::synthetic::{Rounds, Synthetic};
use crate::mqtt::broker::BrokerConfig;
use crate::mqtt::probe::publish;
use crate::sms::probe::TextProbe;
use crate::telemetry::Part;

use super::{DaemonError, Ground};

/// Red by the shipped rules for anybody (NICE NG136: 180/120 and over).
const TEXT: &str = "BP 194 121";
const READING: &str = r#"{"readings":[{"vital":"systolic","value":194,"unit":"mm[Hg]"},{"vital":"diastolic","value":121,"unit":"mm[Hg]"}]}"#;
/// Between two looks for its alert.
const GLANCE: Duration = Duration::from_millis(250);

/// How long the first round waits for the broker.
const LONGEST_START: Duration = Duration::from_secs(30);

/// The way that its readings take.
#[derive(Debug)]
pub(super) enum Way {
    Text(Box<TextProbe>),
    Device { broker: Box<BrokerConfig>, device: DeviceId },
}

/// A synthetic patient that is set up.
#[derive(Debug)]
pub(super) struct Walk {
    pub synthetic: Synthetic,
    pub rounds: Rounds,
    way: Way,
}

impl Walk {
    /// The synthetic patient that the configuration asks for, if any; its row is made.
    pub(super) async fn set_up(
        config: &Config,
        ground: &Ground,
        broker: Option<&BrokerConfig>,
    ) -> Result<Option<Self>, DaemonError> {
        let Some(wanted) = &config.synthetic else { return Ok(None) };
        let settings = |why: String| DaemonError::Settings(why);
        let synthetic = Synthetic {
            patient: wanted.patient.clone(),
            phone: wanted.phone.clone(),
            device: wanted.device.clone(),
            every: wanted.every,
            within: wanted.within,
        };
        let way = match (wanted.path, &wanted.phone, &wanted.device) {
            (SyntheticPath::Text, Some(phone), _) => {
                let Some(twilio) = &config.sms.twilio else {
                    return Err(settings("synthetic.path is text, but [sms.twilio] is missing".to_owned()));
                };
                let probe = TextProbe::new(
                    &config.http.public_url,
                    twilio.account_sid.clone(),
                    twilio.auth_token.clone(),
                    phone.clone(),
                    twilio.sender.shown().to_owned(),
                );
                Way::Text(Box::new(probe.map_err(|error| settings(error.to_string()))?))
            }
            (SyntheticPath::Mqtt, _, Some(device)) => match broker {
                Some(broker) => Way::Device { broker: Box::new(broker.clone()), device: device.clone() },
                None => return Err(settings("synthetic.path is mqtt, but [mqtt] is missing".to_owned())),
            },
            (SyntheticPath::Text, None, _) => return Err(settings("synthetic.phone is missing".to_owned())),
            (SyntheticPath::Mqtt, _, None) => return Err(settings("synthetic.device is missing".to_owned())),
        };
        let now = ground.clock.now();
        synthetic.prepare(&ground.store, now).await.map_err(|error| settings(error.to_string()))?;
        Ok(Some(Self { rounds: synthetic.rounds(now), synthetic, way }))
    }

    /// Sends a reading every so often until `stop`.
    pub(super) async fn run(self, ground: Ground, stop: CancellationToken) {
        let every = Duration::try_from(self.synthetic.every).unwrap_or(Duration::from_mins(15));
        self.until_open(&ground).await;
        loop {
            let round = async {
                self.round(&ground).await;
                // A round takes as long as its alert lets it wait; the next begins on time all the same.
                std::future::pending::<()>().await;
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(every) => {}
                () = round => {}
            }
        }
    }

    /// What is published before the gateway has subscribed reaches nobody. A broker that never comes is no excuse.
    async fn until_open(&self, ground: &Ground) {
        let open = async {
            while matches!(self.way, Way::Device { .. }) && !ground.telemetry.is_well(Part::Broker) {
                tokio::time::sleep(GLANCE).await;
            }
        };
        let _ = tokio::time::timeout(LONGEST_START, open).await;
    }

    async fn round(&self, ground: &Ground) {
        let begun = ground.clock.now();
        // What is left of a round that was cut short must not pass for this one's alert.
        if let Err(error) = self.synthetic.close(&ground.store, begun).await {
            tracing::warn!(%error, "the synthetic patient's alerts could not be closed");
        }
        self.rounds.begin(begun);
        if let Err(why) = self.send(ground).await {
            tracing::error!(why, "the synthetic patient's reading did not get through");
        }
        loop {
            match self.synthetic.has_fired(&ground.store, begun).await {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "the synthetic patient's alert could not be looked for"),
            }
            tokio::time::sleep(GLANCE).await;
        }
        let now = ground.clock.now();
        self.rounds.seen(now);
        if let Err(error) = self.synthetic.close(&ground.store, now).await {
            tracing::warn!(%error, "the synthetic patient's alerts could not be closed");
        }
    }

    async fn send(&self, ground: &Ground) -> Result<(), String> {
        let now = ground.clock.now();
        match &self.way {
            Way::Text(probe) => {
                let sid = format!("SM{:032x}", now.as_millisecond());
                probe.send(&sid, TEXT).await.map_err(|error| error.to_string())
            }
            Way::Device { broker, device } => {
                // A time of its own makes it another reading than the last.
                let reading = format!(r#"{{"taken_at":"{now}",{}"#, &READING[1..]);
                publish(broker, device, &reading).await.map_err(|error| error.to_string())
            }
        }
    }
}
