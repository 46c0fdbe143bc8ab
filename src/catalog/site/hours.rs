//! Reads hours of the week, `"Mon-Fri 08:00-20:00"`, and what holidays make of them.

use toml::Spanned;

use crate::domain::organisation::{HolidayRule, Hours, WeekSpan};

use super::super::fault::Report;
use super::super::table::{Table, text_of};
use super::word;

const HOLIDAY_RULES: [(&str, HolidayRule); 3] = [
    ("as usual", HolidayRule::AsUsual),
    ("closed", HolidayRule::Closed),
    ("like sunday", HolidayRule::LikeSunday),
];

/// The hours under `key`, which must be there and hold something, with `on_holidays` beside them.
pub(super) fn read(table: &mut Table<'_>, key: &'static str, report: &mut Report<'_>) -> Option<Hours> {
    let mut spans = Vec::new();
    for value in table.list(key, report) {
        let Some(text) = text_of(value, key, report) else { continue };
        match span(text.get_ref()) {
            Some(span) => spans.push(span),
            None => {
                let why = format!(
                    "'{}' are no hours; write them like \"Mon-Fri 08:00-20:00\", \"Sat,Sun 09:00-17:00\" or \"always\"",
                    text.get_ref()
                );
                report.add(text.span(), why);
            }
        }
    }
    let holidays = read_holidays(table, report);
    (!spans.is_empty()).then_some(Hours { spans, holidays })
}

fn span(text: &str) -> Option<WeekSpan> {
    if text.trim().eq_ignore_ascii_case("always") {
        return Hours::always().spans.pop();
    }
    let (days, times) = text.trim().rsplit_once(' ')?;
    let (from, to) = times.split_once('-')?;
    Some(WeekSpan { days: word::days(days)?, from: word::time(from)?, to: word::time(to)? })
}

fn read_holidays(table: &mut Table<'_>, report: &mut Report<'_>) -> HolidayRule {
    let text: Option<Spanned<String>> = table.maybe_text("on_holidays", report);
    let Some(text) = text else { return HolidayRule::AsUsual };
    let known = HOLIDAY_RULES.iter().find(|(name, _)| text.get_ref().eq_ignore_ascii_case(name));
    known.map_or_else(
        || {
            let names: Vec<_> = HOLIDAY_RULES.iter().map(|(name, _)| *name).collect();
            let why = format!(
                "'{}' says nothing of holidays; use one of \"{}\"",
                text.get_ref(),
                names.join("\", \"")
            );
            report.add(text.span(), why);
            HolidayRule::AsUsual
        },
        |(_, rule)| *rule,
    )
}
