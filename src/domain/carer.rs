//! Whoever looks after a patient from a phone of their own: reports for them, is told what they are told, or answers in
//! their place.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::alert::Severity;
use super::id::{MessageId, PatientId};
use super::message::{NewMessage, Purpose};
use super::patient::Patient;
use super::phone::Phone;
use super::protocol::first_name;
use super::wording::{Phrase, Wording};

/// What a carer is asked to pass on is of use for this long, from when the text that did not arrive was lost.
const PASS_ON_WITHIN: SignedDuration = SignedDuration::from_hours(4);

/// A phone by which somebody looks after a patient; one row a patient and phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Carer {
    pub patient: PatientId,
    pub phone: Phone,
    pub name: String,
    /// Texts from the phone are taken as the patient's. Whoever answers for a patient may report.
    pub may_report: bool,
    pub gets_copies: Copies,
    /// A proxy: prompts and answers go to this phone instead of the patient's. One a patient at most.
    pub answers_for: bool,
    pub consent: CarerConsent,
    /// The carer has texted STOP: nothing is sent to the phone until START.
    pub stopped: bool,
}

/// Who agreed that the carer is told, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CarerConsent {
    pub by: String,
    pub at: Timestamp,
}

/// Which of the patient's texts a carer is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Copies {
    None,
    /// Whatever advises, red or not.
    Advice,
    /// Red advice alone.
    Red,
}

/// A carer left, or is back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarerChange {
    pub patient: PatientId,
    pub phone: Phone,
    pub answers_for: bool,
    pub stopped: bool,
}

/// A patient's text that did not arrive.
#[derive(Debug, Clone, Copy)]
pub struct Undelivered<'a> {
    pub id: &'a MessageId,
    /// The number that it went to.
    pub to: &'a Phone,
    pub body: &'a str,
    pub purpose: Purpose,
}

impl Copies {
    pub const ALL: [Self; 3] = [Self::None, Self::Advice, Self::Red];

    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Advice => "advice",
            Self::Red => "red",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|copies| copies.name() == name)
    }

    const fn hold(self, severity: Severity) -> bool {
        match self {
            Self::None => false,
            Self::Advice => true,
            Self::Red => matches!(severity, Severity::Red),
        }
    }
}

impl Carer {
    pub fn change(&self, stopped: bool) -> CarerChange {
        let Self { patient, phone, answers_for, .. } = self;
        CarerChange { patient: patient.clone(), phone: phone.clone(), answers_for: *answers_for, stopped }
    }
}

/// What `carers` are sent beside `message`, which goes to the patient. Nobody gets a copy of what they are sent anyway.
pub fn copies(
    carers: &[Carer],
    patient: &Patient,
    wording: &Wording,
    message: &NewMessage,
) -> Vec<NewMessage> {
    let Some(severity) = message.purpose.severity() else { return Vec::new() };
    let agreed = |carer: &&Carer| {
        !carer.stopped && carer.gets_copies.hold(severity) && carer.phone != message.to && !carer.answers_for
    };
    let lead = wording.say(Phrase::Copy, &[("name", known_as(patient))]);
    let carers = carers.iter().filter(agreed).enumerate();
    carers
        .map(|(n, carer)| NewMessage {
            id: MessageId::trusted(format!("{}c{n}", message.id)),
            to: carer.phone.clone(),
            body: format!("{lead} {}", message.body),
            purpose: Purpose::Copy,
            says: vec![Phrase::Copy.key().to_owned()],
            pinned: true,
            ..message.clone()
        })
        .collect()
}

/// What `carers` are sent when red advice did not reach the patient: to tell them, now. Those who agreed to no copies are
/// told nothing, and nobody whose own phone it was that did not take the text.
pub fn pass_on(
    carers: &[Carer],
    patient: &Patient,
    wording: &Wording,
    lost: Undelivered<'_>,
    now: Timestamp,
) -> Vec<NewMessage> {
    if lost.purpose.severity() != Some(Severity::Red) {
        return Vec::new();
    }
    let agreed = |carer: &&Carer| {
        !carer.stopped
            && (carer.gets_copies.hold(Severity::Red) || carer.answers_for)
            && carer.phone != *lost.to
    };
    let lead = wording.say(Phrase::PassOn, &[("name", known_as(patient))]);
    let carers = carers.iter().filter(agreed).enumerate();
    carers
        .map(|(n, carer)| NewMessage {
            id: MessageId::trusted(format!("{}p{n}", lost.id)),
            patient: Some(patient.id.clone()),
            to: carer.phone.clone(),
            body: format!("{lead} {}", lost.body),
            purpose: Purpose::Copy,
            says: vec![Phrase::PassOn.key().to_owned()],
            basis: Vec::new(),
            pinned: true,
            created_at: now,
            not_after: now.saturating_add(PASS_ON_WITHIN).unwrap_or(now),
        })
        .collect()
}

/// The first name; the number on the record where no name is known.
fn known_as(patient: &Patient) -> &str {
    Some(first_name(patient)).filter(|name| !name.is_empty()).unwrap_or(patient.id.as_str())
}
