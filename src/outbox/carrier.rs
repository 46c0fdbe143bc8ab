//! What the outbox asks of whoever carries messages.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::delivery::{DueText, Occasion};
use crate::domain::dispatch::Dispatch;
use crate::domain::id::MessageId;
use crate::domain::lost::Cause;
use crate::domain::organisation::Address;
use crate::domain::provider::Provider;

/// A message to send. A patient's number was resolved just now, not when the text was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutText {
    /// Ours; it goes out with the message, so that a report or a second copy names it even if the answer was lost.
    pub id: MessageId,
    pub to: Address,
    /// The provider that the outbox wrote down for it. Nothing: there is no choice.
    pub via: Option<Provider>,
    /// Of a mail.
    pub subject: Option<String>,
    pub body: String,
    pub occasion: Option<Occasion>,
    /// How long it stays of use.
    pub validity: Duration,
}

/// What came of one attempt to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The provider has it, under its own ids (one a part).
    Accepted { provider_ids: Vec<String> },
    /// It surely did not leave, or whoever has it knows a second copy for one; trying again is safe.
    Retry { reason: &'static str },
    /// It surely did not leave; the provider asks us to slow down.
    Throttled { after: Option<Duration>, reason: &'static str },
    /// It will never leave like this.
    Rejected { code: Option<u32>, class: Rejection },
    /// It may have left. Reconcile before anything else.
    Ambiguous { reason: &'static str },
}

/// Why a text will never leave like this, by what somebody must do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// The number is wrong, gone or cannot take texts: a human checks it.
    Number,
    /// The recipient opted out at the provider: record it.
    OptedOut,
    /// Filtered or refused for what it says: do not resend the same words.
    Content,
    /// Our account, credentials or settings: page an operator; messages stay queued.
    Config,
    /// Nothing is set up here that carries it.
    NoCarrier,
    /// The number may be a landline: nothing was handed over.
    Landline,
    /// Its country or its rate is not for us: nothing was handed over.
    Barred,
    /// Anything else, unknown codes included: a human looks.
    Other,
}

impl From<Rejection> for Cause {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Number => Self::Number,
            Rejection::OptedOut => Self::OptedOut,
            Rejection::Content => Self::Content,
            Rejection::Config => Self::Config,
            Rejection::NoCarrier => Self::NoCarrier,
            Rejection::Landline => Self::Landline,
            Rejection::Barred => Self::Barred,
            Rejection::Other => Self::Other,
        }
    }
}

/// What the provider knows of a doubtful message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reconciled {
    /// The provider has messages like it. Some may be other texts of ours with the same words: ours is one that belongs
    /// to no other.
    Found { provider_ids: Vec<String> },
    /// The provider has messages of the time to the number, whose words are blanked: any of them may be it.
    Blanked { provider_ids: Vec<String> },
    /// The provider has no such message: one resend is right.
    Absent,
    /// The provider could not be asked.
    Unknown { reason: &'static str },
}

/// Somebody who carries messages: Twilio, the log, the demo's simulated phones, a mail server, hooks; or several of them.
pub trait Carrier: Send + Sync + 'static {
    fn send(&self, text: &OutText) -> impl Future<Output = SendOutcome> + Send;

    /// How a failure code in this carrier's later reports reads; a failure may come without one.
    fn explain(_code: Option<u32>) -> Cause
    where
        Self: Sized,
    {
        Cause::Other
    }

    /// How a failure code of this provider's reads, where there are several of them.
    fn explain_of(_provider: Provider, code: Option<u32>) -> Cause
    where
        Self: Sized,
    {
        Self::explain(code)
    }

    /// Who carries texts just now, and how much. Nobody named: there is no choice, no pace and no budget.
    fn dispatch(&self, _now: Timestamp) -> Dispatch {
        Dispatch::default()
    }

    /// Notes that the outbox is about to hand these over.
    fn take(&self, _texts: &[DueText], _now: Timestamp) {}

    /// Who is to be tried after `provider` with a text that it could not take.
    fn after(&self, _provider: Provider, _now: Timestamp) -> Option<Provider> {
        None
    }

    /// How long until a text that waits for a provider's pace may leave.
    fn wait(&self, _now: Timestamp) -> Duration {
        Duration::ZERO
    }

    /// Looks for a message that was perhaps sent at or after `attempted_at`.
    fn reconcile(&self, text: &OutText, attempted_at: Timestamp) -> impl Future<Output = Reconciled> + Send;
}
