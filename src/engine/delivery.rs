//! What came of texts: the worker's results and the provider's reports, each settled in one transaction together
//! with the alerts and tasks that a loss leads to.

mod bounce;
mod loss;

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::crash::{Point, reach};
use crate::domain::alert::Severity;
use crate::domain::delivery::{Delay, DueText, Report, Step, Work};
use crate::domain::dispatch::Dispatch;
use crate::domain::id::MessageId;
use crate::domain::lost::{Cause, over_budget, refusal};
use crate::domain::message::{MessageState, Purpose};
use crate::domain::provider::Provider;
use crate::domain::task::NewTask;
use crate::store::{Outgoing, Store, StoreError, Tx};
use crate::telemetry::Telemetry;

pub use bounce::{Bounced, bounce};

/// Wakes the outbox worker. Whoever commits a text nudges; nudges before the worker looks count as one.
#[derive(Debug, Clone, Default)]
pub struct Nudge(Arc<Notify>);

impl Nudge {
    pub fn nudge(&self) {
        self.0.notify_one();
    }

    /// Waits for a nudge, or takes the one that came already.
    pub async fn wait(&self) {
        self.0.notified().await;
    }
}

/// How a provider's failure code reads as a cause; a failure may come without one.
pub type Explain = fn(Provider, Option<u32>) -> Cause;

/// What happened beyond the texts themselves, for the counters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aftermath {
    /// Alerts that are new.
    pub opened: Vec<Severity>,
    /// Texts that were given up or came back.
    pub lost: u64,
    /// What became of doubtful texts, one word each: `doubted`, `found`, `resent`, `human`.
    pub doubts: Vec<&'static str>,
    /// Texts that go on by the next provider.
    pub rerouted: u64,
    /// Texts that met a budget: `held`, or `urgent` and let through.
    pub over_budget: Vec<&'static str>,
    /// Something is due and waits for its provider's pace.
    pub is_paced: bool,
}

impl Aftermath {
    pub fn count(&self, telemetry: &Telemetry) {
        telemetry.outbox_exhausted.inc_by(self.lost);
        for severity in &self.opened {
            Telemetry::count(&telemetry.alerts_opened, severity.name());
        }
        for word in &self.doubts {
            Telemetry::count(&telemetry.outbox_doubtful, word);
        }
        for word in &self.over_budget {
            Telemetry::count(&telemetry.outbox_over_budget, word);
        }
        telemetry.outbox_rerouted.inc_by(self.rerouted);
    }
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filed {
    /// It moved its text forward.
    Moved(Aftermath),
    /// It was late, repeated, or said nothing new.
    Kept,
    /// It names no text of ours yet and waits for one.
    Parked,
}

/// How many texts a worker has room for, how long it holds them, and who carries them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    pub texts: usize,
    pub lease_until: Timestamp,
    pub dispatch: Dispatch,
}

/// Records what comes next for texts that a worker held, and hands it the texts that are due by then. All of it, or
/// nothing: one transaction, for the intake waits for every one.
pub async fn settle(
    store: &Store,
    results: &[(DueText, Step)],
    room: Option<Room>,
    now: Timestamp,
    explain: Explain,
) -> Result<(Aftermath, Vec<DueText>), StoreError> {
    let mut desk = Desk::open(store, now, explain).await?;
    // Most texts simply go: they are recorded together. What is anything else is settled one by one.
    let mut sent: Vec<(&DueText, &str)> = Vec::with_capacity(results.len());
    for (text, step) in results {
        match step {
            Step::Sent { provider_ids } if !provider_ids.is_empty() => sent.push((text, &provider_ids[0])),
            _ => desk.settle(text, step).await?,
        }
    }
    if !sent.is_empty() {
        for parked in desk.tx.record_all_sent(&sent, now).await? {
            for (text, name) in sent.iter().filter(|(_, name)| *name == parked) {
                desk.adopt(&text.id, text.provider, name).await?;
            }
        }
    }
    let due = match room {
        Some(room) => desk.claim(&room).await?,
        None => Vec::new(),
    };
    if !results.is_empty() {
        reach(Point::Recorded);
    }
    Ok((desk.close().await?, due))
}

