//! What a patient can be asked.

use crate::domain::reply::Asked;
use crate::domain::vital::Vital;

/// One question of a protocol. Its words stand in the message files under `ask.<id>`.
///
/// Its id is its meaning: rules listen to answers by it, and a reading or answer serves every protocol that asks it.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub asks: Asks,
    /// What the prompt shows as the way to answer ("BP 128 76"): its echo is no reading.
    pub example: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Asks {
    /// A vital sign, or the blood pressure pair.
    Vital(Asked),
    YesNo,
    Scale1To5,
    Number {
        min: f64,
        max: f64,
    },
    /// One of several words.
    Choice(Vec<Choice>),
    /// Kept for the nurse as it is.
    Words,
}

/// One way to answer, and the words that patients use for it, lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub words: Vec<String>,
}

impl Asks {
    /// The vitals of which a reading answers the question; none for a question of another kind.
    pub fn vitals(&self) -> &'static [Vital] {
        let Self::Vital(asked) = self else { return &[] };
        match asked {
            Asked::BloodPressure => &[Vital::Systolic, Vital::Diastolic],
            Asked::Pulse => &[Vital::Pulse],
            Asked::Spo2 => &[Vital::Spo2],
            Asked::RespiratoryRate => &[Vital::RespiratoryRate],
            Asked::Temperature => &[Vital::Temperature],
            Asked::Weight => &[Vital::Weight],
            Asked::Glucose => &[Vital::Glucose],
            Asked::PeakFlow => &[Vital::PeakFlow],
            Asked::Ketones => &[Vital::Ketones],
            Asked::Number | Asked::YesNo | Asked::Scale1To5 => &[],
        }
    }

    /// What a bare answer is read as; nothing where the answer is matched by words.
    pub fn asked(&self) -> Option<Asked> {
        match self {
            Self::Vital(asked) => Some(*asked),
            Self::YesNo => Some(Asked::YesNo),
            Self::Scale1To5 => Some(Asked::Scale1To5),
            Self::Number { .. } => Some(Asked::Number),
            Self::Choice(_) | Self::Words => None,
        }
    }
}
