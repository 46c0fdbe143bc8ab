//! One vital of a profile: where its number stands and in which unit.

use std::collections::BTreeMap;

use serde_json::Value;

use super::test::number;
use super::{Place, Scope, Test};
use crate::domain::reading::Measurement;
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub vital: Vital,
    /// The first of these that stands there.
    pub from: Vec<Place>,
    pub unit: UnitFrom,
    /// Numbers that say "nothing measured".
    pub sentinels: Vec<f64>,
    pub scale: f64,
    /// The number is worth its value times ten to the power of this.
    pub exponent: Option<Place>,
    /// Digits after the point that mean something.
    pub decimals: Option<u8>,
    /// All must hold, or the field is as if it were not there.
    pub when: Vec<Test>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum UnitFrom {
    Always(Unit),
    /// What stands there, by the make's own words. Any other word, or none, is in doubt: a unit is never guessed.
    Said {
        place: Place,
        words: BTreeMap<String, Unit>,
    },
}

impl UnitFrom {
    /// The level of the topic that says it, where one does.
    pub(super) fn level(&self) -> Option<&str> {
        match self {
            Self::Said { place: Place::Capture(name), .. } => Some(name),
            _ => None,
        }
    }
}

/// What a field came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    Absent,
    Measured(Measurement),
    Doubtful(String),
}

impl Field {
    pub(super) fn read(&self, scope: Scope<'_>) -> Found {
        if !self.when.iter().all(|test| test.holds(scope)) {
            return Found::Absent;
        }
        let Some(value) = self.from.iter().find_map(|place| place.value(scope)) else { return Found::Absent };
        let Some(raw) = number(&value) else { return self.not_a_number(&value) };
        if self.sentinels.contains(&raw) {
            return Found::Absent;
        }
        let unit = match &self.unit {
            UnitFrom::Always(unit) => *unit,
            UnitFrom::Said { place, words } => {
                let said = place.text(scope);
                match said.as_deref().and_then(|said| words.get(said)) {
                    Some(unit) => *unit,
                    None => return self.doubt("is in a unit that this profile does not know"),
                }
            }
        };
        let power = match &self.exponent {
            None => 1.0,
            Some(place) => match place.value(scope).as_ref().and_then(number) {
                #[expect(clippy::cast_possible_truncation, reason = "checked to be small")]
                Some(power) if power.abs() <= 12.0 => 10f64.powi(power as i32),
                _ => return self.doubt("has no exponent"),
            },
        };
        let scaled = raw * self.scale * power;
        let Some(canonical) = unit.to_canonical(self.vital, scaled) else {
            return self.doubt("is in a unit of something else");
        };
        match Measurement::exactly(self.vital, self.rounded(canonical)) {
            Ok(measurement) => Found::Measured(measurement),
            Err(_) => self.doubt("is not possible; the profile may be wrong about its unit"),
        }
    }

    fn rounded(&self, value: f64) -> f64 {
        let factor = 10f64.powi(i32::from(self.decimals.unwrap_or(6)));
        (value * factor).round() / factor
    }

    /// `unavailable`, `nan` and the like say that there is nothing; anything else is not what the profile expects.
    fn not_a_number(&self, value: &Value) -> Found {
        const NOTHING: [&str; 7] = ["", "nan", "unavailable", "unknown", "none", "null", "--"];
        match value {
            Value::String(text) if NOTHING.contains(&text.trim().to_ascii_lowercase().as_str()) => {
                Found::Absent
            }
            _ => self.doubt("is not a number"),
        }
    }

    fn doubt(&self, why: &str) -> Found {
        Found::Doubtful(format!("The {} {why}.", self.vital.title()))
    }
}
