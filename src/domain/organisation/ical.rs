//! Calendars as text, RFC 5545: what a rota says goes out to people's calendars, and what a planning tool says comes in.
//!
//! Reading is strict: whatever could change who is on call and is not understood refuses the calendar as a whole, because
//! half a calendar is a rota with holes that nobody knows of.

mod line;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::hours::instant;
use line::{Line, escape, fold, unescape, unfold};

/// More than any rota has in a year; a calendar beyond it is a slip.
const MOST_EVENTS: usize = 5000;

/// One event, as far as a rota has use for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Names the event for ever: the same event comes again under the same.
    pub uid: String,
    pub from: Timestamp,
    pub to: Timestamp,
    pub summary: String,
    /// Whoever takes part, each by the names and mailboxes that stand for them.
    pub attendees: Vec<Vec<String>>,
    /// Called off.
    pub is_cancelled: bool,
}

/// A calendar with these events. `made_at` stands in each as the time it was written down.
pub fn write(name: &str, events: &[Event], made_at: Timestamp) -> String {
    let mut out = String::new();
    let mut put = |line: String| fold(&line, &mut out);
    put("BEGIN:VCALENDAR".to_owned());
    put("VERSION:2.0".to_owned());
    put("PRODID:-//Lamplight//Rota//EN".to_owned());
    put("CALSCALE:GREGORIAN".to_owned());
    put(format!("X-WR-CALNAME:{}", escape(name)));
    for event in events {
        put("BEGIN:VEVENT".to_owned());
        put(format!("UID:{}", escape(&event.uid)));
        put(format!("DTSTAMP:{}", utc(made_at)));
        put(format!("DTSTART:{}", utc(event.from)));
        put(format!("DTEND:{}", utc(event.to)));
        put(format!("SUMMARY:{}", escape(&event.summary)));
        if event.is_cancelled {
            put("STATUS:CANCELLED".to_owned());
        }
        for name in event.attendees.iter().filter_map(|attendee| attendee.first()) {
            // A name in quotes holds all but quotes and controls.
            let name: String = name.chars().filter(|c| *c != '"' && !c.is_control()).collect();
            put(format!("ATTENDEE;CN=\"{name}\":urn:x-lamplight:on-call"));
        }
        put("END:VEVENT".to_owned());
    }
    put("END:VCALENDAR".to_owned());
    out
}

/// The events of a calendar, in its order. Times without a zone are of `zone`.
///
/// # Errors
/// A sentence for each thing that is not understood, with its line.
pub fn read(text: &str, zone: &TimeZone) -> Result<Vec<Event>, Vec<String>> {
    let mut reader = Reader {
        zone,
        open: Vec::new(),
        began: false,
        draft: Draft::default(),
        events: Vec::new(),
        faults: Vec::new(),
    };
    let lines = unfold(text);
    for (number, text) in &lines {
        match Line::parse(text) {
            Some(line) => reader.take(*number, &line),
            None => reader.fault(*number, "is no line of a calendar; it needs a name, a colon and a value"),
        }
    }
    if !reader.began {
        reader.faults.push("this is no calendar: it has no BEGIN:VCALENDAR".to_owned());
    } else if !reader.open.is_empty() {
        reader.faults.push("the calendar breaks off: an END is missing".to_owned());
    }
    if reader.events.len() > MOST_EVENTS {
        reader.faults.push(format!("the calendar has more than {MOST_EVENTS} events; send fewer at a time"));
    }
    if reader.faults.is_empty() { Ok(reader.events) } else { Err(reader.faults) }
}

struct Reader<'z> {
    zone: &'z TimeZone,
    /// The components that are open, the innermost last.
    open: Vec<String>,
    began: bool,
    draft: Draft,
    events: Vec<Event>,
    faults: Vec<String>,
}

/// What an event has said so far.
#[derive(Default)]
struct Draft {
    begins_on: usize,
    uid: Option<String>,
    from: Option<When>,
    to: Option<When>,
    length: Option<SignedDuration>,
    summary: Option<String>,
    attendees: Vec<Vec<String>>,
    is_cancelled: bool,
    has_fault: bool,
}

#[derive(Clone, Copy)]
enum When {
    Moment(Timestamp),
    /// A whole day.
    Day(Date),
}

