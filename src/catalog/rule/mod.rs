//! Reads one rule file into a [`Rule`], keeping where each part stands for the faults that later checks find.

mod band;
mod figure;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ring::digest;
use toml::Spanned;
use toml::de::DeValue;

use crate::domain::id::RuleId;
use crate::domain::rule::{Applies, Band, Clear, Figure, Parameter, Rule};
use crate::domain::unit::Unit;

use super::fault::Report;
use super::table::{self, Table, text_of};

pub(super) use band::BandMarks;

/// A rule that was read, not yet believed.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) rule: Rule,
    /// One a band, in the rule's order.
    pub(super) marks: Vec<BandMarks>,
    pub(super) parameters: BTreeMap<String, Range<usize>>,
    pub(super) clear: Option<Range<usize>>,
}

/// Reads a rule file. Nothing comes back when any part of it is missing or wrong; the report says which.
pub(super) fn read(id: &str, condition: &str, text: &str, report: &mut Report<'_>) -> Option<Draft> {
    let document = table::parse(text, report)?;
    let mut root = Table::new(&document);
    let title = root.text("title", report);
    let kind = root.text("kind", report);
    let evidence = root.text("evidence", report);
    let applies = read_applies(&mut root, report);
    let (names, parameters) = read_parameters(&mut root, report);
    let drawing = root.maybe_table("figure", report);
    // A missing kind is told of; the rest is read as the plainest.
    let figure = match &kind {
        Some(kind) => figure::read(kind, drawing, &names, report)?,
        None => Figure::Band,
    };
    let bands: Vec<_> = root
        .list("band", report)
        .into_iter()
        .filter_map(|value| band::read(value, &figure, &names, report))
        .collect();
    let clear = root.maybe_table("clear", report);
    let clear_mark = clear.as_ref().map(Table::span);
    let clear = clear.map(|entry| read_clear(entry, &figure, report));
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
        applies: applies?,
        figure,
        parameters,
        bands,
        clear: match clear {
            Some(clear) => Some(clear?),
            None => None,
        },
    };
    Some(Draft { rule, marks, parameters: spans, clear: clear_mark })
}

fn read_applies(root: &mut Table<'_>, report: &mut Report<'_>) -> Option<Applies> {
    let Some(value) = root.maybe("applies") else { return Some(Applies::Everyone) };
    let text = text_of(value, "applies", report)?;
    match text.get_ref().as_str() {
        "everyone" => Some(Applies::Everyone),
        "enrolled" => Some(Applies::Enrolled),
        other => {
            let why = format!("'{other}' is not for whom a rule applies; use everyone or enrolled");
            report.add(text.span(), why);
            None
        }
    }
}

fn read_clear(mut entry: Table<'_>, figure: &Figure, report: &mut Report<'_>) -> Option<Clear> {
    let readings = entry.maybe_number("readings", report);
    let margin = entry.maybe_number("margin", report);
    entry.close(report);
    let readings = readings.map_or(Some(1.0), |number| {
        let number = number?;
        let whole = number.get_ref().fract() == 0.0 && (1.0..=20.0).contains(number.get_ref());
        let alone = *number.get_ref() == 1.0 || matches!(figure, Figure::Band);
        if !whole || !alone {
            let why = "'readings' is a whole number from 1 to 20, and 1 for every kind but 'band'";
            report.add(number.span(), why);
            return None;
        }
        Some(number.into_inner())
    });
    let margin = margin.map_or(Some(0.0), |number| {
        let number = number?;
        if *number.get_ref() < 0.0 {
            report.add(number.span(), "'margin' lies inside the limit; it is 0 or more");
            return None;
        }
        Some(number.into_inner())
    });
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and bounded above")]
    let readings = readings? as usize;
    Some(Clear { readings, margin: margin? })
}

/// One text, or a list of texts.
pub(super) fn texts_of(
    value: &Spanned<DeValue<'_>>,
    key: &str,
    report: &mut Report<'_>,
) -> Option<Vec<Spanned<String>>> {
    let Some(list) = value.get_ref().as_array() else { return Some(vec![text_of(value, key, report)?]) };
    if list.is_empty() {
        report.add(value.span(), format!("'{key}' is empty; it needs at least one entry"));
        return None;
    }
    list.iter().map(|text| text_of(text, key, report)).collect()
}

/// What alerts name as the rule's version: the first 16 hex digits of the SHA-256 of its file.
pub(super) fn version(text: &str) -> String {
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

fn sort_worst_first(bands: &mut Vec<Band>, marks: &mut Vec<BandMarks>) {
    let mut both: Vec<_> = bands.drain(..).zip(marks.drain(..)).collect();
    both.sort_by_key(|(band, _)| std::cmp::Reverse(band.severity));
    (*bands, *marks) = both.into_iter().unzip();
}
