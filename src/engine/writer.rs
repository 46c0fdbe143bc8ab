//! The single writer behind the intake: takes all that waits, commits it in one transaction, then answers.
//!
//! Group commit without an artificial delay: while one batch is written the next one gathers by itself, and is decided
//! ahead where that can be done by what is remembered ([`super::batch::decide`]). What was decided ahead is written only
//! if the store stands exactly as the batch before has left it; else it is decided anew, together with whatever came
//! while others kept the store. A batch is a
//! matter of speed, never of meaning: if the database refuses it, its events go in one by one, and the one that is
//! refused alone is kept raw and becomes a task.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedRwLockReadGuard, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::crash::{Point, reach};
use crate::domain::decide::Catalog;
use crate::domain::event::Event;
use crate::store::{Stamp, Store, StoreError, Tx};
use crate::telemetry::{Part, Telemetry};

use super::activation::CatalogInForce;
use super::batch::{Committed, Decided, Mode, Touched, decide, may_be_ahead, write};
use super::delivery::Nudge;
use super::intake::{Asker, NotKept, Settled, Waiting};
use super::memory::Memory;

/// The most events in one transaction: enough to make the commit cheap, few enough to answer soon.
const MOST_AT_ONCE: usize = 1024;
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

/// Events that go into one transaction, and who waits for each.
#[derive(Debug, Default)]
struct Load {
    events: Vec<Event>,
    askers: Vec<Asker>,
}

impl Load {
    fn add(&mut self, Waiting { event, asker }: Waiting) {
        self.events.push(event);
        self.askers.push(asker);
    }

    /// Takes along who has come since, as far as there is room.
    fn top_up(&mut self, waiting: &mut mpsc::Receiver<Waiting>) {
        while self.events.len() < MOST_AT_ONCE
            && let Ok(late) = waiting.try_recv()
        {
            self.add(late);
        }
    }
}

/// A load that is decided, under files that stay in force until it is written.
#[derive(Debug)]
struct Ready {
    catalog: OwnedRwLockReadGuard<Arc<Catalog>>,
    decided: Decided,
    touched: Touched,
    begun: Instant,
}

/// How the store stands once a load is written; or the load, and why it is not.
type Landed = Result<Stamp, (Load, StoreError)>;

/// A load that is being written.
#[derive(Debug)]
struct Flight {
    touched: Arc<Touched>,
    landing: JoinHandle<Landed>,
}

/// The writer at work.
#[derive(Debug)]
struct Desk {
    writer: Arc<Writer>,
    /// True of what the flight leaves; without one, of the store where that stands as the memory's stamp says.
    memory: Memory,
    flight: Option<Flight>,
}

impl Writer {
    /// Runs until every [`super::intake::Intake`] is gone, or `stop`; what waits by then is still committed.
    pub async fn run(self, mut waiting: mpsc::Receiver<Waiting>, stop: CancellationToken) {
        let mut desk = Desk { writer: Arc::new(self), memory: Memory::default(), flight: None };
        let mut batch = Vec::with_capacity(MOST_AT_ONCE);
        loop {
            let taken = tokio::select! {
                landed = landing(&mut desk.flight) => {
                    desk.flight = None;
                    desk.note(landed).await;
                    continue;
                }
                taken = waiting.recv_many(&mut batch, MOST_AT_ONCE) => taken,
                () = stop.cancelled(), if !waiting.is_closed() => {
                    waiting.close();
                    continue;
                }
            };
            if taken == 0 {
                desk.wait().await;
                return;
            }
            desk.writer.telemetry.intake_waiting.set(i64::try_from(waiting.len()).unwrap_or(i64::MAX));
            let mut load = Load::default();
            batch.drain(..).for_each(|waiting| load.add(waiting));
            desk.take(load, &mut waiting).await;
        }
    }

    async fn begin(&self) -> Result<(Tx, Stamp), StoreError> {
        reach(Point::Taken);
        let mut tx = self.store.begin_quietly().await?;
        let found = tx.stamp().await?;
        Ok((tx, found))
    }

    /// Decides events. Nothing if that must wait until the batch before is written.
    async fn decide(
        &self,
        tx: &mut Tx,
        catalog: OwnedRwLockReadGuard<Arc<Catalog>>,
        memory: &mut Memory,
        events: &[Event],
        mode: Mode<'_>,
    ) -> Result<Option<Ready>, StoreError> {
        let begun = Instant::now();
        let decided = decide(tx, &catalog, memory, events, mode, self.clock.now()).await?;
        Ok(decided.map(|(decided, touched)| Ready { catalog, decided, touched, begun }))
    }

