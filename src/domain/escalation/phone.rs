//! A phone that somebody who works here answers from, and what their answers do.

use jiff::{SignedDuration, Timestamp};

use super::{StaffReply, WatchedAlert};
use crate::domain::alert::{AlertState, Severity};
use crate::domain::id::{AlertId, ContactId, PatientId, UserName};
use crate::domain::organisation::Contact;
use crate::domain::phone::Phone;

/// So many wrong codes within [`WRONG_WINDOW`], and none is taken any more until it is over: whoever guesses must not
/// get through, and whoever mistypes is heard again soon. The chain has gone on meanwhile.
pub const MOST_WRONG: u32 = 5;
pub const WRONG_WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// What deciding needs to know of a phone that is not, or not only, a patient's.
#[derive(Debug, Clone, PartialEq)]
pub struct StaffPhone {
    pub phone: Phone,
    /// Whose it is. Nobody: a team's own, or one that is told no more.
    pub people: Vec<UserName>,
    pub codes: Vec<LiveCode>,
    /// Codes that were sent here to prove it.
    pub checks: Vec<ContactCheck>,
    /// How many wrong codes came from it lately.
    pub wrong: u32,
}

/// A code that this phone may answer with now.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveCode {
    pub code: String,
    pub patient: PatientId,
    /// As the patient's record names it.
    pub team: Option<String>,
    /// Nobody: it was told to a team's own phone.
    pub person: Option<UserName>,
    /// It was passed on or resolved with.
    pub used: bool,
    /// When this phone was last told of the patient. What came later, nobody at it can know of.
    pub told_at: Option<Timestamp>,
    /// The patient's amber and red alerts that are not resolved.
    pub alerts: Vec<WatchedAlert>,
}

/// A code that proves a contact when it comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactCheck {
    pub contact: ContactId,
    pub person: Option<UserName>,
    pub hash: String,
}

/// What an answer does. Carried out in the transaction that keeps the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StaffDeed {
    /// A code of this phone came back: whoever it is sits at it.
    Proved {
        phone: Phone,
        person: Option<UserName>,
    },
    Verified {
        contact: ContactId,
        person: Option<UserName>,
    },
    /// The alerts, each as bad as the answer found it: what is worse by then is none of these.
    Took {
        patient: PatientId,
        person: UserName,
        alerts: Vec<(AlertId, Severity)>,
    },
    Resolved {
        patient: PatientId,
        person: UserName,
        alerts: Vec<(AlertId, Severity)>,
        outcome: String,
        note: Option<String>,
    },
    /// `by`: a person, or a team's phone with most of its number hidden.
    PassedOn {
        patient: PatientId,
        by: String,
        alerts: Vec<AlertId>,
    },
    /// This code is used up.
    Used {
        phone: Phone,
        code: String,
    },
    Wrong {
        phone: Phone,
    },
    /// It asks for no more texts.
    Left {
        phone: Phone,
    },
}

impl LiveCode {
    /// What whoever answers knows of.
    pub fn known(&self) -> impl Iterator<Item = &WatchedAlert> {
        let told = |alert: &&WatchedAlert| {
            let since = alert.worsened_at.unwrap_or(alert.opened_at);
            self.told_at.is_none_or(|told_at| since <= told_at)
        };
        self.alerts.iter().filter(told)
    }
}

impl StaffPhone {
    pub fn is_locked(&self) -> bool {
        self.wrong >= MOST_WRONG
    }

    pub fn code(&self, code: &str) -> Option<&LiveCode> {
        self.codes.iter().find(|live| live.code == code)
    }

    /// Whether a text bears a code that was sent to this phone.
    pub fn is_answered_by(&self, text: &str) -> bool {
        match StaffReply::read(text) {
            Some(StaffReply::Prove { digits }) => self.check(&digits).is_some(),
            Some(reply) => reply.code().is_some_and(|code| self.code(code).is_some()),
            None => false,
        }
    }

    /// The contact that these digits prove.
    pub fn check(&self, digits: &str) -> Option<&ContactCheck> {
        self.checks.iter().find(|check| check.hash == Contact::code_hash(&check.contact, digits))
    }

    /// What is known once a deed is done, by this phone or another: the next answer of the same batch builds on it.
    pub fn apply(&mut self, deed: &StaffDeed) {
        match deed {
            StaffDeed::Took { patient, person, alerts } => {
                for held in self.alerts_of(patient).filter(|held| names(alerts, held)) {
                    held.state = AlertState::Acknowledged;
                    held.owner = Some(person.clone());
                }
            }
            StaffDeed::Resolved { patient, alerts, .. } => {
                for live in self.codes.iter_mut().filter(|live| live.patient == *patient) {
                    live.alerts.retain(|held| !names(alerts, held));
                }
            }
            StaffDeed::PassedOn { patient, alerts, .. } => {
                for held in self.alerts_of(patient).filter(|held| alerts.contains(&held.id)) {
                    held.state = AlertState::Open;
                    held.owner = None;
                }
            }
            StaffDeed::Verified { contact, .. } => self.checks.retain(|check| check.contact != *contact),
            StaffDeed::Used { phone, code } if *phone == self.phone => {
                self.codes.iter_mut().filter(|live| live.code == *code).for_each(|live| live.used = true);
            }
            StaffDeed::Wrong { phone } if *phone == self.phone => self.wrong += 1,
            StaffDeed::Proved { .. }
            | StaffDeed::Left { .. }
            | StaffDeed::Used { .. }
            | StaffDeed::Wrong { .. } => {}
        }
    }

    fn alerts_of(&mut self, patient: &PatientId) -> impl Iterator<Item = &mut WatchedAlert> {
        let codes = self.codes.iter_mut().filter(move |live| live.patient == *patient);
        codes.flat_map(|live| &mut live.alerts)
    }
}

fn names(alerts: &[(AlertId, Severity)], held: &WatchedAlert) -> bool {
    alerts.iter().any(|(id, _)| *id == held.id)
}
