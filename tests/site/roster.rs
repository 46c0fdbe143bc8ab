//! Whom a target reaches: people by their proved channels, services by hours and localities.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use lamplight::catalog::parse_site;
use lamplight::domain::id::{ContactId, ServiceId, TeamId, UserName};
use lamplight::domain::organisation::{
    Address, Change, Channel, Contact, Organisation, Roster, Target, Unreached,
};

use super::minute::at;
use super::rota::person;

pub(super) const NOW: &str = "2026-11-22T12:00:00Z";

pub(super) const SITE: &str = r#"
name = "Two localities"
time_zone = "Europe/London"
default_team = "north"
verified_days = 30
holidays = [2026-12-25]

[team.north]
name = "North"
locality = "north"
staffed = ["Mon-Fri 08:00-20:00"]
addresses = [{ sms = "+447700900801", verified = 2026-11-20 }, { email = "north@example.org" }]
members = { amina = "lead", brendan = "clinician" }
standard = { red = "15 min", amber = "4 h staffed" }

[team.north.chain]
rounds = 2
again = "20 min"
red = [
    { notify = ["rota:days", "person:amina"], wait = "10 min" },
    { notify = ["service:navigator"], wait = "10 min" },
]
amber = [{ notify = ["rota:days"], wait = "45 min" }]

[team.south]
name = "South"
locality = "south"
staffed = ["always"]
members = {}
standard = { red = "15 min", amber = "4 h" }

[rota.days]
name = "Days"

[[rota.days.shift]]
name = "Day"
days = "daily"
from = "08:00"
to = "20:00"
people = ["brendan", "carol"]
turn = "1 day"
first = 2026-11-22

[service.navigator]
name = "Clinical navigator"
hours = ["Mon-Fri 18:00-08:00", "Sat,Sun 08:00-08:00"]
on_holidays = "like sunday"
localities = ["north"]
addresses = [{ sms = "+447700900810", verified = 2026-11-01 }]
"#;

pub(super) fn site() -> Organisation {
    parse_site("site.toml", SITE).unwrap()
}

pub(super) fn contact(who: &str, address: &str, verified_at: Option<&str>) -> Contact {
    let channel = match address.chars().next() {
        Some('+') => Channel::Sms,
        Some('h') => Channel::Webhook,
        _ => Channel::Email,
    };
    Contact {
        id: ContactId::trusted(format!("{who} {address}")),
        person: person(who),
        address: Address::parse(channel, address).unwrap(),
        verified_at: verified_at.map(at),
        failed_at: None,
    }
}

pub(super) fn staff() -> BTreeSet<UserName> {
    ["amina", "brendan", "carol"].map(person).into()
}

fn reach(
    target: &str,
    team: &str,
    contacts: &[Contact],
    changes: &[Change],
    now: Timestamp,
) -> Result<Vec<(String, bool)>, Vec<Unreached>> {
    let (site, staff) = (site(), staff());
    let roster = Roster { site: &site, contacts, changes, staff: &staff };
    let team = site.team(&TeamId::trusted(team));
    let reached = roster.reach(&Target::from_written(target).unwrap(), team, now)?;
    Ok(reached.into_iter().map(|to| (to.address.as_str().to_owned(), to.proved)).collect())
}

