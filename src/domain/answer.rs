//! Answers to questions that ask for no vital sign. Rules listen to them by the question's id.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{EventId, PromptId, QuestionId};
use super::reply;

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

/// One answer to one question as rules look back on it. Several choices are several answers at the same time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastAnswer {
    /// The question's name in its protocol, which rules listen to. A question for a vital sign gives its number here
    /// too: a glucose `glucose_fasting` is a reading and an answer.
    pub question: String,
    pub value: AnswerValue,
    pub at: Timestamp,
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
    /// How rule and protocol files write it: `yes`, `no`, `4`, or the choice in small letters; nothing for free words.
    pub fn word(&self) -> String {
        match self {
            Self::YesNo(true) => "yes".to_owned(),
            Self::YesNo(false) => "no".to_owned(),
            Self::Scale(step) => step.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Choice(word) => word.trim().to_lowercase(),
            Self::Words => String::new(),
        }
    }

    /// As a number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Scale(step) => Some(f64::from(*step)),
            Self::Number(number) => Some(*number),
            Self::Choice(word) => word.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            Self::YesNo(_) | Self::Words => None,
        }
    }
}

impl From<reply::Answer> for AnswerValue {
    fn from(answer: reply::Answer) -> Self {
        match answer {
            reply::Answer::YesNo(yes) => Self::YesNo(yes),
            reply::Answer::Scale(step) => Self::Scale(step),
            reply::Answer::Number(number) => Self::Number(number),
        }
    }
}

impl From<&Answer> for PastAnswer {
    fn from(answer: &Answer) -> Self {
        Self { question: answer.question.as_str().to_owned(), value: answer.value.clone(), at: answer.at }
    }
}
