//! A message on its way out: what a worker holds, what comes next for it, what the provider reports. It is a text, or to
//! staff also a mail or a call of a hook; all of them go the same way.

use jiff::Timestamp;

use super::alert::Severity;
use super::escalation::Reason;
use super::id::{MessageId, PatientId, TeamId};
use super::lost::Cause;
use super::message::{MessageState, Purpose};
use super::organisation::{Address, Channel};
use super::patient::Standing;
use super::provider::Provider;

/// A text that a worker holds under a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueText {
    pub id: MessageId,
    /// Nothing for a text to somebody who is no patient, or no longer one.
    pub patient: Option<PatientId>,
    pub standing: Standing,
    /// Where it goes: the patient's number of this moment. Nothing when the patient has none any more.
    pub to: Option<Address>,
    /// Where it went when it was last tried; the same as `to` unless it has been tried.
    pub tried: Address,
    /// Who is handed it now, or may have it already. Nothing for what only one carrier can take.
    pub provider: Option<Provider>,
    /// The number is that of somebody who is enrolled, cares for a patient or works here, or it may be told so.
    pub is_known: bool,
    /// Parts that it leaves in; 0 for what is no text.
    pub segments: u32,
    /// Of a mail.
    pub subject: Option<String>,
    pub body: String,
    /// What a notification of staff is about.
    pub occasion: Option<Occasion>,
    pub purpose: Purpose,
    pub not_after: Timestamp,
    /// How often a worker has taken it up, this time included.
    pub attempts: u32,
    /// It was sent again after a doubtful attempt. That happens once.
    pub resent: bool,
    /// When it was last handed to the carrier.
    pub attempted_at: Timestamp,
    pub lease_until: Timestamp,
    pub work: Work,
}

impl DueText {
    /// Why it must not be handed to anybody any more, if so.
    pub fn stays(&self, now: Timestamp) -> Option<Cause> {
        if now >= self.not_after {
            Some(Cause::Expired)
        } else if self.standing == Standing::Stopped {
            Some(Cause::Stopped)
        } else if self.to.is_none() {
            Some(Cause::NoNumber)
        } else if !self.is_known {
            Some(Cause::Stranger)
        } else {
            None
        }
    }
}

/// What a notification is about, as far as machines may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    pub team: TeamId,
    pub severity: Severity,
    pub reason: Reason,
}

/// What a worker does with a text that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Send,
    /// It may have left already: ask the carrier first.
    Reconcile,
}

/// What comes next for a text that a worker held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The provider has it.
    Sent { provider_ids: Vec<String> },
    /// The provider has messages like it, newest or oldest first. It is one of them if one belongs to no other text
    /// of ours; `otherwise` is the step if none does.
    Found { provider_ids: Vec<String>, otherwise: Box<Step> },
    /// The provider has messages that may be it, without their words. If one belongs to no other text of ours a human
    /// judges: a resend could double it. `otherwise` is the step if each belongs to another.
    Blanked { provider_ids: Vec<String>, otherwise: Box<Step> },
    /// It surely did not leave and is tried again at `at`.
    Queue { at: Timestamp, why: Delay },
    /// It may have left: the provider is asked at `at`.
    Doubt { at: Timestamp, why: &'static str },
    /// It is given up.
    Fail { cause: Cause, code: Option<u32> },
}

/// Why a text waits for another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delay {
    /// The carrier could not be reached, or asked us to slow down.
    Busy(&'static str),
    /// The carrier refuses our account or settings: an operator must act, the text waits.
    Refused(Option<u32>),
    /// This provider cannot take it, so the next one is tried. `refused`: for our account or settings, with a code.
    Rerouted { next: Provider, refused: Option<Option<u32>> },
    /// A doubtful attempt left no trace at the carrier: it is sent again, this once.
    Resend,
}

impl Delay {
    /// For the record; it holds nothing of the text or its reader.
    pub const fn explanation(self, channel: Channel) -> &'static str {
        match (self, channel) {
            (Self::Busy(why), _) => why,
            (Self::Rerouted { .. }, _) => "One text provider could not take it, so the next one is tried.",
            (Self::Refused(_), Channel::Sms) => "The text provider refuses our account or settings.",
            (Self::Refused(_), Channel::Email) => "The mail server refuses our account or settings.",
            (Self::Refused(_), Channel::Webhook) => "The hook refuses our settings.",
            (Self::Resend, Channel::Sms) => "The text provider has no trace of it, so it is sent again.",
            (Self::Resend, Channel::Email | Channel::Webhook) => {
                "Nobody can say whether it left, so it is sent again, once and under the same name."
            }
        }
    }
}

/// A provider's report on a text that it has, or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub provider: Provider,
    /// The id that we put into the callback's address, if it came back.
    pub message: Option<MessageId>,
    pub provider_id: String,
    /// Nothing for a word that we do not know, or that says nothing about an outbound text.
    pub state: Option<MessageState>,
    /// The provider's own word.
    pub word: String,
    pub code: Option<u32>,
    /// As it arrived.
    pub raw: String,
}
