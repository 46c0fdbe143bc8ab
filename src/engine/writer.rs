//! The single writer behind the intake: takes all that waits, commits it in one transaction, then answers.
//!
//! Group commit without an artificial delay: while one batch commits the next one gathers by itself. A batch is a
//! matter of speed, never of meaning: if the database refuses it, its events go in one by one, and the one that is
//! refused alone is kept raw and becomes a task.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::crash::{Point, reach};
use crate::domain::event::Event;
use crate::store::{Store, StoreError};
use crate::telemetry::{Part, Telemetry};

use super::activation::CatalogInForce;
use super::batch::{Committed, settle};
use super::delivery::Nudge;
use super::intake::{Asker, NotKept, Settled, Waiting};
use super::memory::Memory;

/// The most events in one transaction: enough to make the commit cheap, few enough to answer soon.
const MOST_AT_ONCE: usize = 512;
/// How long the writer rests after a commit failed, so that a full disk is not hammered.
const REST_AFTER_FAILURE: Duration = Duration::from_millis(250);

/// The writer and what it needs.
#[derive(Debug)]
pub struct Writer {
    pub store: Store,
    pub catalog: CatalogInForce,
    pub clock: Clock,
    pub telemetry: Telemetry,
    /// Wakes the outbox after a commit that queued texts.
    pub outbox: Nudge,
}

impl Writer {
    /// Runs until every [`super::intake::Intake`] is gone, or `stop`; what waits by then is still committed.
    pub async fn run(self, mut waiting: mpsc::Receiver<Waiting>, stop: CancellationToken) {
        let mut memory = Memory::default();
        let mut batch = Vec::with_capacity(MOST_AT_ONCE);
        loop {
            let taken = tokio::select! {
                taken = waiting.recv_many(&mut batch, MOST_AT_ONCE) => taken,
                () = stop.cancelled(), if !waiting.is_closed() => {
                    waiting.close();
                    continue;
                }
            };
            if taken == 0 {
                return;
            }
            self.telemetry.intake_waiting.set(i64::try_from(waiting.len()).unwrap_or(i64::MAX));
            self.take(&mut memory, std::mem::take(&mut batch)).await;
        }
    }

    async fn take(&self, memory: &mut Memory, batch: Vec<Waiting>) {
        let (events, askers): (Vec<Event>, Vec<Asker>) =
            batch.into_iter().map(|waiting| (waiting.event, waiting.asker)).unzip();
        let events: Vec<&Event> = events.iter().collect();
        match self.commit(memory, &events, false).await {
            Ok(settled) => self.answer(askers, settled.into_iter().map(Ok)),
            Err(StoreError::Unavailable(error)) => {
                tracing::error!(error = %kind(&error), events = events.len(), "commit failed, nothing is acknowledged");
                self.telemetry.set_health(Part::Store, false);
                self.answer(askers, events.iter().map(|_| Err(NotKept::Unavailable)));
                tokio::time::sleep(REST_AFTER_FAILURE).await;
            }
            Err(error) => {
                tracing::warn!(error = %error, events = events.len(), "a batch was refused, its events go in one by one");
                for (event, asker) in events.into_iter().zip(askers) {
                    let result = self.take_alone(memory, event).await;
                    self.answer(vec![asker], [result]);
                }
            }
        }
    }

    /// One event in a transaction of its own; if it is refused even so, it is kept raw and becomes a task.
    async fn take_alone(&self, memory: &mut Memory, event: &Event) -> Result<Settled, NotKept> {
        for poison in [false, true] {
            match self.commit(memory, &[event], poison).await {
                Ok(settled) => return settled.first().copied().ok_or(NotKept::Unavailable),
                Err(StoreError::Unavailable(_)) => return Err(NotKept::Unavailable),
                Err(error) => {
                    tracing::error!(event = %event.id, poison, error = %error, "an event was refused")
                }
            }
        }
        Err(NotKept::Unavailable)
    }

    async fn commit(
        &self,
        memory: &mut Memory,
        events: &[&Event],
        poison: bool,
    ) -> Result<Vec<Settled>, StoreError> {
        let begun = Instant::now();
        let now = self.clock.now();
        let catalog = self.catalog.hold().await;
        reach(Point::Taken);
        let mut tx = self.store.begin_quietly().await?;
        let stamp = tx.stamp().await?;
        // Put back only when all is committed: what is remembered must never be ahead of what is stored.
        let mut recalled = std::mem::take(memory).if_still_true_at(stamp);
        let Committed { settled, messages, opened } =
            settle(&mut tx, &catalog, &mut recalled, events, poison, now).await?;
        recalled.stamp = Some(tx.stamp_after(stamp));
        reach(Point::Written);
        tx.commit().await?;
        reach(Point::Committed);
        *memory = recalled;
        self.telemetry.intake_batch_size.observe(events.len() as f64);
        self.telemetry.intake_commit_seconds.observe(begun.elapsed().as_secs_f64());
        self.telemetry.intake_commits.inc();
        self.telemetry.set_health(Part::Store, true);
        for severity in opened {
            Telemetry::count(&self.telemetry.alerts_opened, severity);
        }
        if messages > 0 {
            self.outbox.nudge();
        }
        Ok(settled)
    }

    fn answer(&self, askers: Vec<Asker>, results: impl IntoIterator<Item = Result<Settled, NotKept>>) {
        for (asker, result) in askers.into_iter().zip(results) {
            let outcome = match result {
                Ok(Settled::Accepted) => "accepted",
                Ok(Settled::Duplicate) => "duplicate",
                Ok(Settled::Rejected) => "rejected",
                Ok(Settled::Held) => "held",
                Err(_) => "refused",
            };
            Telemetry::count(&self.telemetry.intake_events, outcome);
            asker.answer(result);
        }
    }
}

/// The kind of a database error without its text, which may quote values.
fn kind(error: &impl std::fmt::Display) -> String {
    error.to_string().chars().take(120).collect()
}
