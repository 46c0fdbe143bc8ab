//! The order is total, pages neither skip nor double, and hours that are laid out once say what hours say.

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::alert::{AlertState, Severity};
use lamplight::domain::escalation::Snooze;
use lamplight::domain::id::{AlertId, PatientId, RuleId, UserName};
use lamplight::domain::queue::{
    Card, CardAlert, Deadlines, Facts, Load, Mark, Placed, Rank, Roll, place_all,
};
use proptest::prelude::*;

use super::site::site;

const NOW: &str = "2026-11-23T10:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn minutes_ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

fn alert(id: &str, severity: Severity, opened: i64) -> CardAlert {
    CardAlert {
        id: AlertId::trusted(id),
        rule: RuleId::trusted(id),
        severity,
        state: AlertState::Open,
        title: String::new(),
        why: String::new(),
        proposal: String::new(),
        opened_at: minutes_ago(opened),
        last_at: minutes_ago(opened),
        count: 1,
        worsened_at: None,
        recovered_at: None,
        late: false,
        acknowledged_at: None,
        owner: None,
        lapses_at: None,
        snooze: None,
    }
}

fn taken(alert: CardAlert, by: &str, lapses_in: i64) -> CardAlert {
    CardAlert {
        state: AlertState::Acknowledged,
        owner: Some(UserName::trusted(by)),
        lapses_at: Some(minutes_ago(-lapses_in)),
        ..alert
    }
}

fn put_off(alert: CardAlert, until_in: i64, severity: Severity) -> CardAlert {
    let snooze = Snooze {
        until: minutes_ago(-until_in),
        by: UserName::trusted("anna"),
        reason: "at dialysis".to_owned(),
        severity,
        late: None,
    };
    CardAlert { snooze: Some(snooze), ..alert }
}

fn load(alerts: &[CardAlert]) -> Load {
    let mut load = Load::default();
    for alert in alerts {
        load.add(alert.severity, alert.since(), alert.is_held(now()));
    }
    load
}

fn card(alerts: Vec<CardAlert>, team: &str) -> Card {
    let site = site();
    let facts = Facts { team: Some(team.to_owned()), ..Facts::default() };
    Card::of(&PatientId::trusted("p"), alerts, facts, &site, &mut Deadlines::new(&site, now()), now())
        .unwrap()
}

#[test]
fn whoever_nobody_has_in_hand_stands_above_whoever_somebody_has() {
    use Severity::{Advice, Amber, Red};
    let patients = [
        ("advice", vec![alert("a", Advice, 5000)]),
        ("amber taken", vec![taken(alert("a", Amber, 600), "anna", 30)]),
        ("red taken", vec![taken(alert("a", Red, 600), "anna", 30)]),
        ("red put off", vec![put_off(alert("a", Red, 500), 30, Red)]),
        ("amber due soon", vec![alert("a", Amber, 200)]),
        ("amber breached", vec![alert("a", Amber, 300)]),
        ("red new", vec![alert("a", Red, 1)]),
        ("red breached", vec![alert("a", Red, 16)]),
        ("red lapsed", vec![taken(alert("a", Red, 900), "anna", 0)]),
        ("worse than when put off", vec![put_off(alert("a", Red, 14), 30, Amber)]),
        ("red taken, amber waits", vec![taken(alert("a", Red, 50), "anna", 30), alert("b", Amber, 40)]),
    ];
    let loads = patients.map(|(name, alerts)| (PatientId::trusted(name), None, load(&alerts)));
    let placed = place_all(&loads, &site(), now());
    let order: Vec<&str> = placed.iter().map(|placed| placed.patient.as_str()).collect();
    assert_eq!(
        order,
        [
            "red lapsed",
            "red breached",
            "worse than when put off",
            "red new",
            "amber breached",
            "amber due soon",
            "red taken, amber waits",
            "red taken",
            "red put off",
            "amber taken",
            "advice",
        ]
    );
    let breached = placed.iter().filter(|placed| placed.is_breached(now()));
    let breached: Vec<&str> = breached.map(|placed| placed.patient.as_str()).collect();
    assert_eq!(breached, ["red lapsed", "red breached", "amber breached", "advice"]);
}

#[test]
fn a_card_says_who_has_it_until_when_and_what_waits() {
    let card = card(
        vec![
            taken(alert("taken", Severity::Red, 50), "anna", 30),
            put_off(alert("put_off", Severity::Amber, 45), 20, Severity::Amber),
            alert("waits", Severity::Amber, 40),
        ],
        "nobody's team",
    );
    assert_eq!(card.placed.team.as_str(), "everyone", "a team that the site has not is the default one");
    assert_eq!((card.worst, card.waiting), (Severity::Red, Some(Severity::Amber)));
    assert_eq!(card.owners, [UserName::trusted("anna")]);
    assert_eq!(card.snoozed_until, Some(minutes_ago(-20)));
    assert_eq!(card.placed.place.rank, Rank::AmberWaits);
    assert_eq!(card.placed.due_at, Some(minutes_ago(40) + SignedDuration::from_hours(4)));
    let order: Vec<&str> = card.alerts.iter().map(|alert| alert.id.as_str()).collect();
    assert_eq!(order, ["taken", "put_off", "waits"]);
}

