//! Alert rules and their evaluation: bands of severity over one set of measurements.

use std::collections::BTreeMap;

use serde::Serialize;
use thiserror::Error;

use super::alert::Severity;
use super::id::RuleId;
use super::reading::{Amount, Measurement};
use super::threshold::Thresholds;
use super::unit::Unit;
use super::vital::Vital;

/// A rule as its file states it. The catalog has checked that every band's parameters exist.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub id: RuleId,
    /// Content hash of the file: the version that alerts name.
    pub version: String,
    pub title: String,
    /// The folder it stands in.
    pub condition: String,
    pub evidence: String,
    pub parameters: BTreeMap<String, Parameter>,
    /// Worst first.
    pub bands: Vec<Band>,
}

/// A number that a patient's threshold may replace, within bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Without one the bands that need it stay silent until the patient has a threshold (a personal best).
    pub default: Option<f64>,
    pub min: f64,
    pub max: f64,
    pub unit: Unit,
}

/// Tests that together make a severity, and what is said then.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    pub severity: Severity,
    /// Any one of these makes the band true.
    pub any: Vec<Test>,
    /// What the patient is told.
    pub reply: String,
    /// What the nurse is proposed.
    pub proposal: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    pub vital: Vital,
    pub comparison: Comparison,
    pub parameter: String,
    /// Per cent of the parameter, 100 unless the file says otherwise (peak flow against the personal best).
    pub percent: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    AtOrAbove,
    Above,
    AtOrBelow,
    Below,
}

/// The side of a limit that is a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    TooLow,
    TooHigh,
}

impl Side {
    pub const fn words(self) -> &'static str {
        match self {
            Self::TooLow => "too low",
            Self::TooHigh => "too high",
        }
    }
}

impl Comparison {
    pub const ALL: [Self; 4] = [Self::AtOrAbove, Self::Above, Self::AtOrBelow, Self::Below];

    /// How rule files write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::AtOrAbove => "at_or_above",
            Self::Above => "above",
            Self::AtOrBelow => "at_or_below",
            Self::Below => "below",
        }
    }

    pub const fn side(self) -> Side {
        match self {
            Self::AtOrAbove | Self::Above => Side::TooHigh,
            Self::AtOrBelow | Self::Below => Side::TooLow,
        }
    }

    /// Whether the limit itself is still fine.
    pub const fn is_strict(self) -> bool {
        matches!(self, Self::Above | Self::Below)
    }

    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::AtOrAbove => value >= limit,
            Self::Above => value > limit,
            Self::AtOrBelow => value <= limit,
            Self::Below => value < limit,
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::AtOrAbove => "at or above",
            Self::Above => "above",
            Self::AtOrBelow => "at or below",
            Self::Below => "below",
        }
    }
}

/// A rule that found something: what fired, on which measurement, against which limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding<'r> {
    pub rule: &'r Rule,
    pub band: &'r Band,
    pub breaches: Vec<Breach>,
}

/// One measurement beyond one limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Breach {
    pub vital: Vital,
    #[serde(flatten)]
    pub measured: Measurement,
    pub comparison: Comparison,
    pub limit: f64,
    pub parameter: String,
    /// Whether the limit is the patient's own, not the rule's default.
    pub own_limit: bool,
}

/// A rule that could not be evaluated. It becomes a task; the other rules run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("rule {rule} cannot be evaluated: {why}")]
pub struct RuleFault {
    pub rule: RuleId,
    pub why: String,
}

impl Test {
    /// Whether a measurement is beyond the limit. "Less than 3.0" is below 3.0, though the number it states is not.
    pub fn is_breached_by(&self, measured: Measurement, limit: f64) -> bool {
        let stated = measured.judged_value();
        match (self.comparison, measured.amount()) {
            (Comparison::Below, Amount::Below(_)) => stated <= limit,
            (Comparison::Above, Amount::Above(_)) => stated >= limit,
            (comparison, _) => comparison.holds(stated, limit),
        }
    }
}

impl Rule {
    /// The worst band that these measurements reach, if any, under this patient's thresholds.
    pub fn judge(
        &self,
        measurements: &[Measurement],
        thresholds: &Thresholds,
    ) -> Result<Option<Finding<'_>>, RuleFault> {
        for band in &self.bands {
            let mut breaches = Vec::new();
            for test in &band.any {
                let Some((limit, own_limit)) = self.limit(test, thresholds)? else { continue };
                breaches.extend(
                    measurements
                        .iter()
                        .filter(|m| m.vital() == test.vital && test.is_breached_by(**m, limit))
                        .map(|m| Breach {
                            vital: test.vital,
                            measured: *m,
                            comparison: test.comparison,
                            limit,
                            parameter: test.parameter.clone(),
                            own_limit,
                        }),
                );
            }
            if !breaches.is_empty() {
                return Ok(Some(Finding { rule: self, band, breaches }));
            }
        }
        Ok(None)
    }

    /// The vitals that any band looks at.
    pub fn vitals(&self) -> impl Iterator<Item = Vital> + '_ {
        self.bands.iter().flat_map(|band| band.any.iter().map(|test| test.vital))
    }

    /// Whether this rule would notice some value of a vital. Without, a reading of it must not be called fine.
    pub fn watches(&self, vital: Vital, thresholds: &Thresholds) -> bool {
        let mut tests = self.bands.iter().flat_map(|band| &band.any).filter(|test| test.vital == vital);
        tests.any(|test| matches!(self.limit(test, thresholds), Ok(Some(_))))
    }

    /// The number that a test compares with, and whether it is the patient's own. Nothing when the parameter has no
    /// default and the patient no threshold.
    pub fn limit(&self, test: &Test, thresholds: &Thresholds) -> Result<Option<(f64, bool)>, RuleFault> {
        let parameter = self.parameters.get(&test.parameter).ok_or_else(|| RuleFault {
            rule: self.id.clone(),
            why: format!("it names no parameter '{}'", test.parameter),
        })?;
        let own = thresholds.get(&self.id, &test.parameter);
        let Some(value) = own.map(|t| t.value).or(parameter.default) else { return Ok(None) };
        if !value.is_finite() || value < parameter.min || value > parameter.max {
            return Err(RuleFault {
                rule: self.id.clone(),
                why: format!(
                    "the limit {} is {value}, outside {} to {}",
                    test.parameter, parameter.min, parameter.max
                ),
            });
        }
        // Rounded to the millionth: a share of a limit is shown to people, and the noise of arithmetic is no limit.
        let limit = (value * test.percent * 10_000.0).round() / 1e6;
        Ok(Some((limit, own.is_some())))
    }
}

impl Breach {
    /// `systolic blood pressure 184 mmHg, at or above 180`
    pub fn words(&self) -> String {
        let unit = self.vital.unit();
        let measured = match self.measured.amount() {
            Amount::Exactly(value) => unit.show(value),
            Amount::Below(value) => format!("below {}", unit.show(value)),
            Amount::Above(value) => format!("above {}", unit.show(value)),
            Amount::OffScaleLow => "off the low end of the meter".to_owned(),
            Amount::OffScaleHigh => "off the high end of the meter".to_owned(),
        };
        let whose = if self.own_limit { ", the patient's own limit" } else { "" };
        format!("{} {measured}, {} {}{whose}", self.vital.title(), self.comparison.words(), self.limit)
    }
}
