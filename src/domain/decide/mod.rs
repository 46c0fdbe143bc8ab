//! The decision: what one event means for one patient, given what is known and the time.
//!
//! `decide(party, catalog, event, now) -> Decision` is pure. It is the only place where a reading becomes an
//! answer and an alert, so a decision can be replayed from the journal with the rules and limits of its day.

mod device;
mod force;
mod judge;
mod replay;
mod stranger;
mod text;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::alert::{AlertChange, OpenAlert};
use super::answer::{Answer, PastAnswer};
use super::event::{Event, Origin};
use super::history::History;
use super::id::{DeviceId, EventId, MessageId, PatientId, ProtocolId, QuestionId, RuleId};
use super::message::NewMessage;
use super::patient::{Patient, Standing};
use super::phone::Phone;
use super::protocol::due::count_misses;
use super::protocol::{Enrolment, MissCause, Misses, Prompt, Protocol};
use super::reading::{Amount, Measurement, Reading, ReadingState};
use super::rule::Rule;
use super::task::{NewTask, TaskKind};
use super::threshold::Thresholds;
use super::vital::Vital;
use super::wording::Wording;

pub use replay::{Past, is_quiet_now, replay};
pub use text::preview;
pub use words::describe;

/// The clinical files in force: rules and words.
#[derive(Debug, Clone)]
pub struct Catalog {
    pub rules: Vec<Rule>,
    pub wording: Wording,
    pub protocols: BTreeMap<ProtocolId, Arc<Protocol>>,
}

/// Whom an event is about, as far as the sender tells.
#[derive(Debug, Clone, Copy)]
pub enum Party<'a> {
    Patient(&'a PatientState),
    /// Several patients have the number that texted; nobody is guessed. `may_text`: none of them has left.
    Shared {
        may_text: bool,
    },
    /// No patient has the number. `answered`: it had its one neutral line already.
    UnknownSender {
        answered: bool,
    },
    /// Not registered, revoked, or bound to nobody.
    UnknownDevice,
}

/// What deciding needs to know of a patient.
#[derive(Debug, Clone)]
pub struct PatientState {
    pub patient: Patient,
    pub thresholds: Thresholds,
    /// Every alert that is not resolved; at most one a rule.
    pub alerts: Vec<OpenAlert>,
    pub last_weight_kg: Option<f64>,
    pub confirmation: Option<Confirmation>,
    /// Every enrolment that is not over.
    pub enrolments: Vec<Enrolment>,
    /// The prompts that are open.
    pub prompts: Vec<Prompt>,
    /// When each vital was last measured, as far as the last two days go.
    pub last_taken: BTreeMap<Vital, Timestamp>,
    /// As far back as the rules in force look.
    pub history: History,
    /// Rules that a protocol of this patient adds…
    pub rules_added: BTreeSet<RuleId>,
    /// …and those that it stands in for.
    pub rules_replaced: BTreeSet<RuleId>,
    /// By question: the prompts in a row that no answer came to. Prompts that share a text count once.
    pub misses: BTreeMap<QuestionId, Misses>,
    /// Why readings of this patient's devices cannot come just now: their hub is offline, a battery is empty.
    pub device_trouble: Option<MissCause>,
    /// What was accepted since the earliest first day of the courses that are about to be completed.
    pub course_readings: Vec<(Timestamp, Measurement)>,
}

/// A reading that was read back and waits for a YES.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirmation {
    pub set: EventId,
    /// When the text came that is asked about: its readings are taken then.
    pub asked_at: Timestamp,
    pub readings: Vec<Measurement>,
}

