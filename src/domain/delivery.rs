//! A text on its way out: what a worker holds, what comes next for it, what the provider reports.

use jiff::Timestamp;

use super::id::{MessageId, PatientId};
use super::lost::Cause;
use super::message::{MessageState, Purpose};
use super::patient::Standing;
use super::phone::Phone;

/// A text that a worker holds under a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueText {
    pub id: MessageId,
    /// Nothing for a text to somebody who is no patient, or no longer one.
    pub patient: Option<PatientId>,
    pub standing: Standing,
    /// Where it goes: the patient's number of this moment. Nothing when the patient has none any more.
    pub to: Option<Phone>,
    /// Where it went when it was last tried; the same as `to` unless it has been tried.
    pub tried: Phone,
    pub body: String,
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
    /// A doubtful attempt left no trace at the carrier: it is sent again, this once.
    Resend,
}

impl Delay {
    /// For the record; it holds nothing of the text or its reader.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::Busy(why) => why,
            Self::Refused(_) => "The text provider refuses our account or settings.",
            Self::Resend => "The text provider has no trace of it, so it is sent again.",
        }
    }
}

/// A provider's report on a text that it has, or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
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
