//! Calendars in and out.

use serde_json::json;

use super::{House, text};

pub(super) fn event(uid: &str, summary: &str, day: &str, rest: &str) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nSUMMARY:{summary}\r\nDTSTART:{day}T200000Z\r\nDTEND:{day}T230000Z\r\n{rest}END:VEVENT\r\n"
    )
}

pub(super) fn calendar(events: &[String]) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events.concat())
}

#[tokio::test]
async fn a_calendar_comes_in_once_however_often_it_comes() {
    let house = House::open().await;
    let first = calendar(&[
        event("a", "Carol Lee", "20261122", ""),
        event("b", "night duty", "20261123", "ATTENDEE;CN=\"Brendan Foy\":urn:x\r\n"),
        event("c", "amina", "20261120", ""),
    ]);
    let counts = |added, unchanged, taken_back, past| {
        (200, json!({"added": added, "unchanged": unchanged, "taken_back": taken_back, "past": past}))
    };
    assert_eq!(house.import(&first).await, counts(2, 0, 0, 1));
    assert_eq!(house.import(&first).await, counts(0, 2, 0, 1));
    let nights = async || {
        let spells = house.spells(3).await;
        spells.into_iter().filter(|spell| spell.contains("T20:")).collect::<Vec<_>>()
    };
    assert_eq!(nights().await, ["2026-11-22T20:00:00Z carol", "2026-11-23T20:00:00Z brendan"]);
    // One is another's now, one is called off.
    let second =
        calendar(&[event("a", "AMINA", "20261122", ""), event("b", "x", "20261123", "STATUS:CANCELLED\r\n")]);
    assert_eq!(house.import(&second).await, counts(1, 0, 2, 0));
    assert_eq!(nights().await, ["2026-11-22T20:00:00Z amina"]);
    // And back again.
    assert_eq!(house.import(&first).await, counts(2, 0, 1, 1));
    assert_eq!(nights().await, ["2026-11-22T20:00:00Z carol", "2026-11-23T20:00:00Z brendan"]);
    let audit = house.ward.audit().await;
    assert_eq!(audit.iter().filter(|line| line.contains("rota.import ics-")).count(), 5, "{audit:?}");
}

#[tokio::test]
async fn an_event_that_repeats_takes_the_place_of_all_its_times() {
    let house = House::open().await;
    let import = async |rest: &str| {
        let (status, counts) = house.import(&calendar(&[event("a", "Carol Lee", "20261122", rest)])).await;
        assert_eq!(status, 200, "{counts}");
        ["added", "unchanged", "taken_back"].map(|name| counts[name].as_i64().unwrap())
    };
    assert_eq!(import("RRULE:FREQ=DAILY;COUNT=3\r\n").await, [3, 0, 0]);
    assert_eq!(import("RRULE:FREQ=DAILY;COUNT=3\r\n").await, [0, 3, 0]);
    assert_eq!(import("RRULE:FREQ=DAILY;COUNT=3\r\nEXDATE:20261123T200000Z\r\n").await, [0, 2, 1]);
    assert_eq!(import("RRULE:FREQ=DAILY;UNTIL=20261122\r\n").await, [0, 1, 1]);
    assert_eq!(import("RRULE:FREQ=WEEKLY;COUNT=2\r\nSTATUS:CANCELLED\r\n").await, [0, 0, 1]);
    assert_eq!(house.get("/rotas").await["changes"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_calendar_with_anything_that_is_not_understood_is_refused_whole() {
    let house = House::open().await;
    let good = event("a", "amina", "20261122", "");
    let away = json!({"person": "carol", "from": "2026-11-23T00:00:00Z", "to": "2026-11-24T00:00:00Z"});
    house.post("/leave", away).await;
    for (label, calendar, told) in [
        (
            "it repeats by the month",
            calendar(&[good.clone(), event("b", "amina", "20261123", "RRULE:FREQ=MONTHLY\r\n")]),
            "RRULE",
        ),
        (
            "a stranger",
            calendar(&[good.clone(), event("b", "Zoe", "20261123", "")]),
            "the event of 2026-11-23 20:00: nobody here is 'Zoe'",
        ),
        (
            "a strange guest",
            calendar(&[good.clone(), event("b", "amina", "20261123", "ATTENDEE:mailto:z@example.org\r\n")]),
            "nobody here is 'z@example.org'",
        ),
        (
            "two people",
            calendar(&[
                good.clone(),
                event("b", "x", "20261123", "ATTENDEE;CN=amina:urn:x\r\nATTENDEE;CN=carol:urn:x\r\n"),
            ]),
            "more than one person",
        ),
        (
            "on leave",
            calendar(&[good.clone(), event("b", "carol", "20261123", "")]),
            "carol is on leave then",
        ),
        (
            "at once",
            calendar(&[good.clone(), event("b", "carol", "20261122", "")]),
            "overlaps the one before it",
        ),
        (
            "two faults",
            calendar(&[event("b", "Zoe", "20261123", ""), event("c", "Yan", "20261124", "")]),
            "'Zoe'; use a sign-in name or full name as the summary\nthe event of 2026-11-24",
        ),
    ] {
        let (status, problem) = house.import(&calendar).await;
        assert_eq!(status, 422, "{label}: {problem}");
        assert!(text(&problem["detail"]).contains(told), "{label}: {problem}");
    }
    assert_eq!(house.get("/rotas").await["changes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_rota_goes_out_as_a_calendar_that_comes_in_again_as_it_is() {
    let house = House::open().await;
    let reply = house.ward.call(&house.token, "GET", "/api/v1/rotas/days.ics?days=2", "").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/calendar; charset=utf-8")));
    assert!(reply.body.contains("X-WR-CALNAME:Days\\; all\\, of them\r\n"), "{}", reply.body);
    assert!(reply.body.contains("UID:days.1795334400.day@lamplight\r\n"), "{}", reply.body);
    let again = house.ward.call(&house.token, "GET", "/api/v1/rotas/days.ics?days=2", "").await;
    assert_eq!(reply.body, again.body);
    let before = house.spells(2).await;
    let (status, told) = house.import(&reply.body).await;
    assert_eq!((status, &told["added"]), (200, &json!(2)), "{told}");
    assert_eq!(house.spells(2).await, before);
}
