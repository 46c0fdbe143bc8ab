//! What happens in a conversation, line by line.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::domain::alert::{AlertChange, Severity};
use crate::domain::decide::PatientState;
use crate::domain::reading::Measurement;

/// One thing that happened. It prints as one line of a dialogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub at: Timestamp,
    /// The same on the patient's clock.
    pub civil: DateTime,
    pub sign: Sign,
    pub words: String,
    /// The whole text of a message to the patient.
    pub body: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sign {
    /// `<` The patient texts.
    Texts,
    /// `~` A device publishes.
    Publishes,
    /// `=` Something is done.
    Done,
    /// `>` The patient is told, by the names of the parts.
    Told,
    /// `!` An alert: severity and rule.
    Alert,
    /// `-` A miss: question and cause.
    Miss,
    /// `?` A task for staff.
    Task,
}

impl Sign {
    pub const ALL: [Self; 7] =
        [Self::Texts, Self::Publishes, Self::Done, Self::Told, Self::Alert, Self::Miss, Self::Task];

    pub const fn symbol(self) -> char {
        match self {
            Self::Texts => '<',
            Self::Publishes => '~',
            Self::Done => '=',
            Self::Told => '>',
            Self::Alert => '!',
            Self::Miss => '-',
            Self::Task => '?',
        }
    }

    pub fn from_symbol(symbol: char) -> Option<Self> {
        Self::ALL.into_iter().find(|sign| sign.symbol() == symbol)
    }

    /// Whether it is put in, not what comes of it.
    pub const fn is_input(self) -> bool {
        matches!(self, Self::Texts | Self::Publishes | Self::Done)
    }
}

impl fmt::Display for Line {
    /// `2026-03-02 08:00  >  ask bp`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}  {}", self.civil.strftime("%Y-%m-%d %H:%M"), self.sign.symbol(), self.words)
    }
}

/// The severity of this firing, not of the worst before it.
pub(super) fn alert_words(state: &PatientState, change: &AlertChange) -> String {
    let (severity, rule): (Severity, String) = match change {
        AlertChange::Open(new) => (new.severity, new.rule.to_string()),
        AlertChange::Join(join) => {
            let rule = state.alerts.iter().find(|alert| alert.id == join.id);
            (
                join.evidence.as_ref().map_or(join.severity, |evidence| evidence.severity),
                rule.map(|alert| alert.rule.to_string()).unwrap_or_default(),
            )
        }
        AlertChange::Recover(recovery) => return format!("recovered {}", recovery.rule),
    };
    format!("{} {rule}", severity.name())
}

/// `systolic 141`
pub(super) fn words_of(measurement: &Measurement) -> String {
    let value = measurement.amount().value().map(|value| value.to_string()).unwrap_or_default();
    format!("{} {value}", measurement.vital().name())
}
