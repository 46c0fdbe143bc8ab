//! NEWS2, the National Early Warning Score. Royal College of Physicians, 2017.
//!
//! A sign that was not measured scores nothing and makes the score partial: the true one can only be as high or higher.
//! The chart is written in whole numbers and tenths; what a device measures between two of its columns takes the worse.

use std::collections::BTreeMap;

use serde::Serialize;

use super::answer::AnswerValue;

/// Which column of oxygen saturation holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    One,
    /// Only where a clinician has set it: hypercapnic respiratory failure, target 88 to 92 %.
    Two,
}

/// ACVPU: alert, new confusion, responds to voice, to pain, unresponsive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Consciousness {
    Alert,
    Confused,
    Voice,
    Pain,
    Unresponsive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    RespiratoryRate,
    Spo2,
    Oxygen,
    Systolic,
    Pulse,
    Consciousness,
    Temperature,
}

/// What was seen of a patient within one spell, in canonical units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Signs {
    pub respiratory_rate: Option<f64>,
    pub spo2: Option<f64>,
    /// Whether the patient breathes oxygen; `false` is air.
    pub on_oxygen: Option<bool>,
    pub systolic: Option<f64>,
    pub pulse: Option<f64>,
    pub consciousness: Option<Consciousness>,
    pub temperature: Option<f64>,
}

/// The score of the signs that there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Score {
    #[serde(rename = "score")]
    pub total: u8,
    /// Whether every part was seen.
    pub complete: bool,
    pub parts: BTreeMap<Part, u8>,
}

impl Part {
    pub const ALL: [Self; 7] = [
        Self::RespiratoryRate,
        Self::Spo2,
        Self::Oxygen,
        Self::Systolic,
        Self::Pulse,
        Self::Consciousness,
        Self::Temperature,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::RespiratoryRate => "respiratory_rate",
            Self::Spo2 => "spo2",
            Self::Oxygen => "oxygen",
            Self::Systolic => "systolic",
            Self::Pulse => "pulse",
            Self::Consciousness => "consciousness",
            Self::Temperature => "temperature",
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::RespiratoryRate => "breathing rate",
            Self::Spo2 => "oxygen level",
            Self::Oxygen => "air or oxygen",
            Self::Systolic => "systolic blood pressure",
            Self::Pulse => "pulse",
            Self::Consciousness => "consciousness",
            Self::Temperature => "temperature",
        }
    }
}

impl Consciousness {
    /// The letter of ACVPU or its word. Anything else is not guessed.
    pub fn from_answer(answer: &AnswerValue) -> Option<Self> {
        Some(match answer.word().as_str() {
            "a" | "alert" => Self::Alert,
            "c" | "confused" | "confusion" | "new confusion" | "new_confusion" => Self::Confused,
            "v" | "voice" => Self::Voice,
            "p" | "pain" => Self::Pain,
            "u" | "unresponsive" => Self::Unresponsive,
            _ => return None,
        })
    }
}

/// Whether an answer says oxygen (`true`) or air: a word, yes or no, or litres a minute.
pub fn oxygen_from_answer(answer: &AnswerValue) -> Option<bool> {
    match (answer, answer.word().as_str()) {
        (AnswerValue::YesNo(yes), _) => Some(*yes),
        (_, "air" | "room air" | "room_air" | "no" | "false" | "none") => Some(false),
        (_, "oxygen" | "o2" | "yes" | "true") => Some(true),
        _ => answer.number().map(|litres| litres > 0.0),
    }
}

impl Signs {
    /// Adds up what there is; nothing when there is nothing.
    pub fn score(&self, scale: Scale) -> Option<Score> {
        let parts: BTreeMap<Part, u8> = [
            (Part::RespiratoryRate, self.respiratory_rate.map(respiratory_rate)),
            (Part::Spo2, self.spo2.and_then(|spo2| saturation(spo2, self.on_oxygen, scale))),
            (Part::Oxygen, self.on_oxygen.map(|oxygen| if oxygen { 2 } else { 0 })),
            (Part::Systolic, self.systolic.map(systolic)),
            (Part::Pulse, self.pulse.map(pulse)),
            (Part::Consciousness, self.consciousness.map(|c| if c == Consciousness::Alert { 0 } else { 3 })),
            (Part::Temperature, self.temperature.map(temperature)),
        ]
        .into_iter()
        .filter_map(|(part, points)| Some((part, points?)))
        .collect();
        (!parts.is_empty()).then(|| Score {
            total: parts.values().sum(),
            complete: parts.len() == Part::ALL.len(),
            parts,
        })
    }
}

impl Score {
    /// The most that a single part scores.
    pub fn single(&self) -> u8 {
        self.parts.values().copied().max().unwrap_or_default()
    }

    pub fn missing(&self) -> impl Iterator<Item = Part> + '_ {
        Part::ALL.into_iter().filter(|part| !self.parts.contains_key(part))
    }
}

fn respiratory_rate(breaths: f64) -> u8 {
    match breaths {
        b if b < 9.0 => 3,
        b if b < 12.0 => 1,
        b if b <= 20.0 => 0,
        b if b <= 24.0 => 2,
        _ => 3,
    }
}

/// On scale 2 a level of 93 % and more means one thing on air and another on oxygen: while that is not known it is not
/// scored.
fn saturation(percent: f64, on_oxygen: Option<bool>, scale: Scale) -> Option<u8> {
    Some(match scale {
        Scale::One => match percent {
            p if p < 92.0 => 3,
            p if p < 94.0 => 2,
            p if p < 96.0 => 1,
            _ => 0,
        },
        Scale::Two => match percent {
            p if p < 84.0 => 3,
            p if p < 86.0 => 2,
            p if p < 88.0 => 1,
            p if p <= 92.0 => 0,
            _ if !on_oxygen? => 0,
            p if p <= 94.0 => 1,
            p if p <= 96.0 => 2,
            _ => 3,
        },
    })
}

fn systolic(mmhg: f64) -> u8 {
    match mmhg {
        s if s < 91.0 => 3,
        s if s < 101.0 => 2,
        s if s < 111.0 => 1,
        s if s <= 219.0 => 0,
        _ => 3,
    }
}

fn pulse(beats: f64) -> u8 {
    match beats {
        p if p < 41.0 => 3,
        p if p < 51.0 => 1,
        p if p <= 90.0 => 0,
        p if p <= 110.0 => 1,
        p if p <= 130.0 => 2,
        _ => 3,
    }
}

fn temperature(celsius: f64) -> u8 {
    match celsius {
        t if t < 35.1 => 3,
        t if t < 36.1 => 1,
        t if t <= 38.0 => 0,
        t if t <= 39.0 => 1,
        _ => 2,
    }
}
