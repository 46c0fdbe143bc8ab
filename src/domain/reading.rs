//! One measured value set: amounts that are possible by construction.

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

use super::id::{DeviceId, EventId, PatientId};
use super::vital::Vital;

/// A weight this far (kg) from the patient's last one is read back before it is believed.
pub const WEIGHT_JUMP_KG: f64 = 5.0;

/// How much was measured, in the vital's canonical unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    Exactly(f64),
    /// "less than 1.1": judged as the stated bound.
    Below(f64),
    Above(f64),
    /// A meter's LO and HI: beyond its scale, judged as the worst there is on that side.
    OffScaleLow,
    OffScaleHigh,
}

impl Amount {
    /// The stated number, if there is one.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Exactly(value) | Self::Below(value) | Self::Above(value) => Some(value),
            Self::OffScaleLow | Self::OffScaleHigh => None,
        }
    }

    pub fn beyond(self) -> Option<Beyond> {
        match self {
            Self::Exactly(_) => None,
            Self::Below(_) | Self::OffScaleLow => Some(Beyond::Low),
            Self::Above(_) | Self::OffScaleHigh => Some(Beyond::High),
        }
    }

    /// From what is stored: a number, a side, or both. Neither is no amount.
    pub fn from_parts(value: Option<f64>, beyond: Option<Beyond>) -> Option<Self> {
        Some(match (value, beyond) {
            (Some(value), None) => Self::Exactly(value),
            (Some(value), Some(Beyond::Low)) => Self::Below(value),
            (Some(value), Some(Beyond::High)) => Self::Above(value),
            (None, Some(Beyond::Low)) => Self::OffScaleLow,
            (None, Some(Beyond::High)) => Self::OffScaleHigh,
            (None, None) => return None,
        })
    }
}

/// The side of the scale that a value lies beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Beyond {
    Low,
    High,
}

impl Beyond {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::High => "high",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "low" => Some(Self::Low),
            "high" => Some(Self::High),
            _ => None,
        }
    }
}

/// One number of one vital, possible for a living patient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measurement {
    vital: Vital,
    amount: Amount,
}

/// Why a number is not a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum Impossible {
    #[error("{vital} {value} is not possible (from {low} to {high})")]
    OutOfSpan { vital: Vital, value: f64, low: f64, high: f64 },
    #[error("{vital} is not a finite number")]
    NotANumber { vital: Vital },
    #[error("the lower blood pressure number ({diastolic}) is not below the upper one ({systolic})")]
    Reversed { systolic: f64, diastolic: f64 },
}

impl Measurement {
    /// `value` in the canonical unit of `vital`.
    pub fn exactly(vital: Vital, value: f64) -> Result<Self, Impossible> {
        if !value.is_finite() {
            return Err(Impossible::NotANumber { vital });
        }
        let span = vital.possible();
        if !span.holds(value) {
            return Err(Impossible::OutOfSpan { vital, value, low: span.low, high: span.high });
        }
        Ok(Self { vital, amount: Amount::Exactly(value) })
    }

    /// A stated bound ("less than 1"): the bound itself must be a finite, non-negative number.
    pub fn bounded(vital: Vital, value: f64, side: Beyond) -> Result<Self, Impossible> {
        if !value.is_finite() || value < 0.0 {
            return Err(Impossible::NotANumber { vital });
        }
        let amount = match side {
            Beyond::Low => Amount::Below(value),
            Beyond::High => Amount::Above(value),
        };
        Ok(Self { vital, amount })
    }

    pub fn off_scale(vital: Vital, side: Beyond) -> Self {
        let amount = match side {
            Beyond::Low => Amount::OffScaleLow,
            Beyond::High => Amount::OffScaleHigh,
        };
        Self { vital, amount }
    }

    /// An amount that was stored, checked again.
    pub fn from_amount(vital: Vital, amount: Amount) -> Result<Self, Impossible> {
        match amount {
            Amount::Exactly(value) => Self::exactly(vital, value),
            Amount::Below(value) => Self::bounded(vital, value, Beyond::Low),
            Amount::Above(value) => Self::bounded(vital, value, Beyond::High),
            Amount::OffScaleLow => Ok(Self::off_scale(vital, Beyond::Low)),
            Amount::OffScaleHigh => Ok(Self::off_scale(vital, Beyond::High)),
        }
    }

