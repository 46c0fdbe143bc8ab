//! Reads the tests that stand beside a rule: readings, and what the rule must say of them.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::Timestamp;
use toml::Spanned;
use toml::de::DeValue;

use crate::domain::alert::Severity;
use crate::domain::reading::{Amount, Beyond, Measurement, check_together};
use crate::domain::rule::{Finding, Rule};
use crate::domain::threshold::{Threshold, Thresholds};
use crate::domain::vital::Vital;

use super::fault::Report;
use super::table::{self, Table, number_of, text_of};
use super::term;

/// One reading and what the rule must say of it.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) thresholds: Thresholds,
    pub(super) reading: Vec<Measurement>,
    pub(super) expect: Expected,
    pub(super) mark: Range<usize>,
    pub(super) expect_mark: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Fires,
    Quiet,
    /// A number stands exactly on a limit: the place where a wrong comparison shows.
    Boundary,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Quiet,
    Fires { severity: Severity, because: BTreeSet<Vital> },
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Fires, Self::Quiet, Self::Boundary];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Fires => "fires",
            Self::Quiet => "quiet",
            Self::Boundary => "boundary",
        }
    }
}

impl Expected {
    pub(super) fn of(finding: Option<&Finding<'_>>) -> Self {
        finding.map_or(Self::Quiet, |finding| Self::Fires {
            severity: finding.band.severity,
            because: finding.breaches.iter().map(|breach| breach.vital).collect(),
        })
    }

    pub(super) fn words(&self) -> String {
        match self {
            Self::Quiet => "quiet".to_owned(),
            Self::Fires { severity, because } => {
                let vitals: Vec<_> = because.iter().map(|vital| vital.name()).collect();
                format!("{} because of {}", severity.name(), vitals.join(" and "))
            }
        }
    }

    pub(super) fn severity(&self) -> Option<Severity> {
        match self {
            Self::Quiet => None,
            Self::Fires { severity, .. } => Some(*severity),
        }
    }
}

/// Reads a test file against the rule that it tests.
pub(super) fn read(text: &str, rule: &Rule, report: &mut Report<'_>) -> Vec<Case> {
    let Some(document) = table::parse(text, report) else { return Vec::new() };
    let mut root = Table::new(&document);
    let entries = root.list("case", report);
    root.close(report);
    let mut names = BTreeSet::new();
    let mut cases = Vec::new();
    for value in entries {
        let Some(case) = read_case(value, rule, report) else { continue };
        if !names.insert(case.name.clone()) {
            report.add(
                case.mark.clone(),
                format!("there is another case '{}'; give each its own name", case.name),
            );
        }
        cases.push(case);
    }
    cases
}

impl Case {
    /// Whether a number of the reading is exactly this limit.
    pub(super) fn stands_on<E>(&self, vital: Vital, limit: Result<Option<(f64, bool)>, E>) -> bool {
        let Ok(Some((limit, _))) = limit else { return false };
        self.reading.iter().any(|m| m.vital() == vital && m.amount() == Amount::Exactly(limit))
    }

    fn stands_on_any(&self, rule: &Rule) -> bool {
        let tests = rule.bands.iter().flat_map(|band| &band.any);
        tests.into_iter().any(|test| self.stands_on(test.vital, rule.limit(test, &self.thresholds)))
    }
}

fn read_case(value: &Spanned<DeValue<'_>>, rule: &Rule, report: &mut Report<'_>) -> Option<Case> {
    let mut entry = Table::from_value(value, "a case", report)?;
    let mark = entry.span();
    let name = entry.text("name", report);
    let kind = entry.text("kind", report).and_then(|name| {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name.get_ref());
        if kind.is_none() {
            let why = format!("'{}' is not a kind of case; use fires, quiet or boundary", name.get_ref());
            report.add(name.span(), why);
        }
        kind.map(|kind| Spanned::new(name.span(), kind))
    });
    let thresholds = entry.maybe_table("thresholds", report);
    let thresholds = thresholds.map_or_else(Thresholds::default, |t| read_thresholds(t, rule, report));
    let reading = entry.must("reading", report);
    let reading = reading.and_then(|value| read_reading(value, report));
    let expect = entry.must("expect", report);
    let expect = expect.and_then(|value| Some(Spanned::new(value.span(), read_expected(value, report)?)));
    entry.close(report);
    let (kind, expect) = (kind?, expect?);
    let case = Case {
        name: name?.into_inner(),
        kind: *kind.get_ref(),
        thresholds,
        reading: reading?,
        expect_mark: expect.span(),
        expect: expect.into_inner(),
        mark,
    };
    match (case.kind, &case.expect) {
        (Kind::Fires, Expected::Quiet) => {
            report.add(kind.span(), "a case of the kind 'fires' cannot expect quiet")
        }
        (Kind::Quiet, Expected::Fires { .. }) => {
            report.add(kind.span(), "a case of the kind 'quiet' must expect \"quiet\"");
        }
        (Kind::Boundary, _) if !case.stands_on_any(rule) => {
            report.add(kind.span(), "no number of this boundary case stands on a limit of the rule");
        }
        _ => {}
    }
    Some(case)
}

