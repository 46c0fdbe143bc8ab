//! Who is on call, against a model that walks day by day and minute by minute.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, date};
use jiff::{SignedDuration, Timestamp};
use lamplight::domain::id::{RotaId, UserName};
use lamplight::domain::organisation::{Change, ChangeKind, Organisation, Rota, Shift};
use proptest::prelude::*;

use super::hours::{days, is_on, times};
use super::minute::{WINDOWS, at, minutes};

const PEOPLE: [&str; 4] = ["amina", "brendan", "carol", "dev"];

pub(super) fn person(name: &str) -> UserName {
    UserName::trusted(name)
}

fn people() -> impl Strategy<Value = UserName> {
    (0..PEOPLE.len()).prop_map(|n| person(PEOPLE[n]))
}

fn shift() -> impl Strategy<Value = Shift> {
    let first =
        (0..900_i32).prop_map(|days| date(2025, 6, 1).checked_add(jiff::Span::new().days(days)).unwrap());
    let who = proptest::collection::vec(people(), 0..4);
    (days(), times(), times(), who, 1..15_u16, first).prop_map(
        |(days, from, to, people, turn_days, first)| Shift {
            name: String::new(),
            days,
            from,
            to,
            people,
            turn_days,
            first,
        },
    )
}

fn id(name: &str) -> RotaId {
    RotaId::trusted(name)
}

fn rota() -> impl Strategy<Value = Rota> {
    proptest::collection::vec(shift(), 1..4).prop_map(|mut shifts| {
        for (n, shift) in shifts.iter_mut().enumerate() {
            shift.name = format!("shift {n}");
        }
        Rota { id: id("ours"), name: "Ours".to_owned(), shifts }
    })
}

/// Changes of our rota and of another one, within a window, made in any order.
fn changes(from: Timestamp, to: Timestamp) -> impl Strategy<Value = Vec<Change>> {
    let minutes = to.duration_since(from).as_mins();
    let kind = prop_oneof![
        (any::<bool>(), people()).prop_map(|(ours, stands_in)| ChangeKind::Override {
            rota: id(if ours { "ours" } else { "theirs" }),
            stands_in
        }),
        (0..4_u8, people(), people()).prop_map(|(other, person, stands_in)| ChangeKind::Cover {
            rota: id(if other == 0 { "theirs" } else { "ours" }),
            person,
            stands_in
        }),
        people().prop_map(|person| ChangeKind::Leave { person }),
    ];
    let change = (kind, -600..minutes, 1..1800_i64, 0..5_i64);
    proptest::collection::vec(change, 0..8).prop_map(move |changes| {
        let made = changes.into_iter().enumerate().map(|(n, (kind, start, length, made))| Change {
            id: format!("{n}"),
            kind,
            from: from + SignedDuration::from_mins(start),
            to: from + SignedDuration::from_mins(start + length),
            made_by: person("lead"),
            made_at: at("2026-01-01T00:00:00Z") + SignedDuration::from_mins(made),
        });
        made.collect()
    })
}

fn scene() -> impl Strategy<Value = (Rota, Vec<Change>, usize)> {
    (rota(), 0..WINDOWS.len()).prop_flat_map(|(rota, window)| {
        let (from, to) = WINDOWS[window];
        (Just(rota), changes(at(from), at(to)), Just(window))
    })
}

/// Whose turn it is, by going there from the first day of the first person.
fn turn_on(shift: &Shift, wanted: Date) -> Option<UserName> {
    let (mut day, mut turn, mut person) = (shift.first, 0, 0);
    let (length, people) = (shift.turn_days, shift.people.len());
    if people == 0 {
        return None;
    }
    while day < wanted {
        day = day.tomorrow().unwrap();
        turn += 1;
        if turn == length {
            (turn, person) = (0, (person + 1) % people);
        }
    }
    while day > wanted {
        day = day.yesterday().unwrap();
        if turn == 0 {
            (turn, person) = (length, (person + people - 1) % people);
        }
        turn -= 1;
    }
    Some(shift.people[person].clone())
}

/// A shift on a day, and whose turn it is.
type Planned<'r> = (Date, &'r Shift, Option<UserName>);

fn planned(rota: &Rota, from: Timestamp, to: Timestamp) -> Vec<Planned<'_>> {
    let day = |at: Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut planned = Vec::new();
    let mut date = day(from).yesterday().unwrap();
    while date <= day(to).tomorrow().unwrap() {
        let shifts = rota.shifts.iter().filter(|shift| shift.days.contains(date.weekday()));
        planned.extend(shifts.map(|shift| (date, shift, turn_on(shift, date))));
        date = date.tomorrow().unwrap();
    }
    planned
}

