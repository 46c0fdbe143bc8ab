//! What a rule found: enough to say it in one sentence and to replay it.

use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;

use crate::domain::id::{EventId, RuleId};
use crate::domain::news2;
use crate::domain::reading::{Amount, Measurement};
use crate::domain::silence::Cause;
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

use super::Rule;
use super::band::{Band, Comparison, ScoreOf};
use super::figure::Direction;

/// A rule that found something: what fired, on which measurement, against which limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding<'r> {
    pub rule: &'r Rule,
    pub band: &'r Band,
    pub breaches: Vec<Breach>,
}

/// One thing beyond one limit, or one answer that a rule listens for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Breach {
    #[serde(flatten)]
    pub found: Found,
    #[serde(flatten)]
    pub limit: Option<LimitKept>,
    /// The readings that it rests on beside the new set itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Because>,
}

/// The limit in force when it was judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LimitKept {
    pub comparison: Comparison,
    pub limit: f64,
    pub parameter: String,
    /// Whether the limit is the patient's own, not the rule's default.
    pub own_limit: bool,
}

/// A reading that a figure rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Because {
    /// Nothing for an answer: its question and its time name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_id: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vital: Option<Vital>,
    pub taken_at: Timestamp,
}

/// What was compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Found {
    Measured(Measurement),
    /// A number that a figure draws from readings, in the unit it is compared in.
    Drawn {
        vital: Vital,
        value: f64,
        unit: &'static str,
        #[serde(flatten)]
        manner: Manner,
    },
    Answered {
        question: String,
        answer: String,
        in_a_row: usize,
    },
    Scored {
        of: ScoreOf,
        value: f64,
        #[serde(flatten)]
        score: news2::Score,
    },
    Missed {
        of: String,
        missed: u32,
        cause: Cause,
    },
    Texts {
        unreadable_in_a_row: u32,
    },
    Waiting {
        minutes: f64,
    },
}

/// How a number was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "figure", rename_all = "snake_case")]
pub enum Manner {
    Consecutive {
        at_least: usize,
        of: usize,
    },
    Average {
        days: f64,
        readings: usize,
    },
    Change {
        #[serde(skip)]
        direction: Direction,
        from: f64,
        since: Timestamp,
    },
    Distance {
        #[serde(skip)]
        direction: Direction,
        baseline: f64,
    },
}

/// A rule that could not be evaluated. It becomes a task; the other rules run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("rule {rule} cannot be evaluated: {why}")]
pub struct RuleFault {
    pub rule: RuleId,
    pub why: String,
}

impl Breach {
    /// How rule tests name what is breached: a vital sign, a question, `total`, `single`, `missed`, `texts`, `waiting`.
    pub fn name(&self) -> &str {
        match &self.found {
            Found::Measured(measured) => measured.vital().name(),
            Found::Drawn { vital, .. } => vital.name(),
            Found::Answered { question, .. } => question,
            Found::Scored { of, .. } => of.name(),
            Found::Missed { .. } => "missed",
            Found::Texts { .. } => "texts",
            Found::Waiting { .. } => "waiting",
        }
    }

    pub fn measured(&self) -> Option<Measurement> {
        match &self.found {
            Found::Measured(measured) => Some(*measured),
            _ => None,
        }
    }

    pub fn score(&self) -> Option<&news2::Score> {
        match &self.found {
            Found::Scored { score, .. } => Some(score),
            _ => None,
        }
    }

    /// `systolic blood pressure 184 mmHg, at or above 180`
    pub fn words(&self) -> String {
        let found = self.found.words();
        match &self.limit {
            Some(kept) => {
                let whose = if kept.own_limit { ", the patient's own limit" } else { "" };
                format!("{found}, {} {}{whose}", kept.comparison.words(), kept.limit)
            }
            None => found,
        }
    }
}

impl Found {
    fn words(&self) -> String {
        match self {
            Self::Measured(measured) => {
                let unit = measured.vital().unit();
                let amount = match measured.amount() {
                    Amount::Exactly(value) => unit.show(value),
                    Amount::Below(value) => format!("below {}", unit.show(value)),
                    Amount::Above(value) => format!("above {}", unit.show(value)),
                    Amount::OffScaleLow => "off the low end of the meter".to_owned(),
                    Amount::OffScaleHigh => "off the high end of the meter".to_owned(),
                };
                format!("{} {amount}", measured.vital().title())
            }
            Self::Drawn { vital, value, unit, manner } => drawn_words(*vital, *value, unit, *manner),
            Self::Answered { question, answer, in_a_row } => {
                let question = question.replace('_', " ");
                match in_a_row {
                    0 | 1 => format!("answer to '{question}': {answer}"),
                    n => format!("answer to '{question}': {answer}, {n} in a row"),
                }
            }
            Self::Scored { of, value, score } => {
                let partial = if score.complete {
                    String::new()
                } else {
                    let missing: Vec<_> = score.missing().map(news2::Part::words).collect();
                    format!(" (partial, without {})", missing.join(", "))
                };
                match of {
                    ScoreOf::Total => format!("NEWS2 score {value}{partial}"),
                    ScoreOf::Single => {
                        let worst: Vec<_> = score
                            .parts
                            .iter()
                            .filter(|(_, points)| **points == score.single())
                            .map(|(part, _)| part.words())
                            .collect();
                        format!("NEWS2 score {}{partial}, {value} for {}", score.total, worst.join(" and "))
                    }
                }
            }
            Self::Missed { of, missed, cause } => {
                let of =
                    if of == "any" { "any answer".to_owned() } else { format!("'{}'", of.replace('_', " ")) };
                format!("{missed} times in a row without {of} ({})", cause.words())
            }
            Self::Texts { unreadable_in_a_row } => {
                format!("{unreadable_in_a_row} texts in a row that could not be read")
            }
            Self::Waiting { minutes } => {
                format!("a reading read back {minutes} minutes ago and not confirmed")
            }
        }
    }
}

fn drawn_words(vital: Vital, value: f64, unit: &str, manner: Manner) -> String {
    let title = vital.title();
    let shown = |value: f64| {
        let tidy = (value * 10.0).round() / 10.0;
        Unit::from_code(unit).map_or_else(|| tidy.to_string(), |unit| unit.show(tidy))
    };
    match manner {
        Manner::Consecutive { at_least, of } if at_least == of => {
            format!("{title} {} or worse {of} times in a row", shown(value))
        }
        Manner::Consecutive { at_least, of } => {
            format!("{title} {} or worse in {at_least} of the last {of}", shown(value))
        }
        Manner::Average { days, readings } => {
            format!("average {title} {} over {days} days ({readings} readings)", shown(value))
        }
        Manner::Change { direction, from, since } => {
            let since = since.strftime("%-d %B");
            format!("{title} {} by {} since {since} (from {})", direction.name(), shown(value), shown(from))
        }
        Manner::Distance { direction, baseline } => {
            let side = match direction {
                Direction::Up => "above",
                Direction::Down => "below",
            };
            format!("{title} {} {side} the patient's own {}", shown(value), vital.unit().show(baseline))
        }
    }
}
