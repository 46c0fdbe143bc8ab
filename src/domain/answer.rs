//! What a patient said to a question by name: the words that rules listen for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reply::Answer;

/// What was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerValue {
    YesNo(bool),
    /// One to five.
    Scale(u8),
    Number(f64),
    /// One of the choices that were offered, in the protocol's own word.
    Choice(String),
}

/// One answer to one question. Several choices are several answers at the same time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastAnswer {
    /// The question's name in its protocol, which rules listen to. A question for a vital sign gives its number here
    /// too: a glucose `glucose_fasting` is a reading and an answer.
    pub question: String,
    pub value: AnswerValue,
    pub at: Timestamp,
}

impl AnswerValue {
    /// How rule files write it: `yes`, `no`, `4`, or the choice in small letters.
    pub fn word(&self) -> String {
        match self {
            Self::YesNo(true) => "yes".to_owned(),
            Self::YesNo(false) => "no".to_owned(),
            Self::Scale(n) => n.to_string(),
            Self::Number(n) => n.to_string(),
            Self::Choice(word) => word.trim().to_lowercase(),
        }
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Scale(n) => Some(f64::from(*n)),
            Self::Number(n) => Some(*n),
            Self::Choice(word) => word.trim().parse().ok().filter(|n: &f64| n.is_finite()),
            Self::YesNo(_) => None,
        }
    }
}

impl From<Answer> for AnswerValue {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::YesNo(yes) => Self::YesNo(yes),
            Answer::Scale(n) => Self::Scale(n),
            Answer::Number(n) => Self::Number(n),
        }
    }
}
