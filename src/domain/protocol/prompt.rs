//! One question put to one patient, and what became of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::id::{MessageId, PatientId, PromptId, ProtocolId, QuestionId};

/// A prompt's row is the record of the reading window: answered, or missed with its cause.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    pub id: PromptId,
    pub patient: PatientId,
    pub protocol: ProtocolId,
    /// The protocol's content hash when it was planned.
    pub protocol_version: String,
    /// The enrolment's revision when it was planned: a waiting prompt of an older one is cancelled.
    pub revision: u32,
    /// The schedule entry or follow-up that put it there.
    pub entry: String,
    /// Where the entry says a text instead of asking: its key under `say`.
    pub question: QuestionId,
    /// When it should be asked.
    pub planned_at: Timestamp,
    pub window_minutes: u32,
    /// Minutes after it was really sent, ascending.
    pub reminders: Vec<u32>,
    pub reminded: u32,
    /// After our own outage it is still of use for so long.
    pub late_minutes: u32,
    pub state: PromptState,
    /// When it came into this state.
    pub since: Timestamp,
    /// The text that asked it; several prompts may share one.
    pub message: Option<MessageId>,
    /// What is known of that text.
    pub sent: Sent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "cause")]
pub enum PromptState {
    /// Planned for later: a follow-up, or a question that waits for its turn after another.
    Waiting,
    /// Its text is in the outbox or out.
    Asked,
    Answered,
    /// A text that wants no answer has gone into the outbox: a tip, advice that follows a finding.
    Told,
    Missed(MissCause),
    /// Overtaken: an edit, a pause, the end, STOP.
    Cancelled,
}

/// Why no answer came. Only [`MissCause::Silent`] counts against the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissCause {
    /// The question went out and nothing came back.
    Silent,
    /// We did not run when it was due.
    OurOutage,
    /// The question never left us in time.
    NotPrompted,
    /// The carrier could not deliver it.
    Undelivered,
    /// The patient answers by a device, and its hub is offline.
    HubOffline,
    /// The patient answers by a device, and its battery is empty.
    Battery,
}

/// How often in a row no answer came to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misses {
    /// For whatever cause but our own.
    pub in_a_row: u32,
    /// Those of them that count against the patient.
    pub silent: u32,
    /// Why the last answer did not come.
    pub last: MissCause,
}

/// How far the text that asks has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// No text yet, or it waits in the outbox.
    Pending,
    At(Timestamp),
    /// It never left, or was not delivered.
    Failed(Timestamp),
}

impl Misses {
    pub fn one(cause: MissCause) -> Self {
        let mut row = Self { in_a_row: 0, silent: 0, last: cause };
        row.add(cause);
        row
    }

    pub fn add(&mut self, cause: MissCause) {
        self.in_a_row = self.in_a_row.saturating_add(u32::from(!cause.is_ours()));
        self.silent = self.silent.saturating_add(u32::from(cause == MissCause::Silent));
        self.last = cause;
    }
}

impl Prompt {
    pub const fn is_open(&self) -> bool {
        matches!(self.state, PromptState::Waiting | PromptState::Asked)
    }

    /// When the reading window closes: it opens when the question was really sent.
    pub fn closes_at(&self) -> Option<Timestamp> {
        match (self.state, self.sent) {
            (PromptState::Asked, Sent::At(sent)) => sent.checked_add(minutes(self.window_minutes)).ok(),
            _ => None,
        }
    }

    /// When the next reminder is due.
    pub fn remind_at(&self) -> Option<Timestamp> {
        let next = *self.reminders.get(usize::try_from(self.reminded).ok()?)?;
        match (self.state, self.sent) {
            (PromptState::Asked, Sent::At(sent)) => sent.checked_add(minutes(next)).ok(),
            _ => None,
        }
    }
}

/// So many minutes of elapsed time.
pub fn minutes(count: u32) -> SignedDuration {
    SignedDuration::from_mins(i64::from(count))
}

impl MissCause {
    pub const ALL: [Self; 6] = [
        Self::Silent,
        Self::OurOutage,
        Self::NotPrompted,
        Self::Undelivered,
        Self::HubOffline,
        Self::Battery,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::OurOutage => "our_outage",
            Self::NotPrompted => "not_prompted",
            Self::Undelivered => "undelivered",
            Self::HubOffline => "hub_offline",
            Self::Battery => "battery",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }

    /// Whether it is our own doing: staff must know, and no row of silences grows by it.
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::OurOutage | Self::NotPrompted)
    }
}
