//! The decision itself: everything that is to be done about one event, as data.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::alert::AlertChange;
use crate::domain::answer::Answer;
use crate::domain::carer::CarerChange;
use crate::domain::escalation::StaffDeed;
use crate::domain::event::Event;
use crate::domain::id::{DeviceId, EventId, MessageId, PatientId, ProtocolId};
use crate::domain::message::NewMessage;
use crate::domain::patient::{Patient, Standing};
use crate::domain::phone::Phone;
use crate::domain::protocol::{Enrolment, Prompt};
use crate::domain::reading::{Reading, ReadingState};
use crate::domain::task::{NewTask, TaskKind};

use super::Confirmation;

/// What is to be done about an event. Carried out in one transaction, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub outcome: Outcome,
    /// One sentence for whoever looks at the journal. Never quotes the patient or the payload.
    pub reason: String,
    pub patient: Option<PatientId>,
    /// The text itself, and those that it releases.
    pub inbound: Vec<Inbound>,
    pub readings: Vec<Reading>,
    pub alerts: Vec<AlertChange>,
    pub messages: Vec<NewMessage>,
    pub tasks: Vec<NewTask>,
    pub confirmation: ConfirmationChange,
    /// Patients whom we may text no more, or again.
    pub standings: BTreeMap<PatientId, Standing>,
    /// Carers who leave now, or are back.
    pub carers: Vec<CarerChange>,
    /// Enrolments as they now are, new or changed.
    pub enrolments: Vec<Enrolment>,
    /// Prompts as they now are, new or changed.
    pub prompts: Vec<Prompt>,
    pub answers: Vec<Answer>,
    /// Follow-ups whose number in a row has changed, as in [`super::PatientState::follow_counts`].
    pub follow_counts: Vec<((ProtocolId, String), u32)>,
    /// How many texts in a row could not be read now, where that has changed.
    pub unreadable_in_a_row: Option<u32>,
    pub device: Option<DeviceChange>,
    /// Whether a hub is there: of those who speak through it, not of itself.
    pub hub: Option<HubChange>,
    /// Earlier texts that were held, and that this one has shown to be this patient's. What they come to stands in this
    /// decision.
    pub releases: Vec<EventId>,
    /// What somebody who works here does by text.
    pub deeds: Vec<StaffDeed>,
    /// An unknown number that gets its one neutral line now.
    pub answered_unknown: Option<Phone>,
}

/// What became of an event, as the ledger counts it (duplicates never come this far).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    Accepted,
    /// Kept, but nothing could be made of it.
    Rejected,
    /// Kept until we know whose it is.
    Held,
}

impl Outcome {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Held => "held",
        }
    }
}

/// A text for the patient's record.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbound {
    pub id: MessageId,
    pub patient: Option<PatientId>,
    /// The name of the carer who sent it in the patient's place.
    pub carer: Option<String>,
    /// The text shortly before, of the same sender, that said the same.
    pub repeats: Option<MessageId>,
    pub from: String,
    pub body: String,
    /// Attachments, which are counted and never fetched.
    pub media: u32,
    pub provider_id: String,
    pub received_at: Timestamp,
    /// When it was sent, where the carrier did not bring it.
    pub sent_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ConfirmationChange {
    Keep,
    /// Wait for a YES; one that waited before is withdrawn.
    Ask(Confirmation),
    /// It waits on, and staff have been told.
    Chase {
        at: Timestamp,
    },
    /// The set that waited becomes accepted or withdrawn.
    Settle {
        set: EventId,
        state: ReadingState,
    },
}

/// What a publish tells about the device itself.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceChange {
    pub device: DeviceId,
    pub at: Timestamp,
    /// Device clock minus ours.
    pub clock_offset_ms: Option<i64>,
    pub online: Option<bool>,
    pub battery: Option<f64>,
}

/// Whether a hub is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubChange {
    pub hub: DeviceId,
    pub at: Timestamp,
    pub online: bool,
}

impl DeviceChange {
    /// Takes over what a later word of the same device says; what that leaves out stays.
    pub fn follow(&mut self, later: &Self) {
        self.at = self.at.max(later.at);
        self.clock_offset_ms = later.clock_offset_ms.or(self.clock_offset_ms);
        self.online = later.online.or(self.online);
        self.battery = later.battery.or(self.battery);
    }
}

impl Decision {
    pub(in crate::domain) fn new(outcome: Outcome, reason: String) -> Self {
        Self {
            outcome,
            reason,
            patient: None,
            inbound: Vec::new(),
            readings: Vec::new(),
            alerts: Vec::new(),
            messages: Vec::new(),
            tasks: Vec::new(),
            confirmation: ConfirmationChange::Keep,
            standings: BTreeMap::new(),
            carers: Vec::new(),
            enrolments: Vec::new(),
            prompts: Vec::new(),
            answers: Vec::new(),
            follow_counts: Vec::new(),
            unreadable_in_a_row: None,
            device: None,
            hub: None,
            releases: Vec::new(),
            deeds: Vec::new(),
            answered_unknown: None,
        }
    }

    pub(in crate::domain) fn accepted(reason: String) -> Self {
        Self::new(Outcome::Accepted, reason)
    }

    pub(super) fn rejected(reason: String) -> Self {
        Self::new(Outcome::Rejected, reason)
    }

    pub(super) fn held(reason: String) -> Self {
        Self::new(Outcome::Held, reason)
    }

    /// Whether we may text this patient once this is done.
    pub(super) fn standing_of(&self, patient: &Patient) -> Standing {
        self.standings.get(&patient.id).copied().unwrap_or(patient.standing)
    }

    /// Writes a prompt as it now is, in place of what this decision had made of it.
    pub(super) fn put_prompt(&mut self, prompt: Prompt) {
        self.prompts.retain(|known| known.id != prompt.id);
        self.prompts.push(prompt);
    }

    /// Says nothing to the patient, now or as a follow-up. A question that nobody is asked waits for no YES: a human must
    /// ask it.
    pub fn keep_quiet(&mut self, event: &Event) {
        self.messages.clear();
        self.prompts.retain(|prompt| !prompt.is_open());
        self.follow_counts.clear();
        if let (ConfirmationChange::Ask(_), Some(patient)) = (&self.confirmation, self.patient.clone()) {
            self.confirmation = ConfirmationChange::Keep;
            let detail = "A reading that may be a slip could not be read back to the patient. Ask whether it is right.";
            self.task(event, TaskKind::Unconfirmed, patient.as_str(), detail.to_owned());
        }
    }

    pub(super) fn task(&mut self, event: &Event, kind: TaskKind, subject: &str, detail: String) {
        let id = match self.outcome {
            Outcome::Held => event.id.held_task(self.tasks.len()),
            Outcome::Accepted | Outcome::Rejected => event.id.task(self.tasks.len()),
        };
        let patient = self.patient.clone();
        self.tasks.push(NewTask { id, kind, subject: subject.to_owned(), patient, detail });
    }
}
