//! Which arrivals are the same one, and which only look alike.

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::id::{DeviceId, EventId};
use lamplight::domain::payload::{decode, key};

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn key_of(device: &str, payload: &str, received_at: Timestamp) -> String {
    key::reading(
        &DeviceId::parse(device).unwrap(),
        &decode(payload.as_bytes()),
        payload.as_bytes(),
        false,
        received_at,
    )
}

const NOON: &str = "2026-11-22T12:00:00Z";

fn message(head: &str, value: f64) -> String {
    format!(r#"{{{head}"readings":[{{"vital":"weight","value":{value},"unit":"kg"}}]}}"#)
}

#[test]
fn keys_are_what_journals_of_earlier_versions_hold() {
    let timed = message(r#""id":"a7","taken_at":"2026-11-22T07:31:00Z","#, 78.4);
    let now = at(NOON);
    let keys = [
        key_of("scale-1", &timed, now),
        key_of("scale-1", &message(r#""id":"a7","#, 78.4), now),
        key_of("scale-1", &message("", 78.4), now),
        key_of("scale-1", "nonsense", now),
        key::stray("a/b", b"x", now),
        key::status(&EventId::trusted("e1")),
    ];
    let written = [
        "1795332660000:scale-1:a7:8ab3455174f2bfa2",
        "0000000000000:scale-1:a7:9554fbf1e0c09d0b",
        "1795348800000:scale-1::a4d0e20fac4d1c83",
        "1795348800000:scale-1::daacab9d6c9ad854",
        "1795348800000:::e614cd8819a34a58",
        "status:e1",
    ];
    assert_eq!(keys, written);
}

#[test]
fn a_redelivery_is_the_same_whenever_it_comes_and_however_it_is_written() {
    for head in [
        r#""id":"a7","taken_at":"2026-11-22T07:31:00Z","#,
        r#""taken_at":"2026-11-22T07:31:00Z","#,
        r#""id":"a7","#,
    ] {
        let first = key_of("scale-1", &message(head, 78.4), at(NOON));
        let days_later = at(NOON) + SignedDuration::from_hours(24 * 30);
        assert_eq!(key_of("scale-1", &message(head, 78.4), days_later), first);
        let spaced = message(head, 78.4).replace(',', " ,\n ").replace("78.4", "7.84e1");
        assert_eq!(key_of("scale-1", &spaced, at(NOON)), first);
    }
}

#[test]
fn without_id_and_time_equal_messages_within_ten_minutes_are_one() {
    for payload in [message("", 78.4).as_str(), "nonsense"] {
        let first = key_of("scale-1", payload, at(NOON));
        assert_eq!(key_of("scale-1", payload, at("2026-11-22T12:09:59Z")), first);
        assert_ne!(key_of("scale-1", payload, at("2026-11-22T12:10:00Z")), first);
    }
}

#[test]
fn a_new_reading_is_never_taken_for_an_old_one() {
    let base = key_of("scale-1", &message(r#""id":"1","taken_at":"2026-11-22T07:31:00Z","#, 78.4), at(NOON));
    let others = [
        // The counter started again after a battery change.
        key_of("scale-1", &message(r#""id":"1","taken_at":"2026-11-22T07:31:00Z","#, 78.5), at(NOON)),
        key_of("scale-1", &message(r#""id":"1","taken_at":"2026-11-22T07:32:00Z","#, 78.4), at(NOON)),
        key_of("scale-1", &message(r#""id":"2","taken_at":"2026-11-22T07:31:00Z","#, 78.4), at(NOON)),
        key_of("scale-2", &message(r#""id":"1","taken_at":"2026-11-22T07:31:00Z","#, 78.4), at(NOON)),
        key_of("scale-1", &message(r#""id":"1","#, 78.4), at(NOON)),
        key_of("scale-1", &message(r#""taken_at":"2026-11-22T07:31:00Z","#, 78.4), at(NOON)),
        key_of("scale-1", &message("", 78.4), at(NOON)),
    ];
    assert!(others.iter().all(|other| *other != base));
    let distinct: std::collections::BTreeSet<_> = others.iter().collect();
    assert_eq!(distinct.len(), others.len());
}

#[test]
fn a_clock_that_stands_still_hides_no_reading() {
    let dead = message(r#""taken_at":"1970-01-01T00:00:05Z","#, 78.4);
    assert_ne!(key_of("scale-1", &dead, at(NOON)), key_of("scale-1", &dead, at("2026-11-23T12:00:00Z")));
    assert_eq!(key_of("scale-1", &dead, at(NOON)), key_of("scale-1", &dead, at("2026-11-22T12:01:00Z")));
}

#[test]
fn ids_with_colons_do_not_run_into_each_other() {
    let timed = |id: &str| message(&format!(r#""id":"{id}","taken_at":"2026-11-22T07:31:00Z","#), 78.4);
    assert_ne!(key_of("a:b", &timed("c"), at(NOON)), key_of("a", &timed("b:c"), at(NOON)));
}

#[test]
fn beyond_the_scale_differs_by_side_and_from_a_number() {
    let glucose =
        |rest: &str| format!(r#"{{"id":"1","readings":[{{"vital":"glucose","unit":"mmol/L",{rest}}}]}}"#);
    let keys: std::collections::BTreeSet<_> = [
        r#""beyond":"high""#,
        r#""beyond":"low""#,
        r#""value":1.1"#,
        r#""value":1.1,"beyond":"low""#,
        r#""value":1.1,"beyond":"high""#,
    ]
    .map(|rest| key_of("m", &glucose(rest), at(NOON)))
    .into();
    assert_eq!(keys.len(), 5);
}

#[test]
fn a_retained_copy_without_id_and_time_counts_once() {
    let payload = message("", 78.4);
    let device = DeviceId::parse("scale-1").unwrap();
    let copy = |time| key::reading(&device, &decode(payload.as_bytes()), payload.as_bytes(), true, at(time));
    assert_eq!(copy(NOON), copy("2026-12-24T18:00:00Z"));
}

#[test]
fn keys_sort_by_the_time_of_the_reading() {
    let early = key_of("z", &message(r#""taken_at":"2026-11-22T07:31:00Z","#, 78.4), at(NOON));
    let late = key_of("a", &message(r#""taken_at":"2026-11-22T07:32:00Z","#, 78.4), at(NOON));
    assert!(early < late);
}
