//! Answers to questions that ask for no vital sign. Rules listen to them by the question's id.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{EventId, PromptId, QuestionId};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum AnswerValue {
    YesNo(bool),
    /// 1 to 5.
    Scale(u8),
    Number(f64),
    /// The value of one of the question's choices.
    Choice(String),
    /// Free words, which stay in the message that brought them.
    Words,
}

/// One answer of one patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub question: QuestionId,
    pub value: AnswerValue,
    pub at: Timestamp,
    /// The event that brought it.
    pub event: EventId,
    /// The prompt that it answers; several questions of one id have one answer.
    pub prompt: Option<PromptId>,
}

impl AnswerValue {
    /// As rule and protocol files write it: `yes`, `no`, a number, a choice's value; nothing for free words.
    pub fn key(&self) -> Option<String> {
        Some(match self {
            Self::YesNo(true) => "yes".to_owned(),
            Self::YesNo(false) => "no".to_owned(),
            Self::Scale(step) => step.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Choice(value) => value.clone(),
            Self::Words => return None,
        })
    }

    /// As a number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Scale(step) => Some(f64::from(*step)),
            Self::Number(number) => Some(*number),
            Self::Choice(value) => value.parse().ok().filter(|number: &f64| number.is_finite()),
            Self::YesNo(_) | Self::Words => None,
        }
    }
}