/// What is to be done about an event. Carried out in one transaction, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub outcome: Outcome,
    /// One sentence for whoever looks at the journal. Never quotes the patient or the payload.
    pub reason: String,
    pub patient: Option<PatientId>,
    pub inbound: Option<Inbound>,
    pub readings: Vec<Reading>,
    pub alerts: Vec<AlertChange>,
    pub messages: Vec<NewMessage>,
    pub tasks: Vec<NewTask>,
    pub confirmation: ConfirmationChange,
    pub standing: Option<Standing>,
    /// Enrolments as they now are, new or changed.
    pub enrolments: Vec<Enrolment>,
    /// Prompts as they now are, new or changed.
    pub prompts: Vec<Prompt>,
    pub answers: Vec<Answer>,
    pub device: Option<DeviceChange>,
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
    pub from: String,
    pub body: String,
    pub provider_id: String,
    pub received_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ConfirmationChange {
    Keep,
    /// Wait for a YES; one that waited before is withdrawn.
    Ask(Confirmation),
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

impl DeviceChange {
    /// Takes over what a later word of the same device says; what that leaves out stays.
    pub fn follow(&mut self, later: &Self) {
        self.at = self.at.max(later.at);
        self.clock_offset_ms = later.clock_offset_ms.or(self.clock_offset_ms);
        self.online = later.online.or(self.online);
        self.battery = later.battery.or(self.battery);
    }
}

/// Decides one event. Never fails: what cannot be understood is a decision too.
pub fn decide(party: Party<'_>, catalog: &Catalog, event: &Event, now: Timestamp) -> Decision {
    match &event.origin {
        Origin::Text(message) => text::decide(party, catalog, event, message, now),
        Origin::Reading(reading) => device::decide_reading(party, catalog, event, reading, now),
        Origin::Status(status) => device::decide_status(party, event, status),
        Origin::Stray { why, .. } => Decision::rejected(why.clone()),
    }
}

/// Whether a text could state a weight, which is weighed against the last one. Errs towards yes: every word for a
/// weight or its units has one of these letters, and what is not plain Latin is not looked through.
pub fn may_state_weight(text: &str) -> bool {
    let plain = text.to_lowercase();
    !plain.is_ascii() || ["w", "k", "st", "lb", "pound"].iter().any(|sign| plain.contains(sign))
}

/// The decision on an event that could not be processed at all: kept, and a human is told.
pub fn poisoned(event: &Event) -> Decision {
    let mut decision = Decision::rejected("it could not be processed; its raw form is kept".to_owned());
    decision.tasks.push(NewTask {
        id: event.id.task(0),
        kind: TaskKind::PoisonedEvent,
        subject: event.id.to_string(),
        patient: None,
        detail: format!("Message {} could not be processed. Look at it in the journal.", event.id),
    });
    decision
}

impl Decision {
    pub(in crate::domain) fn new(outcome: Outcome, reason: String) -> Self {
        Self {
            outcome,
            reason,
            patient: None,
            inbound: None,
            readings: Vec::new(),
            alerts: Vec::new(),
            messages: Vec::new(),
            tasks: Vec::new(),
            confirmation: ConfirmationChange::Keep,
            standing: None,
            enrolments: Vec::new(),
            prompts: Vec::new(),
            answers: Vec::new(),
            device: None,
            answered_unknown: None,
        }
    }

    pub(in crate::domain) fn accepted(reason: String) -> Self {
        Self::new(Outcome::Accepted, reason)
    }

    fn rejected(reason: String) -> Self {
        Self::new(Outcome::Rejected, reason)
    }

    fn held(reason: String) -> Self {
        Self::new(Outcome::Held, reason)
    }

    /// Says nothing to the patient. A question that nobody is asked waits for no YES: a human must ask it.
    pub fn keep_quiet(&mut self, event: &Event) {
        self.messages.clear();
        if let (ConfirmationChange::Ask(_), Some(patient)) = (&self.confirmation, self.patient.clone()) {
            self.confirmation = ConfirmationChange::Keep;
            let detail = "A reading that may be a slip could not be read back to the patient. Ask whether it is right.";
            self.task(event, TaskKind::Unconfirmed, patient.as_str(), detail.to_owned());
        }
    }

    fn task(&mut self, event: &Event, kind: TaskKind, subject: &str, detail: String) {
        let id = match self.outcome {
            Outcome::Held => event.id.held_task(self.tasks.len()),
            Outcome::Accepted | Outcome::Rejected => event.id.task(self.tasks.len()),
        };
        let patient = self.patient.clone();
        self.tasks.push(NewTask { id, kind, subject: subject.to_owned(), patient, detail });
    }
}

impl PatientState {
    /// A patient of whom nothing special is known: every limit is the rule's own.
    pub fn of(patient: Patient) -> Self {
        Self {
            patient,
            thresholds: Thresholds::default(),
            alerts: Vec::new(),
            last_weight_kg: None,
            confirmation: None,
            enrolments: Vec::new(),
            prompts: Vec::new(),
            last_taken: BTreeMap::new(),
            history: History::default(),
            rules_added: BTreeSet::new(),
            rules_replaced: BTreeSet::new(),
            misses: BTreeMap::new(),
            device_trouble: None,
            course_readings: Vec::new(),
        }
    }

    /// What is known once `decision` has been carried out: the next event of the same batch builds on it.
    pub fn apply(&mut self, decision: &Decision) {
        for change in &decision.alerts {
            match change {
                AlertChange::Open(new) => self.alerts.push(OpenAlert {
                    id: new.id.clone(),
                    rule: new.rule.clone(),
                    severity: new.severity,
                    state: super::alert::AlertState::Open,
                    last_at: new.opened_at,
                    recovered: false,
                }),
                AlertChange::Join(join) => {
                    for alert in self.alerts.iter_mut().filter(|alert| alert.id == join.id) {
                        alert.severity = join.severity;
                        alert.state = join.state;
                        alert.last_at = join.at;
                        alert.recovered = false;
                    }
                }
                AlertChange::Recover(recovery) if recovery.closes => {
                    self.alerts.retain(|alert| alert.id != recovery.id);
                }
                AlertChange::Recover(recovery) => {
                    for alert in self.alerts.iter_mut().filter(|alert| alert.id == recovery.id) {
                        alert.recovered = true;
                    }
                }
            }
        }
        for reading in &decision.readings {
            self.history.add_set(reading);
            for measurement in &reading.measurements {
                let last = self.last_taken.entry(measurement.vital()).or_insert(reading.taken_at);
                *last = reading.taken_at.max(*last);
                if reading.state == ReadingState::Accepted {
                    self.course_readings.push((reading.taken_at, *measurement));
                }
                if let (ReadingState::Accepted, Vital::Weight, Amount::Exactly(kg)) =
                    (reading.state, measurement.vital(), measurement.amount())
                {
                    self.last_weight_kg = Some(kg);
                }
            }
        }
        for answer in &decision.answers {
            self.history.add_answer(PastAnswer::from(answer));
        }
        for enrolment in &decision.enrolments {
            self.enrolments.retain(|known| known.protocol != enrolment.protocol);
            self.enrolments.extend(Some(enrolment.clone()).filter(|enrolment| !enrolment.is_over()));
        }
        count_misses(&mut self.misses, &self.prompts, &decision.prompts);
        for prompt in &decision.prompts {
            self.prompts.retain(|known| known.id != prompt.id);
            self.prompts.extend(Some(prompt.clone()).filter(Prompt::is_open));
        }
        match &decision.confirmation {
            ConfirmationChange::Keep => {}
            ConfirmationChange::Ask(confirmation) => self.confirmation = Some(confirmation.clone()),
            ConfirmationChange::Settle { set, state } => {
                self.history.settle(set, *state);
                if let Some(was) = self.confirmation.take().filter(|_| *state == ReadingState::Accepted) {
                    self.course_readings.extend(was.readings.iter().map(|reading| (was.asked_at, *reading)));
                }
            }
        }
        if let Some(standing) = decision.standing {
            self.patient.standing = standing;
        }
    }
}