#[test]
fn a_person_is_reached_by_their_best_proved_way_or_by_every_way_there_is() {
    let (phone, mail, hook) = ("+447700900123", "amina@example.org", "https://example.org/amina");
    let lately = Some("2026-11-01T00:00:00Z");
    let one = |address: &str, proved| vec![(address.to_owned(), proved)];
    for (label, contacts, expected) in [
        (
            "a phone before a hook",
            vec![contact("amina", hook, lately), contact("amina", phone, lately)],
            one(phone, true),
        ),
        (
            "a hook before mail",
            vec![contact("amina", mail, lately), contact("amina", hook, lately)],
            one(hook, true),
        ),
        (
            "what is proved before what is not",
            vec![contact("amina", phone, None), contact("amina", mail, lately)],
            one(mail, true),
        ),
        (
            "all where none is proved",
            vec![contact("amina", mail, None), contact("amina", phone, Some("2026-10-01T00:00:00Z"))],
            vec![(phone.to_owned(), false), (mail.to_owned(), false)],
        ),
        (
            "nothing of others",
            vec![contact("brendan", mail, lately), contact("amina", phone, None)],
            one(phone, false),
        ),
    ] {
        assert_eq!(reach("person:amina", "north", &contacts, &[], at(NOW)), Ok(expected), "{label}");
    }
    let lost = Contact { failed_at: Some(at(NOW)), ..contact("amina", phone, lately) };
    assert_eq!(reach("person:amina", "north", &[lost], &[], at(NOW)), Ok(one(phone, false)));
    let missed = |who| reach(who, "north", &[], &[], at(NOW)).unwrap_err();
    assert_eq!(missed("person:amina"), [Unreached::NoContact(person("amina"))]);
    assert_eq!(missed("person:zoe"), [Unreached::Gone(person("zoe"))]);
}

#[test]
fn a_verification_counts_to_its_last_instant_and_no_longer() {
    let contacts = [contact("amina", "+447700900123", Some("2026-11-01T09:30:00Z"))];
    let end = at("2026-12-01T09:30:00Z");
    let proved = |now| reach("person:amina", "north", &contacts, &[], now).unwrap()[0].1;
    assert!(proved(end - SignedDuration::from_millis(1)));
    assert!(!proved(end));
    // The file's own count by days: thirty after the day itself.
    let own = |now: &str| reach("team:north", "north", &[], &[], at(now)).unwrap();
    assert_eq!(own("2026-12-20T23:59:59Z")[0], ("+447700900801".to_owned(), true));
    assert_eq!(own("2026-12-21T00:00:00Z")[0], ("+447700900801".to_owned(), false));
    assert_eq!(own(NOW)[1], ("north@example.org".to_owned(), false));
}

#[test]
fn a_service_is_reached_in_its_hours_for_the_localities_that_it_serves() {
    let navigator = ServiceId::trusted("navigator");
    for (label, team, now, reached) in [
        ("a weekday's noon", "north", "2026-11-23T12:00:00Z", false),
        ("a weekday's evening", "north", "2026-11-23T18:00:00Z", true),
        ("before a weekday's morning", "north", "2026-11-24T07:59:59Z", true),
        ("a Sunday", "north", "2026-11-22T12:00:00Z", true),
        ("the night after a Sunday", "north", "2026-11-23T07:00:00Z", true),
        ("a holiday's noon", "north", "2026-12-25T12:00:00Z", true),
    ] {
        let expected = if reached { Ok(1) } else { Err(vec![Unreached::ServiceClosed(navigator.clone())]) };
        let told = reach("service:navigator", team, &[], &[], at(now)).map(|reached| reached.len());
        assert_eq!(told, expected, "{label}");
    }
    let elsewhere = reach("service:navigator", "south", &[], &[], at(NOW));
    assert_eq!(elsewhere, Err(vec![Unreached::NotServed(navigator)]));
    let no_address = reach("team:south", "south", &[], &[], at(NOW));
    assert_eq!(no_address, Err(vec![Unreached::NoAddress("South".to_owned())]));
}

#[test]
fn an_empty_rota_is_nobody_and_a_full_one_that_has_no_channel_says_whose() {
    let night = reach("rota:days", "north", &[], &[], at("2026-11-22T21:00:00Z"));
    assert!(matches!(night.unwrap_err().as_slice(), [Unreached::NobodyOnCall(_)]));
    assert_eq!(
        reach("rota:days", "north", &[], &[], at(NOW)),
        Err(vec![Unreached::NoContact(person("brendan"))])
    );
}