fn read_thresholds(table: Table<'_>, rule: &Rule, report: &mut Report<'_>) -> Thresholds {
    let mut thresholds = Thresholds::default();
    for (name, value) in table.into_entries() {
        let Some(parameter) = rule.parameters.get(*name.get_ref()) else {
            report.add(name.span(), format!("the rule has no parameter '{}'", name.get_ref()));
            continue;
        };
        let Some(number) = number_of(value, name.get_ref(), report) else { continue };
        if !(parameter.min..=parameter.max).contains(&number) {
            let (min, max) = (parameter.min, parameter.max);
            report.add(
                value.span(),
                format!("{number} is outside the bounds of '{}', {min} to {max}", name.get_ref()),
            );
        }
        thresholds.set(Threshold {
            rule: rule.id.clone(),
            parameter: (*name.get_ref()).to_owned(),
            value: number,
            author: "rule test".to_owned(),
            reason: "rule test".to_owned(),
            since: Timestamp::UNIX_EPOCH,
        });
    }
    thresholds
}

/// `{ systolic = 150, glucose = "LO" }`: numbers, a meter's LO and HI, or a bound such as "<1.1".
fn read_reading(value: &Spanned<DeValue<'_>>, report: &mut Report<'_>) -> Option<Vec<Measurement>> {
    let entries = Table::from_value(value, "'reading'", report)?.into_entries();
    if entries.is_empty() {
        report.add(value.span(), "the reading is empty; give at least one vital sign");
        return None;
    }
    let measured: Vec<_> =
        entries.iter().filter_map(|(name, value)| read_measurement(name, value, report)).collect();
    if let Err(impossible) = check_together(&measured) {
        report.add(value.span(), impossible.to_string());
    }
    (measured.len() == entries.len()).then_some(measured)
}

fn read_measurement(
    name: &Spanned<&str>,
    value: &Spanned<DeValue<'_>>,
    report: &mut Report<'_>,
) -> Option<Measurement> {
    let vital = term::vital(name, report)?;
    let measured = match value.get_ref().as_str() {
        Some("LO") => Ok(Measurement::off_scale(vital, Beyond::Low)),
        Some("HI") => Ok(Measurement::off_scale(vital, Beyond::High)),
        Some(text) => {
            let bound = [('<', Beyond::Low), ('>', Beyond::High)]
                .into_iter()
                .find_map(|(sign, side)| Some((text.strip_prefix(sign)?.trim().parse::<f64>().ok()?, side)));
            let Some((bound, side)) = bound else {
                let why =
                    format!("'{text}' is not a value; use a number, \"LO\", \"HI\", \"<1.1\" or \">33\"");
                report.add(value.span(), why);
                return None;
            };
            Measurement::bounded(vital, bound, side)
        }
        None => Measurement::exactly(vital, number_of(value, name.get_ref(), report)?),
    };
    measured.map_err(|impossible| report.add(value.span(), impossible.to_string())).ok()
}

fn read_expected(value: &Spanned<DeValue<'_>>, report: &mut Report<'_>) -> Option<Expected> {
    if let Some(word) = value.get_ref().as_str() {
        if word != "quiet" {
            let why = format!("'{word}' cannot be expected; use \"quiet\" or {{ severity, because }}");
            report.add(value.span(), why);
            return None;
        }
        return Some(Expected::Quiet);
    }
    let mut entry = Table::from_value(value, "'expect'", report)?;
    let severity = entry.text("severity", report).and_then(|name| term::severity(&name, report));
    let listed = entry.list("because", report);
    entry.close(report);
    let mut because = BTreeSet::new();
    for value in listed {
        let name = text_of(value, "because", report)?;
        because.insert(term::vital(&name, report)?);
    }
    if because.is_empty() {
        return None;
    }
    Some(Expected::Fires { severity: severity?, because })
}
