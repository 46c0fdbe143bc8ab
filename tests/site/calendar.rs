//! Calendars, RFC 5545: what is written reads back, and whatever is not understood refuses the whole.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use lamplight::domain::organisation::ical::{self, Event, Window, write};
use proptest::prelude::*;

use super::minute::at;

fn london() -> TimeZone {
    TimeZone::get("Europe/London").unwrap()
}

/// Within a year from the first of November.
fn read(text: &str, zone: &TimeZone) -> Result<Vec<Event>, Vec<String>> {
    let window = Window { from: at("2026-11-01T00:00:00Z"), to: at("2027-11-01T00:00:00Z") };
    ical::read(text, zone, window)
}

fn calendar(inside: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{inside}END:VCALENDAR\r\n")
}

fn event(lines: &str) -> String {
    calendar(&format!("BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:amina\r\n{lines}END:VEVENT\r\n"))
}

#[test]
fn times_are_read_in_every_way_that_they_are_written() {
    for (label, lines, from, to) in [
        (
            "UTC",
            "DTSTART:20261122T080000Z\nDTEND:20261122T200000Z\n",
            "2026-11-22T08:00:00Z",
            "2026-11-22T20:00:00Z",
        ),
        (
            "a zone",
            "DTSTART;TZID=America/New_York:20261122T080000\nDTEND;TZID=America/New_York:20261122T200000\n",
            "2026-11-22T13:00:00Z",
            "2026-11-23T01:00:00Z",
        ),
        (
            "the site's",
            "DTSTART:20260622T080000\nDTEND:20260622T200000\n",
            "2026-06-22T07:00:00Z",
            "2026-06-22T19:00:00Z",
        ),
        ("a day", "DTSTART;VALUE=DATE:20261025\n", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"),
        (
            "days",
            "DTSTART;VALUE=DATE:20261221\nDTEND;VALUE=DATE:20261224\n",
            "2026-12-21T00:00:00Z",
            "2026-12-24T00:00:00Z",
        ),
        (
            "a length",
            "DTSTART:20261122T080000Z\nDURATION:P1DT2H30M\n",
            "2026-11-22T08:00:00Z",
            "2026-11-23T10:30:00Z",
        ),
        ("weeks", "DTSTART:20261122T080000Z\nDURATION:P1W\n", "2026-11-22T08:00:00Z", "2026-11-29T08:00:00Z"),
        (
            "folded, and an hour that comes twice",
            "DTSTART;TZID=Europe/\n London:20261025T013000\nDTEND:20261025T0\n 90000\n",
            "2026-10-25T00:30:00Z",
            "2026-10-25T09:00:00Z",
        ),
        (
            "an alarm and words beside it",
            "DTSTART:20261122T080000Z\nDTEND:20261122T200000Z\nDESCRIPTION:no; matter\nBEGIN:VALARM\nTRIGGER:-PT15M\nEND:VALARM\n",
            "2026-11-22T08:00:00Z",
            "2026-11-22T20:00:00Z",
        ),
    ] {
        let events = read(&event(lines), &london()).unwrap_or_else(|faults| panic!("{label}: {faults:?}"));
        assert_eq!((events[0].from, events[0].to), (at(from), at(to)), "{label}");
    }
}

#[test]
fn whatever_is_not_understood_is_told_by_its_line_and_refuses_the_whole() {
    let times = "DTSTART:20261122T080000Z\nDTEND:20261122T200000Z\n";
    for (label, text, told) in [
        ("no calendar", "hello".to_owned(), "line 1: is no line of a calendar"),
        ("nothing", String::new(), "this is no calendar"),
        ("broken off", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n".to_owned(), "the calendar breaks off"),
        (
            "monthly",
            event(&format!("{times}RRULE:FREQ=MONTHLY\n")),
            "line 8: RRULE: only what repeats DAILY or WEEKLY",
        ),
        (
            "a first Monday",
            event(&format!("{times}RRULE:FREQ=WEEKLY;BYDAY=1SU\n")),
            "'BYDAY=1SU' is not understood",
        ),
        (
            "a set position",
            event(&format!("{times}RRULE:FREQ=DAILY;BYSETPOS=1\n")),
            "'BYSETPOS=1' is not taken",
        ),
        (
            "two limits",
            event(&format!("{times}RRULE:FREQ=DAILY;COUNT=2;UNTIL=20270101\n")),
            "do not go together",
        ),
        ("no frequency", event(&format!("{times}RRULE:COUNT=2\n")), "FREQ is missing"),
        ("never", event(&format!("{times}RRULE:FREQ=DAILY;INTERVAL=0\n")), "'INTERVAL=0' is not understood"),
        (
            "another day",
            event(&format!("{times}RRULE:FREQ=WEEKLY;BYDAY=MO\n")),
            "a day that its RRULE does not name",
        ),
        (
            "not without",
            event(&format!("{times}RRULE:FREQ=DAILY\nEXDATE:20261122T090000Z,20261123T080000Z\n")),
            "line 3: EXDATE: it names",
        ),
        ("no repeat", event(&format!("{times}EXDATE:20261122T080000Z\n")), "does not repeat"),
        ("more times", event(&format!("{times}RDATE:20261124T080000Z\n")), "line 8: RDATE is not taken"),
        (
            "one of many",
            event(&format!("{times}RECURRENCE-ID:20261122T080000Z\n")),
            "line 3: RECURRENCE-ID: the event '1' that repeats is not in the calendar",
        ),
        (
            "from one on",
            event(&format!("{times}RECURRENCE-ID;RANGE=THISANDFUTURE:20261122T080000Z\n")),
            "line 8: RECURRENCE-ID: a change of all times",
        ),
        ("no start", event("DTEND:20261122T200000Z\n"), "line 3: the event has no DTSTART"),
        ("no end", event("DTSTART:20261122T200000Z\n"), "neither DTEND nor DURATION"),
        ("two ends", event(&format!("{times}DURATION:PT1H\n")), "both DTEND and DURATION"),
        ("backwards", event("DTSTART:20261122T080000Z\nDTEND:20261122T080000Z\n"), "ends before it begins"),
        ("a day to an hour", event("DTSTART;VALUE=DATE:20261122\nDTEND:20261122T080000Z\n"), "both be days"),
        ("no such day", event("DTSTART:20260230T080000Z\n"), "'20260230T080000Z' is no time"),
        (
            "no such zone",
            event("DTSTART;TZID=GMT Standard Time:20261122T080000\n"),
            "no time zone that is known",
        ),
        ("no such length", event("DTSTART:20261122T080000Z\nDURATION:1 hour\n"), "is no duration"),
        ("a to-do", calendar("BEGIN:VTODO\nEND:VTODO\n"), "line 3: 'VTODO' is nothing that a rota"),
        ("twice", event(&format!("{times}UID:2\n")), "UID comes twice"),
        ("crossed", calendar("BEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n"), "while VEVENT is open"),
        ("outside", format!("{}SUMMARY:x\n", event(times)), "stands outside"),
        ("no one", event(&format!("{times}ATTENDEE:tel:1\n")), "neither a name"),
        (
            "the same UID",
            calendar(&format!(
                "BEGIN:VEVENT\nUID:1\n{times}END:VEVENT\nBEGIN:VEVENT\nUID:1\n{times}END:VEVENT\n"
            )),
            "stands in the calendar twice",
        ),
        ("no UID", calendar(&format!("BEGIN:VEVENT\n{times}END:VEVENT\n")), "has no UID"),
    ] {
        let faults = read(&text, &london()).expect_err(label);
        assert!(faults.iter().any(|fault| fault.contains(told)), "{label}: {faults:?}");
    }
}

#[test]
fn people_are_read_by_their_names_and_mailboxes() {
    let times = "DTSTART:20261122T080000Z\nDTEND:20261122T200000Z\n";
    let lines = format!(
        "{times}ATTENDEE;ROLE=CHAIR;CN=\"Khan, Amina; RN\":MAILTO:amina@example.org\nattendee;cn=Dev:urn:x\nSTATUS:CANCELLED\n"
    );
    let event = &read(&event(&lines), &london()).unwrap()[0];
    assert_eq!(event.attendees, [vec!["Khan, Amina; RN", "amina@example.org"], vec!["Dev"]]);
    assert!(event.is_cancelled);
}

/// Each time as its first and last minute in London, and who.
fn shown(events: &[Event]) -> Vec<String> {
    let civil = |at: Timestamp| at.to_zoned(london()).strftime("%m-%d %H:%M").to_string();
    events
        .iter()
        .map(|event| format!("{} to {}: {}", civil(event.from), civil(event.to), event.summary))
        .collect()
}

#[test]
fn what_repeats_is_read_as_its_single_times_in_civil_time() {
    let night = "DTSTART;TZID=Europe/London:20261030T200000\nDTEND;TZID=Europe/London:20261031T080000\n";
    for (label, lines, times) in [
        (
            "days, by count, from before the window",
            "RRULE:FREQ=DAILY;COUNT=4\n",
            &[
                "10-31 20:00 to 11-01 08:00: amina",
                "11-01 20:00 to 11-02 08:00: amina",
                "11-02 20:00 to 11-03 08:00: amina",
            ][..],
        ),
        (
            "weekdays until a day",
            "RRULE:FREQ=DAILY;BYDAY=MO,FR;UNTIL=20261106\n",
            &["11-02 20:00 to 11-03 08:00: amina", "11-06 20:00 to 11-07 08:00: amina"],
        ),
        (
            "every other week on two days until a moment, without one",
            "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,SU;UNTIL=20261127T200000Z;WKST=MO\nEXDATE;TZID=Europe/London:20261113T200000\n",
            &[
                "11-01 20:00 to 11-02 08:00: amina",
                "11-15 20:00 to 11-16 08:00: amina",
                "11-27 20:00 to 11-28 08:00: amina",
            ],
        ),
    ] {
        let events = read(&event(&format!("{night}{lines}")), &london())
            .unwrap_or_else(|faults| panic!("{label}: {faults:?}"));
        assert_eq!(shown(&events), times, "{label}");
    }
}

#[test]
fn a_shift_keeps_its_hours_over_both_changes_of_the_clock() {
    let spring = "DTSTART;TZID=Europe/London:20270327T200000\nDTEND;TZID=Europe/London:20270328T080000\nRRULE:FREQ=DAILY;COUNT=2\n";
    let events = read(&event(spring), &london()).unwrap();
    assert_eq!(shown(&events), ["03-27 20:00 to 03-28 08:00: amina", "03-28 20:00 to 03-29 08:00: amina"]);
    assert_eq!(events[0].to.duration_since(events[0].from), SignedDuration::from_hours(11));
    let autumn = "DTSTART;TZID=Europe/London:20271029T200000\nDTEND;TZID=Europe/London:20271030T080000\nRRULE:FREQ=DAILY;COUNT=2\n";
    let events = read(&event(autumn), &london()).unwrap();
    assert_eq!(shown(&events), ["10-29 20:00 to 10-30 08:00: amina", "10-30 20:00 to 10-31 08:00: amina"]);
    assert_eq!(events[1].to.duration_since(events[1].from), SignedDuration::from_hours(13));
    let days = "DTSTART;VALUE=DATE:20270327\nRRULE:FREQ=WEEKLY;COUNT=2\n";
    assert_eq!(
        shown(&read(&event(days), &london()).unwrap()),
        ["03-27 00:00 to 03-28 00:00: amina", "04-03 00:00 to 04-04 00:00: amina"]
    );
}

#[test]
fn one_time_may_be_otherwise_or_called_off() {
    let night = "DTSTART:20261102T200000\nDTEND:20261103T080000\n";
    let text = calendar(&format!(
        "BEGIN:VEVENT\nUID:1\nSUMMARY:ben\nRECURRENCE-ID:20261103T200000\nDTSTART:20261103T220000\nDTEND:20261104T080000\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:1\nSUMMARY:amina\n{night}RRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20261104T200000\nDTSTART:20261104T200000\nDTEND:20261105T080000\nSTATUS:CANCELLED\nEND:VEVENT\n"
    ));
    assert_eq!(
        shown(&read(&text, &london()).unwrap()),
        ["11-02 20:00 to 11-03 08:00: amina", "11-03 22:00 to 11-04 08:00: ben"]
    );
}

#[test]
fn what_repeats_no_more_is_called_off_as_a_whole() {
    let past = "DTSTART:20261002T200000\nDTEND:20261003T080000\nRRULE:FREQ=DAILY;COUNT=3\n";
    let events = read(&event(past), &london()).unwrap();
    assert!(events.len() == 1 && events[0].is_cancelled, "{events:?}");
    let endless =
        read(&event("DTSTART:20260102T200000\nDTEND:20260103T080000\nRRULE:FREQ=DAILY\n"), &london())
            .unwrap();
    assert_eq!(endless.len(), 366, "a year, and the night that the window begins in");
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~äé€🕯\n]{0,90}", "[\\\\,;:\"\n ]{0,12}"]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let name = "[^\\pC\"]{1,90}";
    let event =
        (words(), words(), 0..2_000_000_000_i64, 1..900_000_i64, any::<bool>(), proptest::option::of(name));
    proptest::collection::vec(event, 0..5).prop_map(|events| {
        let events =
            events.into_iter().enumerate().map(|(n, (uid, summary, from, length, is_cancelled, name))| {
                let from = Timestamp::from_second(from).unwrap();
                Event {
                    uid: format!("{n}{uid}"),
                    from,
                    to: from + SignedDuration::from_secs(length),
                    summary,
                    attendees: name.into_iter().map(|name| vec![name]).collect(),
                    is_cancelled,
                }
            });
        events.collect()
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_in_lines_that_are_short_enough(events in events(), name in words()) {
        let text = write(&name, &events, at("2026-11-22T08:00:00Z"));
        prop_assert!(text.ends_with("END:VCALENDAR\r\n"));
        for line in text.split_terminator("\r\n") {
            prop_assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line:?}");
        }
        prop_assert_eq!(read(&text, &london()), Ok(events));
    }

    #[test]
    fn nothing_that_comes_in_breaks_the_reader(text in "(BEGIN:|END:|VCALENDAR|VEVENT|DTSTART|RRULE:FREQ=DAILY|RRULE:FREQ=WEEKLY;BYDAY=|EXDATE:|RECURRENCE-ID:|;TZID=|UID|:|2026|T08|Z|P1D|\n|\r\n |[\\PC\"]){0,60}") {
        if let Err(faults) = read(&text, &london()) {
            prop_assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.contains('\n')));
        }
    }
}
