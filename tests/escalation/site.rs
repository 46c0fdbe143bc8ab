//! A site with one ward: who is told when, and how each of them is reached.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Time, Weekday, date};
use jiff::{SignedDuration, Timestamp};
use lamplight::domain::alert::{AlertState, Severity};
use lamplight::domain::escalation::WatchedAlert;
use lamplight::domain::id::{AlertId, ContactId, PatientId, RotaId, RuleId, TeamId, UserName};
use lamplight::domain::organisation::{
    Address, Chain, ChainStep, Channel, Contact, Days, Detail, HolidayRule, Hours, MemberRole, Organisation,
    Rota, Shift, Target, WeekSpan,
};

/// Ten in the morning of a Monday in summer, civil time 11:00.
pub const NOW: &str = "2026-06-01T10:00:00Z";

pub fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub fn after(from: Timestamp, minutes: i64) -> Timestamp {
    from.checked_add(SignedDuration::from_mins(minutes)).unwrap()
}

pub fn person(name: &str) -> UserName {
    UserName::trusted(name)
}

/// `person:amina`, `rota:days`, `team:north`.
pub fn target(written: &str) -> Target {
    Target::from_written(written).unwrap()
}

pub fn step(notify: &[&str], wait_minutes: u16) -> ChainStep {
    ChainStep { notify: notify.iter().map(|written| target(written)).collect(), wait_minutes }
}

pub fn chain(steps: Vec<ChainStep>) -> Chain {
    Chain { steps, rounds: 2, again_minutes: 30 }
}

/// Red: who is on call by day or night, then Olive who leads, then everybody. Amber: who is on call.
pub fn ward() -> Organisation {
    let mut site = Organisation::unwritten();
    let mut team = site.teams.remove(&site.default_team).unwrap();
    team.id = TeamId::trusted("north");
    team.name = "North".to_owned();
    team.members = BTreeMap::from([
        (person("amina"), MemberRole::Clinician),
        (person("ben"), MemberRole::Clinician),
        (person("cleo"), MemberRole::Clerk),
        (person("olive"), MemberRole::Lead),
    ]);
    team.lapse_minutes = 60;
    team.chains = BTreeMap::from([
        (
            Severity::Red,
            chain(vec![
                step(&["rota:days", "rota:nights"], 10),
                step(&["person:olive"], 5),
                step(&["person:amina", "person:ben", "person:olive"], 20),
            ]),
        ),
        (Severity::Amber, chain(vec![step(&["rota:days", "rota:nights"], 30), step(&["person:olive"], 60)])),
    ]);
    site.default_team = team.id.clone();
    site.teams.insert(team.id.clone(), team);
    for (id, name, from, to) in [("days", "amina", 8, 20), ("nights", "ben", 20, 8)] {
        site.rotas.insert(RotaId::trusted(id), rota(id, name, from, to));
    }
    site.detail = Detail::Severity;
    site.version = "v1".to_owned();
    site
}

/// The ward when its team is there from eight to six from Monday to Friday.
pub fn ward_by_day() -> Organisation {
    let mut site = ward();
    let id = site.default_team.clone();
    let days = Days::through(Weekday::Monday, Weekday::Friday);
    let span = WeekSpan { days, from: Time::constant(8, 0, 0, 0), to: Time::constant(18, 0, 0, 0) };
    site.teams.get_mut(&id).unwrap().staffed = Hours { spans: vec![span], holidays: HolidayRule::AsUsual };
    site
}

fn rota(id: &str, name: &str, from: i8, to: i8) -> Rota {
    let shift = Shift {
        name: id.to_owned(),
        days: Days::through(Weekday::Monday, Weekday::Sunday),
        from: Time::constant(from, 0, 0, 0),
        to: Time::constant(to, 0, 0, 0),
        people: vec![person(name)],
        turn_days: 7,
        first: date(2026, 1, 5),
    };
    Rota { id: RotaId::trusted(id), name: id.to_owned(), shifts: vec![shift] }
}

/// Everybody of the ward, each with a phone that was just verified.
pub fn contacts() -> Vec<Contact> {
    ["amina", "ben", "cleo", "olive"].iter().zip(1..).map(|(name, n)| phone_of(name, n)).collect()
}

fn phone_of(name: &str, n: u32) -> Contact {
    let address = Address::stored(Channel::Sms, &format!("+44770090010{n}")).unwrap();
    Contact {
        id: ContactId::trusted(format!("{name}-phone")),
        person: person(name),
        address,
        verified_at: Some(now()),
        failed_at: None,
    }
}

pub fn staff() -> BTreeSet<UserName> {
    ["amina", "ben", "cleo", "olive"].map(person).into()
}

pub fn patient() -> PatientId {
    PatientId::trusted("ada")
}

pub fn open(id: &str, severity: Severity) -> WatchedAlert {
    WatchedAlert {
        id: AlertId::trusted(id),
        rule: RuleId::trusted(format!("rule-{id}")),
        severity,
        timely: Some(severity),
        state: AlertState::Open,
        opened_at: now(),
        worsened_at: None,
        owner: None,
        lapses_at: None,
        ends_with_shift: false,
        snooze: None,
    }
}

pub fn taken(by: &str, until: Timestamp, alert: WatchedAlert) -> WatchedAlert {
    WatchedAlert { state: AlertState::Acknowledged, owner: Some(person(by)), lapses_at: Some(until), ..alert }
}
