//! What came of texts: the worker's results and the provider's reports, each settled in one transaction together
//! with the alerts and tasks that a loss leads to.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::domain::alert::{AlertChange, Severity};
use crate::domain::delivery::{Delay, DueText, Report, Step};
use crate::domain::id::{MessageId, PatientId};
use crate::domain::lost::{Cause, Lost, UNDELIVERED_RULE, refusal, unreached};
use crate::domain::message::{MessageState, Purpose};
use crate::store::{Store, StoreError, Tx};
use crate::telemetry::Telemetry;

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
pub type Explain = fn(Option<u32>) -> Cause;

/// What happened beyond the texts themselves, for the counters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aftermath {
    /// Alerts that are new.
    pub opened: Vec<Severity>,
    /// Texts that were given up or came back.
    pub lost: u64,
}

impl Aftermath {
    pub fn count(&self, telemetry: &Telemetry) {
        telemetry.outbox_exhausted.inc_by(self.lost);
        for severity in &self.opened {
            Telemetry::count(&telemetry.alerts_opened, severity.name());
        }
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

/// How many texts a worker has room for, and how long it holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub texts: usize,
    pub lease_until: Timestamp,
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
    let mut sent: Vec<(&MessageId, &str)> = Vec::with_capacity(results.len());
    for (text, step) in results {
        match step {
            Step::Sent { provider_ids } if !provider_ids.is_empty() => {
                sent.push((&text.id, &provider_ids[0]))
            }
            _ => desk.settle(text, step).await?,
        }
    }
    if !sent.is_empty() {
        for parked in desk.tx.record_all_sent(&sent, now).await? {
            if let Some((id, name)) = sent.iter().find(|(_, name)| *name == parked) {
                desk.adopt(id, name).await?;
            }
        }
    }
    let due = match room {
        Some(room) => desk.tx.claim_texts(now, room.lease_until, room.texts).await?,
        None => Vec::new(),
    };
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
    desk.tx.bind_provider_id(&message.id, &report.provider_id).await?;
    // What was parked under this name came first.
    let adopted = desk.adopt(&message.id, &report.provider_id).await?;
    let moved = desk.advance(&message.id, report.state, report.code).await?;
    let aftermath = desk.close().await?;
    Ok(if adopted || moved { Filed::Moved(aftermath) } else { Filed::Kept })
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
                match self.tx.first_unclaimed(&text.id, provider_ids).await? {
                    Some(name) => return self.sent(text, Some(name)).await,
                    None => otherwise.as_ref(),
                }
            }
            step => step,
        };
        match step {
            Step::Sent { provider_ids } | Step::Found { provider_ids, .. } => {
                self.sent(text, provider_ids.first().map(String::as_str)).await
            }
            Step::Queue { at, why } => {
                let resent = *why == Delay::Resend;
                let channel = text.tried.channel();
                self.tx
                    .record_wait(text, MessageState::Queued, *at, resent, why.explanation(channel))
                    .await?;
                match why {
                    Delay::Refused(code) => {
                        let task = refusal(&text.id, channel, *code, self.now);
                        self.tx.open_tasks(&[task], self.now).await
                    }
                    Delay::Busy(_) | Delay::Resend => Ok(()),
                }
            }
            Step::Doubt { at, why } => {
                self.tx.record_wait(text, MessageState::Ambiguous, *at, false, why).await
            }
            Step::Fail { cause, code } => {
                let why = cause.explanation_by(text.tried.channel());
                if self.tx.record_failed(text, *code, why).await? {
                    self.lose(&text.id, text.patient.as_ref(), text.purpose, *cause).await?;
                }
                Ok(())
            }
        }
    }

    async fn sent(&mut self, text: &DueText, provider_id: Option<&str>) -> Result<(), StoreError> {
        self.tx.record_sent(&text.id, provider_id, self.now).await?;
        if let Some(provider_id) = provider_id {
            self.adopt(&text.id, provider_id).await?;
        }
        Ok(())
    }

    /// Applies the reports that were parked under this name. True when any moved the text.
    async fn adopt(&mut self, id: &MessageId, provider_id: &str) -> Result<bool, StoreError> {
        let mut moved = false;
        for parked in self.tx.adopt_reports(id, provider_id).await? {
            moved |= self.advance(id, parked.state, parked.code).await?;
        }
        Ok(moved)
    }

    /// Moves a text to where a report has it, if that is forward. True when it moved.
    async fn advance(
        &mut self,
        id: &MessageId,
        reported: Option<MessageState>,
        code: Option<u32>,
    ) -> Result<bool, StoreError> {
        let Some(message) = self.tx.outgoing_message(id).await? else { return Ok(false) };
        let cause = matches!(reported, Some(MessageState::Undelivered | MessageState::Failed))
            .then(|| (self.explain)(code));
        let Some(state) = reported.and_then(|reported| message.state.advance(reported)) else {
            if let (Some(code), Some(cause)) = (code, cause) {
                self.tx.add_reason(id, code, cause.explanation()).await?;
            }
            return Ok(false);
        };
        self.tx.advance_message(id, state, code, cause.map(Cause::explanation), self.now).await?;
        if state == MessageState::Delivered && message.purpose == Purpose::Notification {
            self.tx.mend_contact(id).await?;
        }
        if let Some(cause) = cause {
            self.lose(id, message.patient.as_ref(), message.purpose, cause).await?;
        }
        Ok(true)
    }

    /// A text is lost: whoever must know is told in the same transaction.
    async fn lose(
        &mut self,
        message: &MessageId,
        patient: Option<&PatientId>,
        purpose: Purpose,
        cause: Cause,
    ) -> Result<(), StoreError> {
        self.aftermath.lost += 1;
        if purpose == Purpose::Notification {
            return self.lose_notification(message, cause).await;
        }
        let mut open = match patient {
            Some(patient) => self.tx.open_alerts(std::slice::from_ref(patient)).await?,
            None => HashMap::new(),
        };
        let standing = patient
            .and_then(|patient| open.remove(patient))
            .and_then(|alerts| alerts.into_iter().find(|alert| alert.rule.as_str() == UNDELIVERED_RULE));
        let carer = self.tx.carer_reached_by(message).await?;
        let has_returned = match patient.filter(|_| cause == Cause::OptedOut) {
            Some(patient) => self.tx.has_returned(patient).await?,
            None => false,
        };
        let to_carer = carer.is_some();
        let lost = Lost { message, patient, to_carer, has_returned, purpose, cause, at: self.now };
        let consequence = lost.consequence(standing.as_ref());
        if let Some(carer) = carer.filter(|_| cause == Cause::OptedOut) {
            self.tx.disturb();
            self.tx.change_carer(&carer.change(true), self.now).await?;
        }
        if let Some(patient) = patient.filter(|_| consequence.stop) {
            self.tx.stop_texting(patient, self.now).await?;
        }
        if let Some(AlertChange::Open(alert)) = &consequence.alert {
            self.aftermath.opened.push(alert.severity);
        }
        self.tx.apply_alerts(consequence.alert.as_slice()).await?;
        self.tx.open_tasks(&consequence.tasks, self.now).await
    }

    /// Somebody on duty was not told: whoever is next is told at once, and how this one is reached counts as failed.
    async fn lose_notification(&mut self, message: &MessageId, cause: Cause) -> Result<(), StoreError> {
        // Whoever is at fault: the next attempt must look for another way to the same person.
        if self.tx.lose_notification(message, true, self.now).await?.is_none() {
            self.tx.fail_contact(message, self.now).await?;
        }
        let Some(lost) = self.tx.notified(message).await? else { return Ok(()) };
        let task = unreached(message, lost.channel, lost.person.as_ref(), cause, self.now);
        self.tx.open_tasks(&[task], self.now).await
    }
}
