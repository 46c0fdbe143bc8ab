//! Reads the conversations of a `*_test.toml` beside a protocol.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use toml::Spanned;
use toml::de::DeValue;

use crate::domain::decide::Catalog;
use crate::domain::id::ProtocolId;
use crate::domain::reading::Measurement;
use crate::domain::rehearsal::Sign;
use crate::domain::threshold::{Threshold, Thresholds};
use crate::domain::vital::Vital;

use super::super::case::Kind;
use super::super::fault::Report;
use super::super::table::{self, Table, number_of};

/// The civil time of patients, unless a case says otherwise.
const ZONE: &str = "Europe/London";

/// One conversation, as it is written.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Where the kind stands.
    pub(super) kind_mark: Range<usize>,
    pub(super) zone: TimeZone,
    pub(super) zone_name: String,
    pub(super) language: String,
    pub(super) first_day: Date,
    pub(super) enrolled: DateTime,
    pub(super) until: DateTime,
    pub(super) thresholds: Thresholds,
    pub(super) lines: Vec<Expected>,
    pub(super) place: Range<usize>,
}

/// One line of a conversation.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) at: DateTime,
    pub(super) sign: Sign,
    pub(super) words: String,
    /// What is put in; nothing where the line is what comes of it.
    pub(super) input: Option<Input>,
    pub(super) place: Range<usize>,
}

/// What a line puts in.
#[derive(Debug)]
pub(super) enum Input {
    Text(String),
    Device(Vec<Measurement>),
    Outage(DateTime),
    Undelivered,
    Pause(Option<DateTime>),
    Resume,
    End,
    Also(ProtocolId, Date),
}

/// Reads the cases of a file. One that has a fault is left out, and the report says which.
pub(super) fn read(text: &str, catalog: &Catalog, report: &mut Report<'_>) -> Vec<Case> {
    let Some(document) = table::parse(text, report) else { return Vec::new() };
    let mut root = Table::new(&document);
    let entries = root.list("case", report);
    root.close(report);
    let mut names = BTreeSet::new();
    let mut cases = Vec::new();
    for value in entries {
        let Some(case) = read_case(value, text, catalog, report) else { continue };
        if !names.insert(case.name.clone()) {
            let why = format!("there is another case '{}'; give each its own name", case.name);
            report.add(case.place.clone(), why);
        }
        cases.push(case);
    }
    cases
}

fn read_case(
    value: &Spanned<DeValue<'_>>,
    file: &str,
    catalog: &Catalog,
    report: &mut Report<'_>,
) -> Option<Case> {
    let mut entry = Table::from_value(value, "a case", report)?;
    let place = entry.span();
    let name = entry.text("name", report);
    let kind = entry.text("kind", report).and_then(|name| {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name.get_ref());
        if kind.is_none() {
            let why = format!("'{}' is not a kind of case; use fires, quiet or boundary", name.get_ref());
            report.add(name.span(), why);
        }
        Some(Spanned::new(name.span(), kind?))
    });
    let zone = entry.maybe_text("zone", report);
    let zone_name = zone.as_ref().map_or(ZONE, |zone| zone.get_ref()).to_owned();
    let known_zone = TimeZone::get(&zone_name).ok();
    if let (Some(zone), None) = (&zone, &known_zone) {
        report.add(zone.span(), format!("'{zone_name}' is not a time zone such as Europe/London"));
    }
    let language = entry.maybe_text("language", report).map_or_else(|| "en".to_owned(), Spanned::into_inner);
    let first_day = entry.text("first_day", report);
    let first_day = first_day.and_then(|text| moment::<Date>(&text, "a date such as 2026-03-02", report));
    let enrolled = entry.maybe("enrolled").is_some();
    let given = entry.maybe_text("enrolled", report);
    let given = given.and_then(|text| moment::<DateTime>(&text, MINUTE, report));
    let until = entry.text("until", report);
    let until = until.and_then(|text| moment::<DateTime>(&text, MINUTE, report));
    let thresholds = entry.maybe_table("thresholds", report);
    let thresholds = thresholds.map_or_else(Thresholds::default, |t| read_thresholds(t, catalog, report));
    let dialogue = entry.text("dialogue", report);
    entry.close(report);
    let lines = dialogue.map(|dialogue| read_lines(&dialogue, file, catalog, report));
    let (kind, lines) = (kind?, lines??);
    let fires = lines.iter().any(|line| matches!(line.sign, Sign::Alert | Sign::Task));
    match kind.get_ref() {
        Kind::Fires if !fires => report.add(kind.span(), "a conversation that fires has an alert or a task"),
        Kind::Quiet if fires => report.add(kind.span(), "a quiet conversation has no alert and no task"),
        _ => {}
    }
    let first_day = first_day?;
    let eve = first_day.checked_sub(1.day()).ok()?.at(12, 0, 0, 0);
    Some(Case {
        name: name?.into_inner(),
        kind_mark: kind.span(),
        kind: kind.into_inner(),
        zone: known_zone?,
        zone_name,
        language,
        first_day,
        enrolled: if enrolled { given? } else { eve },
        until: until?,
        thresholds,
        lines,
        place,
    })
}

