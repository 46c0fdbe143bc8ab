//! A year of one patient, through both clock changes.

use std::time::{Duration, Instant};

use jiff::civil::date;
use jiff::tz::TimeZone;
use lamplight::domain::id::ProtocolId;
use lamplight::domain::rehearsal::{Rehearsal, Sign};

use super::file::{ada, asks, at, catalog, entry, protocol};

#[test]
fn a_year_of_prompts_each_at_its_civil_minute_none_lost_and_none_doubled() {
    let heart = protocol(
        "heart",
        vec![entry("morning", asks(&["weight"]), &["01:30"]), entry("evening", asks(&["bp"]), &["18:00"])],
    );
    let catalog = catalog([heart]);
    let started = Instant::now();
    let mut house = Rehearsal::new(&catalog, ada(), at("2025-12-31 12:00"));
    house.enrol(&ProtocolId::trusted("heart"), date(2026, 1, 1), Some(date(2026, 12, 31))).unwrap();
    house.pass_to(at("2027-01-02 12:00"));
    let took = started.elapsed();

    let zone = TimeZone::get("Europe/London").unwrap();
    let expected: Vec<String> = (0..365)
        .flat_map(|day| {
            let day = date(2026, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
            // The hour that spring skips is made up for when the clock has moved on.
            let night = day.at(1, 30, 0, 0).to_zoned(zone.clone()).unwrap().datetime();
            [(night, "weight"), (day.at(18, 0, 0, 0), "bp")]
        })
        .map(|(at, question)| format!("{}  >  ask {question}", at.strftime("%Y-%m-%d %H:%M")))
        .collect();
    let asked: Vec<String> = house
        .lines()
        .iter()
        .filter(|line| line.sign == Sign::Told && line.words.starts_with("ask"))
        .map(ToString::to_string)
        .collect();
    assert_eq!(asked, expected);
    assert!(asked.contains(&"2026-03-29 02:30  >  ask weight".to_owned()));
    let missed = house.lines().iter().filter(|line| line.sign == Sign::Miss).count();
    assert_eq!(missed, 2 * 365, "each of them was missed once");
    assert!(house.state().enrolments.is_empty() && house.state().prompts.is_empty());
    assert!(took < Duration::from_secs(5), "a year took {took:?} in an unoptimised build");
}
