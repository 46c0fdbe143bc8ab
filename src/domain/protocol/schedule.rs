//! When a protocol speaks: civil times of day on certain days of a course, in the patient's own zone.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;

use crate::domain::id::QuestionId;

/// One line of a schedule. A taper is several, each with its own days.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Unique in its protocol.
    pub id: String,
    pub does: Does,
    pub at: Vec<Time>,
    pub days: Days,
    /// Counted from the enrolment's first day, which is 1. 0 and less lie before it (before an appointment).
    pub from_day: i32,
    /// Inclusive. Nothing: to the end.
    pub to_day: Option<i32>,
    pub window_minutes: u32,
    /// Minutes after the question was really sent, ascending.
    pub reminders: Vec<u32>,
    /// How late the text is still of use when we could not send it in time.
    pub late_minutes: u32,
    /// A reading so shortly before counts as the answer: nobody is asked for what they have just sent.
    pub fresh_minutes: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    Ask(Vec<QuestionId>),
    /// Texts under `say.<key>`, one a slot, in turn: tips and reminders that want no answer.
    Say(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Days {
    /// Every so many days, from `from_day` on.
    Every(u32),
    On(BTreeSet<WeekdayOrd>),
}

/// A weekday that sorts, Monday first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeekdayOrd(i8);

impl From<Weekday> for WeekdayOrd {
    fn from(day: Weekday) -> Self {
        Self(day.to_monday_zero_offset())
    }
}

/// One moment of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    pub at: Timestamp,
    /// As the patient's clock shows it: unique in an entry, also when clocks change.
    pub civil: DateTime,
    /// Which slot of its entry it is, from 0: chooses the tip.
    pub turn: u32,
}

impl Entry {
    /// The first slot after `after`. A time that the clock skips in spring comes when the clock has moved on; one that
    /// comes twice in autumn counts the first time.
    ///
    /// `own` are the patient's own times in place of the file's.
    pub fn next_after(
        &self,
        after: Timestamp,
        first_day: Date,
        last_day: Option<Date>,
        own: Option<&[Time]>,
        zone: &TimeZone,
    ) -> Option<Slot> {
        let times = own.unwrap_or(&self.at);
        // A day earlier than the civil date: a skipped hour may push yesterday's last slot over midnight.
        let from = self.from_day.max(self.day_of(after, first_day, zone)?.saturating_sub(1));
        // Far enough for the rarest weekday and the widest step; a schedule that is over ends the search at once.
        let reach = match &self.days {
            Days::Every(step) => i32::try_from(*step).ok()?.saturating_add(2),
            Days::On(_) => 9,
        };
        let mut best: Option<Slot> = None;
        for day in from..=from.saturating_add(reach) {
            if self.to_day.is_some_and(|to| day > to) {
                break;
            }
            let Some(date) = date_of(first_day, day) else { break };
            if last_day.is_some_and(|last| date > last) {
                break;
            }
            let Some(turn) = self.turn(day, date, first_day) else { continue };
            for (n, time) in (0_u32..).zip(times) {
                let civil = date.to_datetime(*time);
                let Ok(zoned) = zone.to_ambiguous_zoned(civil).compatible() else { continue };
                let at = zoned.timestamp();
                let count = u32::try_from(times.len()).unwrap_or(1);
                if at > after && best.is_none_or(|best| at < best.at) {
                    best = Some(Slot { at, civil, turn: turn.saturating_mul(count).saturating_add(n) });
                }
            }
            if best.is_some_and(|best| best.civil.date() < date) {
                break;
            }
        }
        best
    }

    /// How many of the entry's days came before this one; nothing when it is none of them.
    fn turn(&self, day: i32, date: Date, first_day: Date) -> Option<u32> {
        let gone = u32::try_from(day.checked_sub(self.from_day)?).ok()?;
        match &self.days {
            Days::Every(step) => (gone % step == 0).then_some(gone / step),
            Days::On(days) => days.contains(&date.weekday().into()).then(|| {
                let start = date_of(first_day, self.from_day).unwrap_or(first_day);
                let whole = gone / 7;
                let rest = (0..gone % 7)
                    .filter(|n| {
                        start
                            .checked_add(jiff::Span::new().days(i64::from(whole * 7 + n)))
                            .is_ok_and(|d| days.contains(&d.weekday().into()))
                    })
                    .count();
                whole * u32::try_from(days.len()).unwrap_or(0) + u32::try_from(rest).unwrap_or(0)
            }),
        }
    }

