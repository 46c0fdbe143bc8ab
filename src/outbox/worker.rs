//! The one worker that empties the outbox.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::carrier::{Carrier, OutText, SendOutcome};
use super::policy;
use crate::clock::Clock;
use crate::crash::{Point, reach};
use crate::domain::delivery::{DueText, Step, Work};
use crate::engine::delivery::{Nudge, Room, settle};
use crate::store::{Store, StoreError};
use crate::telemetry::{Part, Telemetry};

/// How soon after one turn the next may be: every turn is a transaction that the intake waits for, so what comes in
/// between is gathered and shares one. Whoever has waited longer than this is served at once.
const GATHER: Duration = Duration::from_millis(25);

/// A pace is looked at this often at most.
const SHORTEST_WAIT: Duration = Duration::from_millis(20);

/// How much at once and how long to wait.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Texts under way at a time.
    pub at_once: usize,
    /// How long a text is held; must be longer than a carrier ever takes.
    pub lease: Duration,
    /// The longest sleep: how late a text can be that nobody announced.
    pub tick: Duration,
    /// After the store has refused.
    pub rest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            at_once: 128,
            lease: Duration::from_secs(60),
            tick: Duration::from_secs(5),
            rest: Duration::from_millis(500),
        }
    }
}

/// Claims texts that are due, hands them to a carrier with no transaction open, and records what came of it.
#[derive(Debug)]
pub struct Worker<C> {
    carrier: Arc<C>,
    store: Store,
    clock: Clock,
    telemetry: Telemetry,
    nudge: Nudge,
    pace: Pace,
    under_way: JoinSet<(DueText, Step)>,
    /// Done and not yet recorded. What dies with the process comes back when its lease ends.
    done: Vec<(DueText, Step)>,
    /// Something is due and waits for its provider's pace.
    is_paced: bool,
}

