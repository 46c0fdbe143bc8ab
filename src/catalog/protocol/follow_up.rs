//! Reads `[[follow_up]]`: what comes of an answer, a finding or a miss.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use crate::domain::id::{QuestionId, RuleId};
use crate::domain::protocol::{FollowUp, Trigger, Wanted};

use super::super::fault::Report;
use super::super::table::{Table, number_of, text_of};
use super::super::term;
use super::draft::Marks;
use super::schedule::{LONGEST_MINUTES, number, read_deed, read_id};

/// How often in a row where the file sets no limit, which it may only where a follow-up never leads back to itself.
pub(super) const ALWAYS: u32 = u32::MAX;

/// The follow-ups of a file, in its order.
pub(super) fn read(root: &mut Table<'_>, marks: &mut Marks, report: &mut Report<'_>) -> Vec<FollowUp> {
    let values = root.maybe_list("follow_up", report);
    values.into_iter().filter_map(|value| read_one(value, marks, report)).collect()
}

fn read_one(value: &Spanned<DeValue<'_>>, marks: &mut Marks, report: &mut Report<'_>) -> Option<FollowUp> {
    let mut table = Table::from_value(value, "a follow-up", report)?;
    let id = read_id(&mut table, "follow_up", marks, report);
    let path = id.as_ref().map_or_else(|| "follow_up.".to_owned(), |id| format!("follow_up.{id}"));
    let when = table.must("when", report);
    let when = when.and_then(|value| {
        marks.set(format!("{path}.when"), value.span());
        read_trigger(value, report)
    });
    let after = table.maybe_whole("after_minutes", 0..=LONGEST_MINUTES, report);
    let most = table.maybe_whole("most", 1..=100, report);
    let deed = read_deed(&mut table, &path, marks, report);
    table.close(report);
    let deed = deed?;
    Some(FollowUp {
        id: id?,
        when: when?,
        does: deed.does,
        after_minutes: after.map_or(0, number),
        window_minutes: deed.window_minutes,
        reminders: deed.reminders,
        most: most.map_or(ALWAYS, number),
    })
}

fn read_trigger(value: &Spanned<DeValue<'_>>, report: &mut Report<'_>) -> Option<Trigger> {
    let mut table = Table::from_value(value, "'when'", report)?;
    let span = table.span();
    let rule = table.maybe_text("rule", report);
    let question = table.maybe_text("question", report);
    let missed = table.maybe_text("missed", report);
    let trigger = match (rule, question, missed) {
        (Some(rule), None, None) => {
            let names: Vec<_> = one_or_more(&mut table, "severity", report)?;
            let severities: Vec<_> = names.iter().filter_map(|name| term::severity(name, report)).collect();
            Trigger::Fired { rule: RuleId::trusted(rule.into_inner()), severities }
        }
        (None, Some(question), None) => {
            let wanted = read_wanted(&mut table, &span, report);
            Trigger::Answered { question: QuestionId::trusted(question.into_inner()), wanted: wanted? }
        }
        (None, None, Some(missed)) => {
            let in_a_row = table.maybe_whole("in_a_row", 1..=100, report).map_or(1, number);
            Trigger::Missed { question: QuestionId::trusted(missed.into_inner()), in_a_row }
        }
        _ => {
            report.add(span, "'when' needs exactly one of 'rule', 'question' and 'missed'");
            return None;
        }
    };
    table.close(report);
    Some(trigger)
}

fn read_wanted(table: &mut Table<'_>, span: &Range<usize>, report: &mut Report<'_>) -> Option<Wanted> {
    let is = table.maybe("is").is_some();
    let above = table.maybe_number("at_or_above", report);
    let below = table.maybe_number("at_or_below", report);
    match (is, above, below) {
        (false, None, None) => Some(Wanted::Any),
        (true, None, None) => {
            let wanted = one_or_more(table, "is", report)?;
            Some(Wanted::OneOf(wanted.into_iter().map(Spanned::into_inner).collect()))
        }
        (false, Some(above), None) => Some(Wanted::AtOrAbove(above?.into_inner())),
        (false, None, Some(below)) => Some(Wanted::AtOrBelow(below?.into_inner())),
        _ => {
            report.add(span.clone(), "use one of 'is', 'at_or_above' and 'at_or_below'");
            None
        }
    }
}

/// A text, a number, or a list of such.
fn one_or_more(
    table: &mut Table<'_>,
    key: &'static str,
    report: &mut Report<'_>,
) -> Option<Vec<Spanned<String>>> {
    let value = table.must(key, report)?;
    let values: Vec<_> = match value.get_ref() {
        DeValue::Array(values) => values.iter().collect(),
        _ => vec![value],
    };
    if values.is_empty() {
        report.add(value.span(), format!("'{key}' is empty; it needs at least one entry"));
        return None;
    }
    let read = |value: &Spanned<DeValue<'_>>, report: &mut Report<'_>| match value.get_ref() {
        DeValue::Integer(_) | DeValue::Float(_) => {
            Some(Spanned::new(value.span(), number_of(value, key, report)?.to_string()))
        }
        _ => text_of(value, key, report),
    };
    Some(values.into_iter().filter_map(|value| read(value, report)).collect())
}