    /// Decides events beside the flight, if what that touches allows it.
    async fn look_ahead(&self, memory: &mut Memory, events: &[Event], before: &Touched) -> Option<Ready> {
        let catalog = self.catalog.hold_on().await;
        let ready = match self.store.look().await {
            Ok(mut tx) => self.decide(&mut tx, catalog, memory, events, Mode::Ahead(before)).await,
            Err(error) => Err(error),
        };
        ready.unwrap_or_else(|error| {
            // Not lost: it is decided in its own transaction, where errors are dealt with.
            tracing::debug!(%error, "a batch could not be decided ahead");
            *memory = Memory::default();
            None
        })
    }

    /// Writes what is decided, and answers nobody.
    async fn commit(
        &self,
        mut tx: Tx,
        found: Stamp,
        events: &[Event],
        ready: &Ready,
    ) -> Result<(Vec<Settled>, Stamp), StoreError> {
        let Committed { settled, messages, opened } =
            write(&mut tx, &ready.catalog, events, &ready.decided).await?;
        let left = tx.stamp_after(found);
        reach(Point::Written);
        tx.commit().await?;
        reach(Point::Committed);
        self.telemetry.intake_batch_size.observe(events.len() as f64);
        self.telemetry.intake_commit_seconds.observe(ready.begun.elapsed().as_secs_f64());
        self.telemetry.intake_commits.inc();
        self.telemetry.set_health(Part::Store, true);
        for severity in opened {
            Telemetry::count(&self.telemetry.alerts_opened, severity);
        }
        if messages > 0 {
            self.outbox.nudge();
        }
        Ok((settled, left))
    }

    /// Writes a load in a task of its own, which answers as soon as it is durable.
    fn fly(self: &Arc<Self>, tx: Tx, found: Stamp, load: Load, mut ready: Ready) -> Flight {
        let writer = Arc::clone(self);
        let touched = Arc::new(std::mem::take(&mut ready.touched));
        let landing = tokio::spawn(async move {
            match writer.commit(tx, found, &load.events, &ready).await {
                Ok((settled, left)) => {
                    writer.answer(load.askers, settled.into_iter().map(Ok).collect());
                    Ok(left)
                }
                Err(error) => Err((load, error)),
            }
        });
        Flight { touched, landing }
    }

    fn answer(&self, askers: Vec<Asker>, results: Vec<Result<Settled, NotKept>>) {
        let mut outcomes: BTreeMap<&'static str, u64> = BTreeMap::new();
        for result in &results {
            let outcome = match result {
                Ok(Settled::Accepted) => "accepted",
                Ok(Settled::Duplicate) => "duplicate",
                Ok(Settled::Rejected) => "rejected",
                Ok(Settled::Held) => "held",
                Err(_) => "refused",
            };
            *outcomes.entry(outcome).or_default() += 1;
        }
        for (outcome, count) in outcomes {
            Telemetry::count_many(&self.telemetry.intake_events, outcome, count);
        }
        for (asker, result) in askers.into_iter().zip(results) {
            asker.answer(result);
        }
    }
}

impl Desk {
    /// Sends a load on its way once the one before has landed; decides it meanwhile if it can.
    async fn take(&mut self, mut load: Load, waiting: &mut mpsc::Receiver<Waiting>) {
        let mut ahead = None;
        if let Some(flight) = self.flight.as_ref().filter(|_| may_be_ahead(&load.events)) {
            let before = Arc::clone(&flight.touched);
            ahead = self.writer.look_ahead(&mut self.memory, &load.events, &before).await;
        }
        let left = self.wait().await;
        match self.depart(&mut load, waiting, ahead.zip(left)).await {
            Ok((tx, found, ready)) => self.flight = Some(self.writer.fly(tx, found, load, ready)),
            Err(error) => self.fail(load, error).await,
        }
    }

