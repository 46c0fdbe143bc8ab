//! The vital signs: names, canonical units, codes, and which values are impossible or unlikely.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::unit::Unit;

/// A measured sign of life. Names are those of the API, the rule files and the device topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vital {
    Systolic,
    Diastolic,
    Pulse,
    Spo2,
    RespiratoryRate,
    Temperature,
    Weight,
    Glucose,
    PeakFlow,
    Ketones,
}

/// An inclusive span of values in a vital's canonical unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    pub low: f64,
    pub high: f64,
}

impl Span {
    pub const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    pub fn holds(self, value: f64) -> bool {
        value >= self.low && value <= self.high
    }
}

impl Vital {
    pub const ALL: [Self; 10] = [
        Self::Systolic,
        Self::Diastolic,
        Self::Pulse,
        Self::Spo2,
        Self::RespiratoryRate,
        Self::Temperature,
        Self::Weight,
        Self::Glucose,
        Self::PeakFlow,
        Self::Ketones,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Systolic => "systolic",
            Self::Diastolic => "diastolic",
            Self::Pulse => "pulse",
            Self::Spo2 => "spo2",
            Self::RespiratoryRate => "respiratory_rate",
            Self::Temperature => "temperature",
            Self::Weight => "weight",
            Self::Glucose => "glucose",
            Self::PeakFlow => "peak_flow",
            Self::Ketones => "ketones",
        }
    }

    /// The words for a patient or a nurse.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Systolic => "systolic blood pressure",
            Self::Diastolic => "diastolic blood pressure",
            Self::Pulse => "pulse",
            Self::Spo2 => "oxygen level",
            Self::RespiratoryRate => "breathing rate",
            Self::Temperature => "temperature",
            Self::Weight => "weight",
            Self::Glucose => "blood glucose",
            Self::PeakFlow => "peak flow",
            Self::Ketones => "ketones",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vital| vital.name() == name)
    }

    /// The unit every stored and printed value of this vital is in.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Systolic | Self::Diastolic => Unit::MmHg,
            Self::Pulse | Self::RespiratoryRate => Unit::PerMinute,
            Self::Spo2 => Unit::Percent,
            Self::Temperature => Unit::Celsius,
            Self::Weight => Unit::Kilogram,
            Self::Glucose | Self::Ketones => Unit::MillimolePerLitre,
            Self::PeakFlow => Unit::LitrePerMinute,
        }
    }

    /// Values outside this span cannot come from a living patient and are refused.
    ///
    /// Defaults for a clinician to confirm; weight from Chan & Raffa 2017.
    pub const fn possible(self) -> Span {
        match self {
            Self::Systolic => Span::new(40.0, 300.0),
            Self::Diastolic => Span::new(20.0, 200.0),
            Self::Pulse => Span::new(20.0, 300.0),
            Self::Spo2 => Span::new(40.0, 100.0),
            Self::RespiratoryRate => Span::new(3.0, 80.0),
            Self::Temperature => Span::new(30.0, 45.0),
            Self::Weight => Span::new(22.7, 340.2),
            Self::Glucose => Span::new(0.5, 60.0),
            Self::PeakFlow => Span::new(30.0, 900.0),
            Self::Ketones => Span::new(0.0, 15.0),
        }
    }

    /// Possible values outside this span are read back to the patient, and judged meanwhile.
    ///
    /// Weight and peak flow are unlikely only against the patient's own history, which the caller holds:
    /// see [`super::reading::WEIGHT_JUMP_KG`].
    pub const fn likely(self) -> Span {
        match self {
            Self::Systolic => Span::new(80.0, 220.0),
            Self::Diastolic => Span::new(40.0, 130.0),
            Self::Pulse => Span::new(40.0, 180.0),
            Self::Spo2 => Span::new(80.0, 100.0),
            Self::RespiratoryRate => Span::new(8.0, 40.0),
            Self::Temperature => Span::new(35.0, 41.0),
            Self::Glucose => Span::new(2.5, 25.0),
            Self::Ketones => Span::new(0.0, 5.0),
            Self::Weight | Self::PeakFlow => self.possible(),
        }
    }
}

impl fmt::Display for Vital {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
