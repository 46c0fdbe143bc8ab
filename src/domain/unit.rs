//! Units of measurement, by their UCUM codes, and exact conversion to a vital's canonical unit.

use std::fmt;

use super::vital::Vital;

/// A unit that patients type or devices send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    MmHg,
    Kilopascal,
    PerMinute,
    Percent,
    Celsius,
    Fahrenheit,
    Kilogram,
    Gram,
    Pound,
    Stone,
    MillimolePerLitre,
    MilligramPerDecilitre,
    LitrePerMinute,
    /// A plain count or a score; rules' parameters only.
    One,
    Day,
    Minute,
}

/// Kilograms in one international avoirdupois pound, by definition.
pub const KG_PER_POUND: f64 = 0.453_592_37;
pub const POUNDS_PER_STONE: f64 = 14.0;
/// Molar mass of glucose over ten: mg/dL in one mmol/L.
pub const MG_DL_PER_MMOL_L: f64 = 18.016;
pub const MMHG_PER_KPA: f64 = 7.500_62;

impl Unit {
    /// The code printed in JSON, FHIR and the views.
    pub const fn ucum(self) -> &'static str {
        match self {
            Self::MmHg => "mm[Hg]",
            Self::Kilopascal => "kPa",
            Self::PerMinute => "/min",
            Self::Percent => "%",
            Self::Celsius => "Cel",
            Self::Fahrenheit => "[degF]",
            Self::Kilogram => "kg",
            Self::Gram => "g",
            Self::Pound => "[lb_av]",
            Self::Stone => "[stone_av]",
            Self::MillimolePerLitre => "mmol/L",
            Self::MilligramPerDecilitre => "mg/dL",
            Self::LitrePerMinute => "L/min",
            Self::One => "1",
            Self::Day => "d",
            Self::Minute => "min",
        }
    }

    /// A number with its unit as people write it: `184 mmHg`, `94%`, `72/min`. For screens and sentences, never for data.
    pub fn show(self, value: f64) -> String {
        let unit = match self {
            Self::MmHg => " mmHg",
            Self::Percent => "%",
            Self::PerMinute => "/min",
            Self::Celsius => " °C",
            Self::Fahrenheit => " °F",
            Self::Pound => " lb",
            Self::Stone => " st",
            Self::Kilopascal
            | Self::Kilogram
            | Self::Gram
            | Self::MillimolePerLitre
            | Self::MilligramPerDecilitre
            | Self::Day
            | Self::Minute
            | Self::LitrePerMinute => return format!("{value} {self}"),
            Self::One => "",
        };
        format!("{value}{unit}")
    }

    /// Reads a UCUM code or one of the spellings that devices use for it. Anything else is unknown, and an
    /// unknown unit is never guessed.
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "mm[Hg]" | "mmHg" | "mmhg" => Self::MmHg,
            "kPa" => Self::Kilopascal,
            "/min" | "{beats}/min" | "{breaths}/min" | "bpm" | "1/min" => Self::PerMinute,
            "%" | "%{saturation}" => Self::Percent,
            "Cel" | "C" | "°C" => Self::Celsius,
            "[degF]" | "F" | "°F" => Self::Fahrenheit,
            "kg" => Self::Kilogram,
            "g" => Self::Gram,
            "[lb_av]" | "lb" | "lbs" => Self::Pound,
            "[stone_av]" | "st" => Self::Stone,
            "mmol/L" | "mmol/l" => Self::MillimolePerLitre,
            "mg/dL" | "mg/dl" => Self::MilligramPerDecilitre,
            "L/min" | "l/min" => Self::LitrePerMinute,
            "1" => Self::One,
            "d" => Self::Day,
            "min" => Self::Minute,
            _ => return None,
        })
    }

    /// `value` of this unit in the canonical unit of `vital`, or nothing when the unit does not measure it.
    pub fn to_canonical(self, vital: Vital, value: f64) -> Option<f64> {
        let canonical = match (self, vital.unit()) {
            (unit, wanted) if unit == wanted => value,
            (Self::Kilopascal, Self::MmHg) => value * MMHG_PER_KPA,
            (Self::Fahrenheit, Self::Celsius) => (value - 32.0) * 5.0 / 9.0,
            (Self::Gram, Self::Kilogram) => value / 1000.0,
            (Self::Pound, Self::Kilogram) => value * KG_PER_POUND,
            (Self::Stone, Self::Kilogram) => value * POUNDS_PER_STONE * KG_PER_POUND,
            // Ketones have another molar mass, so mg/dL converts for glucose alone.
            (Self::MilligramPerDecilitre, Self::MillimolePerLitre) if vital == Vital::Glucose => {
                value / MG_DL_PER_MMOL_L
            }
            _ => return None,
        };
        Some(tidy(canonical))
    }
}

/// Rounds away the noise of binary arithmetic (6 decimals), never a digit that was measured.
fn tidy(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ucum())
    }
}