/// Who has which shift at a minute: the shift and its holder, nobody in place of whoever is away.
fn model(
    planned: &[Planned<'_>],
    changes: &[Change],
    now: Timestamp,
    wall: DateTime,
) -> BTreeSet<(String, Option<UserName>)> {
    let on = planned.iter().filter(|(day, shift, _)| is_on(*day, shift.from, shift.to, wall));
    let mut held: Vec<_> = on.map(|(_, shift, person)| (shift.name.clone(), person.clone())).collect();
    let mut changes: Vec<_> = changes.iter().filter(|change| change.from <= now && now < change.to).collect();
    changes.sort_by_key(|change| (change.made_at, &change.id));
    for change in &changes {
        match &change.kind {
            ChangeKind::Override { rota: of, stands_in } if *of == id("ours") => {
                held = vec![("override".to_owned(), Some(stands_in.clone()))];
            }
            ChangeKind::Cover { rota: of, person, stands_in } if *of == id("ours") => {
                for (_, holder) in &mut held {
                    if holder.as_ref() == Some(person) {
                        *holder = Some(stands_in.clone());
                    }
                }
            }
            _ => {}
        }
    }
    let is_away = |who: &UserName| {
        changes.iter().any(|change| matches!(&change.kind, ChangeKind::Leave { person } if person == who))
    };
    held.into_iter().map(|(shift, holder)| (shift, holder.filter(|who| !is_away(who)))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn at_every_minute_the_right_person_is_on_call((rota, changes, window) in scene()) {
        let site = Organisation::unwritten();
        let (from, to) = (at(WINDOWS[window].0), at(WINDOWS[window].1));
        let spells = rota.spells(from, to, &site, &changes);
        prop_assert!(spells.iter().all(|spell| spell.from < spell.to && from <= spell.from && spell.to <= to));
        prop_assert!(spells.windows(2).all(|pair| pair[0].from <= pair[1].from));
        let planned = planned(&rota, from, to);
        for (now, wall) in minutes(from, to) {
            let expected = model(&planned, &changes, now, wall);
            let told: BTreeSet<_> = spells
                .iter()
                .filter(|spell| spell.from <= now && now < spell.to)
                .map(|spell| (spell.shift.clone(), spell.person.clone()))
                .collect();
            prop_assert_eq!(&told, &expected, "{} ({})", now, wall);
            if now.as_second() % 1800 == 0 {
                let told: BTreeSet<_> = rota.on_call(now, &site, &changes).into_iter().collect();
                let expected: BTreeSet<_> = expected.into_iter().filter_map(|(_, person)| person).collect();
                prop_assert_eq!(told, expected, "{}", now);
            }
        }
    }

    #[test]
    fn the_order_in_which_changes_are_read_is_nothing_to_anybody((rota, changes, window) in scene()) {
        let site = Organisation::unwritten();
        let (from, to) = (at(WINDOWS[window].0), at(WINDOWS[window].1));
        let mut reversed = changes.clone();
        reversed.reverse();
        prop_assert_eq!(rota.spells(from, to, &site, &changes), rota.spells(from, to, &site, &reversed));
    }

    #[test]
    fn a_turn_before_the_first_is_counted_back(shift in shift(), days in -400..400_i32) {
        let wanted = shift.first.checked_add(jiff::Span::new().days(days)).unwrap();
        prop_assert_eq!(shift.person_on(wanted).cloned(), turn_on(&shift, wanted));
    }
}

fn change(n: i64, kind: ChangeKind, from: &str, to: &str) -> Change {
    let made_at = at("2026-01-01T00:00:00Z") + SignedDuration::from_mins(n);
    Change { id: format!("{n}"), kind, from: at(from), to: at(to), made_by: person("lead"), made_at }
}

#[test]
fn nobody_who_is_away_is_on_call_whatever_was_arranged_before_or_after() {
    let (day, from, to) = ("2026-06-01T12:00:00Z", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z");
    let rota = Rota {
        id: id("ours"),
        name: "Ours".to_owned(),
        shifts: vec![Shift {
            name: "Day".to_owned(),
            days: lamplight::domain::organisation::Days::ALL,
            from: jiff::civil::time(8, 0, 0, 0),
            to: jiff::civil::time(20, 0, 0, 0),
            people: vec![person("amina")],
            turn_days: 1,
            first: date(2026, 1, 1),
        }],
    };
    let leave = |n, who| change(n, ChangeKind::Leave { person: person(who) }, from, to);
    let cover = |n, who, by| {
        let kind = ChangeKind::Cover { rota: id("ours"), person: person(who), stands_in: person(by) };
        change(n, kind, from, to)
    };
    let site = Organisation::unwritten();
    for (label, changes, expected) in [
        ("away", vec![leave(1, "amina")], vec![]),
        ("away, then covered", vec![leave(1, "amina"), cover(2, "amina", "carol")], vec!["carol"]),
        ("covered, then away", vec![cover(1, "amina", "carol"), leave(2, "amina")], vec!["carol"]),
        ("whoever covers goes away", vec![cover(1, "amina", "carol"), leave(2, "carol")], vec![]),
        ("whoever is away covers", vec![leave(1, "carol"), cover(2, "amina", "carol")], vec![]),
        (
            "the cover is covered",
            vec![cover(1, "amina", "carol"), leave(2, "carol"), cover(3, "carol", "dev")],
            vec!["dev"],
        ),
        ("there and back", vec![cover(1, "amina", "carol"), cover(2, "carol", "amina")], vec!["amina"]),
    ] {
        let told = rota.on_call(at(day), &site, &changes);
        assert_eq!(told, expected.into_iter().map(person).collect::<Vec<_>>(), "{label}");
    }
}