    /// Begins a load's transaction with the load decided: ahead, if the store stands as it was then foreseen, else now and
    /// with all that waits.
    async fn depart(
        &mut self,
        load: &mut Load,
        waiting: &mut mpsc::Receiver<Waiting>,
        ahead: Option<(Ready, Stamp)>,
    ) -> Result<(Tx, Stamp, Ready), StoreError> {
        let (catalog, (tx, found)) = match ahead {
            Some((ready, foreseen)) => {
                let (tx, found) = self.writer.begin().await?;
                if found == foreseen {
                    self.writer.telemetry.intake_ahead.inc();
                    return Ok((tx, found, ready));
                }
                // Somebody was there in between, and the memory has taken in what will never be.
                self.memory = Memory::default();
                (ready.catalog, (tx, found))
            }
            // Held before the transaction is begun, as whoever changes the files does.
            None => (self.writer.catalog.hold_on().await, self.writer.begin().await?),
        };
        load.top_up(waiting);
        self.decide(tx, found, catalog, &load.events, Mode::Usual).await
    }

    /// Decides in the transaction that the events are to be written in.
    async fn decide(
        &mut self,
        mut tx: Tx,
        found: Stamp,
        catalog: OwnedRwLockReadGuard<Arc<Catalog>>,
        events: &[Event],
        mode: Mode<'_>,
    ) -> Result<(Tx, Stamp, Ready), StoreError> {
        let mut memory = std::mem::take(&mut self.memory).if_still_true_at(found);
        let ready = self.writer.decide(&mut tx, catalog, &mut memory, events, mode).await?;
        self.memory = memory;
        // Only what is decided ahead may have to wait.
        let ready = ready.ok_or(StoreError::Unreadable { place: "batch" })?;
        Ok((tx, found, ready))
    }

    /// Waits for what is on its way, if anything is. How that leaves the store, unless it has failed.
    async fn wait(&mut self) -> Option<Stamp> {
        self.flight.as_ref()?;
        let landed = landing(&mut self.flight).await;
        self.flight = None;
        self.note(landed).await
    }

    async fn note(&mut self, landed: Landed) -> Option<Stamp> {
        match landed {
            Ok(left) => {
                self.memory.stamp = Some(left);
                Some(left)
            }
            Err((load, error)) => {
                self.fail(load, error).await;
                None
            }
        }
    }

    /// A load that could not be written: answered so when the store is out of order, else taken apart.
    async fn fail(&mut self, load: Load, error: StoreError) {
        self.memory = Memory::default();
        let Load { events, askers } = load;
        if let StoreError::Unavailable(error) = &error {
            tracing::error!(error = %kind(error), events = events.len(), "commit failed, nothing is acknowledged");
            self.writer.telemetry.set_health(Part::Store, false);
            self.writer.answer(askers, vec![Err(NotKept::Unavailable); events.len()]);
            tokio::time::sleep(REST_AFTER_FAILURE).await;
            return;
        }
        tracing::warn!(error = %error, events = events.len(), "a batch was refused, its events go in one by one");
        for (event, asker) in events.iter().zip(askers) {
            let result = self.take_alone(event).await;
            self.writer.answer(vec![asker], vec![result]);
        }
    }

    /// One event in a transaction of its own; if it is refused even so, it is kept raw and becomes a task.
    async fn take_alone(&mut self, event: &Event) -> Result<Settled, NotKept> {
        for mode in [Mode::Usual, Mode::Poison] {
            match self.commit_alone(event, mode).await {
                Ok(settled) => return settled.first().copied().ok_or(NotKept::Unavailable),
                Err(StoreError::Unavailable(_)) => return Err(NotKept::Unavailable),
                Err(error) => {
                    let poison = matches!(mode, Mode::Poison);
                    tracing::error!(event = %event.id, poison, error = %error, "an event was refused")
                }
            }
        }
        Err(NotKept::Unavailable)
    }

    async fn commit_alone(&mut self, event: &Event, mode: Mode<'_>) -> Result<Vec<Settled>, StoreError> {
        let event = std::slice::from_ref(event);
        let catalog = self.writer.catalog.hold_on().await;
        let (tx, found) = self.writer.begin().await?;
        let (tx, found, ready) = self.decide(tx, found, catalog, event, mode).await?;
        let committed = self.writer.commit(tx, found, event, &ready).await;
        let (settled, left) = committed.inspect_err(|_| self.memory = Memory::default())?;
        self.memory.stamp = Some(left);
        Ok(settled)
    }
}

/// Waits until a flight has landed; for ever when there is none.
async fn landing(flight: &mut Option<Flight>) -> Landed {
    let Some(flight) = flight else { return std::future::pending().await };
    match (&mut flight.landing).await {
        Ok(landed) => landed,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down, and we with it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// The kind of a database error without its text, which may quote values.
fn kind(error: &impl std::fmt::Display) -> String {
    error.to_string().chars().take(120).collect()
}
