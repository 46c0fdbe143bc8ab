//! Holes are where they are: a sweep over edges against asking at every minute.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::alert::Severity;
use lamplight::domain::id::RotaId;
use lamplight::domain::organisation::{
    Cause, Change, ChangeKind, Contact, Hole, Organisation, Roster, holes,
};
use proptest::prelude::*;

use super::minute::{WINDOWS, at};
use super::roster::{contact, site, staff};
use super::rota::person;

/// Whether somebody is reached for sure, asked at one instant.
fn is_covered(roster: &Roster<'_>, team: &str, severity: Severity, now: Timestamp) -> bool {
    let team = roster.site.team_of(Some(team));
    let chain = team.chain(severity);
    let targets = chain.steps.iter().flat_map(|step| &step.notify);
    targets.into_iter().any(|target| {
        roster.reach(target, team, now).is_ok_and(|reached| reached.iter().any(|recipient| recipient.proved))
    })
}

fn changes(from: Timestamp, to: Timestamp) -> impl Strategy<Value = Vec<Change>> {
    let minutes = to.duration_since(from).as_mins();
    let who = || (0..3_usize).prop_map(|n| person(["amina", "brendan", "carol"][n]));
    let rota = RotaId::trusted("days");
    let (one, other) = (rota.clone(), rota);
    let kind = prop_oneof![
        who().prop_map(move |stands_in| ChangeKind::Override { rota: one.clone(), stands_in }),
        (who(), who()).prop_map(move |(person, stands_in)| ChangeKind::Cover {
            rota: other.clone(),
            person,
            stands_in
        }),
        who().prop_map(|person| ChangeKind::Leave { person }),
    ];
    proptest::collection::vec((kind, -600..minutes, 1..1800_i64), 0..5).prop_map(move |changes| {
        let made = changes.into_iter().enumerate().map(|(n, (kind, start, length))| Change {
            id: format!("{n}"),
            kind,
            from: from + SignedDuration::from_mins(start),
            to: from + SignedDuration::from_mins(start + length),
            made_by: person("lead"),
            made_at: at("2026-01-01T00:00:00Z") + SignedDuration::from_mins(n as i64),
        });
        made.collect()
    })
}

/// Channels whose verification ends within or about the window, to the minute.
fn contacts(from: Timestamp, to: Timestamp) -> impl Strategy<Value = Vec<Contact>> {
    let minutes = to.duration_since(from).as_mins();
    let ends = proptest::collection::vec((0..3_usize, proptest::option::of(-600..minutes + 600)), 0..5);
    ends.prop_map(move |ends| {
        let contacts = ends.into_iter().enumerate().map(|(n, (who, end))| {
            let verified =
                end.map(|end| from + SignedDuration::from_mins(end) - SignedDuration::from_hours(30 * 24));
            let phone = format!("+4477009001{n:02}");
            let who = ["amina", "brendan", "carol"][who];
            Contact { verified_at: verified, ..contact(who, &phone, None) }
        });
        contacts.collect()
    })
}

fn scene() -> impl Strategy<Value = (usize, Vec<Change>, Vec<Contact>, i64)> {
    (0..WINDOWS.len()).prop_flat_map(|window| {
        let (from, to) = (at(WINDOWS[window].0), at(WINDOWS[window].1));
        (Just(window), changes(from, to), contacts(from, to), -40..40_i64)
    })
}

