//! What one stretch of a text measures, how far it is to be believed, and what else it may mean.

use super::danger::danger;
use crate::domain::reading::{Impossible, Measurement};
use crate::domain::vital::Vital;

/// Numbers that belong together: one vital, or a blood pressure with or without its pulse.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub likely: Vec<Measurement>,
    /// Other meanings of the same words.
    rivals: Vec<Vec<Measurement>>,
    /// Why this is asked and not believed; none when it is beyond doubt.
    pub doubt: Option<Doubt>,
}

impl Finding {
    /// Measurements beyond doubt, as far as their values go.
    pub(super) fn new(likely: Vec<Measurement>, last_weight_kg: Option<f64>) -> Self {
        let unlikely = likely.iter().find(|measurement| measurement.is_unlikely(last_weight_kg));
        let doubt = unlikely.map(|measurement| Doubt::Unlikely(measurement.vital()));
        Self { likely, rivals: Vec::new(), doubt }
    }

    /// `value` of `vital` in its canonical unit.
    pub(super) fn exactly(vital: Vital, value: f64, last_weight_kg: Option<f64>) -> Result<Self, Refusal> {
        Ok(Self::new(vec![Measurement::exactly(vital, value)?], last_weight_kg))
    }

    /// Adds a doubt; the first one given stays the reason.
    pub(super) fn doubting(mut self, doubt: Doubt) -> Self {
        self.doubt.get_or_insert(doubt);
        self
    }

    pub(super) fn doubting_if(self, condition: bool, doubt: Doubt) -> Self {
        if condition { self.doubting(doubt) } else { self }
    }

    /// Adds another meaning, if it is a possible one.
    pub(super) fn or_else_exactly(mut self, vital: Vital, value: f64) -> Self {
        self.rivals.extend(Measurement::exactly(vital, value).map(|rival| vec![rival]));
        self
    }

    pub(super) fn or_else(mut self, rival: Vec<Measurement>) -> Self {
        self.rivals.push(rival);
        self
    }

    /// The digits were words.
    pub(super) fn mark_spelled_out(&mut self) {
        self.doubt = Some(Doubt::SpelledOut);
    }

    pub(super) fn holds(&self, vital: Vital) -> bool {
        self.likely.iter().any(|measurement| measurement.vital() == vital)
    }

    pub(super) fn is_of_same_vitals(&self, other: &Self) -> bool {
        self.likely
            .iter()
            .any(|measurement| measurement.vital() != Vital::Pulse && other.holds(measurement.vital()))
            || (self.likely.iter().all(|measurement| measurement.vital() == Vital::Pulse)
                && other.likely.iter().all(|measurement| measurement.vital() == Vital::Pulse))
    }

    /// The most dangerous meaning of these words.
    pub(super) fn worst(&self) -> &[Measurement] {
        let mut worst = &self.likely;
        for rival in &self.rivals {
            if danger(rival) > danger(worst) {
                worst = rival;
            }
        }
        worst
    }
}

/// Why a reading is read back for a YES.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    Unlikely(Vital),
    Misprint,
    SpelledOut,
    LostPoint,
    UnitGuessed,
    Habit,
    Several,
    HalfPressure,
    NarrowPair,
    Pairing,
    Leftover,
    LooseWords,
    OtherDay,
    Earlier,
    Correction,
    Approximate,
    Hypothetical,
    SomeoneElse,
    Bound,
    Example,
    Change,
    AlsoImpossible,
    Irregular,
}

impl Doubt {
    pub(super) fn sentence(self) -> String {
        let plain = match self {
            Self::Unlikely(vital) => {
                return format!("The value for {} is possible but unusual.", vital.title());
            }
            Self::Misprint => "A letter stands where a digit was probably meant.",
            Self::SpelledOut => "The numbers are spelled out.",
            Self::LostPoint => "A decimal point was probably left out.",
            Self::UnitGuessed => "The unit is missing and more than one is plausible.",
            Self::Habit => "The blood pressure is written in tens or in kilopascals.",
            Self::Several => "There is more than one reading of the same kind.",
            Self::HalfPressure => "Only one of the two blood pressure numbers is there.",
            Self::NarrowPair => "The two blood pressure numbers are unusually close.",
            Self::Pairing => "The pair could be oxygen and pulse or a blood pressure.",
            Self::Leftover => "A number in the text is not explained.",
            Self::LooseWords => "The number stands among words that are not understood.",
            Self::OtherDay => "A date stands beside the reading.",
            Self::Earlier => "The reading may be an earlier one.",
            Self::Correction => "The reading looks like a correction of an earlier one.",
            Self::Approximate => "The patient was not sure of the number.",
            Self::Hypothetical => "The number may be a target or a question.",
            Self::SomeoneElse => "Another person is mentioned beside the reading.",
            Self::Bound => "A limit is given, not a value.",
            Self::Example => "The numbers are those of our own example.",
            Self::Change => "A change is told beside the reading.",
            Self::Irregular => "An irregular heartbeat is mentioned, which makes the reading unreliable.",
            Self::AlsoImpossible => "Another number in the text is not possible.",
        };
        plain.to_owned()
    }
}

/// Why a number is no reading at all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Refusal {
    Impossible(Impossible),
    /// A number of this vital that no unit or lost point explains.
    NoSuchValue(Vital, f64),
    RunTogether,
    OneNumber,
    /// A number without a word that says what it is.
    NoMeaning,
}

impl From<Impossible> for Refusal {
    fn from(impossible: Impossible) -> Self {
        Self::Impossible(impossible)
    }
}

impl Refusal {
    pub(super) fn sentence(self) -> String {
        match self {
            Self::Impossible(Impossible::OutOfSpan { vital, value, low, high }) => {
                format!("{value} is not possible for {}, which lies between {low} and {high}.", vital.title())
            }
            Self::Impossible(Impossible::Reversed { systolic, diastolic }) => format!(
                "The lower blood pressure number {diastolic} is not below the upper one {systolic}: they may be swapped."
            ),
            Self::Impossible(Impossible::NotANumber { vital }) => {
                format!("There is no number for the {}.", vital.title())
            }
            Self::NoSuchValue(vital, value) => format!("{value} is not possible for {}.", vital.title()),
            Self::RunTogether => "Digits are run together and are not split by guessing.".to_owned(),
            Self::OneNumber => "There is only one number where a blood pressure needs two.".to_owned(),
            Self::NoMeaning => "There is a number, but nothing says what it measures.".to_owned(),
        }
    }
}