impl Reader<'_> {
    fn fault(&mut self, number: usize, why: &str) {
        self.draft.has_fault = true;
        self.faults.push(format!("line {number}: {why}"));
    }

    fn take(&mut self, number: usize, line: &Line<'_>) {
        let inside: Vec<&str> = self.open.iter().map(String::as_str).collect();
        match (line.name.as_str(), inside.as_slice()) {
            ("BEGIN", _) => self.begin(number, line.value),
            ("END", _) => self.end(number, line.value),
            (_, []) => self.fault(number, "stands outside of BEGIN:VCALENDAR and its END"),
            (_, ["VCALENDAR", "VEVENT"]) => self.property(number, line),
            // Time zones are known by their names, alarms ring on somebody else's phone.
            _ => {}
        }
    }

    fn begin(&mut self, number: usize, value: &str) {
        let name = value.trim().to_ascii_uppercase();
        let inside: Vec<&str> = self.open.iter().map(String::as_str).collect();
        let fits = matches!(
            (inside.as_slice(), name.as_str()),
            ([], "VCALENDAR")
                | (["VCALENDAR"], "VTIMEZONE" | "VEVENT")
                | (["VCALENDAR", "VTIMEZONE"], "STANDARD" | "DAYLIGHT")
                | (["VCALENDAR", "VEVENT"], "VALARM")
        );
        if !fits {
            self.fault(number, &format!("{} is nothing that a rota can take from here", shown(value)));
        }
        self.began |= name == "VCALENDAR";
        if name == "VEVENT" {
            self.draft = Draft { begins_on: number, has_fault: !fits, ..Draft::default() };
        }
        self.open.push(name);
    }

    fn end(&mut self, number: usize, value: &str) {
        let name = value.trim().to_ascii_uppercase();
        let Some(open) = self.open.pop() else {
            return self.fault(number, "ends what was never begun");
        };
        if open != name {
            return self.fault(number, &format!("ends {} while {open} is open", shown(value)));
        }
        if name == "VEVENT" {
            self.close_event();
        }
    }

    fn property(&mut self, number: usize, line: &Line<'_>) {
        let twice = match line.name.as_str() {
            "UID" => self.draft.uid.replace(unescape(line.value)).is_some(),
            "SUMMARY" => self.draft.summary.replace(unescape(line.value)).is_some(),
            "DTSTART" | "DTEND" => match when(line, self.zone) {
                Ok(when) if line.name == "DTSTART" => self.draft.from.replace(when).is_some(),
                Ok(when) => self.draft.to.replace(when).is_some(),
                Err(why) => return self.fault(number, &why),
            },
            "DURATION" => match length(line.value) {
                Some(length) => self.draft.length.replace(length).is_some(),
                None => {
                    let why = format!("{} is no duration that is understood, like PT12H", shown(line.value));
                    return self.fault(number, &why);
                }
            },
            "ATTENDEE" => {
                let value = line.value.trim();
                let mailbox = value.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
                let names = [line.parameter("CN"), mailbox.map(|_| &value[7..])];
                let names: Vec<String> = names.into_iter().flatten().map(str::to_owned).collect();
                if names.is_empty() {
                    return self.fault(number, "the attendee has neither a name (CN) nor a mailbox");
                }
                self.draft.attendees.push(names);
                false
            }
            "STATUS" => {
                self.draft.is_cancelled = line.value.trim().eq_ignore_ascii_case("CANCELLED");
                false
            }
            name @ ("RRULE" | "RDATE" | "EXDATE" | "EXRULE" | "RECURRENCE-ID") => {
                let why = format!(
                    "{name}: events that repeat are not taken; export them as single events, or write the rota's file"
                );
                return self.fault(number, &why);
            }
            _ => false,
        };
        if twice {
            self.fault(number, &format!("{} comes twice in one event", line.name));
        }
    }

    fn close_event(&mut self) {
        let number = self.draft.begins_on;
        let draft = std::mem::take(&mut self.draft);
        // What is wrong with it is told.
        if draft.has_fault {
            return;
        }
        let Some(uid) = draft.uid.clone().filter(|uid| !uid.trim().is_empty()) else {
            return self.fault(number, "the event has no UID");
        };
        if self.events.iter().any(|event| event.uid == uid) {
            return self.fault(number, &format!("the UID {} stands in the calendar twice", shown(&uid)));
        }
        match draft.times(self.zone) {
            Ok((from, to)) => self.events.push(Event {
                uid,
                from,
                to,
                summary: draft.summary.unwrap_or_default(),
                attendees: draft.attendees,
                is_cancelled: draft.is_cancelled,
            }),
            Err(why) => self.fault(number, why),
        }
    }
}