/// The navigator's own phone counts to some day near the window.
fn site_verified(days_before: i64, from: Timestamp) -> Organisation {
    let mut site = site();
    for service in site.services.values_mut() {
        for address in &mut service.addresses {
            let day = from + SignedDuration::from_hours(24 * (days_before - 28));
            address.verified = Some(day.to_zoned(jiff::tz::TimeZone::UTC).date());
        }
    }
    site
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn holes_are_exactly_the_minutes_in_which_nobody_is_reached_for_sure((window, changes, contacts, days) in scene()) {
        let (from, to) = (at(WINDOWS[window].0), at(WINDOWS[window].1));
        let (site, staff) = (site_verified(days, from), staff());
        let roster = Roster { site: &site, contacts: &contacts, changes: &changes, staff: &staff };
        let found = holes(&roster, from, to);
        for hole in &found {
            prop_assert!(from <= hole.from && hole.from < hole.to && hole.to <= to && !hole.causes.is_empty());
        }
        let of = |team: &str, severity| -> Vec<&Hole> {
            found.iter().filter(|hole| hole.team.as_str() == team && hole.severity == severity).collect()
        };
        for (team, severity) in [
            ("north", Severity::Red),
            ("north", Severity::Amber),
            ("south", Severity::Red),
            ("south", Severity::Amber),
        ] {
            let found = of(team, severity);
            let apart = found.windows(2).all(|pair| {
                pair[0].to < pair[1].from || pair[0].to == pair[1].from && pair[0].causes != pair[1].causes
            });
            prop_assert!(apart, "{:?}", found);
            let mut now = from;
            while now < to {
                let told = found.iter().any(|hole| hole.from <= now && now < hole.to);
                let covered = is_covered(&roster, team, severity, now);
                prop_assert_eq!(!told, covered, "{} {:?} {}", team, severity, now);
                now += SignedDuration::from_mins(1);
            }
        }
    }
}

#[test]
fn a_hole_says_where_it_is_and_why() {
    let site = site();
    let contacts = [
        contact("brendan", "+447700900101", Some("2026-11-20T00:00:00Z")),
        contact("carol", "carol@example.org", None),
        contact("amina", "+447700900103", Some("2026-11-20T00:00:00Z")),
    ];
    let staff = staff();
    let leave = Change {
        id: "1".to_owned(),
        kind: ChangeKind::Leave { person: person("brendan") },
        from: at("2026-11-24T10:00:00Z"),
        to: at("2026-11-24T15:00:00Z"),
        made_by: person("amina"),
        made_at: at("2026-11-20T00:00:00Z"),
    };
    let roster = Roster { site: &site, contacts: &contacts, changes: &[leave], staff: &staff };
    let found = holes(&roster, at("2026-11-23T00:00:00Z"), at("2026-11-25T00:00:00Z"));
    let told: Vec<String> = found
        .iter()
        .map(|hole| {
            format!("{} {} {} {}: {}", hole.team, hole.severity.name(), hole.from, hole.to, hole.why(&site))
        })
        .collect();
    assert_eq!(
        told,
        [
            "north amber 2026-11-23T00:00:00Z 2026-11-23T08:00:00Z: nobody is on call on Days",
            "north amber 2026-11-23T08:00:00Z 2026-11-23T20:00:00Z: carol has no verified channel (email is not proved)",
            "north amber 2026-11-23T20:00:00Z 2026-11-24T08:00:00Z: nobody is on call on Days",
            "north amber 2026-11-24T10:00:00Z 2026-11-24T15:00:00Z: brendan is on leave and nobody covers Days",
            "north amber 2026-11-24T20:00:00Z 2026-11-25T00:00:00Z: nobody is on call on Days",
            "south red 2026-11-23T00:00:00Z 2026-11-25T00:00:00Z: the team tells nobody of this severity",
            "south amber 2026-11-23T00:00:00Z 2026-11-25T00:00:00Z: the team tells nobody of this severity",
        ]
    );
    assert_eq!(found[5].causes, [Cause::NoChain]);
}

#[test]
fn whoever_may_not_sign_in_any_more_is_a_hole() {
    let site = site();
    let contacts = [contact("amina", "+447700900103", Some("2026-11-20T00:00:00Z"))];
    let noon = (at("2026-11-23T12:00:00Z"), at("2026-11-23T13:00:00Z"));
    let holes_with = |staff: &BTreeSet<_>| {
        let roster = Roster { site: &site, contacts: &contacts, changes: &[], staff };
        let found = holes(&roster, noon.0, noon.1);
        let red = |hole: &&Hole| hole.team.as_str() == "north" && hole.severity == Severity::Red;
        found.iter().find(red).map(|hole| hole.why(&site))
    };
    assert_eq!(holes_with(&staff()), None);
    assert_eq!(
        holes_with(&BTreeSet::new()).unwrap(),
        "carol may not sign in here; amina may not sign in here; Clinical navigator is closed"
    );
}
