//! Texts out and how far they have come. States only move forward.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::alert::Severity;
use super::id::{MessageId, PatientId};
use super::organisation::Address;
use super::phone::Phone;

/// How far an outbound text has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// Waits for the outbox worker.
    Queued,
    /// A worker holds it under a lease.
    Sending,
    /// It may or may not have left: reconciled before anything else is tried.
    Ambiguous,
    /// The provider has it.
    Sent,
    Delivered,
    /// The provider took it and could not deliver it.
    Undelivered,
    /// It never left and never will.
    Failed,
    /// Inbound: it arrived.
    Received,
}

impl MessageState {
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::Ambiguous,
        Self::Sent,
        Self::Delivered,
        Self::Undelivered,
        Self::Failed,
        Self::Received,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Ambiguous => "ambiguous",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Received => "received",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    pub const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Undelivered | Self::Failed | Self::Received)
    }

    /// States that a provider's report can put an outbound text in.
    pub const fn is_reported(self) -> bool {
        matches!(self, Self::Sent | Self::Delivered | Self::Undelivered | Self::Failed)
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Ambiguous => 2,
            Self::Sent => 3,
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Received => 4,
        }
    }

    /// What a report from the provider makes of this state, or nothing when it would lead back.
    pub fn advance(self, reported: Self) -> Option<Self> {
        (!self.is_final() && reported.rank() > self.rank()).then_some(reported)
    }
}

/// What an outbound text is for; it decides what a failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The answer to a reading or a text, with the severity of the worst finding in it.
    Reply(Option<Severity>),
    /// The one neutral line to an unknown number.
    Neutral,
    /// A question of a protocol, or the reminder of one. That it failed is the cause of a miss, and no alert.
    Prompt,
    /// A tip, a welcome, a closing word: nobody waits for it.
    Notice,
    /// For a carer, beside or instead of a text to the patient.
    Copy,
    /// To staff: that somebody waits, a code that proves a channel, the answer to a reply. Never to a patient.
    Notification,
}

impl Purpose {
    /// How protocol tests name a reply: `reply`, or `reply amber` when it answers a finding.
    pub fn reply_label(severity: Option<Severity>) -> String {
        severity.map_or_else(|| "reply".to_owned(), |severity| format!("reply {}", severity.name()))
    }

    /// The severity of advice that would be missed if it never arrived.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Reply(severity) => severity,
            Self::Neutral | Self::Prompt | Self::Notice | Self::Copy | Self::Notification => None,
        }
    }
}

/// A text to put into the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    pub id: MessageId,
    pub patient: Option<PatientId>,
    pub to: Phone,
    pub body: String,
    pub purpose: Purpose,
    /// What it says, part by part, as protocol tests name it: `ask bp`, `say tip_salt`, `reply amber`.
    pub says: Vec<String>,
    /// The protocol versions that its words rest on: `home_bp@1f3c…`.
    pub basis: Vec<String>,
    /// It is for whoever has this number. What is not goes where the patient is texted when it leaves.
    pub pinned: bool,
    pub created_at: Timestamp,
    /// After this it is of no clinical use and is not sent any more.
    pub not_after: Timestamp,
}

/// A notification of staff to put into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotification {
    pub id: MessageId,
    pub address: Address,
    /// Of a mail; texts and hooks leave it out.
    pub subject: String,
    pub body: String,
    /// After this somebody else has been told, and it is not sent any more.
    pub not_after: Timestamp,
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::MessageState;

    #[test]
    fn states_only_move_forward_and_never_leave_a_final_one() {
        for from in MessageState::ALL {
            for to in MessageState::ALL {
                if let Some(next) = from.advance(to) {
                    assert!(!from.is_final(), "{from:?} was final");
                    assert_eq!(next, to);
                    assert!(from.advance(from).is_none());
                    assert!(next.advance(from).is_none(), "{next:?} went back to {from:?}");
                }
            }
        }
        assert_eq!(MessageState::Delivered.advance(MessageState::Sent), None);
        assert_eq!(MessageState::Ambiguous.advance(MessageState::Sent), Some(MessageState::Sent));
    }
}