#[test]
fn office_hours_put_a_deadline_over_the_weekend_and_a_holiday() {
    let site = site();
    let north = site.team_of(Some("NORTH"));
    // Thursday 24 December, 16:00: one hour then, none on the 25th and the weekend, three on Monday.
    let now: Timestamp = "2026-12-26T12:00:00Z".parse().unwrap();
    let due = Deadlines::new(&site, now).of(north, Severity::Amber, "2026-12-24T16:00:00Z".parse().unwrap());
    assert_eq!(due, Some("2026-12-28T12:00:00Z".parse().unwrap()));
}

fn some_alert() -> impl Strategy<Value = CardAlert> {
    let severity = prop_oneof![Just(Severity::Red), Just(Severity::Amber), Just(Severity::Advice)];
    (severity, 0..20_i64, 0..4_u8, -30..60_i64).prop_map(|(severity, opened, how, minutes)| {
        let alert = alert("a", severity, opened * 10);
        match how {
            0 => taken(alert, "anna", minutes),
            1 => put_off(alert, minutes, Severity::Amber),
            _ => alert,
        }
    })
}

fn some_patients() -> impl Strategy<Value = Vec<Vec<CardAlert>>> {
    prop::collection::vec(prop::collection::vec(some_alert(), 0..4), 0..25)
}

fn name(n: usize) -> String {
    format!("p{n:02}")
}

fn line_up(patients: &[Vec<CardAlert>]) -> Vec<Placed> {
    let team = |n: usize| n.is_multiple_of(2).then(|| "north".to_owned());
    let loads: Vec<_> = patients
        .iter()
        .enumerate()
        .map(|(n, alerts)| (PatientId::trusted(name(n)), team(n), load(alerts)))
        .collect();
    place_all(&loads, &site(), now())
}

proptest! {
    #[test]
    fn the_order_is_total_and_the_same_from_whatever_order(mut patients in some_patients()) {
        let placed = line_up(&patients);
        prop_assert!(placed.windows(2).all(|two| two[0].place < two[1].place));
        let with_alerts = patients.iter().filter(|alerts| !alerts.is_empty()).count();
        prop_assert_eq!(placed.len(), with_alerts, "nobody with an alert is missing");
        for alerts in &mut patients {
            alerts.reverse();
        }
        prop_assert_eq!(&line_up(&patients), &placed);
        for two in placed.windows(2) {
            prop_assert!(two[0].place.rank <= two[1].place.rank);
        }
    }

    #[test]
    fn whoever_keeps_a_place_is_on_exactly_one_page_and_nobody_who_stays_is_on_none(
        mut patients in some_patients(),
        limit in 1..6_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(some_alert(), 0..3)), 0..40),
    ) {
        let first = line_up(&patients);
        let mut changes = changes.into_iter();
        let mut log: Vec<(i64, PatientId)> = Vec::new();
        let mut was_away = vec![false; patients.len()];
        let mut visits: Vec<String> = Vec::new();
        let mut roll = Roll::new(now(), 0, first.clone());
        let mut mark: Option<Mark> = None;
        loop {
            let seen = mark.as_ref().and_then(|mark| mark.known).unwrap_or(0);
            let since: Vec<_> = log.iter().filter(|(number, _)| *number > seen).cloned().collect();
            let page = roll.page(mark.as_ref(), &since, limit);
            let fresh = Roll::new(now(), roll.known(), line_up(&patients)).page(mark.as_ref(), &since, limit);
            prop_assert_eq!((&page.rows, page.ahead, &page.next), (&fresh.rows, fresh.ahead, &fresh.next));
            prop_assert!(page.rows.len() <= limit);
            visits.extend(page.rows.iter().map(|placed| placed.patient.to_string()));
            let Some(next) = page.next else { break };
            prop_assert!(mark.is_none_or(|before| (&next.after, next.known) > (&before.after, before.known)), "pages lead on");
            mark = Some(next);
            // Two at once: more can rise than a page holds.
            for (which, alerts) in changes.by_ref().take(2) {
                let which = which.index(patients.len());
                patients[which] = alerts;
                was_away[which] |= patients[which].is_empty();
                let patient = PatientId::trusted(name(which));
                log.retain(|(_, other)| *other != patient);
                let number = roll.known() + 1;
                log.push((number, patient.clone()));
                let placed = line_up(&patients).into_iter().filter(|placed| placed.patient == patient).collect();
                roll.place_again([&patient], placed, number);
            }
        }
        for (n, was_away) in was_away.iter().enumerate() {
            let name = name(n);
            let visited = visits.iter().filter(|visit| **visit == name).count();
            let is_there = |placed: &[Placed]| placed.iter().any(|placed| placed.patient.as_str() == name);
            if log.iter().all(|(_, patient)| patient.as_str() != name) {
                prop_assert_eq!(visited, usize::from(is_there(&first)), "{}", name);
            } else if is_there(&first) && !was_away {
                prop_assert!(visited > 0, "{} was dropped", name);
            }
        }
    }

    #[test]
    fn hours_that_are_laid_out_once_say_what_the_team_says(
        ago in 0..60_i64 * 24 * 60,
        red in any::<bool>(),
        north in any::<bool>(),
    ) {
        let site = site();
        let team = site.team_of(Some(if north { "north" } else { "everyone" }));
        let severity = if red { Severity::Red } else { Severity::Amber };
        let from = minutes_ago(ago);
        let mut deadlines = Deadlines::new(&site, now());
        prop_assert_eq!(deadlines.of(team, severity, from), team.deadline(severity, from, &site));
    }
}