const MINUTE: &str = "a minute such as 2026-03-02 08:00";

fn moment<T: std::str::FromStr>(text: &Spanned<String>, what: &str, report: &mut Report<'_>) -> Option<T> {
    let parsed = parse_moment(text.get_ref());
    if parsed.is_none() {
        report.add(text.span(), format!("'{}' is not {what}", text.get_ref()));
    }
    parsed
}

fn parse_moment<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.replacen(' ', "T", 1).parse().ok()
}

fn read_thresholds(table: Table<'_>, catalog: &Catalog, report: &mut Report<'_>) -> Thresholds {
    let mut thresholds = Thresholds::default();
    for (name, value) in table.into_entries() {
        let named = name.get_ref().split_once('.').and_then(|(rule, parameter)| {
            let rule = catalog.rules.iter().find(|known| known.id.as_str() == rule)?;
            Some((rule, parameter, rule.parameters.get(parameter)?))
        });
        let Some((rule, parameter, bounds)) = named else {
            let why = format!("'{}' is no limit; write \"rule.parameter\" in quotes", name.get_ref());
            report.add(name.span(), why);
            continue;
        };
        let Some(number) = number_of(value, name.get_ref(), report) else { continue };
        if !(bounds.min..=bounds.max).contains(&number) {
            let (min, max) = (bounds.min, bounds.max);
            report.add(value.span(), format!("{number} is outside the bounds of the limit, {min} to {max}"));
        }
        thresholds.set(Threshold {
            rule: rule.id.clone(),
            parameter: parameter.to_owned(),
            value: number,
            author: "protocol test".to_owned(),
            reason: "protocol test".to_owned(),
            since: Timestamp::UNIX_EPOCH,
        });
    }
    thresholds
}

/// The lines of a dialogue, each with its place in the file. Nothing comes back when one of them cannot be read.
fn read_lines(
    dialogue: &Spanned<String>,
    file: &str,
    catalog: &Catalog,
    report: &mut Report<'_>,
) -> Option<Vec<Expected>> {
    let places = places(file, &dialogue.span(), dialogue.get_ref());
    let mut lines: Vec<Expected> = Vec::new();
    let mut sound = true;
    for (line, place) in dialogue.get_ref().lines().zip(places) {
        if line.trim().is_empty() {
            continue;
        }
        match read_line(line, place.clone(), catalog) {
            Ok(read) => {
                if lines.last().is_some_and(|before| before.at > read.at) {
                    report.add(place, "this comes before the line above it; write what happens in order");
                    sound = false;
                }
                lines.push(read);
            }
            Err(why) => {
                report.add(place, why);
                sound = false;
            }
        }
    }
    sound.then_some(lines)
}

