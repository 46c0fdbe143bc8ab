//! Reads `[[schedule]]`: when a protocol speaks by itself.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::civil::{Time, Weekday};
use toml::Spanned;
use toml::de::DeValue;

use crate::domain::id::QuestionId;
use crate::domain::protocol::schedule::WeekdayOrd;
use crate::domain::protocol::{Days, Does, Entry};

use super::super::fault::Report;
use super::super::rule::is_name;
use super::super::table::{Table, text_of};
use super::draft::Marks;

/// A window or a wait of more than a week is a slip.
pub(super) const LONGEST_MINUTES: i64 = 7 * 24 * 60;
/// Days of a course: ten years after its first day is a slip, and so is a year before it.
pub(super) const DAYS: std::ops::RangeInclusive<i64> = -365..=3660;
/// A reading so shortly before a question counts as its answer, unless the file says otherwise.
const FRESH_MINUTES: u32 = 120;
/// How late a text that wants no answer is still of use, unless the file says otherwise.
const SAY_LATE_MINUTES: u32 = 120;
const DAY_MINUTES: i64 = 24 * 60;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// What is asked, in which window and with which reminders; or what is said.
#[derive(Debug)]
pub(super) struct Deed {
    pub(super) does: Does,
    pub(super) window_minutes: u32,
    pub(super) reminders: Vec<u32>,
}

/// The entries of a file, in its order.
pub(super) fn read(root: &mut Table<'_>, marks: &mut Marks, report: &mut Report<'_>) -> Vec<Entry> {
    let values = root.list("schedule", report);
    values.into_iter().filter_map(|value| read_entry(value, marks, report)).collect()
}

fn read_entry(value: &Spanned<DeValue<'_>>, marks: &mut Marks, report: &mut Report<'_>) -> Option<Entry> {
    let mut table = Table::from_value(value, "an entry of the schedule", report)?;
    let id = read_id(&mut table, "schedule", marks, report);
    let path = id.as_ref().map_or_else(|| "schedule.".to_owned(), |id| format!("schedule.{id}"));
    let deed = read_deed(&mut table, &path, marks, report);
    let at = read_times(&mut table, report);
    if let Some((span, _)) = &at {
        marks.set(format!("{path}.at"), span.clone());
    }
    let days = read_days(&mut table, report);
    let from_day = table.maybe_whole("from_day", DAYS, report);
    let to_day = table.maybe_whole("to_day", DAYS, report);
    let late = table.maybe_whole("late_minutes", 0..=LONGEST_MINUTES, report);
    let fresh = table.maybe_whole("fresh_minutes", 0..=LONGEST_MINUTES, report);
    table.close(report);
    for (key, day) in [("from_day", &from_day), ("to_day", &to_day)] {
        if let Some(day) = day {
            marks.set(format!("{path}.{key}"), day.span());
        }
    }
    let first = from_day.map_or(1, Spanned::into_inner);
    if let Some(to) = &to_day
        && *to.get_ref() < first
    {
        report.add(to.span(), format!("to_day {} is before from_day {first}", to.get_ref()));
    }
    let (deed, (at_span, at), days) = (deed?, at?, days?);
    let length = to_day.as_ref().map(|to| to.get_ref() - first);
    if let (Does::Ask(_), Some(gap)) = (&deed.does, shortest_gap(&at, &days, length))
        && i64::from(deed.window_minutes) > gap
    {
        let why = format!(
            "it is asked again {gap} minutes later, while its window of {} is open; shorten the window",
            deed.window_minutes
        );
        report.add(at_span, why);
    }
    let late_default = match deed.does {
        Does::Ask(_) => deed.window_minutes / 2,
        Does::Say(_) => SAY_LATE_MINUTES,
    };
    if let (Does::Say(_), Some(fresh)) = (&deed.does, &fresh) {
        report.add(fresh.span(), "a text that asks nothing has no 'fresh_minutes'");
    }
    if let (Does::Ask(_), Some(late)) = (&deed.does, &late)
        && *late.get_ref() > i64::from(deed.window_minutes)
    {
        report.add(late.span(), format!("late_minutes {} is beyond its window", late.get_ref()));
    }
    Some(Entry {
        id: id?,
        does: deed.does,
        at,
        days,
        from_day: i32::try_from(first).ok()?,
        to_day: to_day.and_then(|to| i32::try_from(to.into_inner()).ok()),
        window_minutes: deed.window_minutes,
        reminders: deed.reminders,
        late_minutes: late.map_or(late_default, number),
        fresh_minutes: fresh.map_or(FRESH_MINUTES, number),
    })
}

