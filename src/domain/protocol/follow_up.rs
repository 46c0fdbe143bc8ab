//! What follows from an answer, a finding or a miss: a second measurement, the next question, advice.

use crate::domain::alert::Severity;
use crate::domain::id::{QuestionId, RuleId};

use super::schedule::Does;

/// A branch of a protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowUp {
    /// Unique in its protocol, schedule entries included.
    pub id: String,
    pub when: Trigger,
    pub does: Does,
    /// 0: in the very reply.
    pub after_minutes: u32,
    pub window_minutes: u32,
    /// Minutes after the question was really sent.
    pub reminders: Vec<u32>,
    /// How often in a row: a second measurement that is high again is not followed by a third for ever.
    pub most: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    Answered { question: QuestionId, wanted: Wanted },
    Fired { rule: RuleId, severities: Vec<Severity> },
    Missed { question: QuestionId, in_a_row: u32 },
}

/// Which answers lead on.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    Any,
    /// `yes`, `no`, a choice's value, or a number as text.
    OneOf(Vec<String>),
    AtOrAbove(f64),
    AtOrBelow(f64),
}
