//! Calendars as text, RFC 5545: what a rota says goes out to people's calendars, and what a planning tool says comes in.
//!
//! Reading is strict: whatever could change who is on call and is not understood refuses the calendar as a whole, because
//! half a calendar is a rota with holes that nobody knows of. What repeats by the day or the week is read as the single
//! events that it stands for, in civil time.

mod line;
mod repeat;
mod series;
mod when;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use line::{Line, escape, fold, unescape, unfold};
use repeat::Repeat;
use series::{Draft, Parsed, unroll};
use when::{length, when};

/// More than any rota has in a year; a calendar beyond it is a slip.
const MOST_EVENTS: usize = 5000;

/// One event, as far as a rota has use for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Names the event for ever: the same event comes again under the same, and all times of one that repeats.
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

/// Between which instants events that repeat are of interest.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// What is over by then is left out.
    pub from: Timestamp,
    /// What begins then, or later, is left out.
    pub to: Timestamp,
}

/// The events of a calendar, in its order. Times without a zone are of `zone`. One that repeats is given once a time that
/// lies in the window; if it comes no more, as one that is called off.
///
/// # Errors
/// A sentence for each thing that is not understood, with its line.
pub fn read(text: &str, zone: &TimeZone, window: Window) -> Result<Vec<Event>, Vec<String>> {
    let mut reader = Reader {
        zone,
        open: Vec::new(),
        began: false,
        draft: Draft::default(),
        parsed: Vec::new(),
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
    let Reader { parsed, mut faults, .. } = reader;
    let events = unroll(parsed, zone, window, &mut faults);
    if events.len() > MOST_EVENTS {
        faults.push(format!("the calendar has more than {MOST_EVENTS} events; send fewer at a time"));
    }
    if faults.is_empty() { Ok(events) } else { Err(faults) }
}

struct Reader<'z> {
    zone: &'z TimeZone,
    /// The components that are open, the innermost last.
    open: Vec<String>,
    began: bool,
    draft: Draft,
    parsed: Vec<Parsed>,
    faults: Vec<String>,
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
            "RRULE" => match Repeat::parse(line.value, self.zone) {
                Ok(repeat) => self.draft.repeat.replace(repeat).is_some(),
                Err(why) => return self.fault(number, &why),
            },
            "EXDATE" => {
                for value in line.value.split(',') {
                    match when(&line.with(value), self.zone) {
                        Ok(when) => self.draft.without.push(when),
                        Err(why) => return self.fault(number, &why),
                    }
                }
                false
            }
            "RECURRENCE-ID" if line.parameter("RANGE").is_some() => {
                let why = "RECURRENCE-ID: a change of all times from one on is not taken; end the event there and begin another";
                return self.fault(number, why);
            }
            "RECURRENCE-ID" => match when(line, self.zone) {
                Ok(when) => self.draft.instead_of.replace(when).is_some(),
                Err(why) => return self.fault(number, &why),
            },
            name @ ("RDATE" | "EXRULE") => {
                let why = format!(
                    "{name} is not taken; write these times as events of their own, or leave them out by EXDATE"
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
        match draft.close(self.zone) {
            Ok(parsed) if self.parsed.iter().any(|other| other.is_same(&parsed)) => {
                self.fault(number, &format!("the UID {} stands in the calendar twice", shown(&parsed.uid)));
            }
            Ok(parsed) => self.parsed.push(parsed),
            Err(why) => self.fault(number, &why),
        }
    }
}

fn utc(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// What somebody else wrote, short and without control characters.
fn shown(text: &str) -> String {
    let short: String = text.trim().chars().take(60).flat_map(char::escape_debug).collect();
    format!("'{short}'")
}