/// The name of an entry or follow-up, which is unique in its protocol.
pub(super) fn read_id(
    table: &mut Table<'_>,
    kind: &str,
    marks: &mut Marks,
    report: &mut Report<'_>,
) -> Option<String> {
    let id = table.text("id", report)?;
    if !is_name(id.get_ref()) {
        report.add(id.span(), format!("'{}' is not an id; use a to z, 0 to 9 and '_'", id.get_ref()));
    }
    for kind in ["schedule", "follow_up"] {
        if marks.at(&format!("{kind}.{}", id.get_ref())) != (0..0) {
            report.add(id.span(), format!("the id '{}' is there already; give each its own", id.get_ref()));
        }
    }
    marks.set(format!("{kind}.{}", id.get_ref()), id.span());
    Some(id.into_inner())
}

/// `ask` with its window and reminders, or `say` without.
pub(super) fn read_deed(
    table: &mut Table<'_>,
    path: &str,
    marks: &mut Marks,
    report: &mut Report<'_>,
) -> Option<Deed> {
    let (asks, says) = (table.maybe("ask").is_some(), table.maybe("say").is_some());
    let (ask, say) = (table.texts("ask", report), table.texts("say", report));
    let window = table.maybe("window_minutes").map(Spanned::span);
    let reminders = table.maybe("remind_after_minutes").map(Spanned::span);
    let listed = table.maybe_list("remind_after_minutes", report);
    let names = match (asks, says) {
        (true, false) => &ask,
        (false, true) => &say,
        _ => {
            report.add(table.span(), "it needs either 'ask' or 'say', and not both");
            return None;
        }
    };
    if names.is_empty() {
        report.add(table.span(), "its list is empty; name at least one");
    }
    for name in names {
        marks.set(format!("{path}.{}", name.get_ref()), name.span());
    }
    let named = names.iter().map(|name| name.get_ref().clone());
    if says {
        for span in [window, reminders].into_iter().flatten() {
            report.add(span, "a text that asks nothing has neither a window nor reminders");
        }
        return Some(Deed { does: Does::Say(named.collect()), window_minutes: 0, reminders: Vec::new() });
    }
    for (n, name) in ask.iter().enumerate() {
        if ask[..n].iter().any(|before| before.get_ref() == name.get_ref()) {
            report.add(name.span(), format!("'{}' is asked twice at once", name.get_ref()));
        }
    }
    let window = table.whole("window_minutes", 1..=LONGEST_MINUTES, report);
    let reminders = read_reminders(&listed, window.as_ref().map(|window| *window.get_ref()), report);
    let does = Does::Ask(named.map(QuestionId::trusted).collect());
    Some(Deed { does, window_minutes: number(window?), reminders })
}

