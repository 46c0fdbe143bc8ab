//! Reads `protocol.toml` as a whole: what stands at its top, and the parts that have readers of their own.

use std::collections::BTreeMap;

use toml::Spanned;

use crate::domain::id::{ProtocolId, RuleId};
use crate::domain::patient::Consent;
use crate::domain::protocol::{Completion, Protocol, Quiet};
use crate::domain::reply::{Context, Outcome, understand};

use super::super::fault::Report;
use super::super::table::{self, Table};
use super::super::term;
use super::draft::{Draft, Marks};
use super::schedule::{number, read_time};
use super::{follow_up, question, schedule};

/// Years that records are kept, NHS Records Management Code 2021: 8 for an adult is the least, and no paper asks for more
/// than a life.
const RETENTION: std::ops::RangeInclusive<i64> = 8..=100;
const LONGEST_COURSE: i64 = 3660;

/// Reads a protocol file. Nothing comes back when any part of it is missing or wrong; the report says which.
pub(super) fn read(id: &str, text: &str, report: &mut Report<'_>) -> Option<Draft> {
    let document = table::parse(text, report)?;
    let mut root = Table::new(&document);
    let mut marks = Marks::default();
    let title = root.text("title", report);
    let evidence = root.text("evidence", report);
    let consent = read_consent(&mut root, report);
    let keyword = read_keyword(&mut root, &mut marks, report);
    let days = root.maybe_whole("days", 1..=LONGEST_COURSE, report).map(number);
    let retention = root.whole("retention_years", RETENTION, report);
    let rules = read_rules(&mut root, "rules", &mut marks, report);
    let replaces = read_rules(&mut root, "replaces", &mut marks, report);
    let proposal = read_proposal(&mut root, report);
    let quiet = read_quiet(&mut root, report);
    let questions = question::read(&mut root, &mut marks, report);
    let schedule = schedule::read(&mut root, &mut marks, report);
    let follow_ups = follow_up::read(&mut root, &mut marks, report);
    let completion = read_completion(&mut root, &mut marks, report);
    root.close(report);
    let (title, evidence) = (title?.into_inner(), evidence?.into_inner());
    if !report.is_clean() {
        return None;
    }
    let protocol = Protocol {
        id: ProtocolId::trusted(id),
        version: String::new(),
        title,
        evidence,
        consent: consent?,
        keyword,
        days,
        retention_years: u16::try_from(retention?.into_inner()).ok()?,
        rules,
        replaces,
        proposal,
        quiet,
        questions,
        schedule,
        follow_ups,
        completion,
        messages: BTreeMap::new(),
    };
    Some(Draft { protocol, marks })
}

fn read_consent(root: &mut Table<'_>, report: &mut Report<'_>) -> Option<Consent> {
    let name = root.text("consent", report)?;
    let known = Consent::from_name(name.get_ref());
    if known.is_none() {
        let why = format!("'{}' is no way to consent; use opt_in, opt_out or given", name.get_ref());
        report.add(name.span(), why);
    }
    known
}

/// One word of letters that means nothing else to us: a keyword that stops, confirms or alarms would never enrol.
fn read_keyword(root: &mut Table<'_>, marks: &mut Marks, report: &mut Report<'_>) -> Option<String> {
    let word = root.maybe_text("keyword", report)?;
    let text = word.get_ref();
    marks.set("keyword", word.span());
    if !(3..=20).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_alphabetic()) {
        report
            .add(word.span(), format!("'{text}' is not a keyword; use one word of 3 to 20 letters, a to z"));
    } else if understand(text, &Context::default()).outcome != Outcome::Unclear {
        report.add(word.span(), format!("'{text}' means something else in a text already; use another word"));
    }
    Some(text.to_uppercase())
}

fn read_rules(
    root: &mut Table<'_>,
    key: &'static str,
    marks: &mut Marks,
    report: &mut Report<'_>,
) -> Vec<RuleId> {
    let mut rules = Vec::new();
    for name in root.texts(key, report) {
        marks.set(format!("{key}.{}", name.get_ref()), name.span());
        let rule = RuleId::trusted(name.get_ref().clone());
        if rules.contains(&rule) {
            report.add(name.span(), format!("'{rule}' is there already"));
        }
        rules.push(rule);
    }
    rules
}

/// An empty one is as good as none.
fn read_proposal(root: &mut Table<'_>, report: &mut Report<'_>) -> Option<String> {
    let is_empty = root.maybe("proposal")?.get_ref().as_str().is_some_and(str::is_empty);
    if is_empty { None } else { root.maybe_text("proposal", report).map(Spanned::into_inner) }
}

fn read_quiet(root: &mut Table<'_>, report: &mut Report<'_>) -> Quiet {
    let Some(mut table) = root.maybe_table("quiet", report) else { return Quiet::NIGHT };
    let ends = ["from", "to"].map(|key| {
        let text = table.text(key, report)?;
        read_time(&text, report)
    });
    table.close(report);
    match ends {
        [Some(from), Some(to)] => Quiet { from, to },
        _ => Quiet::NIGHT,
    }
}

fn read_completion(root: &mut Table<'_>, marks: &mut Marks, report: &mut Report<'_>) -> Option<Completion> {
    let span = root.maybe("completion")?.span();
    let mut table = root.maybe_table("completion", report)?;
    marks.set("completion", span);
    let mut average = Vec::new();
    for name in table.texts("average", report) {
        marks.set(format!("average.{}", name.get_ref()), name.span());
        let Some(vital) = term::vital(&name, report) else { continue };
        if average.contains(&vital) {
            report.add(name.span(), format!("'{}' is there already", name.get_ref()));
        }
        average.push(vital);
    }
    let drop_first_day = table.maybe("drop_first_day").map(|value| {
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            report.add(value.span(), "'drop_first_day' must be true or false");
        }
        flag.unwrap_or_default()
    });
    let at_least = if average.is_empty() {
        table.maybe_whole("at_least", 1..=10_000, report)
    } else {
        table.whole("at_least", 1..=10_000, report)
    };
    table.close(report);
    Some(Completion {
        average,
        drop_first_day: drop_first_day.unwrap_or_default(),
        at_least: at_least.map_or(0, number),
    })
}
