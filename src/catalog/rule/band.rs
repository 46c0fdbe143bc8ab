//! Reads the bands of a rule and their tests.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use crate::domain::rule::{Band, Check, Comparison, Figure, Limit, ScoreOf, Subject, Test};
use crate::domain::silence::Cause;

use super::super::fault::Report;
use super::super::table::{Table, text_of};
use super::super::{term, words};
use super::texts_of;

/// Per cent of its parameter that a test may name: beyond this it is a slip.
const PERCENT: std::ops::RangeInclusive<f64> = 1.0..=200.0;

/// Where a band and its tests stand in the file.
#[derive(Debug)]
pub(in crate::catalog) struct BandMarks {
    pub(in crate::catalog) severity: Range<usize>,
    pub(in crate::catalog) reply: Range<usize>,
    pub(in crate::catalog) tests: Vec<Range<usize>>,
}

pub(super) fn read(
    value: &Spanned<DeValue<'_>>,
    figure: &Figure,
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
        .filter_map(|value| Some(Spanned::new(value.span(), read_test(value, figure, parameters, report)?)))
        .collect();
    // Nobody is there to be told that they were silent, and our own doing is told to staff.
    let may_be_mute = matches!(figure, Figure::Silence(_) | Figure::Unreadable | Figure::Unconfirmed);
    let reply = match may_be_mute && entry.maybe("reply").is_none() {
        true => Some(Spanned::new(value.span(), String::new())),
        false => entry.text("reply", report),
    };
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
    figure: &Figure,
    parameters: &BTreeSet<String>,
    report: &mut Report<'_>,
) -> Option<Test> {
    let mut entry = Table::from_value(value, "a test", report)?;
    let subject = read_subject(&mut entry, figure, report);
    let is = matches!(figure, Figure::Answer(_)).then(|| entry.maybe("is")).flatten();
    if let Some(is) = is {
        let said = texts_of(is, "is", report);
        entry.close(report);
        let said = said?.into_iter().map(|text| text.into_inner().to_lowercase()).collect();
        return Some(Test { subject: subject?, check: Check::Is(said) });
    }
    let limit = read_limit(&mut entry, figure, parameters, report);
    entry.close(report);
    Some(Test { subject: subject?, check: Check::Limit(limit?) })
}

/// What a test of this kind of rule looks at.
fn read_subject(entry: &mut Table<'_>, figure: &Figure, report: &mut Report<'_>) -> Option<Subject> {
    match figure {
        Figure::Answer(_) => Some(Subject::Answer),
        Figure::Unreadable => Some(Subject::Texts),
        Figure::Unconfirmed => Some(Subject::Waiting),
        Figure::News2(_) => {
            let name = entry.text("score", report)?;
            let of = ScoreOf::from_name(name.get_ref());
            if of.is_none() {
                let why = format!("'{}' is not a score; use total, or single for one part", name.get_ref());
                report.add(name.span(), why);
            }
            Some(Subject::Score(of?))
        }
        Figure::Silence(_) => {
            let Some(value) = entry.maybe("cause") else {
                return Some(Subject::Missed(
                    Cause::ALL.into_iter().filter(|cause| !cause.is_ours()).collect(),
                ));
            };
            let mut causes = Vec::new();
            for name in texts_of(value, "cause", report)? {
                let Some(cause) = Cause::from_name(name.get_ref()) else {
                    let names: Vec<_> = Cause::ALL.into_iter().map(Cause::name).collect();
                    let why =
                        format!("'{}' is not a cause; the causes are {}", name.get_ref(), names.join(", "));
                    report.add(name.span(), why);
                    continue;
                };
                causes.push(cause);
            }
            if causes.iter().any(|cause| cause.is_ours()) && !causes.iter().all(|cause| cause.is_ours()) {
                let why = "what is our own doing never counts against the patient; give it a test of its own";
                report.add(value.span(), why);
            }
            Some(Subject::Missed(causes))
        }
        _ => {
            let vital = entry.text("vital", report).and_then(|name| term::vital(&name, report));
            vital.map(Subject::Vital)
        }
    }
}

fn read_limit(
    entry: &mut Table<'_>,
    figure: &Figure,
    parameters: &BTreeSet<String>,
    report: &mut Report<'_>,
) -> Option<Limit> {
    let comparisons: Vec<_> =
        Comparison::ALL.into_iter().filter_map(|c| Some((c, entry.maybe(c.key())?))).collect();
    let percent = entry.maybe_number("percent", report);
    let span = entry.span();
    if let Some(Some(percent)) = &percent
        && !PERCENT.contains(percent.get_ref())
    {
        let why =
            format!("percent {} is outside {} to {}", percent.get_ref(), PERCENT.start(), PERCENT.end());
        report.add(percent.span(), why);
    }
    let [(comparison, limit)] = comparisons.as_slice() else {
        let keys: Vec<_> = Comparison::ALL.into_iter().map(Comparison::key).collect();
        let or_is = if matches!(figure, Figure::Answer(_)) { ", or 'is'" } else { "" };
        report.add(span, format!("a test needs exactly one comparison of {}{or_is}", keys.join(", ")));
        return None;
    };
    let parameter = text_of(limit, comparison.key(), report)?;
    if !parameters.contains(parameter.get_ref()) {
        let why =
            format!("'{}' is not a parameter of this rule; add it under [parameters]", parameter.get_ref());
        report.add(parameter.span(), why);
    }
    let percent = percent.map_or(Some(100.0), |percent| percent.map(Spanned::into_inner))?;
    Some(Limit { comparison: *comparison, parameter: parameter.into_inner(), percent })
}