    pub fn vital(self) -> Vital {
        self.vital
    }

    pub fn amount(self) -> Amount {
        self.amount
    }

    /// The number that limits are compared with: an off-scale amount is infinitely far out.
    pub fn judged_value(self) -> f64 {
        match self.amount {
            Amount::Exactly(value) | Amount::Below(value) | Amount::Above(value) => value,
            Amount::OffScaleLow => f64::NEG_INFINITY,
            Amount::OffScaleHigh => f64::INFINITY,
        }
    }

    /// Whether a careful listener would read this back before believing it.
    pub fn is_unlikely(self, last_weight_kg: Option<f64>) -> bool {
        match (self.vital, self.amount) {
            (_, Amount::OffScaleLow | Amount::OffScaleHigh | Amount::Below(_) | Amount::Above(_)) => false,
            (Vital::Weight, Amount::Exactly(kg)) => {
                last_weight_kg.is_some_and(|last| (kg - last).abs() > WEIGHT_JUMP_KG)
            }
            (vital, Amount::Exactly(value)) => !vital.likely().holds(value),
        }
    }
}

/// Checks numbers against each other: a diastolic at or above its systolic is impossible.
pub fn check_together(measurements: &[Measurement]) -> Result<(), Impossible> {
    let of = |vital| measurements.iter().filter(move |m| m.vital == vital).filter_map(|m| m.amount.value());
    for (systolic, diastolic) in of(Vital::Systolic).zip(of(Vital::Diastolic)) {
        if diastolic >= systolic {
            return Err(Impossible::Reversed { systolic, diastolic });
        }
    }
    Ok(())
}

impl Serialize for Measurement {
    /// `{"vital":"systolic","value":141,"unit":"mm[Hg]"}`, with `"beyond"` when it is no exact value.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("vital", self.vital.name())?;
        match self.amount.value() {
            // 141, not 141.0: whole numbers print as patients type them.
            #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
            Some(value) if value.fract() == 0.0 && value.abs() < 1e9 => {
                map.serialize_entry("value", &(value as i64))?;
            }
            value => map.serialize_entry("value", &value)?,
        }
        map.serialize_entry("unit", self.vital.unit().ucum())?;
        if let Some(beyond) = self.amount.beyond() {
            map.serialize_entry("beyond", &beyond)?;
        }
        map.end()
    }
}

/// Where a reading came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingSource {
    Text,
    Device,
}

impl ReadingSource {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Device => "device",
        }
    }
}

/// How far a reading may be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingState {
    Accepted,
    /// Read back to the patient, no YES yet; judged already.
    Unconfirmed,
    /// The patient said NO, or sent another value instead.
    Withdrawn,
    /// Kept and judged, but its clock cannot be right.
    Flagged,
}

impl ReadingState {
    pub const ALL: [Self; 4] = [Self::Accepted, Self::Unconfirmed, Self::Withdrawn, Self::Flagged];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Unconfirmed => "unconfirmed",
            Self::Withdrawn => "withdrawn",
            Self::Flagged => "flagged",
        }
    }
}

/// What `taken_at` rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeBasis {
    /// The device's own clock, believed.
    Device,
    /// When it reached us: nothing better was said, or what was said cannot be true.
    Received,
}

impl TimeBasis {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Received => "received",
        }
    }
}

/// One value set of one patient at one time: a blood pressure is one reading of two numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The event it came in, which names the set.
    pub set: EventId,
    pub patient: PatientId,
    pub measurements: Vec<Measurement>,
    pub taken_at: Timestamp,
    pub received_at: Timestamp,
    pub basis: TimeBasis,
    /// What the device's clock said, kept when it was not believed.
    pub claimed_at: Option<Timestamp>,
    pub source: ReadingSource,
    pub device: Option<DeviceId>,
    pub state: ReadingState,
}
