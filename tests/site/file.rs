//! The files that are shipped hold, and mean what they say.

use jiff::SignedDuration;
use jiff::civil::date;
use lamplight::catalog::{self, parse_site};
use lamplight::domain::alert::Severity;
use lamplight::domain::id::{RotaId, TeamId};
use lamplight::domain::organisation::{Change, Detail, MemberRole, Organisation, StandardClock, Target};

use super::minute::at;
use super::roster::SITE;
use super::rota::person;

const SHIPPED: &str = include_str!("../../deploy/site.toml");

pub(super) fn shipped() -> Organisation {
    parse_site("deploy/site.toml", SHIPPED).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

#[test]
fn the_shipped_example_holds_and_means_what_it_says() {
    let site = shipped();
    assert_eq!((site.teams.len(), site.rotas.len(), site.services.len()), (3, 4, 1));
    assert_eq!((site.detail, site.verified_days, site.outcomes.len()), (Detail::Severity, 90, 6));
    let north = site.team_of(Some("North Locality"));
    assert_eq!(north.id.as_str(), "north");
    assert_eq!(site.team_of(Some("nowhere")).id, site.default_team);
    assert_eq!(north.members[&person("amina")], MemberRole::Lead);
    assert_eq!(north.standards[&Severity::Red].minutes, 15);
    let amber = north.standards[&Severity::Amber];
    assert_eq!((amber.minutes, amber.clock), (240, StandardClock::Staffed));
    let red = north.chain(Severity::Red);
    assert_eq!((red.steps.len(), red.rounds, red.again_minutes), (3, 2, 20));
    assert_eq!(red.steps[0].notify[1], Target::OnCall(RotaId::trusted("nights")));
    assert_eq!(red.steps[0].wait_minutes, 10);
    // Friday 19:00: one hour of Friday's and three of Saturday's.
    let due = north.deadline(Severity::Amber, at("2026-11-20T19:00:00Z"), &site);
    assert_eq!(due, Some(at("2026-11-21T12:00:00Z")));
    let due = north.deadline(Severity::Red, at("2026-11-20T23:59:00Z"), &site);
    assert_eq!(due, Some(at("2026-11-21T00:14:00Z")));
}

#[test]
fn the_example_has_the_bank_holidays_of_two_years() {
    let site = shipped();
    assert_eq!(site.holidays.len(), 16);
    for day in [date(2026, 12, 28), date(2027, 3, 26), date(2027, 12, 27), date(2027, 12, 28)] {
        assert!(site.holidays.contains(&day), "{day}");
    }
    assert!(!site.holidays.contains(&date(2026, 12, 26)));
}

#[test]
fn somebody_of_the_example_is_on_call_at_every_minute_of_its_two_years() {
    let site = shipped();
    let (from, to) = (at("2026-01-05T08:00:00Z"), at("2027-12-31T00:00:00Z"));
    for pair in [["north-days", "nights"], ["south-days", "nights"], ["midwives", "midwives"]] {
        let mut spells: Vec<_> = pair
            .iter()
            .flat_map(|id| site.rotas[&RotaId::trusted(*id)].spells(from, to, &site, &[] as &[Change]))
            .collect();
        spells.sort_by_key(|spell| spell.from);
        let mut covered = from;
        for spell in spells {
            assert!(spell.from <= covered, "{pair:?}: a hole from {covered} to {}", spell.from);
            assert!(spell.person.is_some(), "{pair:?}: nobody from {}", spell.from);
            covered = covered.max(spell.to);
        }
        assert_eq!(covered, to, "{pair:?}");
    }
}

#[test]
fn the_demos_site_holds_and_has_a_team_for_everybody() {
    let text = include_str!("../../src/daemon/demo/site.toml");
    let site = parse_site("site.toml", text).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let people = include_str!("../../src/daemon/demo/people.rs");
    let teams: Vec<&str> =
        people.lines().filter_map(|line| line.strip_prefix("const ")?.split('"').nth(1)).collect();
    assert_eq!(teams.len(), 6, "{teams:?}");
    for team in teams {
        assert_eq!(site.team_of(Some(team)).id, TeamId::trusted(team));
    }
}

#[test]
fn files_that_say_the_same_are_the_same_to_the_audit_and_others_are_not() {
    let version = |text: &str| parse_site("site.toml", text).unwrap().version;
    let same = [
        format!("# a comment\n{SITE}"),
        SITE.replace("verified_days = 30\n", "").replace("default_team", "verified_days = 30\ndefault_team"),
        SITE.replace("2026-12-25", "\"2026-12-25\""),
    ];
    for text in same {
        assert_eq!(version(&text), version(SITE));
    }
    let other = SITE.replace("wait = \"45 min\"", "wait = \"46 min\"");
    assert_ne!(version(&other), version(SITE));
    let catalog = catalog::built_in().unwrap();
    let at_site = |text: &str| catalog::at_site(catalog.clone(), parse_site("site.toml", text).unwrap());
    assert_eq!(at_site(SITE).fingerprint, at_site(SITE).fingerprint);
    assert_ne!(at_site(SITE).fingerprint, catalog.fingerprint);
    assert_ne!(at_site(SITE).fingerprint, at_site(&other).fingerprint);
}

#[test]
fn a_shift_that_ends_at_midnight_ends_at_midnight() {
    let text = SITE.replace("to = \"20:00\"\npeople", "to = \"24:00\"\npeople");
    let site = parse_site("site.toml", &text).unwrap();
    let (from, to) = (at("2026-11-22T00:00:00Z"), at("2026-11-23T00:00:00Z"));
    let spells = site.rotas[&RotaId::trusted("days")].spells(from, to, &site, &[]);
    assert_eq!(spells.len(), 1);
    assert_eq!(spells[0].to.duration_since(spells[0].from), SignedDuration::from_hours(16));
}