/// Files a provider's report: kept whatever it says, and acted on when it leads forward.
pub async fn file_report(
    store: &Store,
    report: &Report,
    now: Timestamp,
    explain: Explain,
) -> Result<Filed, StoreError> {
    let mut desk = Desk::open(store, now, explain).await?;
    let message = desk.tx.reported_message(report).await?;
    desk.tx.keep_report(message.as_ref().map(|m| &m.id), report, now).await?;
    let Some(message) = message else {
        desk.close().await?;
        return Ok(Filed::Parked);
    };
    let weight = weigh(&message, report);
    let mut adopted = false;
    if weight.names {
        desk.tx.bind_provider_id(&message.id, Some(report.provider), &report.provider_id).await?;
        // What was parked under this name came first.
        adopted = desk.adopt(&message.id, Some(report.provider), &report.provider_id).await?;
    }
    let moved = match weight.counts {
        true => desk.advance(&message.id, Some(report.provider), report.state, report.code).await?,
        false => false,
    };
    let aftermath = desk.close().await?;
    Ok(if adopted || moved { Filed::Moved(aftermath) } else { Filed::Kept })
}

/// What a report is good for.
struct Weight {
    /// It names the text as its provider does.
    names: bool,
    /// It says how far the text has come.
    counts: bool,
}

/// A report from another provider than the one that the text is with comes from one that said it did not take it. That it
/// has it is good news and true; that it failed there says nothing of the other.
fn weigh(message: &Outgoing, report: &Report) -> Weight {
    if message.provider.is_none_or(|provider| provider == report.provider) {
        return Weight { names: true, counts: true };
    }
    // Nobody else has been handed it yet.
    let free = message.state == MessageState::Queued;
    match report.state {
        Some(MessageState::Delivered) => Weight { names: free, counts: true },
        Some(MessageState::Sent) => Weight { names: free, counts: free },
        _ => Weight { names: false, counts: false },
    }
}

/// One transaction over the fate of texts.
struct Desk {
    tx: Tx,
    now: Timestamp,
    explain: Explain,
    aftermath: Aftermath,
}

impl Desk {
    async fn open(store: &Store, now: Timestamp, explain: Explain) -> Result<Self, StoreError> {
        // The fate of texts is nothing that readings are judged by; what a lost one leads to says so itself.
        Ok(Self { tx: store.begin_quietly().await?, now, explain, aftermath: Aftermath::default() })
    }

    async fn close(self) -> Result<Aftermath, StoreError> {
        self.tx.commit().await?;
        Ok(self.aftermath)
    }

    async fn settle(&mut self, text: &DueText, step: &Step) -> Result<(), StoreError> {
        let step = match step {
            Step::Found { provider_ids, otherwise } => {
                match self.tx.first_unclaimed(text, provider_ids).await? {
                    Some(name) => {
                        self.aftermath.doubts.push("found");
                        return self.sent(text, Some(name)).await;
                    }
                    None => otherwise.as_ref(),
                }
            }
            Step::Blanked { provider_ids, otherwise } => {
                match self.tx.first_unclaimed(text, provider_ids).await? {
                    Some(_) => &Step::Fail { cause: Cause::Doubtful, code: None },
                    None => otherwise.as_ref(),
                }
            }
            step => step,
        };
        match step {
            Step::Sent { provider_ids } | Step::Found { provider_ids, .. } => {
                self.sent(text, provider_ids.first().map(String::as_str)).await
            }
            // Settled above, and never the step beside another.
            Step::Blanked { .. } => Ok(()),
            Step::Queue { at, why } => {
                let resent = *why == Delay::Resend;
                let channel = text.tried.channel();
                let next = match why {
                    Delay::Rerouted { next, .. } => Some(*next),
                    Delay::Busy(_) | Delay::Refused(_) | Delay::Resend => None,
                };
                self.aftermath.rerouted += u64::from(next.is_some());
                if resent {
                    self.aftermath.doubts.push("resent");
                }
                self.tx
                    .record_wait(text, MessageState::Queued, *at, next, resent, why.explanation(channel))
                    .await?;
                match why {
                    Delay::Refused(code) | Delay::Rerouted { refused: Some(code), .. } => {
                        let task = refusal(&text.id, channel, *code, self.now);
                        self.tx.open_tasks(&[task], self.now).await
                    }
                    Delay::Busy(_) | Delay::Rerouted { refused: None, .. } | Delay::Resend => Ok(()),
                }
            }
            Step::Doubt { at, why } => {
                if text.work == Work::Send {
                    self.aftermath.doubts.push("doubted");
                }
                self.tx.record_wait(text, MessageState::Ambiguous, *at, None, false, why).await
            }
            Step::Fail { cause, code } => {
                let why = cause.explanation_by(text.tried.channel());
                if self.tx.record_failed(text, *code, why).await? {
                    if *cause == Cause::Number {
                        self.tx.doubt_number(&text.id, *code, self.now).await?;
                    }
                    if *cause == Cause::Doubtful {
                        self.aftermath.doubts.push("human");
                    }
                    self.lose(&text.id, text.patient.as_ref(), text.purpose, *cause).await?;
                }
                Ok(())
            }
        }
    }