impl Draft {
    fn times(&self, zone: &TimeZone) -> Result<(Timestamp, Timestamp), &'static str> {
        const UNREAL: &str = "the event lies outside of all calendars";
        let from = self.from.ok_or("the event has no DTSTART")?;
        let midnight = |day: Date| instant(day, Time::midnight(), zone).ok_or(UNREAL);
        let start = match from {
            When::Moment(at) => at,
            When::Day(day) => midnight(day)?,
        };
        let end = match (self.to, self.length, from) {
            (Some(_), Some(_), _) => return Err("the event has both DTEND and DURATION"),
            (Some(When::Moment(at)), None, When::Moment(_)) => at,
            (Some(When::Day(day)), None, When::Day(_)) => midnight(day)?,
            (Some(_), None, _) => return Err("DTSTART and DTEND must both be days or both be times"),
            (None, Some(length), _) => start.checked_add(length).map_err(|_| UNREAL)?,
            (None, None, When::Day(day)) => {
                midnight(day.checked_add(Span::new().days(1)).map_err(|_| UNREAL)?)?
            }
            (None, None, When::Moment(_)) => return Err("the event has neither DTEND nor DURATION"),
        };
        if start < end { Ok((start, end)) } else { Err("the event ends before it begins") }
    }
}

/// `20261122T080000Z`, or civil time with `TZID`, or of the site; or a day.
fn when(line: &Line<'_>, zone: &TimeZone) -> Result<When, String> {
    let text = line.value.trim();
    let unreadable = || format!("{} is no time that is understood, like 20261122T080000Z", shown(text));
    if line.parameter("VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("DATE")) || text.len() == 8 {
        return date(text).map(When::Day).ok_or_else(unreadable);
    }
    let (civil, in_utc) = match text.strip_suffix('Z') {
        Some(civil) => (civil, true),
        None => (text, false),
    };
    let civil = date_time(civil).ok_or_else(unreadable)?;
    let named = line.parameter("TZID").filter(|_| !in_utc);
    let zone = match named {
        _ if in_utc => TimeZone::UTC,
        None => zone.clone(),
        Some(name) => TimeZone::get(name).map_err(|_| {
            format!("{} is no time zone that is known; use a name like Europe/London", shown(name))
        })?,
    };
    instant(civil.date(), civil.time(), &zone).map(When::Moment).ok_or_else(unreadable)
}

fn date(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    digits
        .then(|| Date::new(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?).ok())?
}

fn date_time(text: &str) -> Option<DateTime> {
    let (day, time) = text.split_once('T')?;
    let digits = time.len() == 6 && time.bytes().all(|b| b.is_ascii_digit());
    let time = digits.then(|| {
        // A leap second is the last of its minute.
        let second = time[4..].parse::<i8>().ok()?.min(59);
        Time::new(time[..2].parse().ok()?, time[2..4].parse().ok()?, second, 0).ok()
    })??;
    Some(date(day)?.to_datetime(time))
}

/// `PT12H`, `P1D`, `P1W`, `PT1H30M`: a day is 24 hours here.
fn length(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?;
    let (mut seconds, mut number, mut in_time, mut any) = (0_i64, String::new(), false, false);
    for letter in text.chars() {
        let unit = match letter {
            '0'..='9' => {
                number.push(letter);
                continue;
            }
            'T' if number.is_empty() && !in_time => {
                in_time = true;
                continue;
            }
            'W' if !in_time => 7 * 86_400,
            'D' if !in_time => 86_400,
            'H' if in_time => 3_600,
            'M' if in_time => 60,
            'S' if in_time => 1,
            _ => return None,
        };
        let count: i64 = number.parse().ok()?;
        seconds = seconds.checked_add(count.checked_mul(unit)?)?;
        number.clear();
        any = true;
    }
    (any && number.is_empty()).then(|| SignedDuration::from_secs(seconds))
}

fn utc(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// What somebody else wrote, short and without control characters.
fn shown(text: &str) -> String {
    let short: String = text.trim().chars().take(60).flat_map(char::escape_debug).collect();
    format!("'{short}'")
}
