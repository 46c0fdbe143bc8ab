//! Reads `[question.<name>]`: what a protocol can ask, and how an answer may look.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::DeValue;

use crate::domain::id::QuestionId;
use crate::domain::protocol::{Asks, Choice, Question};
use crate::domain::reply::{Asked, Command, Context, understand};

use super::super::fault::Report;
use super::super::rule::is_name;
use super::super::table::{Table, text_of};
use super::draft::Marks;

const KINDS: &str = "blood_pressure, pulse, spo2, respiratory_rate, temperature, weight, glucose, peak_flow, ketones, \
     yes_no, scale_1_5, number, choice, words";

/// The questions of a file, by name.
pub(super) fn read(
    root: &mut Table<'_>,
    marks: &mut Marks,
    report: &mut Report<'_>,
) -> BTreeMap<QuestionId, Question> {
    let mut questions = BTreeMap::new();
    let Some(all) = root.maybe_table("question", report) else { return questions };
    for (name, value) in all.into_entries() {
        if !is_name(name.get_ref()) {
            let why = format!("'{}' is not a question's name; use a to z, 0 to 9 and '_'", name.get_ref());
            report.add(name.span(), why);
        }
        marks.set(format!("question.{}", name.get_ref()), name.span());
        if let Some(question) = read_question(name.get_ref(), value, report) {
            questions.insert(QuestionId::trusted(*name.get_ref()), question);
        }
    }
    questions
}

fn read_question(name: &str, value: &Spanned<DeValue<'_>>, report: &mut Report<'_>) -> Option<Question> {
    let mut entry = Table::from_value(value, &format!("the question '{name}'"), report)?;
    let kind = entry.text("asks", report);
    let example = entry.maybe_text("example", report).map(Spanned::into_inner);
    let asks = kind.as_ref().and_then(|kind| match kind.get_ref().as_str() {
        "number" => read_number(&mut entry, report),
        "choice" => read_choices(&mut entry, report).map(Asks::Choice),
        "words" => Some(Asks::Words),
        "yes_no" => Some(Asks::YesNo),
        "scale_1_5" => Some(Asks::Scale1To5),
        other => {
            let vital = Asked::from_name(other).map(Asks::Vital);
            if vital.is_none() {
                report.add(kind.span(), format!("'{other}' cannot be asked; use one of {KINDS}"));
            }
            vital
        }
    });
    entry.close(report);
    Some(Question { asks: asks?, example })
}

fn read_number(entry: &mut Table<'_>, report: &mut Report<'_>) -> Option<Asks> {
    let (min, max) = (entry.number("min", report), entry.number("max", report));
    let (min, max) = (min?, max?);
    if min.get_ref() >= max.get_ref() {
        let why = format!("min {} must be less than max {}", min.get_ref(), max.get_ref());
        report.add(min.span(), why);
    }
    Some(Asks::Number { min: min.into_inner(), max: max.into_inner() })
}

fn read_choices(entry: &mut Table<'_>, report: &mut Report<'_>) -> Option<Vec<Choice>> {
    let span = entry.must("choices", report)?.span();
    let all = entry.maybe_table("choices", report)?.into_entries();
    if all.len() < 2 {
        report.add(span, "a choice needs at least two values");
        return None;
    }
    let mut taken = BTreeSet::new();
    let mut choices = Vec::new();
    for (value, words) in all {
        if !is_value(value.get_ref()) {
            let why = format!("'{}' is not a choice's value; use letters, 0 to 9 and '_'", value.get_ref());
            report.add(value.span(), why);
        }
        let DeValue::Array(elements) = words.get_ref() else {
            report.add(words.span(), "give the words that patients use as a list");
            continue;
        };
        if elements.is_empty() {
            report.add(words.span(), format!("nothing that patients text means '{}'", value.get_ref()));
        }
        let words: Vec<_> = elements.iter().filter_map(|word| read_word(word, &mut taken, report)).collect();
        choices.push(Choice { value: (*value.get_ref()).to_owned(), words });
    }
    Some(choices)
}

/// What rules compare an answer with: `none`, `1`, or NEWS2's `A` for alert.
fn is_value(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn read_word(
    value: &Spanned<DeValue<'_>>,
    taken: &mut BTreeSet<String>,
    report: &mut Report<'_>,
) -> Option<String> {
    let word = text_of(value, "choices", report)?;
    let text = word.get_ref();
    if *text != text.to_lowercase() || text.trim() != text {
        report.add(word.span(), format!("write '{text}' in lower case and without spaces around it"));
    } else if let Some(Command::Stop | Command::Start | Command::Help) =
        understand(text, &Context::default()).command
    {
        report.add(word.span(), format!("'{text}' is a command word and would not reach the question"));
    } else if !taken.insert(text.clone()) {
        report.add(word.span(), format!("'{text}' means another value already"));
    }
    Some(word.into_inner())
}