    async fn sent(&mut self, text: &DueText, provider_id: Option<&str>) -> Result<(), StoreError> {
        self.tx.record_sent(&text.id, text.provider, provider_id, self.now).await?;
        if let Some(provider_id) = provider_id {
            self.adopt(&text.id, text.provider, provider_id).await?;
        }
        Ok(())
    }

    /// Takes up what is due. What meets a budget is a task for an operator, one for each budget however much it is.
    async fn claim(&mut self, room: &Room) -> Result<Vec<DueText>, StoreError> {
        let claimed = self.tx.dispatch_texts(self.now, room.lease_until, room.texts, &room.dispatch).await?;
        self.aftermath.is_paced = claimed.is_paced;
        let words = [(&claimed.held, "held"), (&claimed.over, "urgent")];
        let mut tasks: Vec<NewTask> = Vec::new();
        for (met, word) in words {
            for (limit, message, patient) in met {
                self.aftermath.over_budget.push(word);
                let task = over_budget(*limit, message, patient.as_ref(), self.now);
                if tasks.iter().all(|other| other.subject != task.subject) {
                    tasks.push(task);
                }
            }
        }
        if !tasks.is_empty() {
            self.tx.open_tasks(&tasks, self.now).await?;
        }
        Ok(claimed.texts)
    }

    /// Applies the reports that were parked under this name. True when any moved the text.
    async fn adopt(
        &mut self,
        id: &MessageId,
        provider: Option<Provider>,
        provider_id: &str,
    ) -> Result<bool, StoreError> {
        let mut moved = false;
        for parked in self.tx.adopt_reports(id, provider, provider_id).await? {
            moved |= self.advance(id, parked.provider, parked.state, parked.code).await?;
        }
        Ok(moved)
    }

    /// Moves a text to where a report of `provider` has it, if that is forward. True when it moved.
    async fn advance(
        &mut self,
        id: &MessageId,
        provider: Option<Provider>,
        reported: Option<MessageState>,
        code: Option<u32>,
    ) -> Result<bool, StoreError> {
        let cause = matches!(reported, Some(MessageState::Undelivered | MessageState::Failed))
            .then(|| provider.map_or(Cause::Other, |provider| (self.explain)(provider, code)));
        self.move_on(id, reported, code, cause).await
    }

    /// [`Self::advance`] where it is known why a text is lost.
    async fn move_on(
        &mut self,
        id: &MessageId,
        reported: Option<MessageState>,
        code: Option<u32>,
        cause: Option<Cause>,
    ) -> Result<bool, StoreError> {
        let Some(message) = self.tx.outgoing_message(id).await? else { return Ok(false) };
        let Some(state) = reported.and_then(|reported| message.state.advance(reported)) else {
            if let (Some(code), Some(cause)) = (code, cause) {
                self.tx.add_reason(id, code, cause.explanation()).await?;
            }
            return Ok(false);
        };
        self.tx.advance_message(id, state, code, cause.map(Cause::explanation), self.now).await?;
        if state == MessageState::Delivered {
            self.tx.trust_number(id).await?;
            if message.purpose == Purpose::Notification {
                self.tx.mend_contact(id).await?;
            }
        }
        if let Some(cause) = cause {
            if cause == Cause::Number {
                self.tx.doubt_number(id, code, self.now).await?;
            }
            self.lose(id, message.patient.as_ref(), message.purpose, cause).await?;
        }
        Ok(true)
    }
}
