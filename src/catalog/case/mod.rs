//! Reads the tests that stand beside a rule: readings, and what the rule must say of them.

mod page;

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::Timestamp;
use toml::Spanned;
use toml::de::DeValue;

use crate::domain::alert::Severity;
use crate::domain::rule::{Figure, Finding, Rule};
use crate::domain::threshold::{Threshold, Thresholds};

use super::fault::Report;
use super::table::{self, Table, number_of, text_of};
use super::term;

use page::Page;

/// A patient's chart and what the rule must say of it.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) thresholds: Thresholds,
    pub(super) page: Page,
    pub(super) expect: Expected,
    /// Whether an alert that stands has recovered by this.
    pub(super) clears: Option<bool>,
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
    Fires { severity: Severity, because: BTreeSet<String> },
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
            because: finding.breaches.iter().map(|breach| breach.name().to_owned()).collect(),
        })
    }

    pub(super) fn words(&self) -> String {
        match self {
            Self::Quiet => "quiet".to_owned(),
            Self::Fires { severity, because } => {
                let names: Vec<_> = because.iter().map(String::as_str).collect();
                format!("{} because of {}", severity.name(), names.join(" and "))
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
    fn stands_on_any(&self, rule: &Rule) -> bool {
        rule.tests().any(|test| rule.stands_on(test, &self.page.chart(), &self.thresholds))
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
    let page = page::read(&mut entry, rule, report);
    let clears = entry.maybe("clears").map(|value| {
        let clears = value.get_ref().as_bool();
        if clears.is_none() || rule.clear.is_none() {
            report.add(value.span(), "'clears' is true or false, and needs a [clear] in the rule");
        }
        clears
    });
    let expect = entry.must("expect", report);
    let expect =
        expect.and_then(|value| Some(Spanned::new(value.span(), read_expected(value, rule, report)?)));
    entry.close(report);
    let (kind, expect) = (kind?, expect?);
    let case = Case {
        name: name?.into_inner(),
        kind: *kind.get_ref(),
        thresholds,
        page: page?,
        clears: clears.flatten(),
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

fn read_expected(value: &Spanned<DeValue<'_>>, rule: &Rule, report: &mut Report<'_>) -> Option<Expected> {
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
        because.insert(known_reason(&name, rule, report)?);
    }
    if because.is_empty() {
        return None;
    }
    Some(Expected::Fires { severity: severity?, because })
}

/// What a rule may fire because of: a vital sign, a question, or what its figure counts.
fn known_reason(name: &Spanned<String>, rule: &Rule, report: &mut Report<'_>) -> Option<String> {
    if rule.tests().any(|test| test.vital().is_some()) {
        return Some(term::vital(name, report)?.name().to_owned());
    }
    let mut known: Vec<&str> = match rule.figure {
        Figure::Answer(_) => rule.questions(),
        _ => rule.tests().map(|test| test.subject.name()).collect(),
    };
    known.dedup();
    if !known.contains(&name.get_ref().as_str()) {
        let why =
            format!("this rule never fires because of '{}'; it does of {}", name.get_ref(), known.join(", "));
        report.add(name.span(), why);
        return None;
    }
    Some(name.get_ref().clone())
}
