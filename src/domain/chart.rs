//! What a rule is judged over: the new measurements and answers, and the patient's past as of the time they were made.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, ToSpan};

use super::answer::PastAnswer;
use super::history::{History, PastReading};
use super::id::EventId;
use super::reading::Measurement;
use super::silence::Silence;
use super::vital::Vital;

/// One patient at one moment. A late reading is judged at the time it was taken, over the history up to then.
#[derive(Debug, Clone, Copy)]
pub struct Chart<'a> {
    /// The reading set that `measurements` are, which the history must not count a second time.
    pub set: &'a EventId,
    /// When it was measured or answered.
    pub at: Timestamp,
    /// The civil time that the patient lives in: IANA name.
    pub zone: &'a str,
    pub measurements: &'a [Measurement],
    pub answered: &'a [PastAnswer],
    pub history: &'a History,
    pub silence: &'a [Silence],
    /// Texts in a row that could not be read, the last one included.
    pub unreadable_in_a_row: u32,
    /// How long a reading that was read back has waited for its YES.
    pub waiting_minutes: Option<f64>,
    pub person: Person,
}

/// What scores need to know of a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Person {
    pub age_years: Option<i16>,
    pub pregnant: bool,
}

impl Person {
    /// Born on `date_of_birth` (ISO 8601), as old as at `at`. Of whom that is not known, no age is guessed.
    pub fn born(date_of_birth: Option<&str>, pregnant: bool, at: Timestamp) -> Self {
        let born: Option<Date> = date_of_birth.and_then(|date| date.parse().ok());
        let today = at.to_zoned(TimeZone::UTC).date();
        let age_years = born.map(|born| {
            let before_birthday = (today.month(), today.day()) < (born.month(), born.day());
            today.year() - born.year() - i16::from(before_birthday)
        });
        Self { age_years, pregnant }
    }
}

impl<'a> Chart<'a> {
    /// New measurements of a patient of whom nothing else is known.
    pub const fn of(
        set: &'a EventId,
        at: Timestamp,
        measurements: &'a [Measurement],
        history: &'a History,
    ) -> Self {
        Self {
            set,
            at,
            zone: "Europe/London",
            measurements,
            answered: &[],
            history,
            silence: &[],
            unreadable_in_a_row: 0,
            waiting_minutes: None,
            person: Person { age_years: None, pregnant: false },
        }
    }

    pub fn measures(&self, vital: Vital) -> bool {
        self.measurements.iter().any(|measurement| measurement.vital() == vital)
    }

    pub fn new_of(&self, vital: Vital) -> impl Iterator<Item = Measurement> + '_ {
        self.measurements.iter().copied().filter(move |measurement| measurement.vital() == vital)
    }

    /// What was accepted of `vital` before this set, from `since` on, newest first.
    pub fn past(&self, vital: Vital, since: Timestamp) -> impl Iterator<Item = &'a PastReading> {
        let set = self.set;
        self.history.accepted(vital, since, self.at).filter(move |reading| reading.set != *set)
    }

    pub fn ago(&self, span: SignedDuration) -> Timestamp {
        self.at.saturating_sub(span).unwrap_or(Timestamp::MIN)
    }

    /// The civil calendar of the patient. A zone that nobody knows costs the edge of a day, never the rule.
    pub fn calendar(&self) -> Calendar {
        Calendar::of(self.zone)
    }
}

/// Civil days in one zone.
#[derive(Debug, Clone)]
pub struct Calendar(TimeZone);

impl Calendar {
    pub fn of(zone: &str) -> Self {
        Self(TimeZone::get(zone).unwrap_or(TimeZone::UTC))
    }

    /// Civil days from one instant to a later one: 0 on the same day.
    pub fn days_between(&self, from: Timestamp, to: Timestamp) -> i64 {
        i64::from((self.day(to) - self.day(from)).get_days())
    }

    pub fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.0.clone()).date()
    }

    /// The first instant of the civil day that is `days` before that of `at`.
    pub fn start_of_day_before(&self, at: Timestamp, days: i64) -> Timestamp {
        let span: Span = days.clamp(0, 36_500).days();
        self.day(at)
            .checked_sub(span)
            .and_then(|date| date.to_zoned(self.0.clone()))
            .map_or(Timestamp::MIN, |zoned| zoned.timestamp())
    }
}
