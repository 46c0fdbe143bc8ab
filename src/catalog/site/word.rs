//! The small words of the site's file: dates, times of day, stretches of time, days of the week, yes and no.

use jiff::civil::{Date, Time, Weekday};
use toml::Spanned;
use toml::de::DeValue;

use crate::domain::organisation::Days;

use super::super::fault::Report;
use super::super::table::Table;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

pub(super) const DAYS_LOOK_LIKE: &str = "\"Mon-Fri\", \"Sat,Sun\" or \"daily\"";

/// `2026-12-25`, with quotes or without.
pub(super) fn date(value: &Spanned<DeValue<'_>>, key: &str, report: &mut Report<'_>) -> Option<Date> {
    let text = match value.get_ref() {
        DeValue::Datetime(date) => Some(date.to_string()),
        other => other.as_str().map(str::to_owned),
    };
    let looks_right = text.filter(|text| text.len() == 10);
    let date = looks_right.and_then(|text| text.parse::<Date>().ok());
    if date.is_none() {
        report.add(value.span(), format!("'{key}' must be a date of the calendar such as 2026-12-25"));
    }
    date
}

pub(super) fn flag(value: &Spanned<DeValue<'_>>, key: &str, report: &mut Report<'_>) -> Option<bool> {
    let flag = value.get_ref().as_bool();
    if flag.is_none() {
        report.add(value.span(), format!("'{key}' must be true or false"));
    }
    flag
}

/// `08:00`, to the minute; `24:00` is the end of the day.
pub(super) fn time(text: &str) -> Option<Time> {
    if text == "24:00" {
        return Some(Time::midnight());
    }
    let (hour, minute) = text.split_once(':')?;
    let part = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    };
    Time::new(part(hour)?, part(minute)?, 0, 0).ok()
}

/// A time of day under a key that must be there.
pub(super) fn time_at(table: &mut Table<'_>, key: &'static str, report: &mut Report<'_>) -> Option<Time> {
    let text = table.text(key, report)?;
    let time = time(text.get_ref());
    if time.is_none() {
        report.add(text.span(), format!("'{}' is not a time of day such as \"08:00\"", text.get_ref()));
    }
    time
}

/// `Mon-Fri`, `Sat,Sun`, `daily`.
pub(super) fn days(text: &str) -> Option<Days> {
    if text.trim().eq_ignore_ascii_case("daily") {
        return Some(Days::ALL);
    }
    let mut days: Option<Days> = None;
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let these = Days::through(weekday(first)?, weekday(last)?);
        days = Some(days.map_or(these, |before| before.or(these)));
    }
    days
}

/// Three letters of it are enough.
fn weekday(text: &str) -> Option<Weekday> {
    let text = text.trim().to_ascii_lowercase();
    let fits = |name: &str| text == name || text == name[..3];
    WEEKDAYS.iter().find(|(name, _)| fits(name)).map(|(_, day)| *day)
}

/// Minutes of `10 min`, `4 h`, `2 days`, and whatever is said after them.
pub(super) fn minutes(text: &str) -> Option<(u32, &str)> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, rest) = (text[..digits].parse::<u32>().ok()?, text[digits..].trim_start());
    let (unit, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let each = match unit {
        "min" | "minute" | "minutes" => 1,
        "h" | "hour" | "hours" => 60,
        "day" | "days" => 24 * 60,
        "week" | "weeks" => 7 * 24 * 60,
        _ => return None,
    };
    Some((count.checked_mul(each)?, after.trim()))
}

/// A length of time under a key, in minutes within bounds.
pub(super) fn maybe_minutes(
    table: &mut Table<'_>,
    key: &'static str,
    bounds: std::ops::RangeInclusive<u32>,
    report: &mut Report<'_>,
) -> Option<u16> {
    let text = table.maybe_text(key, report)?;
    let read = minutes(text.get_ref()).filter(|(_, after)| after.is_empty()).map(|(minutes, _)| minutes);
    let fits =
        read.filter(|minutes| bounds.contains(minutes)).and_then(|minutes| u16::try_from(minutes).ok());
    if fits.is_none() {
        let (from, to) = (bounds.start(), bounds.end());
        let why = format!(
            "'{key}' is '{}'; it must be a length of time such as \"10 min\" or \"2 h\", from {from} to {to} minutes",
            text.get_ref()
        );
        report.add(text.span(), why);
    }
    fits
}
