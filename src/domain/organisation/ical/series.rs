//! From what a calendar says of an event to the single events that it stands for.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::super::hours::instant;
use super::repeat::Repeat;
use super::when::When;
use super::{Event, Window, shown};

const UNREAL: &str = "the event lies outside of all calendars";

/// What an event has said so far.
#[derive(Default)]
pub(super) struct Draft {
    pub begins_on: usize,
    pub uid: Option<String>,
    pub from: Option<When>,
    pub to: Option<When>,
    pub length: Option<SignedDuration>,
    pub summary: Option<String>,
    pub attendees: Vec<Vec<String>>,
    pub is_cancelled: bool,
    pub repeat: Option<Repeat>,
    /// Times at which it does not come.
    pub without: Vec<When>,
    /// It takes the place of this time of the event that repeats.
    pub instead_of: Option<When>,
    pub has_fault: bool,
}

/// An event whose parts fit together.
pub(super) struct Parsed {
    number: usize,
    pub uid: String,
    from: When,
    start: Timestamp,
    until: Until,
    end: Timestamp,
    summary: String,
    attendees: Vec<Vec<String>>,
    is_cancelled: bool,
    repeat: Option<Repeat>,
    without: Vec<When>,
    instead_of: Option<When>,
}

/// How long each time of an event is.
enum Until {
    /// An end in civil time: a night shift that ends at eight ends at eight in the night of the change as well.
    Civil(When),
    Length(SignedDuration),
}

impl Draft {
    pub(super) fn close(self, zone: &TimeZone) -> Result<Parsed, String> {
        let uid = self.uid.filter(|uid| !uid.trim().is_empty()).ok_or("the event has no UID")?;
        let from = self.from.ok_or("the event has no DTSTART")?;
        if self.repeat.is_none() && !self.without.is_empty() {
            return Err("the event has an EXDATE and does not repeat".to_owned());
        }
        if self.repeat.is_some() && self.instead_of.is_some() {
            return Err("the event has both RRULE and RECURRENCE-ID".to_owned());
        }
        if self.without.iter().chain(&self.instead_of).any(|when| when.is_day() != from.is_day())
            && self.repeat.is_some()
        {
            return Err("DTSTART and EXDATE must both be days or both be times".to_owned());
        }
        let start = from.at(zone).ok_or(UNREAL)?;
        let until = match (self.to, self.length) {
            (Some(_), Some(_)) => return Err("the event has both DTEND and DURATION".to_owned()),
            (Some(to), None) if to.is_day() == from.is_day() => Until::Civil(to),
            (Some(_), None) => return Err("DTSTART and DTEND must both be days or both be times".to_owned()),
            (None, Some(length)) => Until::Length(length),
            (None, None) => match &from {
                When::Day(day) => {
                    Until::Civil(When::Day(day.checked_add(Span::new().days(1)).map_err(|_| UNREAL)?))
                }
                When::Moment { .. } => return Err("the event has neither DTEND nor DURATION".to_owned()),
            },
        };
        let end = match &until {
            Until::Civil(to) => to.at(zone).ok_or(UNREAL)?,
            Until::Length(length) => start.checked_add(*length).map_err(|_| UNREAL)?,
        };
        if start >= end {
            return Err("the event ends before it begins".to_owned());
        }
        Ok(Parsed {
            number: self.begins_on,
            uid,
            from,
            start,
            until,
            end,
            summary: self.summary.unwrap_or_default(),
            attendees: self.attendees,
            is_cancelled: self.is_cancelled,
            repeat: self.repeat,
            without: self.without,
            instead_of: self.instead_of,
        })
    }
}

