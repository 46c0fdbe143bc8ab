//! Reads one rule file into a [`Rule`], keeping where each part stands for the faults that later checks find.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ring::digest;
use toml::Spanned;
use toml::de::DeValue;

use crate::domain::id::RuleId;
use crate::domain::rule::{Band, Comparison, Parameter, Rule, Test};
use crate::domain::unit::Unit;

use super::fault::Report;
use super::table::{self, Table, text_of};
use super::{term, words};

/// Per cent of its parameter that a test may name: beyond this it is a slip.
const PERCENT: std::ops::RangeInclusive<f64> = 1.0..=200.0;

/// A rule that was read, not yet believed.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) rule: Rule,
    /// One a band, in the rule's order.
    pub(super) marks: Vec<BandMarks>,
    pub(super) parameters: BTreeMap<String, Range<usize>>,
}

/// Where a band and its tests stand in the file.
#[derive(Debug)]
pub(super) struct BandMarks {
    pub(super) severity: Range<usize>,
    pub(super) reply: Range<usize>,
    pub(super) tests: Vec<Range<usize>>,
}

/// Reads a rule file. Nothing comes back when any part of it is missing or wrong; the report says which.
pub(super) fn read(id: &str, condition: &str, text: &str, report: &mut Report<'_>) -> Option<Draft> {
    let document = table::parse(text, report)?;
    let mut root = Table::new(&document);
    let title = root.text("title", report);
    let kind = root.text("kind", report);
    let evidence = root.text("evidence", report);
    // Later kinds (an average, a change over days, silence) get their own reader beside this one.
    match kind.as_ref() {
        Some(kind) if kind.get_ref() != "band" => {
            report.add(
                kind.span(),
                format!("'{}' is not a kind of rule; the one kind is 'band'", kind.get_ref()),
            );
            return None;
        }
        // A missing kind is told of; the rest is read as the one kind there is.
        Some(_) | None => {}
    }
    let (names, parameters) = read_parameters(&mut root, report);
    let bands: Vec<_> =
        root.list("band", report).into_iter().filter_map(|value| read_band(value, &names, report)).collect();
    root.close(report);
    let (title, evidence) = (title?.into_inner(), evidence?.into_inner());
    if !report.is_clean() {
        return None;
    }
    let (mut bands, mut marks): (Vec<_>, Vec<_>) = bands.into_iter().unzip();
    sort_worst_first(&mut bands, &mut marks);
    let spans = parameters.iter().map(|(name, parameter)| (name.clone(), parameter.span())).collect();
    let parameters = parameters.into_iter().map(|(name, parameter)| (name, parameter.into_inner())).collect();
    let rule = Rule {
        id: RuleId::trusted(id),
        version: version(text),
        title,
        condition: condition.to_owned(),
        evidence,
        parameters,
        bands,
    };
    Some(Draft { rule, marks, parameters: spans })
}

