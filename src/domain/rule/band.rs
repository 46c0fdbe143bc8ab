//! Bands of severity: what is compared with what, and what is said when it holds.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::alert::Severity;
use crate::domain::silence::Cause;
use crate::domain::vital::Vital;

/// Tests that together make a severity, and what is said then.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    pub severity: Severity,
    /// Any one of these makes the band true.
    pub any: Vec<Test>,
    /// What the patient is told. Empty where there is nobody to tell: silence, and what is our own doing.
    pub reply: String,
    /// What the nurse is proposed.
    pub proposal: String,
}

/// One thing of the rule's figure, and when it is a breach.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    pub subject: Subject,
    pub check: Check,
}

/// What a test looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Vital(Vital),
    /// The answer to a question that the figure names.
    Answer,
    Score(ScoreOf),
    /// Answers missed in a row, for one of these causes.
    Missed(Vec<Cause>),
    /// Texts in a row that could not be read.
    Texts,
    /// Minutes that a read-back waits for its YES.
    Waiting,
}

/// A score as a whole, or the most that one part of it scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreOf {
    Total,
    Single,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    Limit(Limit),
    /// The answer is one of these words.
    Is(BTreeSet<String>),
}

/// A comparison with a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    pub comparison: Comparison,
    pub parameter: String,
    /// Per cent of the parameter, 100 unless the file says otherwise (peak flow against the personal best).
    pub percent: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    AtOrAbove,
    Above,
    AtOrBelow,
    Below,
}

/// The side of a limit that is a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    TooLow,
    TooHigh,
}

impl Side {
    pub const fn words(self) -> &'static str {
        match self {
            Self::TooLow => "too low",
            Self::TooHigh => "too high",
        }
    }
}

impl ScoreOf {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Single => "single",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Total, Self::Single].into_iter().find(|of| of.name() == name)
    }
}

impl Subject {
    /// How faults and evidence name it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Vital(vital) => vital.name(),
            Self::Answer => "the answer",
            Self::Score(of) => of.name(),
            Self::Missed(_) => "missed",
            Self::Texts => "texts",
            Self::Waiting => "waiting",
        }
    }
}

impl Test {
    pub fn vital(&self) -> Option<Vital> {
        match self.subject {
            Subject::Vital(vital) => Some(vital),
            _ => None,
        }
    }

    pub fn limit(&self) -> Option<&Limit> {
        match &self.check {
            Check::Limit(limit) => Some(limit),
            Check::Is(_) => None,
        }
    }
}

impl Comparison {
    pub const ALL: [Self; 4] = [Self::AtOrAbove, Self::Above, Self::AtOrBelow, Self::Below];

    /// How rule files write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::AtOrAbove => "at_or_above",
            Self::Above => "above",
            Self::AtOrBelow => "at_or_below",
            Self::Below => "below",
        }
    }

    pub const fn side(self) -> Side {
        match self {
            Self::AtOrAbove | Self::Above => Side::TooHigh,
            Self::AtOrBelow | Self::Below => Side::TooLow,
        }
    }

    /// Whether the limit itself is still fine.
    pub const fn is_strict(self) -> bool {
        matches!(self, Self::Above | Self::Below)
    }

    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::AtOrAbove => value >= limit,
            Self::Above => value > limit,
            Self::AtOrBelow => value <= limit,
            Self::Below => value < limit,
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::AtOrAbove => "at or above",
            Self::Above => "above",
            Self::AtOrBelow => "at or below",
            Self::Below => "below",
        }
    }
}
