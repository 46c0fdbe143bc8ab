//! Events that come every so many days or weeks: RFC 5545's RRULE, as far as rotas use it.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::line::Line;
use super::shown;
use super::when::{When, when};

/// What a rule says. Its times are civil: eight in the morning stays eight in the morning.
#[derive(Debug, Clone)]
pub(super) struct Repeat {
    every: Every,
    interval: i64,
    /// Empty: the weekday that the event begins on, or every day.
    on: Vec<Weekday>,
    week_begins: Weekday,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Every {
    Day,
    Week,
}

#[derive(Debug, Clone)]
enum End {
    Never,
    /// The first time counts.
    After(u32),
    /// That time, or day, is the last that counts.
    Until(When),
}

const DAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

impl Repeat {
    pub(super) fn parse(text: &str, zone: &TimeZone) -> Result<Self, String> {
        let mut repeat = Self {
            every: Every::Day,
            interval: 1,
            on: Vec::new(),
            week_begins: Weekday::Monday,
            end: End::Never,
        };
        let (mut has_frequency, mut ends) = (false, 0);
        for part in text.trim().split(';') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let wrong = || format!("RRULE: {} is not understood", shown(part));
            match (name.trim().to_ascii_uppercase().as_str(), value.trim()) {
                ("FREQ", value) => {
                    has_frequency = true;
                    repeat.every = match value.to_ascii_uppercase().as_str() {
                        "DAILY" => Every::Day,
                        "WEEKLY" => Every::Week,
                        _ => {
                            return Err(format!(
                                "RRULE: only what repeats DAILY or WEEKLY is taken, and this says {}; export it as single events",
                                shown(value)
                            ));
                        }
                    };
                }
                ("INTERVAL", value) => {
                    repeat.interval =
                        value.parse().ok().filter(|n| (1..=366).contains(n)).ok_or_else(wrong)?;
                }
                ("COUNT", value) => {
                    ends += 1;
                    repeat.end = End::After(value.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?);
                }
                ("UNTIL", value) => {
                    ends += 1;
                    let line = format!("UNTIL:{value}");
                    let line = Line::parse(&line).ok_or_else(wrong)?;
                    repeat.end = End::Until(when(&line, zone)?);
                }
                ("BYDAY", value) => {
                    for day in value.split(',') {
                        repeat.on.push(weekday(day).ok_or_else(wrong)?);
                    }
                }
                ("WKST", value) => repeat.week_begins = weekday(value).ok_or_else(wrong)?,
                _ => {
                    return Err(format!(
                        "RRULE: {} is not taken; FREQ, INTERVAL, BYDAY, COUNT, UNTIL and WKST are",
                        shown(part)
                    ));
                }
            }
        }
        match (has_frequency, ends) {
            (false, _) => Err("RRULE: FREQ is missing: say DAILY or WEEKLY".to_owned()),
            (true, 2..) => Err("RRULE: COUNT and UNTIL do not go together".to_owned()),
            (true, _) => Ok(repeat),
        }
    }

    /// Every time that begins before `to`, the first included, in order.
    pub(super) fn times(
        &self,
        first: &When,
        to: Timestamp,
        zone: &TimeZone,
    ) -> Result<Vec<When>, &'static str> {
        let civil = first.civil();
        if !self.on.is_empty() && !self.on.contains(&civil.weekday()) {
            return Err("the event begins on a day that its RRULE does not name");
        }
        let begins = civil.date();
        let mut times = Vec::new();
        for date in begins.series(Span::new().days(1)).filter(|date| self.falls_on(begins, *date)) {
            let Some((time, at)) = first
                .moved_to(date.to_datetime(civil.time()))
                .and_then(|time| time.at(zone).map(|at| (time, at)))
            else {
                break;
            };
            let is_over = match &self.end {
                End::Never => false,
                End::After(count) => times.len() as u64 >= u64::from(*count),
                End::Until(When::Day(last)) => date > *last,
                End::Until(When::Moment { at: last, .. }) => at > *last,
            };
            if is_over || at >= to {
                break;
            }
            times.push(time);
        }
        Ok(times)
    }

    fn falls_on(&self, begins: Date, date: Date) -> bool {
        let days = |from: Date, to: Date| i64::from((to - from).get_days());
        match self.every {
            Every::Day => {
                days(begins, date) % self.interval == 0
                    && (self.on.is_empty() || self.on.contains(&date.weekday()))
            }
            Every::Week => {
                let monday = |day: Date| {
                    let back = day.weekday().since(self.week_begins);
                    day.saturating_sub(Span::new().days(i64::from(back)))
                };
                let is_named = match self.on.as_slice() {
                    [] => date.weekday() == begins.weekday(),
                    named => named.contains(&date.weekday()),
                };
                is_named && days(monday(begins), monday(date)) / 7 % self.interval == 0
            }
        }
    }
}

/// `MO`. One of a month, such as `1MO`, is none.
fn weekday(text: &str) -> Option<Weekday> {
    let text = text.trim();
    DAYS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, day)| day)
}