    fn day_of(&self, at: Timestamp, first_day: Date, zone: &TimeZone) -> Option<i32> {
        let date = at.to_zoned(zone.clone()).date();
        first_day.until((jiff::Unit::Day, date)).ok()?.get_days().checked_add(1)
    }
}

/// The date of a course's day; day 1 is its first.
pub fn date_of(first_day: Date, day: i32) -> Option<Date> {
    first_day.checked_add(jiff::Span::new().days(i64::from(day) - 1)).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    fn entry(days: Days, from_day: i32, to_day: Option<i32>, at: &[(i8, i8)]) -> Entry {
        Entry {
            id: "morning".to_owned(),
            does: Does::Say(vec!["tip".to_owned()]),
            at: at.iter().map(|(h, m)| time(*h, *m, 0, 0)).collect(),
            days,
            from_day,
            to_day,
            window_minutes: 60,
            reminders: Vec::new(),
            late_minutes: 60,
            fresh_minutes: 60,
        }
    }

    fn all(entry: &Entry, first: Date, last: Option<Date>, most: usize) -> Vec<String> {
        let zone = TimeZone::get("Europe/London").expect("the zone is known");
        let mut after = date(2026, 1, 1).to_zoned(zone.clone()).expect("a date").timestamp();
        let mut slots = Vec::new();
        while let Some(slot) = entry.next_after(after, first, last, None, &zone) {
            slots.push(format!("{} {} #{}", slot.at, slot.civil, slot.turn));
            after = slot.at;
            if slots.len() == most {
                break;
            }
        }
        slots
    }

    #[test]
    fn a_time_that_the_clock_skips_comes_an_hour_later_and_one_that_comes_twice_counts_once() {
        let spring = entry(Days::Every(1), 1, None, &[(1, 30)]);
        insta::assert_snapshot!(all(&spring, date(2026, 3, 28), Some(date(2026, 3, 30)), 9).join("\n"), @r"
        2026-03-28T01:30:00Z 2026-03-28T01:30:00 #0
        2026-03-29T01:30:00Z 2026-03-29T01:30:00 #1
        2026-03-30T00:30:00Z 2026-03-30T01:30:00 #2
        ");
        let autumn = entry(Days::Every(1), 1, None, &[(1, 30)]);
        insta::assert_snapshot!(all(&autumn, date(2026, 10, 24), Some(date(2026, 10, 26)), 9).join("\n"), @r"
        2026-10-24T00:30:00Z 2026-10-24T01:30:00 #0
        2026-10-25T00:30:00Z 2026-10-25T01:30:00 #1
        2026-10-26T01:30:00Z 2026-10-26T01:30:00 #2
        ");
    }

    #[test]
    fn weekdays_steps_and_days_before_the_first_are_kept() {
        let on = Days::On([Weekday::Monday, Weekday::Thursday].into_iter().map(WeekdayOrd::from).collect());
        insta::assert_snapshot!(all(&entry(on, 1, None, &[(8, 0), (18, 0)]), date(2026, 2, 4), None, 5).join("\n"), @r"
        2026-02-05T08:00:00Z 2026-02-05T08:00:00 #0
        2026-02-05T18:00:00Z 2026-02-05T18:00:00 #1
        2026-02-09T08:00:00Z 2026-02-09T08:00:00 #2
        2026-02-09T18:00:00Z 2026-02-09T18:00:00 #3
        2026-02-12T08:00:00Z 2026-02-12T08:00:00 #4
        ");
        insta::assert_snapshot!(all(&entry(Days::Every(3), -6, Some(1), &[(9, 0)]), date(2026, 2, 10), None, 9).join("\n"), @r"
        2026-02-03T09:00:00Z 2026-02-03T09:00:00 #0
        2026-02-06T09:00:00Z 2026-02-06T09:00:00 #1
        2026-02-09T09:00:00Z 2026-02-09T09:00:00 #2
        ");
    }

    #[test]
    fn the_first_slot_of_a_course_that_starts_later_is_found() {
        let late = entry(Days::Every(28), 1, None, &[(9, 0)]);
        assert_eq!(all(&late, date(2027, 6, 1), None, 2).len(), 2);
    }
}
