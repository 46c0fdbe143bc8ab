//! What a human's text message means.
//!
//! [`understand`] is a pure function from words and context to an [`Understanding`]. It never panics, never
//! takes a number that is not in the text, and never yields an impossible value: [`Measurement`] cannot hold one.
//!
//! The way of a text:
//!
//! 1. `clean` makes one plain alphabet of it, `lexer` words, numbers and marks, `lexicon` labels and units.
//! 2. `spoken` is the text as words in order, `phrases` what to look for in it; `command`, `courtesy`, `urgency`, `meter` and
//!    `circumstance` look for what is said there.
//! 3. `aside` takes out the numbers that are no readings, `figure` joins those that belong together, `bind`
//!    gives them their labels, `measure` and `bare` make findings of them with one file a family of vitals.
//! 4. `verdict` weighs it all. In doubt it asks, and hands over the most dangerous meaning to be judged meanwhile.

mod abroad;
mod answer;
pub mod armour;
mod aside;
mod bare;
mod bind;
mod choice;
mod circumstance;
mod clean;
mod command;
mod courtesy;
mod danger;
mod drawers;
mod figure;
mod finding;
mod glucose;
mod lexer;
mod lexicon;
mod measure;
mod meter;
mod number;
mod phrases;
mod plain;
mod pressure;
mod single;
mod spelled;
mod spoken;
mod temperature;
mod tongue;
mod urgency;
mod verdict;
mod weight;
mod words;

use serde::Serialize;
use serde_json::{Value, json};

use super::reading::Measurement;

pub use choice::chosen;

/// What was asked last and is still unanswered: it gives a bare number its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    BloodPressure,
    Pulse,
    Spo2,
    RespiratoryRate,
    Temperature,
    Weight,
    Glucose,
    PeakFlow,
    Ketones,
    Number,
    YesNo,
    #[serde(rename = "scale_1_5")]
    Scale1To5,
}

impl Asked {
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "blood_pressure" => Self::BloodPressure,
            "pulse" => Self::Pulse,
            "spo2" => Self::Spo2,
            "respiratory_rate" => Self::RespiratoryRate,
            "temperature" => Self::Temperature,
            "weight" => Self::Weight,
            "glucose" => Self::Glucose,
            "peak_flow" => Self::PeakFlow,
            "ketones" => Self::Ketones,
            "number" => Self::Number,
            "yes_no" => Self::YesNo,
            "scale_1_5" => Self::Scale1To5,
            _ => return None,
        })
    }

    /// How it may be answered.
    pub const fn example(self) -> &'static str {
        match self {
            Self::BloodPressure => "BP 128 76",
            Self::Pulse => "72",
            Self::Spo2 => "96",
            Self::RespiratoryRate => "16",
            Self::Temperature => "36.8",
            Self::Weight => "78.4",
            Self::Glucose => "6.2",
            Self::PeakFlow => "420",
            Self::Ketones => "0.4",
            Self::Number => "5",
            Self::YesNo => "Y",
            Self::Scale1To5 => "4",
        }
    }
}

/// What the text stands in: nothing in it comes from the text itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    pub asked: Option<Asked>,
    /// The example that our own prompt showed; its echo is no reading.
    pub example: Option<&'a str>,
    /// The patient's last weight in kilograms, to read back a jump.
    pub last_weight_kg: Option<f64>,
    /// Whether a reading waits for this patient's YES.
    pub awaits_confirmation: bool,
    /// The patient's language, ISO 639-1: what a plain yes or no may also be said in. Empty if unknown.
    pub language: &'a str,
}

/// What to do with the text. Names are those that `lamplight parse` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Understood beyond doubt.
    Accepted,
    /// A likely reading: read back for a YES, while the worst plausible one is judged at once.
    Confirm,
    /// Nothing measurable in it.
    Unclear,
    /// Words of an emergency, a meter beyond its scale, or what only a human may decide: somebody looks now,
    /// whatever else was understood. [`Urgency`] says which.
    Urgent,
    Command,
    /// The reply to a pending question that is no vital sign.
    Answer,
    /// Thanks, greetings, tapbacks, an echo of our own example.
    Ignored,
}

/// Words that steer the service instead of reporting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Command {
    Stop,
    Start,
    Help,
    Yes,
    No,
}

/// An answer to a question that is no vital sign.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Answer {
    YesNo(bool),
    Scale(u8),
    Number(f64),
}

/// What a human must look at, and how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Words of an emergency.
    Emergency,
    /// A meter's HI or LO, or a dangerous limit such as "less than 1".
    BeyondScale,
    /// No emergency, but nothing a machine may decide: another person's reading, a correction, a change of
    /// weight without a weight, a wish to leave in free words.
    NeedsPerson,
}

/// A text, understood. `why` is one sentence for the nurse and the log of decisions; it never quotes the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Understanding {
    pub outcome: Outcome,
    /// Why a human must look; set exactly when the outcome is [`Outcome::Urgent`].
    pub urgency: Option<Urgency>,
    /// Obeyed whatever the outcome: a STOP beside a reading is a STOP.
    pub command: Option<Command>,
    /// What was most likely meant.
    pub readings: Vec<Measurement>,
    /// The most dangerous reading of the same words; judged at once while a YES is awaited.
    pub worst_plausible: Vec<Measurement>,
    pub answers: Vec<Answer>,
    pub why: String,
}

/// What `text` means. Pure; never panics; every number it accepts stands in the text.
pub fn understand(text: &str, context: &Context<'_>) -> Understanding {
    verdict::judge(text, context)
}

/// The line that `lamplight parse` prints, with the reply that would be sent.
pub fn to_json(understanding: &Understanding, reply: Option<&str>) -> Value {
    json!({
        "outcome": understanding.outcome,
        "command": understanding.command,
        "readings": understanding.readings,
        "worst_plausible": understanding.worst_plausible,
        "answers": understanding.answers,
        "why": understanding.why,
        "reply": reply,
    })
}
