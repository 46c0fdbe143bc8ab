//! What patients are told of their readings, as a pure decision.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use lamplight::domain::alert::Severity;
use lamplight::domain::candour::{Listener, Spoken, Tell, Told, Word};
use lamplight::domain::id::{AlertId, PatientId};
use lamplight::domain::phone::Phone;

use super::site::{candid_site, site};

const NOON: &str = "2026-11-23T12:00:00Z";
const NIGHT: &str = "2026-11-23T23:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn listener(alerts: Vec<Spoken>, told: Vec<Told>) -> Listener {
    Listener {
        patient: PatientId::trusted("ada"),
        phone: Phone::trusted("+447700900121"),
        language: "en".to_owned(),
        zone: TimeZone::get("Europe/London").unwrap(),
        team: None,
        alerts,
        told,
    }
}

/// An alert that opened so many minutes before.
fn waiting(id: &str, severity: Severity, now: &str, minutes: i64) -> Spoken {
    let since = at(now) - SignedDuration::from_mins(minutes);
    Spoken { alert: AlertId::trusted(id), severity, since, last_at: since, unseen: true, seen_at: None }
}

/// And that was looked at so many minutes after it opened.
fn seen(spoken: Spoken, after: i64) -> Spoken {
    let seen_at = Some(spoken.since + SignedDuration::from_mins(after));
    Spoken { unseen: false, seen_at, ..spoken }
}

fn told(id: &str, word: Word, now: &str, minutes: i64) -> Told {
    Told { alert: AlertId::trusted(id), word, at: at(now) - SignedDuration::from_mins(minutes) }
}

/// `word of these alerts`, or `-`.
fn said(listener: &Listener, now: &str) -> String {
    show(listener.is_to_be_told(&candid_site(), at(now)))
}

fn show(tell: Option<Tell>) -> String {
    tell.map_or("-".to_owned(), |tell| {
        let alerts: Vec<&str> = tell.alerts.iter().map(AlertId::as_str).collect();
        format!("{} {} {}", tell.word.name(), tell.severity.name(), alerts.join(" "))
    })
}

#[test]
fn patients_hear_what_became_of_their_readings_and_nothing_twice() {
    use Severity::{Advice, Amber, Red};
    let red = |minutes| waiting("r", Red, NOON, minutes);
    let amber = |minutes| waiting("a", Amber, NOON, minutes);
    for (case, alerts, before, expected) in [
        ("a new red", vec![red(14)], vec![], "-"),
        ("a red past its quarter of an hour", vec![red(15)], vec![], "unseen red r"),
        ("and once", vec![red(40)], vec![told("r", Word::Unseen, NOON, 25)], "-"),
        (
            "another one's turn",
            vec![red(40), waiting("s", Red, NOON, 20)],
            vec![told("r", Word::Unseen, NOON, 25)],
            "unseen red s",
        ),
        ("two in one text", vec![red(40), amber(300)], vec![], "unseen red r a"),
        ("too long ago to be news", vec![red(13 * 60)], vec![], "-"),
        ("advice is never missed", vec![waiting("v", Advice, NOON, 3000)], vec![], "-"),
        ("somebody has looked", vec![seen(red(10), 5)], vec![], "seen red r"),
        ("two at one look", vec![seen(red(10), 5), seen(amber(60), 56)], vec![], "seen red r a"),
        ("said before", vec![seen(red(10), 5)], vec![told("r", Word::Seen, NOON, 4)], "-"),
        (
            "said of another, since this reading",
            vec![seen(red(10), 9)],
            vec![told("a", Word::Seen, NOON, 4)],
            "-",
        ),
        (
            "said of another, before this reading",
            vec![seen(red(10), 9)],
            vec![told("a", Word::Seen, NOON, 11)],
            "seen red r",
        ),
        (
            "it became worse and was seen anew",
            vec![seen(red(10), 9)],
            vec![told("r", Word::Seen, NOON, 20)],
            "seen red r",
        ),
        ("a look of yesterday", vec![seen(red(20 * 60), 5)], vec![], "-"),
        (
            "a reading came after the look",
            vec![Spoken { last_at: at(NOON), ..seen(red(10), 5) }],
            vec![],
            "-",
        ),
        ("late, and yet", vec![seen(red(60), 50)], vec![told("r", Word::Unseen, NOON, 45)], "seen red r"),
        (
            "nothing soothing while one waits too long",
            vec![seen(amber(20), 5), red(16)],
            vec![told("r", Word::Unseen, NOON, 1)],
            "-",
        ),
        ("soothing while one waits in time", vec![seen(amber(20), 5), red(3)], vec![], "seen amber a"),
        ("advice that was looked at", vec![seen(waiting("v", Advice, NOON, 30), 5)], vec![], "-"),
    ] {
        assert_eq!(said(&listener(alerts, before), NOON), expected, "{case}");
    }
}

#[test]
fn at_night_only_red_is_told_and_amber_waits_for_the_morning() {
    let amber = seen(waiting("a", Severity::Amber, NIGHT, 30), 10);
    assert_eq!(said(&listener(vec![amber.clone()], vec![]), NIGHT), "-");
    assert_eq!(said(&listener(vec![amber], vec![]), "2026-11-24T07:30:00Z"), "seen amber a");
    let unseen = waiting("a", Severity::Amber, NIGHT, 300);
    assert_eq!(said(&listener(vec![unseen.clone()], vec![]), NIGHT), "-");
    assert_eq!(said(&listener(vec![unseen], vec![]), "2026-11-24T07:30:00Z"), "unseen amber a");
    let red = waiting("r", Severity::Red, NIGHT, 20);
    assert_eq!(said(&listener(vec![red], vec![]), NIGHT), "unseen red r");
}

#[test]
fn a_team_that_has_not_switched_it_on_tells_nothing() {
    for alert in [waiting("r", Severity::Red, NOON, 20), seen(waiting("r", Severity::Red, NOON, 20), 5)] {
        assert_eq!(show(listener(vec![alert], vec![]).is_to_be_told(&site(), at(NOON))), "-");
    }
}