impl<C: Carrier> Worker<C> {
    pub fn new(carrier: C, store: Store, clock: Clock, telemetry: Telemetry, nudge: Nudge) -> Self {
        Self {
            carrier: Arc::new(carrier),
            store,
            clock,
            telemetry,
            nudge,
            pace: Pace::default(),
            under_way: JoinSet::new(),
            done: Vec::new(),
            is_paced: false,
        }
    }

    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Works until `stop`, then finishes and records what is under way.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let begun = Instant::now();
            let sleep = match self.turn().await {
                Ok(sleep) => {
                    self.telemetry.set_health(Part::Outbox, true);
                    sleep
                }
                Err(error) => {
                    self.telemetry.set_health(Part::Outbox, false);
                    tracing::error!(%error, "the outbox cannot use the store");
                    self.pace.rest
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.nudge.wait() => {}
                Some(finished) = self.under_way.join_next() => self.take(finished),
                () = tokio::time::sleep(sleep) => {}
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep_until(begun + GATHER) => {}
            }
        }
        self.telemetry.set_health(Part::Outbox, false);
        while let Some(finished) = self.under_way.join_next().await {
            self.take(finished);
        }
        if self.done.is_empty() {
            return;
        }
        if let Err(error) = self.record(None, self.clock.now()).await {
            let unrecorded = self.done.len();
            tracing::error!(%error, unrecorded, "results are unrecorded; their texts are reconciled at the next start");
        }
    }

    /// Records what is done, claims what there is room for, and says how long nothing is due.
    async fn turn(&mut self) -> Result<Duration, StoreError> {
        while let Some(finished) = self.under_way.try_join_next() {
            self.take(finished);
        }
        let now = self.clock.now();
        let texts = self.pace.at_once.saturating_sub(self.under_way.len());
        let room = (texts >= self.pace.at_once.div_ceil(2)).then(|| self.room(texts, now));
        let has_room = room.is_some();
        let records = !self.done.is_empty();
        if !records {
            let Some(due) = (if has_room { self.store.next_due_text().await? } else { None }) else {
                return Ok(self.pace.tick);
            };
            if due > now {
                return Ok(Duration::try_from(due.duration_since(now))
                    .unwrap_or_default()
                    .min(self.pace.tick));
            }
        }
        let claimed = self.record(room, now).await?;
        self.carrier.take(&claimed, now);
        // Fewer than there is room for: the next one is not due yet, and how long that is has not been asked.
        let look_again = has_room && claimed.len() < texts && (records || !claimed.is_empty());
        for text in claimed {
            self.under_way.spawn(work(
                self.carrier.clone(),
                self.telemetry.clone(),
                self.clock.clone(),
                text,
            ));
        }
        if look_again && !self.is_paced {
            return Ok(Duration::ZERO);
        }
        // Until the pace lets the next one go, however long ago it was due.
        Ok(if self.is_paced {
            self.carrier.wait(now).max(SHORTEST_WAIT).min(self.pace.tick)
        } else {
            self.pace.tick
        })
    }

    fn room(&self, texts: usize, now: Timestamp) -> Room {
        let lease = SignedDuration::try_from(self.pace.lease).unwrap_or(SignedDuration::MAX);
        let lease_until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
        Room { texts, lease_until, dispatch: self.carrier.dispatch(now) }
    }

    /// Records all that is done and claims what is due, in one transaction; if the store refuses one result, each in
    /// its own.
    async fn record(&mut self, room: Option<Room>, now: Timestamp) -> Result<Vec<DueText>, StoreError> {
        match settle(&self.store, &self.done, room, now, C::explain_of).await {
            Ok((aftermath, claimed)) => {
                aftermath.count(&self.telemetry);
                self.is_paced = aftermath.is_paced;
                self.done.clear();
                Ok(claimed)
            }
            Err(StoreError::Unavailable(error)) => Err(StoreError::Unavailable(error)),
            Err(error) if self.done.is_empty() => Err(error),
            Err(_) => self.record_each(now).await,
        }
    }

    /// Claims nothing: the next turn does.
    async fn record_each(&mut self, now: Timestamp) -> Result<Vec<DueText>, StoreError> {
        while let Some(result) = self.done.pop() {
            match settle(&self.store, std::slice::from_ref(&result), None, now, C::explain_of).await {
                Ok((aftermath, _)) => aftermath.count(&self.telemetry),
                Err(StoreError::Unavailable(error)) => {
                    self.done.push(result);
                    return Err(StoreError::Unavailable(error));
                }
                Err(error) => {
                    tracing::error!(%error, message = %result.0.id, "a text's result cannot be recorded");
                }
            }
        }
        Ok(Vec::new())
    }

    fn take(&mut self, finished: Result<(DueText, Step), tokio::task::JoinError>) {
        match finished {
            Ok(result) => self.done.push(result),
            // Its lease ends by itself and the text is reconciled.
            Err(error) => tracing::error!(%error, "sending a text broke off"),
        }
    }
}

/// One text, one step. Nothing is stored here.
async fn work<C: Carrier>(
    carrier: Arc<C>,
    telemetry: Telemetry,
    clock: Clock,
    text: DueText,
) -> (DueText, Step) {
    let step = match text.work {
        Work::Reconcile => {
            let reconciled = carrier.reconcile(&out_text(&text, text.attempted_at), text.attempted_at).await;
            policy::after_reconcile(&text, reconciled, clock.now())
        }
        Work::Send => match policy::before_send(&text, clock.now()) {
            Some(step) => step,
            None => {
                reach(Point::Claimed);
                let outcome = carrier.send(&out_text(&text, clock.now())).await;
                reach(Point::Sent);
                Telemetry::count(&telemetry.outbox_attempts, name(&outcome));
                let now = clock.now();
                let next = text.provider.and_then(|provider| carrier.after(provider, now));
                policy::pass_on(&outcome, next, now)
                    .unwrap_or_else(|| policy::after_send(&text, outcome, now))
            }
        },
    };
    (text, step)
}

fn out_text(text: &DueText, now: Timestamp) -> OutText {
    OutText {
        id: text.id.clone(),
        to: text.tried.clone(),
        via: text.provider,
        subject: text.subject.clone(),
        body: text.body.clone(),
        occasion: text.occasion.clone(),
        validity: Duration::try_from(text.not_after.duration_since(now)).unwrap_or_default(),
    }
}

const fn name(outcome: &SendOutcome) -> &'static str {
    match outcome {
        SendOutcome::Accepted { .. } => "accepted",
        SendOutcome::Retry { .. } => "retry",
        SendOutcome::Throttled { .. } => "throttled",
        SendOutcome::Rejected { .. } => "rejected",
        SendOutcome::Ambiguous { .. } => "ambiguous",
    }
}
