//! The session under test, with an intake whose answers the test gives.

use std::sync::Arc;
use std::time::Duration;

use lamplight::clock::Clock;
use lamplight::domain::event::{Event, Origin};
use lamplight::engine::id::IdSource;
use lamplight::engine::intake::{NotKept, Settled, Waiting, channel};
use lamplight::mqtt::broker::{BrokerConfig, BrokerSettings, Pace};
use lamplight::mqtt::session;
use lamplight::telemetry::{Outcome, Part, Telemetry};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::support::wire::PATIENCE;

pub const TOPIC: &str = "lamplight/v1/cuff-1/reading";

/// A running session. Stopped without ceremony when the test ends.
pub struct Gateway {
    waiting: mpsc::Receiver<Waiting>,
    pub telemetry: Telemetry,
    pub stop: CancellationToken,
    task: JoinHandle<()>,
    refused: u64,
}

/// A hurried pace: tests do not sit out real waits.
pub fn hurried() -> Pace {
    Pace {
        retry_first: Duration::from_millis(50),
        retry_ceiling: Duration::from_millis(400),
        grace: Duration::from_secs(2),
        ..Pace::default()
    }
}

/// A payload of one weight, told apart by its id.
pub fn weight(id: u32) -> Vec<u8> {
    format!(r#"{{"id":"{id}","readings":[{{"vital":"weight","value":78.4,"unit":"kg"}}]}}"#).into_bytes()
}

impl Gateway {
    pub fn start(url: &str, capacity: usize, pace: Pace) -> Self {
        Self::start_with(
            BrokerSettings { broker: url.to_owned(), ..BrokerSettings::default() },
            capacity,
            pace,
        )
    }

    pub fn start_with(settings: BrokerSettings, capacity: usize, pace: Pace) -> Self {
        let mut config = BrokerConfig::load(settings).unwrap();
        config.pace = pace;
        Self::start_config(config, capacity)
    }

    pub fn start_config(config: BrokerConfig, capacity: usize) -> Self {
        let (intake, waiting) = channel(capacity);
        let (telemetry, stop) = (Telemetry::new(), CancellationToken::new());
        let task = tokio::spawn(session::run(
            config,
            intake,
            Arc::new(IdSource::default()),
            Clock::system(),
            telemetry.clone(),
            stop.clone(),
        ));
        Self { waiting, telemetry, stop, task, refused: 0 }
    }

    /// The next event that was offered.
    pub async fn next(&mut self) -> Waiting {
        timeout(PATIENCE, self.waiting.recv()).await.expect("an event").expect("the session lives")
    }

    pub async fn take(&mut self, count: usize) -> Vec<Waiting> {
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            taken.push(self.next().await);
        }
        taken
    }

    /// Whether nothing is offered for this long.
    pub async fn is_idle_for(&mut self, time: Duration) -> bool {
        timeout(time, self.waiting.recv()).await.is_err()
    }

    /// Takes the next event and says that it is durable.
    pub async fn accept(&mut self) -> Event {
        let waiting = self.next().await;
        waiting.asker.answer(Ok(Settled::Accepted));
        waiting.event
    }

    pub async fn until_healthy(&self, well: bool) {
        let deadline = Instant::now() + PATIENCE;
        while self.telemetry.is_well(Part::Broker) != well {
            assert!(Instant::now() < deadline, "the session's health never became {well}");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until the intake has turned another message away.
    pub async fn until_refused(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let refused = Outcome { outcome: "refused" };
        let count = || self.telemetry.intake_events.get_or_create(&refused).get();
        while count() <= self.refused {
            assert!(Instant::now() < deadline, "the intake never ran full");
            sleep(Duration::from_millis(5)).await;
        }
        let refused = count();
        self.refused = refused;
    }

    pub fn sessions(&self, outcome: &'static str) -> u64 {
        self.telemetry.broker_sessions.get_or_create(&Outcome { outcome }).get()
    }

    pub fn stale(&self) -> u64 {
        self.telemetry.stale_acknowledgements.get()
    }

    /// Waits for the session to end by itself after `stop`.
    pub async fn ended(&mut self) {
        timeout(PATIENCE, &mut self.task).await.expect("the session ends").unwrap();
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub fn accept(waiting: Waiting) {
    waiting.asker.answer(Ok(Settled::Accepted));
}

pub fn fail(waiting: Waiting) {
    waiting.asker.answer(Err(NotKept::Unavailable));
}

/// The id that the device gave the message.
pub fn message_id(event: &Event) -> String {
    let Origin::Reading(reading) = &event.origin else { panic!("a reading") };
    reading.payload.as_ref().unwrap().message_id.clone().unwrap()
}