/// Where each line of a text in triple quotes stands; all at its start if it is written otherwise.
fn places(file: &str, span: &Range<usize>, text: &str) -> Vec<Range<usize>> {
    let raw = file.get(span.clone()).unwrap_or_default();
    let mut at = span.start;
    let mut starts = Vec::new();
    for line in raw.split_inclusive('\n') {
        starts.push(at..at);
        at += line.len();
    }
    let count = text.lines().count();
    // The line break after the opening quotes is no part of the text, and the closing quotes may stand on a line alone.
    if starts.len() > count { starts.into_iter().skip(1).collect() } else { vec![span.clone(); count] }
}

fn read_line(line: &str, place: Range<usize>, catalog: &Catalog) -> Result<Expected, String> {
    const SHAPE: &str = "a line is 'YYYY-MM-DD HH:MM  sign  words'";
    let mut parts = line.split_whitespace();
    let (Some(date), Some(time), Some(sign)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(SHAPE.to_owned());
    };
    let at = parse_moment(&format!("{date} {time}")).ok_or_else(|| SHAPE.to_owned())?;
    let mut symbols = sign.chars();
    let sign = symbols.next().filter(|_| symbols.next().is_none()).and_then(Sign::from_symbol);
    let sign = sign.ok_or_else(|| {
        let known: Vec<_> = Sign::ALL.iter().map(|sign| sign.symbol().to_string()).collect();
        format!("there is no such sign; the signs are {}", known.join(" "))
    })?;
    let words = parts.collect::<Vec<_>>().join(" ");
    let input = match sign {
        Sign::Texts => Some(Input::Text(words.clone())),
        Sign::Publishes => Some(Input::Device(measurements(&words)?)),
        Sign::Done => Some(deed(&words, catalog)?),
        Sign::Told | Sign::Alert | Sign::Miss | Sign::Task => None,
    };
    Ok(Expected { at, sign, words, input, place })
}

/// `systolic 141 diastolic 88`
fn measurements(words: &str) -> Result<Vec<Measurement>, String> {
    let words: Vec<_> = words.split(' ').collect();
    words
        .chunks(2)
        .map(|pair| {
            let [name, value] = pair else { return Err("write a vital sign and its number".to_owned()) };
            let vital = Vital::from_name(name).ok_or_else(|| format!("'{name}' is not a vital sign"))?;
            let value = value.parse().map_err(|_| format!("'{value}' is not a number"))?;
            Measurement::exactly(vital, value).map_err(|impossible| impossible.to_string())
        })
        .collect()
}

fn deed(words: &str, catalog: &Catalog) -> Result<Input, String> {
    let minute = |text: &str| parse_moment(text).ok_or_else(|| format!("'{text}' is not {MINUTE}"));
    if let Some(until) = words.strip_prefix("outage until ") {
        return minute(until).map(Input::Outage);
    }
    if let Some(until) = words.strip_prefix("pause until ") {
        return minute(until).map(|until| Input::Pause(Some(until)));
    }
    if let Some((name, day)) = words.strip_prefix("also ").and_then(|rest| rest.split_once(" from ")) {
        let id = ProtocolId::trusted(name);
        if !catalog.protocols.contains_key(&id) {
            return Err(format!("there is no protocol '{name}', or it has a fault"));
        }
        let day = parse_moment(day).ok_or_else(|| format!("'{day}' is not a date such as 2026-03-02"))?;
        return Ok(Input::Also(id, day));
    }
    match words {
        "undelivered" => Ok(Input::Undelivered),
        "pause" => Ok(Input::Pause(None)),
        "resume" => Ok(Input::Resume),
        "end" => Ok(Input::End),
        other => Err(format!(
            "'{other}' cannot be done; see 'outage until', 'undelivered', 'pause until', 'resume', 'end' and 'also'"
        )),
    }
}
