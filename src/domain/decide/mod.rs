//! The decision: what one event means for one patient, given what is known and the time.
//!
//! `decide(party, catalog, event, now) -> Decision` is pure. It is the only place where a reading becomes an
//! answer and an alert, so a decision can be replayed from the journal with the rules and limits of its day.

mod again;
mod call;
mod carer;
mod command;
mod course;
mod decision;
mod device;
pub mod follow;
mod force;
mod gift;
mod hearing;
mod judge;
mod late;
mod piece;
mod prompt;
mod repetition;
mod replay;
mod reply;
mod shared;
mod silence;
mod staff;
mod stranger;
mod text;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::alert::{AlertChange, OpenAlert};
use super::answer::PastAnswer;
use super::carer::Carer;
use super::escalation::StaffPhone;
use super::event::{Edge, Event, Origin};
use super::history::History;
use super::id::{EventId, PatientId, ProtocolId, QuestionId, RuleId};
use super::organisation::Organisation;
use super::patient::{Consent, Patient, Standing};
use super::profile::Book;
use super::protocol::due::count_misses;
use super::protocol::{Enrolment, MissCause, Misses, Prompt, Protocol};
use super::reading::{Amount, Measurement, ReadingState};
use super::rule::Rule;
use super::stream::Sample;
use super::task::{NewTask, TaskKind};
use super::threshold::Thresholds;
use super::vital::Vital;
use super::wording::{Wording, Wordings};

pub use again::{Moment, judge_again};
pub use command::{stopped_by_staff, texted_again_by_staff};
pub use decision::{ConfirmationChange, Decision, DeviceChange, HubChange, Inbound, Outcome};
pub use device::when_taken;
pub use follow::{Happened, follow};
pub use gift::{DISMISSED, Gift, NotGiven};
pub use late::TOLD_FOR;
pub use piece::{awaited, incomplete, joined};
pub use repetition::{Earlier, LAST_FEW, WINDOW, weigh_repeats};
pub use replay::{Past, is_quiet_now, replay};
pub(in crate::domain) use silence::{Absence, judge_absence};
pub use text::preview;
pub use words::describe;

/// The clinical files in force: rules and words.
#[derive(Debug, Clone)]
pub struct Catalog {
    pub rules: Vec<Rule>,
    pub wording: Wordings,
    pub protocols: BTreeMap<ProtocolId, Arc<Protocol>>,
    /// How devices that do not speak our own JSON speak.
    pub devices: Arc<Book>,
    /// Who looks, and who is next.
    pub site: Arc<Organisation>,
    /// Content hash of all of it: files that say the same have the same.
    pub fingerprint: String,
    /// The files that it was read from, for whoever must know later what was in force.
    pub files: Arc<[ClinicalFile]>,
}

/// A file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClinicalFile {
    pub kind: FileKind,
    /// Its path below its folder.
    pub name: String,
    /// The first 16 hex digits of the SHA-256 of its text, of a site's file of what it says: what others name as its version.
    pub hash: String,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    Rule,
    Protocol,
    Wording,
    Site,
    Device,
}

impl FileKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Protocol => "protocol",
            Self::Wording => "wording",
            Self::Site => "site",
            Self::Device => "device",
        }
    }
}

impl Catalog {
    /// The words of this patient's language.
    pub fn words_for(&self, patient: &Patient) -> &Wording {
        self.wording.of(&patient.language)
    }
}

/// Whom an event is about, as far as the sender tells.
#[derive(Debug, Clone, Copy)]
pub enum Party<'a> {
    Patient(&'a PatientState),
    /// Several patients have the number that texted, in the order of their ids; nobody is guessed. `waiting` are the
    /// texts from it that are held, oldest first.
    Shared {
        states: &'a [&'a PatientState],
        waiting: &'a [Event],
    },
    /// Somebody who works here, at a phone that is no patient's or that a code of theirs came back from.
    Staff(&'a StaffPhone),
    /// Nobody but a carer has the number, of these patients. `waiting` as above.
    Carer {
        charges: &'a [Charge<'a>],
        waiting: &'a [Event],
    },
    /// No patient has the number. `answered`: it had its one neutral line already.
    UnknownSender {
        answered: bool,
    },
    /// It came from a number of our own.
    Ourselves,
    /// Not registered, revoked, or bound to nobody.
    UnknownDevice,
    /// It has had several patients, and whose this is cannot be told.
    DoubtfulDevice {
        why: &'static str,
    },
}

/// A patient, and the carer of theirs who texts.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'a> {
    pub state: &'a PatientState,
    pub carer: &'a Carer,
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
    /// How often in a row each follow-up of a protocol has followed on its own answers: see [`follow`].
    pub follow_counts: BTreeMap<(ProtocolId, String), u32>,
    /// Texts in a row, the last one included, of which nothing could be made.
    pub unreadable_in_a_row: u32,
    /// By question: the prompts in a row that no answer came to. Prompts that share a text count once.
    pub misses: BTreeMap<QuestionId, Misses>,
    /// Why readings of this patient's devices cannot come just now: their hub is offline, a battery is empty.
    pub device_trouble: Option<MissCause>,
    /// What was accepted since the earliest first day of the courses that are about to be completed.
    pub course_readings: Vec<(Timestamp, Measurement)>,
    /// As far back as the rules in force look.
    pub history: History,
    /// What is on record of the windows that devices stream into just now.
    pub samples: Vec<Sample>,
    /// Rules that a protocol of this patient adds…
    pub rules_added: BTreeSet<RuleId>,
    /// …and those that it stands in for.
    pub rules_replaced: BTreeSet<RuleId>,
    /// Within the last half day this patient was told that a text of theirs came late.
    pub told_late: bool,
    /// Whoever looks after this patient from a phone of their own.
    pub carers: Vec<Carer>,
}

