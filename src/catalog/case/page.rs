//! Reads the chart of a case: the new reading and answers, and what came before.

use jiff::{SignedDuration, Timestamp};
use toml::Spanned;
use toml::de::DeValue;

use crate::domain::answer::{AnswerValue, PastAnswer};
use crate::domain::chart::{Chart, Person};
use crate::domain::history::{History, PastReading};
use crate::domain::id::EventId;
use crate::domain::reading::{Beyond, Measurement, ReadingState, check_together};
use crate::domain::rule::Rule;
use crate::domain::silence::{Cause, Silence};

use super::super::fault::Report;
use super::super::table::{Table, number_of};
use super::super::term;

/// Noon of a summer's day in London: when the new reading of every case is taken.
const NOON: Timestamp = Timestamp::constant(1_781_521_200, 0);

/// What a case gives: enough for a chart.
#[derive(Debug)]
pub(in crate::catalog) struct Page {
    set: EventId,
    reading: Vec<Measurement>,
    answered: Vec<PastAnswer>,
    history: History,
    silence: Vec<Silence>,
    unreadable: u32,
    waiting_minutes: Option<f64>,
    person: Person,
}

impl Page {
    pub(in crate::catalog) fn chart(&self) -> Chart<'_> {
        Chart {
            answered: &self.answered,
            silence: &self.silence,
            unreadable_in_a_row: self.unreadable,
            waiting_minutes: self.waiting_minutes,
            person: self.person,
            ..Chart::of(&self.set, NOON, &self.reading, &self.history)
        }
    }
}

pub(super) fn read(entry: &mut Table<'_>, rule: &Rule, report: &mut Report<'_>) -> Option<Page> {
    let measured = rule.tests().any(|test| test.vital().is_some());
    let reading = if measured { entry.must("reading", report) } else { entry.maybe("reading") };
    let reading = match reading {
        Some(value) => read_reading(value, report),
        None => (!measured).then(Vec::new),
    };
    let answered = entry.maybe_table("answers", report).map(|table| read_answers(table, NOON, report));
    let (mut readings, mut answers) = (Vec::new(), Vec::new());
    for value in list(entry, "past", report) {
        read_past(value, &mut readings, &mut answers, report);
    }
    let mut silence = Vec::new();
    for value in list(entry, "silence", report) {
        silence.extend(read_silence(value, report));
    }
    let mut number = |key: &'static str| entry.maybe_number(key, report).flatten().map(Spanned::into_inner);
    let (unreadable, waiting_minutes, age) = (number("unreadable"), number("waiting_minutes"), number("age"));
    let pregnant = entry.maybe("pregnant").is_some_and(|value| value.get_ref().as_bool() == Some(true));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a slip only fails the case")]
    Some(Page {
        set: EventId::trusted("case"),
        reading: reading?,
        answered: answered.unwrap_or_default(),
        history: History::new(readings, answers),
        silence,
        unreadable: unreadable.unwrap_or_default() as u32,
        waiting_minutes,
        person: Person { age_years: age.map(|age| age as i16), pregnant },
    })
}

fn list<'t>(
    entry: &mut Table<'t>,
    key: &'static str,
    report: &mut Report<'_>,
) -> Vec<&'t Spanned<DeValue<'t>>> {
    if entry.maybe(key).is_some() { entry.list(key, report) } else { Vec::new() }
}

/// `{ days_ago = 2, weight = 80 }`, or the same on several days: `{ days_ago = [1, 2, 3], … }`.
fn read_past(
    value: &Spanned<DeValue<'_>>,
    readings: &mut Vec<PastReading>,
    answers: &mut Vec<PastAnswer>,
    report: &mut Report<'_>,
) {
    let Some(entry) = Table::from_value(value, "a past reading", report) else { return };
    let (mut times, mut measured, mut said) = (Vec::new(), Vec::new(), None);
    let mut state = ReadingState::Accepted;
    for (name, value) in entry.into_entries() {
        let minutes = match *name.get_ref() {
            "days_ago" => 1440.0,
            "hours_ago" => 60.0,
            "minutes_ago" => 1.0,
            "answers" => {
                said = Some(value);
                continue;
            }
            "withdrawn" => {
                state = ReadingState::Withdrawn;
                continue;
            }
            _ => {
                measured.extend(read_measurement(&name, value, report));
                continue;
            }
        };
        let one = std::slice::from_ref(value);
        let ago = value.get_ref().as_array().map_or(one, |list| &list[..]);
        let ago = ago.iter().filter_map(|ago| number_of(ago, name.get_ref(), report));
        times.extend(ago.map(|ago| SignedDuration::from_secs_f64(ago * minutes * 60.0)));
    }
    if times.is_empty() {
        report.add(value.span(), "say when: days_ago, hours_ago or minutes_ago");
    }
    for ago in times {
        let at = NOON.saturating_sub(ago).unwrap_or(NOON);
        let set = EventId::trusted(format!("past-{}", readings.len()));
        let past = |measurement: &Measurement| {
            let (set, measurement) = (set.clone(), *measurement);
            PastReading { set, taken_at: at, measurement, state }
        };
        readings.extend(measured.iter().map(past));
        if let Some(table) = said.and_then(|said| Table::from_value(said, "'answers'", report)) {
            answers.extend(read_answers(table, at, report));
        }
    }
}

/// `{ symptoms = "yes", mood = 2, sites = ["left", "right"] }`.
fn read_answers(table: Table<'_>, at: Timestamp, report: &mut Report<'_>) -> Vec<PastAnswer> {
    let mut answers = Vec::new();
    for (question, value) in table.into_entries() {
        let one = std::slice::from_ref(value);
        for value in value.get_ref().as_array().map_or(one, |list| &list[..]) {
            let said = match value.get_ref().as_str() {
                Some("yes") => Some(AnswerValue::YesNo(true)),
                Some("no") => Some(AnswerValue::YesNo(false)),
                Some(choice) => Some(AnswerValue::Choice(choice.to_owned())),
                None => number_of(value, question.get_ref(), report).map(AnswerValue::Number),
            };
            let question = (*question.get_ref()).to_owned();
            answers.extend(said.map(|value| PastAnswer { question, value, at }));
        }
    }
    answers
}

fn read_silence(value: &Spanned<DeValue<'_>>, report: &mut Report<'_>) -> Option<Silence> {
    let mut entry = Table::from_value(value, "a silence", report)?;
    let of = entry.text("of", report);
    let missed = entry.number("missed", report);
    let cause = entry.text("cause", report).and_then(|name| {
        let cause = Cause::from_name(name.get_ref());
        if cause.is_none() {
            let names: Vec<_> = Cause::ALL.into_iter().map(Cause::name).collect();
            let why = format!("'{}' is not a cause; the causes are {}", name.get_ref(), names.join(", "));
            report.add(name.span(), why);
        }
        cause
    });
    entry.close(report);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a slip only fails the case")]
    let missed = missed?.into_inner() as u32;
    Some(Silence { of: of?.into_inner(), missed, cause: cause? })
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
