//! A patient on a protocol: from when to when, by whose consent, and how far its schedule has been settled.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::domain::id::{PatientId, ProtocolId};
use crate::domain::patient::Consent;

#[derive(Debug, Clone, PartialEq)]
pub struct Enrolment {
    pub patient: PatientId,
    pub protocol: ProtocolId,
    /// Day 1 of the schedule in the patient's civil time.
    pub first_day: Date,
    /// Inclusive. Nothing: until somebody ends it.
    pub last_day: Option<Date>,
    pub state: EnrolmentState,
    pub consent: ConsentRecord,
    pub pause: Option<Pause>,
    /// This patient's own times for entries of the schedule, by entry id.
    pub own_times: BTreeMap<String, Vec<Time>>,
    /// Every slot of the schedule up to and including this instant is dealt with: sent, merged, or recorded as missed.
    /// It moves in the transaction that deals with them, so no slot is ever lost or doubled.
    pub settled_until: Timestamp,
    /// Goes up with every edit. A prompt of an older one that has not gone out yet does nothing.
    pub revision: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum EnrolmentState {
    /// Asked to join (opt-in), no YES yet. Nothing is asked; readings are judged all the same.
    Invited {
        at: Timestamp,
    },
    Active,
    Ended {
        at: Timestamp,
        why: EndReason,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The last day is over.
    Completed,
    /// The patient said NO to the invitation.
    Declined,
    /// The invitation was never answered, and the last day is over.
    Lapsed,
    /// Staff ended it.
    Ended,
}

/// Consent, with when and where it came from: the record that the law asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRecord {
    pub mode: Consent,
    pub at: Timestamp,
    pub source: ConsentSource,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by", content = "name")]
pub enum ConsentSource {
    /// A named member of staff, or the list or API token that they used.
    Staff(String),
    /// The patient's own text: the event it came in.
    Text(String),
}

/// A holiday or a stay in hospital: nothing is asked and nothing is missed meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub from: Timestamp,
    /// Nothing: until somebody resumes it.
    pub to: Option<Timestamp>,
    pub reason: String,
}

impl Pause {
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

impl Enrolment {
    /// Whether prompts may be sent at `at` at all.
    pub fn asks_at(&self, at: Timestamp) -> bool {
        self.state == EnrolmentState::Active && !self.pause.as_ref().is_some_and(|pause| pause.holds(at))
    }

    pub const fn is_over(&self) -> bool {
        matches!(self.state, EnrolmentState::Ended { .. })
    }
}