impl Parsed {
    /// Whether it says something of the same time of the same event.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let place = |parsed: &Self| parsed.instead_of.as_ref().map(When::civil);
        self.uid == other.uid && place(self) == place(other)
    }

    fn event(&self, from: Timestamp, to: Timestamp) -> Event {
        Event {
            uid: self.uid.clone(),
            from,
            to,
            summary: self.summary.clone(),
            attendees: self.attendees.clone(),
            is_cancelled: self.is_cancelled,
        }
    }

    /// When the time that begins at `at` ends.
    fn end_of(&self, time: &When, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match &self.until {
            Until::Length(length) => at.checked_add(*length).ok(),
            Until::Civil(to) => {
                let days = (to.civil().date() - self.from.civil().date()).get_days();
                let last = time.civil().date().checked_add(Span::new().days(i64::from(days))).ok()?;
                match to {
                    When::Day(_) => instant(last, Time::midnight(), zone),
                    When::Moment { civil, .. } => to.moved_to(last.to_datetime(civil.time()))?.at(zone),
                }
            }
        }
    }
}

/// The single events, in the calendar's order. Nothing that is wrong is passed over: each fault is told with its line.
pub(super) fn unroll(
    parsed: Vec<Parsed>,
    zone: &TimeZone,
    window: Window,
    faults: &mut Vec<String>,
) -> Vec<Event> {
    let (others, events): (Vec<Parsed>, Vec<Parsed>) =
        parsed.into_iter().partition(|event| event.instead_of.is_some());
    for other in &others {
        if !events.iter().any(|event| event.uid == other.uid && event.repeat.is_some()) {
            faults.push(format!(
                "line {}: RECURRENCE-ID: the event {} that repeats is not in the calendar; send all of it",
                other.number,
                shown(&other.uid)
            ));
        }
    }
    let mut out = Vec::new();
    for event in &events {
        let Some(repeat) = &event.repeat else {
            out.push(event.event(event.start, event.end));
            continue;
        };
        let others: Vec<&Parsed> = others.iter().filter(|other| other.uid == event.uid).collect();
        match times_of(event, repeat, &others, zone, window) {
            Ok(times) => out.extend(times),
            Err((number, why)) => faults.push(format!("line {number}: {why}")),
        }
    }
    out
}

/// The times of one event that repeats, as far as they lie in the window.
fn times_of(
    event: &Parsed,
    repeat: &Repeat,
    others: &[&Parsed],
    zone: &TimeZone,
    window: Window,
) -> Result<Vec<Event>, (usize, String)> {
    let here = |why: &str| (event.number, why.to_owned());
    // Whatever it was, it is over: nothing of what it once said is.
    let over = || Event { is_cancelled: true, ..event.event(event.start, window.to.max(event.end)) };
    if event.is_cancelled {
        return Ok(vec![over()]);
    }
    let times = repeat.times(&event.from, window.to, zone).map_err(here)?;
    let is_time = |when: &When| times.iter().any(|time| time.at(zone) == when.at(zone));
    let last = times.last().and_then(|time| time.at(zone));
    // One that lies beyond the last time, or the window, takes nothing away.
    let misses = |when: &When| when.at(zone) <= last && !is_time(when);
    if event.without.iter().any(misses) {
        return Err(here("EXDATE: it names a time at which the event does not come"));
    }
    for other in others {
        if other.instead_of.as_ref().is_some_and(misses) {
            let why = "RECURRENCE-ID: it names a time at which the event does not come";
            return Err((other.number, why.to_owned()));
        }
    }
    let is = |when: &When, at: Timestamp| when.at(zone) == Some(at);
    let mut out = Vec::new();
    for time in &times {
        let Some(at) = time.at(zone) else { return Err(here(UNREAL)) };
        if event.without.iter().any(|when| is(when, at)) {
            continue;
        }
        let instead = others.iter().find(|other| other.instead_of.as_ref().is_some_and(|when| is(when, at)));
        match instead {
            Some(other) if other.is_cancelled => {}
            Some(other) => out.push(other.event(other.start, other.end)),
            None => match event.end_of(time, at, zone) {
                Some(end) if at < end => out.push(event.event(at, end)),
                // Hours that the clock skips whole.
                Some(_) => {}
                None => return Err(here(UNREAL)),
            },
        }
    }
    out.retain(|event| event.to > window.from);
    Ok(if out.is_empty() { vec![over()] } else { out })
}