/// What alerts name as the rule's version: the first 16 hex digits of the SHA-256 of its file.
fn version(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A name that thresholds, files and folders are known by.
pub(super) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The names that the file declares, and those of them that are sound.
fn read_parameters(
    root: &mut Table<'_>,
    report: &mut Report<'_>,
) -> (BTreeSet<String>, BTreeMap<String, Spanned<Parameter>>) {
    let (mut names, mut parameters) = (BTreeSet::new(), BTreeMap::new());
    let Some(all) = root.maybe_table("parameters", report) else { return (names, parameters) };
    for (name, value) in all.into_entries() {
        if !is_name(name.get_ref()) {
            let why = format!("'{}' is not a parameter's name; use a to z, 0 to 9 and '_'", name.get_ref());
            report.add(name.span(), why);
        }
        names.insert((*name.get_ref()).to_owned());
        if let Some(parameter) = read_parameter(name.get_ref(), value, report) {
            parameters.insert((*name.get_ref()).to_owned(), Spanned::new(name.span(), parameter));
        }
    }
    (names, parameters)
}

fn read_parameter(name: &str, value: &Spanned<DeValue<'_>>, report: &mut Report<'_>) -> Option<Parameter> {
    let mut entry = Table::from_value(value, &format!("the parameter '{name}'"), report)?;
    let default = entry.maybe_number("default", report).flatten();
    let (min, max) = (entry.number("min", report), entry.number("max", report));
    let unit = entry.text("unit", report);
    entry.close(report);
    let unit = unit.and_then(|unit| {
        // One spelling in files that people compare; devices may write it as they like.
        let known = Unit::from_code(unit.get_ref()).filter(|known| known.ucum() == unit.get_ref());
        if known.is_none() {
            let why =
                format!("'{}' is not a UCUM unit known here, such as 'mm[Hg]' or '/min'", unit.get_ref());
            report.add(unit.span(), why);
        }
        known
    });
    let (min, max) = (min?, max?);
    let span = min.span();
    let (min, max) = (min.into_inner(), max.into_inner());
    if min >= max {
        report.add(span, format!("min {min} of '{name}' must be less than its max {max}"));
    } else if let Some(default) = &default
        && !(min..=max).contains(default.get_ref())
    {
        let why = format!("default {} of '{name}' is outside its min {min} and max {max}", default.get_ref());
        report.add(default.span(), why);
    }
    Some(Parameter { default: default.map(Spanned::into_inner), min, max, unit: unit? })
}

fn read_band(
    value: &Spanned<DeValue<'_>>,
    parameters: &BTreeSet<String>,
    report: &mut Report<'_>,
) -> Option<(Band, BandMarks)> {
    let mut entry = Table::from_value(value, "a band", report)?;
    let severity = entry
        .text("severity", report)
        .and_then(|name| Some(Spanned::new(name.span(), term::severity(&name, report)?)));
    let tests: Vec<_> = entry
        .list("any", report)
        .into_iter()
        .filter_map(|value| Some(Spanned::new(value.span(), read_test(value, parameters, report)?)))
        .collect();
    let reply = entry.text("reply", report);
    let proposal = entry.text("proposal", report);
    entry.close(report);
    if let Some(reply) = &reply {
        for why in words::faults(reply.get_ref(), None) {
            report.add(reply.span(), format!("in the reply {why}"));
        }
        if reply.get_ref().contains(['{', '}']) {
            report.add(reply.span(), "in the reply no placeholders are filled; write it without '{' and '}'");
        }
    }
    let (severity, reply) = (severity?, reply?);
    let marks = BandMarks {
        severity: severity.span(),
        reply: reply.span(),
        tests: tests.iter().map(Spanned::span).collect(),
    };
    let band = Band {
        severity: severity.into_inner(),
        any: tests.into_iter().map(Spanned::into_inner).collect(),
        reply: reply.into_inner(),
        proposal: proposal?.into_inner(),
    };
    Some((band, marks))
}

fn read_test(
    value: &Spanned<DeValue<'_>>,
    parameters: &BTreeSet<String>,
    report: &mut Report<'_>,
) -> Option<Test> {
    let mut entry = Table::from_value(value, "a test", report)?;
    let vital = entry.text("vital", report).and_then(|name| term::vital(&name, report));
    let comparisons: Vec<_> =
        Comparison::ALL.into_iter().filter_map(|c| Some((c, entry.maybe(c.key())?))).collect();
    let percent = entry.maybe_number("percent", report);
    let span = entry.span();
    entry.close(report);
    if let Some(Some(percent)) = &percent
        && !PERCENT.contains(percent.get_ref())
    {
        let why =
            format!("percent {} is outside {} to {}", percent.get_ref(), PERCENT.start(), PERCENT.end());
        report.add(percent.span(), why);
    }
    let [(comparison, limit)] = comparisons.as_slice() else {
        let keys: Vec<_> = Comparison::ALL.into_iter().map(Comparison::key).collect();
        report.add(span, format!("a test needs exactly one comparison of {}", keys.join(", ")));
        return None;
    };
    let parameter = text_of(limit, comparison.key(), report)?;
    if !parameters.contains(parameter.get_ref()) {
        let why =
            format!("'{}' is not a parameter of this rule; add it under [parameters]", parameter.get_ref());
        report.add(parameter.span(), why);
    }
    let percent = percent.map_or(Some(100.0), |percent| percent.map(Spanned::into_inner))?;
    Some(Test { vital: vital?, comparison: *comparison, parameter: parameter.into_inner(), percent })
}

fn sort_worst_first(bands: &mut Vec<Band>, marks: &mut Vec<BandMarks>) {
    let mut both: Vec<_> = bands.drain(..).zip(marks.drain(..)).collect();
    both.sort_by_key(|(band, _)| std::cmp::Reverse(band.severity));
    (*bands, *marks) = both.into_iter().unzip();
}