/// A reading that was read back and waits for a YES.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirmation {
    pub set: EventId,
    /// When the text came that is asked about: its readings are taken then.
    pub asked_at: Timestamp,
    pub readings: Vec<Measurement>,
    /// When staff were last told that it still waits.
    pub chased_at: Option<Timestamp>,
}

/// Decides one event. Never fails: what cannot be understood is a decision too.
pub fn decide(party: Party<'_>, catalog: &Catalog, event: &Event, now: Timestamp) -> Decision {
    match &event.origin {
        Origin::Text(message) => text::decide(party, catalog, event, message, now),
        Origin::Reading(reading) => device::decide_reading(party, catalog, event, reading, now),
        Origin::Status(status) => device::decide_status(party, event, status),
        Origin::Call(call) => call::decide(party, event, call),
        Origin::Doubt(doubt) => device::decide_doubt(party, event, doubt),
        Origin::Stray { edge: Edge::Device, address, why } => device::decide_stray(event, address, why),
        Origin::Stray { why, .. } => Decision::rejected(why.clone()),
    }
}

/// Whether a text could state a weight, which is weighed against the last one. Errs towards yes: every word for a
/// weight or its units has one of these letters, and what is not plain Latin is not looked through.
///
/// Of whoever has a prompt open any number may be a weight: their last one must be known whatever the text.
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

/// The decision about a patient of whom nobody can say what is due: a human asks instead of us.
pub fn stuck(patient: &PatientId, tick: &EventId) -> Decision {
    let mut decision = Decision::rejected("what is due could not be worked out".to_owned());
    decision.tasks.push(NewTask {
        id: tick.task(0),
        kind: TaskKind::FailingProtocol,
        subject: patient.to_string(),
        patient: Some(patient.clone()),
        detail: format!(
            "What is due for patient {patient} could not be worked out. Ask for the readings by phone."
        ),
    });
    decision
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
            follow_counts: BTreeMap::new(),
            unreadable_in_a_row: 0,
            misses: BTreeMap::new(),
            device_trouble: None,
            course_readings: Vec::new(),
            history: History::default(),
            samples: Vec::new(),
            rules_added: BTreeSet::new(),
            rules_replaced: BTreeSet::new(),
            told_late: false,
            carers: Vec::new(),
        }
    }

    /// What is known once `decision` has been carried out: the next event of the same batch builds on it.
    pub fn apply(&mut self, decision: &Decision) {
        for change in &decision.alerts {
            match change {
                // What nobody is certain of may be of several patients.
                AlertChange::Open(new) if new.patient != self.patient.id => {}
                AlertChange::Open(new) => self.alerts.push(OpenAlert {
                    id: new.id.clone(),
                    rule: new.rule.clone(),
                    severity: new.severity,
                    state: super::alert::AlertState::Open,
                    timely: new.timely(),
                    recovered: false,
                }),
                AlertChange::Join(join) => {
                    for alert in self.alerts.iter_mut().filter(|alert| alert.id == join.id) {
                        alert.severity = join.severity;
                        alert.state = join.state;
                        alert.timely = join.timely;
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
            self.samples.extend(Sample::of(reading));
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
        self.told_late |= decision.messages.iter().any(late::tells);
        for answer in &decision.answers {
            self.history.add_answer(PastAnswer::from(answer));
        }
        let is_own = |patient: &PatientId| *patient == self.patient.id;
        for enrolment in decision.enrolments.iter().filter(|enrolment| is_own(&enrolment.patient)) {
            self.enrolments.retain(|known| known.protocol != enrolment.protocol);
            self.enrolments.extend(Some(enrolment.clone()).filter(|enrolment| !enrolment.is_over()));
        }
        count_misses(&mut self.misses, &self.prompts, &decision.prompts);
        for prompt in decision.prompts.iter().filter(|prompt| is_own(&prompt.patient)) {
            self.prompts.retain(|known| known.id != prompt.id);
            self.prompts.extend(Some(prompt.clone()).filter(Prompt::is_open));
        }
        for (follow_up, count) in &decision.follow_counts {
            self.follow_counts.insert(follow_up.clone(), *count);
        }
        self.unreadable_in_a_row = decision.unreadable_in_a_row.unwrap_or(self.unreadable_in_a_row);
        match &decision.confirmation {
            ConfirmationChange::Keep => {}
            ConfirmationChange::Ask(confirmation) => self.confirmation = Some(confirmation.clone()),
            ConfirmationChange::Chase { at } => {
                self.confirmation.iter_mut().for_each(|waiting| waiting.chased_at = Some(*at));
            }
            ConfirmationChange::Settle { set, state } => {
                self.history.settle(set, *state);
                if let Some(was) = self.confirmation.take().filter(|_| *state == ReadingState::Accepted) {
                    self.course_readings.extend(was.readings.iter().map(|reading| (was.asked_at, *reading)));
                }
            }
        }
        let standing = decision.standing_of(&self.patient);
        if self.patient.standing == Standing::Stopped && standing == Standing::Active {
            self.patient.consent = Consent::OptIn;
        }
        self.patient.standing = standing;
        for change in decision.carers.iter().filter(|change| is_own(&change.patient)) {
            if change.answers_for {
                self.patient.proxy = Some(change.phone.clone()).filter(|_| !change.stopped);
            }
            let carers = self.carers.iter_mut().filter(|carer| carer.phone == change.phone);
            carers.for_each(|carer| carer.stopped = change.stopped);
        }
    }
}
