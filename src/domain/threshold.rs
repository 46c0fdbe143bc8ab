//! A patient's own limits over the rules' defaults.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::id::RuleId;

/// One limit that somebody set for one patient.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Threshold {
    pub rule: RuleId,
    pub parameter: String,
    /// In the unit of the rule's parameter.
    pub value: f64,
    pub author: String,
    pub reason: String,
    pub since: Timestamp,
}

/// All of one patient's limits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thresholds(BTreeMap<(RuleId, String), Threshold>);

impl Thresholds {
    pub fn set(&mut self, threshold: Threshold) {
        self.0.insert((threshold.rule.clone(), threshold.parameter.clone()), threshold);
    }

    pub fn get(&self, rule: &RuleId, parameter: &str) -> Option<&Threshold> {
        // Most patients have none of their own.
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&(rule.clone(), parameter.to_owned()))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Threshold> {
        self.0.values()
    }
}

impl FromIterator<Threshold> for Thresholds {
    fn from_iter<I: IntoIterator<Item = Threshold>>(thresholds: I) -> Self {
        let mut all = Self::default();
        for threshold in thresholds {
            all.set(threshold);
        }
        all
    }
}
