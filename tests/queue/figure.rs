//! Figures from cases, and the guess at the next shift.

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::alert::Severity;
use lamplight::domain::figure::{
    By, Case, Figures, Group, Notified, Opening, Shifts, Spread, figures, forecast,
};
use lamplight::domain::id::{AlertId, PatientId, RuleId, TeamId};

use super::site::site;

/// A Monday.
const NOW: &str = "2026-11-23T18:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn case(opened: &str, severity: Severity, team: Option<&str>) -> Case {
    Case {
        alert: AlertId::trusted(opened),
        patient: PatientId::trusted("ada"),
        rule: RuleId::trusted("pressure"),
        team: team.map(str::to_owned),
        severity,
        opened_at: at(opened),
        since: at(opened),
        first_taken_at: None,
        taken_since_at: None,
        takings: 0,
        is_taken: false,
        resolved_at: None,
        closed_itself: false,
        outcome: None,
    }
}

fn taken(case: Case, minutes: i64) -> Case {
    let taken = Some(case.opened_at + SignedDuration::from_mins(minutes));
    Case { first_taken_at: taken, taken_since_at: taken, takings: 1, is_taken: true, ..case }
}

fn closed(case: Case, minutes: i64, outcome: Option<&str>) -> Case {
    let resolved_at = Some(case.opened_at + SignedDuration::from_mins(minutes));
    Case { resolved_at, outcome: outcome.map(str::to_owned), ..case }
}

fn of(cases: &[Case], notices: &[Notified], by: By) -> Vec<(Group, Figures)> {
    let site = site();
    let shifts = Shifts::between(&site, at("2026-11-01T00:00:00Z"), at(NOW));
    figures(cases, notices, by, None, &site, &shifts, at(NOW)).into_iter().collect()
}

#[test]
fn a_rules_figures_say_what_came_of_its_alerts() {
    let red = |opened| case(opened, Severity::Red, None);
    let cases = [
        closed(taken(red("2026-11-23T09:00:00Z"), 10), 30, Some("999")),
        closed(taken(red("2026-11-23T10:00:00Z"), 20), 60, Some("no action needed")),
        closed(taken(red("2026-11-23T11:00:00Z"), 15), 90, Some("a word of another system")),
        Case { takings: 3, is_taken: false, ..taken(red("2026-11-23T12:00:00Z"), 5) },
        red("2026-11-23T17:50:00Z"),
        Case {
            closed_itself: true,
            ..closed(case("2026-11-23T13:00:00Z", Severity::Advice, None), 5, Some("recovered"))
        },
        case("2026-11-23T01:00:00Z", Severity::Amber, None),
    ];
    let told = |time| Notified {
        patient: PatientId::trusted("ada"),
        team: TeamId::trusted("everyone"),
        at: at(time),
    };
    let groups = of(&cases, &[told("2026-11-23T09:05:00Z")], By::Rule);
    let [(group, figures)] = groups.as_slice() else { panic!("{groups:?}") };
    assert_eq!(group, &Group { team: None, name: "pressure".to_owned() });
    assert_eq!(
        figures,
        &Figures {
            red: 5,
            amber: 1,
            advice: 1,
            action: 1,
            no_action: 1,
            unsaid: 1,
            closed_itself: 1,
            unresolved: 3,
            minutes_to_acknowledge: Spread { median: Some(10), ninetieth: Some(20) },
            minutes_to_resolve: Spread { median: Some(60), ninetieth: Some(90) },
            // The new red's time is not over; the amber of the night was never looked at.
            standards_met: 3,
            standards_missed: 2,
            standards_met_percent: Some(60),
            reopened: 3,
            // Of the red that opened at nine, and of the amber that waited beside it.
            notifications: 2,
        }
    );
}

#[test]
fn shifts_without_a_rota_are_staffed_or_not() {
    let cases = [
        case("2026-11-23T09:00:00Z", Severity::Red, Some("north")),
        case("2026-11-22T09:00:00Z", Severity::Red, Some("north")),
        case("2026-11-23T17:00:00Z", Severity::Red, Some("North")),
        case("2026-11-22T09:00:00Z", Severity::Red, None),
    ];
    let names: Vec<String> = of(&cases, &[], By::Shift)
        .iter()
        .map(|(group, figures)| format!("{} {} {}", group.team.as_ref().unwrap(), group.name, figures.red))
        .collect();
    assert_eq!(names, ["everyone staffed 1", "north staffed 1", "north unstaffed 2"]);
}

#[test]
fn the_middle_and_the_slow_end_are_minutes_that_somebody_waited() {
    for (minutes, median, ninetieth) in [
        (vec![], None, None),
        (vec![7], Some(7), Some(7)),
        (vec![3, 1, 2], Some(2), Some(3)),
        ((1..=10).collect(), Some(5), Some(9)),
        ((1..=11).collect(), Some(6), Some(10)),
    ] {
        assert_eq!(Spread::of(minutes), Spread { median, ninetieth });
    }
}

#[test]
fn the_next_shift_is_guessed_from_the_same_hours_of_the_weeks_before() {
    let site = site();
    let north = site.team_of(Some("north"));
    // Tuesdays from nine to five: 3, 2, 1, 0, 5 alerts in the five weeks before, across the end of summer time.
    let mut openings = Vec::new();
    for (day, count) in
        [("2026-11-17T10", 3), ("2026-11-10T10", 2), ("2026-11-03T16", 1), ("2026-10-20T08", 5)]
    {
        openings.extend(
            (0..count).map(|n| Opening { team: Some("north".into()), at: at(&format!("{day}:0{n}:00Z")) }),
        );
    }
    openings.push(Opening { team: Some("north".into()), at: at("2026-11-17T18:00:00Z") });
    openings.push(Opening { team: None, at: at("2026-11-17T10:00:00Z") });
    let guess = |began: &str| forecast(north, &openings, at(began), &site, at(NOW));
    let guessed = guess("2026-10-20T07:00:00Z").unwrap();
    assert_eq!((guessed.from, guessed.to), (at("2026-11-24T09:00:00Z"), at("2026-11-24T17:00:00Z")));
    assert_eq!((guessed.weeks, guessed.least, guessed.most), (5, 0, 5));
    assert!((guessed.mean - 2.2).abs() < 1e-9);
    assert_eq!(guessed.shift, "staffed");
    assert_eq!(guess("2026-11-01T00:00:00Z"), None, "three weeks are too few to guess by");
}