/// Ascending, and inside the window: after it nobody waits for an answer.
fn read_reminders(
    listed: &[&Spanned<DeValue<'_>>],
    window: Option<i64>,
    report: &mut Report<'_>,
) -> Vec<u32> {
    let mut reminders: Vec<u32> = Vec::new();
    for value in listed {
        let key = "remind_after_minutes";
        let bounds = 1..=LONGEST_MINUTES;
        let Some(minute) = super::super::table::whole_of(value, key, &bounds, report) else { continue };
        if window.is_some_and(|window| *minute.get_ref() >= window) {
            let why = format!("a reminder after {} minutes comes when its window is over", minute.get_ref());
            report.add(minute.span(), why);
        }
        let next = number(minute);
        if reminders.last().is_some_and(|before| *before >= next) {
            report.add(value.span(), "reminders go from the soonest to the latest, each once");
        }
        reminders.push(next);
    }
    reminders
}

fn read_times(table: &mut Table<'_>, report: &mut Report<'_>) -> Option<(Range<usize>, Vec<Time>)> {
    let mut times: Vec<Time> = Vec::new();
    let values = table.list("at", report);
    let span = values.first()?.span();
    for value in values {
        let Some(text) = text_of(value, "at", report) else { continue };
        let Some(time) = read_time(&text, report) else { continue };
        if times.last().is_some_and(|before| *before >= time) {
            report.add(text.span(), "times go from the earliest to the latest, each once");
        }
        times.push(time);
    }
    Some((span, times))
}

/// `08:00`, to the minute.
pub(super) fn read_time(text: &Spanned<String>, report: &mut Report<'_>) -> Option<Time> {
    let time = text.get_ref().split_once(':').and_then(|(hour, minute)| {
        let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        let part = |part: &str| digits(part).then(|| part.parse().ok()).flatten();
        Time::new(part(hour)?, part(minute)?, 0, 0).ok()
    });
    if time.is_none() {
        report.add(text.span(), format!("'{}' is not a time of day such as \"08:00\"", text.get_ref()));
    }
    time
}

fn read_days(table: &mut Table<'_>, report: &mut Report<'_>) -> Option<Days> {
    let step = table.maybe_whole("every_days", 1..=366, report);
    let given = table.maybe("every_days").is_some();
    let listed = table.maybe("weekdays").map(Spanned::span);
    let names = table.texts("weekdays", report);
    let Some(span) = listed else {
        return if given { step.map(|step| Days::Every(number(step))) } else { Some(Days::Every(1)) };
    };
    if given {
        report.add(span, "it has 'every_days' already; use one of the two");
        return None;
    }
    if names.is_empty() {
        report.add(span, "'weekdays' is empty; name at least one");
        return None;
    }
    let mut days = BTreeSet::new();
    for name in names {
        match WEEKDAYS.iter().find(|(known, _)| known == name.get_ref()) {
            Some((_, day)) if days.insert(WeekdayOrd::from(*day)) => {}
            Some(_) => report.add(name.span(), format!("'{}' is there already", name.get_ref())),
            None => {
                let known: Vec<_> = WEEKDAYS.iter().map(|(name, _)| *name).collect();
                let why = format!("'{}' is not a weekday; use {}", name.get_ref(), known.join(", "));
                report.add(name.span(), why);
            }
        }
    }
    Some(Days::On(days))
}

/// The fewest minutes from one time of an entry to its next; nothing when it has none. `length` is how many days the entry
/// goes on after its first.
fn shortest_gap(at: &[Time], days: &Days, length: Option<i64>) -> Option<i64> {
    let minute = |time: &Time| i64::from(time.hour()) * 60 + i64::from(time.minute());
    let within = at.windows(2).map(|pair| minute(&pair[1]) - minute(&pair[0])).min();
    let nights = match days {
        Days::Every(step) => i64::from(*step),
        // Weekdays that follow one another part the entry's days by one; a single one by seven.
        Days::On(on) if on.len() == 1 => 7,
        Days::On(on) => {
            let on: Vec<_> = WEEKDAYS.iter().map(|(_, day)| on.contains(&WeekdayOrd::from(*day))).collect();
            (1..7).find(|step| (0..7).any(|n| on[n] && on[(n + step) % 7])).map_or(7, |step| step as i64)
        }
    };
    let goes_on = length.is_none_or(|length| length >= nights);
    let over_night = goes_on.then_some(minute(at.first()?) + nights * DAY_MINUTES - minute(at.last()?));
    within.into_iter().chain(over_night).min()
}

/// A whole number whose bounds were checked.
pub(super) fn number(value: Spanned<i64>) -> u32 {
    u32::try_from(value.into_inner()).unwrap_or_default()
}
