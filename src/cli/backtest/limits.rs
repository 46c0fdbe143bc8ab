//! Reads patients' own limits from a TOML file: `[patient.p1]` with rule parameters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use toml::{Table, Value};

use crate::domain::id::PatientId;
use crate::domain::rule::Rule;
use crate::domain::threshold::{Threshold, Thresholds};
use crate::engine::backtest::is_zone;

/// What the file says of one patient.
#[derive(Debug, Clone, Default)]
pub(super) struct Own {
    pub(super) thresholds: Thresholds,
    pub(super) date_of_birth: Option<String>,
    pub(super) time_zone: Option<String>,
}

/// A parameter is written `rule.parameter = 1`, `"rule.parameter" = 1`, or by its name alone for every rule that has it
/// and whose bounds it keeps.
pub(super) fn read(text: &str, rules: &[Rule]) -> Result<BTreeMap<PatientId, Own>, String> {
    let document: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let mut all = BTreeMap::new();
    for (key, value) in &document {
        let (true, Value::Table(patients)) = (key == "patient", value) else {
            return Err(format!("'{key}' is not known here; write [patient.ID] and its limits"));
        };
        for (id, value) in patients {
            let patient = PatientId::parse(id).map_err(|error| error.to_string())?;
            let Value::Table(entries) = value else {
                return Err(format!("[patient.{id}] must be a table of limits"));
            };
            let own = one(entries, rules).map_err(|why| format!("[patient.{id}]: {why}"))?;
            all.insert(patient, own);
        }
    }
    Ok(all)
}

fn one(entries: &Table, rules: &[Rule]) -> Result<Own, String> {
    let mut own = Own::default();
    for (key, value) in entries {
        match (key.as_str(), value) {
            ("date_of_birth", Value::String(date)) => own.date_of_birth = Some(date.clone()),
            ("date_of_birth", Value::Datetime(date)) => own.date_of_birth = Some(date.to_string()),
            ("time_zone", Value::String(zone)) if is_zone(zone) => own.time_zone = Some(zone.clone()),
            (rule, Value::Table(parameters)) => {
                for (parameter, value) in parameters {
                    set(&mut own.thresholds, rules, Some(rule), parameter, value)?;
                }
            }
            (name, value) => {
                let (rule, parameter) = match name.split_once('.') {
                    Some((rule, parameter)) => (Some(rule), parameter),
                    None => (None, name),
                };
                set(&mut own.thresholds, rules, rule, parameter, value)?;
            }
        }
    }
    Ok(own)
}

fn set(
    thresholds: &mut Thresholds,
    rules: &[Rule],
    rule: Option<&str>,
    parameter: &str,
    value: &Value,
) -> Result<(), String> {
    let name = rule.map_or_else(|| parameter.to_owned(), |rule| format!("{rule}.{parameter}"));
    let number = value
        .as_float()
        .or_else(|| value.as_integer().and_then(|whole| i32::try_from(whole).ok()).map(f64::from))
        .ok_or_else(|| format!("'{name}' must be a number"))?;
    let having = rules.iter().filter(|one| rule.is_none_or(|id| one.id.as_str() == id));
    let having: Vec<_> = having.filter_map(|one| Some((one, one.parameters.get(parameter)?))).collect();
    let Some((_, first)) = having.first() else {
        return Err(format!("no rule has a parameter '{name}'"));
    };
    let fits: Vec<_> = having.iter().filter(|(_, p)| (p.min..=p.max).contains(&number)).collect();
    if fits.is_empty() {
        return Err(format!("'{name}' is {number}, outside {} to {}", first.min, first.max));
    }
    for (one, _) in fits {
        thresholds.set(Threshold {
            rule: one.id.clone(),
            parameter: parameter.to_owned(),
            value: number,
            author: "backtest".to_owned(),
            reason: "backtest".to_owned(),
            since: Timestamp::UNIX_EPOCH,
        });
    }
    Ok(())
}
