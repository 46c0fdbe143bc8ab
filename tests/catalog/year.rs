//! A silent patient's year on every shipped protocol: each question of the schedule comes at its civil minute, none is
//! lost and none comes twice, through both clock changes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;
use lamplight::catalog;
use lamplight::domain::id::PatientId;
use lamplight::domain::patient::{Consent, Patient};
use lamplight::domain::protocol::{Days, Does, Protocol};
use lamplight::domain::rehearsal::{Rehearsal, Sign};

const FIRST: Date = date(2026, 1, 1);
const LAST: Date = date(2026, 12, 31);

/// The schedule's questions by a walk over every day of the year, with no cleverness: what `due` must come to.
fn scheduled(protocol: &Protocol, zone: &TimeZone) -> BTreeMap<(DateTime, String), u32> {
    let mut all = BTreeMap::new();
    let days = protocol.days.map_or(365, |days| days.min(365));
    for day in 1..=i32::try_from(days).unwrap() {
        let today = FIRST.checked_add(jiff::Span::new().days(i64::from(day) - 1)).unwrap();
        for entry in &protocol.schedule {
            let Does::Ask(questions) = &entry.does else { continue };
            let on = match &entry.days {
                Days::Every(step) => (day - entry.from_day).rem_euclid(i32::try_from(*step).unwrap()) == 0,
                Days::On(weekdays) => weekdays.contains(&today.weekday().into()),
            };
            if !on || day < entry.from_day || entry.to_day.is_some_and(|to| day > to) {
                continue;
            }
            for time in &entry.at {
                // What a clock shows that has skipped the hour.
                let shown = today.to_datetime(*time).to_zoned(zone.clone()).unwrap().datetime();
                for question in questions {
                    *all.entry((shown, question.to_string())).or_default() += 1;
                }
            }
        }
    }
    all
}

/// Questions that follow-ups ask as well: they may come at other minutes too.
fn followed(protocol: &Protocol) -> BTreeSet<String> {
    let asks = protocol.follow_ups.iter().filter_map(|follow_up| match &follow_up.does {
        Does::Ask(questions) => Some(questions),
        Does::Say(_) => None,
    });
    asks.flatten().map(ToString::to_string).collect()
}

#[test]
fn a_year_on_every_protocol_asks_each_question_at_its_minute_once() {
    let catalog = catalog::built_in().unwrap();
    let zone = TimeZone::get("Europe/London").unwrap();
    for (id, protocol) in &catalog.protocols {
        let noon = FIRST.yesterday().unwrap().at(12, 0, 0, 0).to_zoned(zone.clone()).unwrap().timestamp();
        let mut house = Rehearsal::new(&catalog, Patient::unknown(PatientId::trusted("ada")), noon);
        house.enrol(id, FIRST, protocol.days.is_none().then_some(LAST)).unwrap();
        if protocol.consent == Consent::OptIn {
            house.text("YES");
        }
        let end = LAST.checked_add(jiff::Span::new().days(3)).unwrap().at(12, 0, 0, 0);
        house.pass_to(end.to_zoned(zone.clone()).unwrap().timestamp());

        let mut asked: BTreeMap<(DateTime, String), u32> = BTreeMap::new();
        for line in house.lines().iter().filter(|line| line.sign == Sign::Told) {
            for part in line.words.split(" + ").filter_map(|part| part.strip_prefix("ask ")) {
                *asked.entry((line.civil, part.to_owned())).or_default() += 1;
            }
        }
        let expected = scheduled(protocol, &zone);
        let followed = followed(protocol);
        let lost: Vec<_> = expected.keys().filter(|slot| !asked.contains_key(*slot)).collect();
        assert!(lost.is_empty(), "{id}: never asked: {:?}", &lost[..lost.len().min(5)]);
        let stray: Vec<_> = asked
            .iter()
            .filter(|(slot, times)| {
                **times > 1 || !expected.contains_key(*slot) && !followed.contains(&slot.1)
            })
            .collect();
        assert!(stray.is_empty(), "{id}: asked twice or out of turn: {:?}", &stray[..stray.len().min(5)]);
        assert!(house.state().prompts.is_empty(), "{id}: a prompt is left open");
        assert!(house.state().enrolments.is_empty(), "{id}: the course does not end");
    }
}
