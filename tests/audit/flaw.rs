//! What must hold of every alert that waits, flaw by flaw; and that what the runner does is without any.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::alert::{AlertState, Severity};
use lamplight::domain::escalation::audit::{Bedside, Begun, Flaw, Held, SeenAlert, SeenWatch, audit};
use lamplight::domain::escalation::{Attended, Card, Late, Snooze, Stage, WatchedAlert, advance, attend};
use lamplight::domain::id::{AlertId, PatientId, RuleId, UserName};
use lamplight::domain::organisation::{Away, Roster};
use proptest::prelude::*;

use crate::escalation::site::ward_by_day;

/// What stands, for how many minutes it has been marked, and what is found.
type Row = (&'static str, Vec<SeenAlert>, Option<SeenWatch>, i64, Vec<Flaw>);

fn at(minutes: i64) -> Timestamp {
    "2026-11-22T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

fn alert(id: &str, severity: Severity, held: Held) -> SeenAlert {
    SeenAlert { id: AlertId::trusted(id), severity, since: at(-30), held }
}

fn running() -> Begun {
    Begun {
        severity: Severity::Red,
        stage: Stage::Running { round: 0, step: 1 },
        next_at: at(5),
        longest_wait: SignedDuration::from_mins(10),
        covers: BTreeSet::from([AlertId::trusted("a1")]),
        exhausted_at: None,
    }
}

fn attended() -> Begun {
    Begun { stage: Stage::Attended { round: 0, step: 1 }, next_at: at(60), ..running() }
}

fn begun(begun: Begun) -> Option<SeenWatch> {
    Some(SeenWatch { marked: false, begun: Some(begun) })
}

fn marked(begun: Option<Begun>) -> Option<SeenWatch> {
    Some(SeenWatch { marked: true, begun })
}

/// What is found at 09:00 of a mark that was first seen so many minutes ago.
fn found(alerts: &[SeenAlert], watch: Option<SeenWatch>, marked_for: i64) -> Vec<Flaw> {
    let bedside = Bedside { patient: PatientId::trusted("ada"), alerts: alerts.to_vec(), watch };
    audit(&bedside, Some(at(-marked_for)), at(0))
}

#[test]
fn each_flaw_is_found_and_nothing_else() {
    use Severity::{Amber, Red};
    let id = || AlertId::trusted("a1");
    let waits = alert("a1", Red, Held::Waits);
    let owned = |minutes| alert("a1", Red, Held::Owned { until: at(minutes) });
    let snoozed = |severity, minutes| alert("a1", Red, Held::Snoozed { until: at(minutes), severity });
    let new = SeenAlert { since: at(-1), ..waits.clone() };
    let day = 24 * 60;
    let table: Vec<Row> = vec![
        ("a chain that runs", vec![waits.clone()], begun(running()), 0, vec![]),
        ("somebody has it", vec![owned(60)], begun(attended()), 0, vec![]),
        ("it is put off", vec![snoozed(Red, 60)], begun(attended()), 0, vec![]),
        ("nobody at all", vec![], None, 0, vec![]),
        ("no watch", vec![waits.clone()], None, 0, vec![Flaw::Unwatched]),
        ("just opened", vec![new.clone()], marked(None), 0, vec![]),
        ("opened long ago, never looked at", vec![waits.clone()], marked(None), 0, vec![Flaw::Overlooked]),
        ("changed just now", vec![waits.clone()], marked(Some(running())), 2, vec![]),
        (
            "changed, and never looked at",
            vec![waits.clone()],
            marked(Some(running())),
            3,
            vec![Flaw::Overlooked],
        ),
        ("resolved, and never looked at", vec![], marked(Some(running())), 3, vec![Flaw::Overlooked]),
        (
            "a step that is a little late",
            vec![waits.clone()],
            begun(Begun { next_at: at(-2), ..running() }),
            0,
            vec![],
        ),
        (
            "a step that never came",
            vec![waits.clone()],
            begun(Begun { next_at: at(-3), ..running() }),
            0,
            vec![Flaw::Overdue],
        ),
        (
            "a step that never came, and a mark",
            vec![waits.clone()],
            marked(Some(Begun { next_at: at(-3), ..running() })),
            0,
            vec![Flaw::Overdue],
        ),
        (
            "a step in a year",
            vec![waits.clone()],
            begun(Begun { next_at: at(365 * day), ..running() }),
            0,
            vec![Flaw::OutOfReach],
        ),
        (
            "not begun, and nothing makes it",
            vec![waits.clone()],
            Some(SeenWatch { marked: false, begun: None }),
            0,
            vec![Flaw::Unbegun],
        ),
        (
            "a chain for less",
            vec![waits.clone()],
            begun(Begun { severity: Amber, ..running() }),
            0,
            vec![Flaw::Underrated],
        ),
        ("rests, and nobody has it", vec![waits.clone()], begun(attended()), 0, vec![Flaw::Unattended(id())]),
        (
            "of one of two nobody knows",
            vec![waits.clone(), alert("a2", Amber, Held::Waits)],
            begun(running()),
            0,
            vec![Flaw::Uncovered(AlertId::trusted("a2"))],
        ),
        (
            "taken on by nobody",
            vec![alert("a1", Red, Held::Ownerless)],
            begun(attended()),
            0,
            vec![Flaw::Ownerless(id())],
        ),
        ("lapsed just now", vec![owned(-1)], begun(attended()), 0, vec![]),
        ("lapsed, and nobody was told", vec![owned(-3)], begun(attended()), 0, vec![Flaw::Ownerless(id())]),
        (
            "a snooze that never ended",
            vec![snoozed(Red, -3)],
            begun(attended()),
            0,
            vec![Flaw::Unwoken(id())],
        ),
        (
            "a snooze of something less",
            vec![snoozed(Amber, 60)],
            begun(attended()),
            0,
            vec![Flaw::Unattended(id())],
        ),
        ("put off for ever", vec![snoozed(Red, 32 * day)], begun(attended()), 0, vec![Flaw::Endless(id())]),
        ("taken on for ever", vec![owned(32 * day)], begun(attended()), 0, vec![Flaw::Endless(id())]),
        ("a watch over nobody", vec![], begun(running()), 0, vec![Flaw::Idle]),
        (
            "everybody was told",
            vec![waits.clone()],
            begun(Begun { exhausted_at: Some(at(-60)), ..running() }),
            0,
            vec![Flaw::Exhausted(Red)],
        ),
        (
            "everybody was told, and then somebody came",
            vec![owned(60)],
            begun(Begun { exhausted_at: Some(at(-60)), ..attended() }),
            0,
            vec![],
        ),
    ];
    for (what, alerts, watch, marked_for, wanted) in table {
        assert_eq!(found(&alerts, watch, marked_for), wanted, "{what}");
    }
}

#[test]
fn what_somebody_outside_must_hear_of_withholds() {
    assert!(Flaw::Unwatched.withholds() && Flaw::Exhausted(Severity::Red).withholds());
    assert!(!Flaw::Exhausted(Severity::Amber).withholds() && !Flaw::Idle.withholds());
    // Marking the watch again cannot wake whoever does not look at marks.
    assert!(!Flaw::Overlooked.is_repairable() && !Flaw::Exhausted(Severity::Red).is_repairable());
}

fn watched() -> impl Strategy<Value = WatchedAlert> {
    let severity = prop_oneof![Just(Severity::Advice), Just(Severity::Amber), Just(Severity::Red)];
    let end = prop::option::of(-200..200_i64);
    let late = prop::option::of(prop::option::of(severity.clone()));
    let people = (prop::bool::weighted(0.9), late);
    (0..4_usize, severity.clone(), 0..3_u8, end.clone(), end, severity, people).prop_map(
        |(id, severity, state, lapses, snooze, snoozed, (owned, late))| WatchedAlert {
            id: AlertId::trusted(format!("a{id}")),
            rule: RuleId::trusted("rule"),
            severity,
            timely: late.map_or(Some(severity), |in_time| in_time.filter(|timely| *timely < severity)),
            state: [AlertState::Open, AlertState::Acknowledged, AlertState::Resolved][usize::from(state)],
            opened_at: at(-300),
            worsened_at: None,
            owner: owned.then(|| UserName::trusted("anna")),
            lapses_at: lapses.map(at),
            ends_with_shift: false,
            snooze: snooze.map(|until| Snooze {
                until: at(until),
                by: UserName::trusted("anna"),
                reason: "asleep".to_owned(),
                severity: snoozed,
                late: None,
            }),
        },
    )
}

/// An alert as its row says once what [`attend`] has ended is written.
fn seen(alert: &WatchedAlert, attended: &Attended) -> SeenAlert {
    let Attended { lapsed, woken, cut, put_off, .. } = attended;
    let adjourned = put_off.iter().find(|(id, _)| *id == alert.id).map(|(_, snooze)| snooze);
    // An end that was too far off is brought nearer.
    let end = |until| cut.iter().find(|(id, _)| *id == alert.id).map_or(until, |(_, near)| *near);
    let held = match (alert.state, alert.lapses_at, adjourned.or(alert.snooze.as_ref())) {
        _ if lapsed.contains(&alert.id) || woken.contains(&alert.id) => Held::Waits,
        (AlertState::Acknowledged, Some(until), _) => Held::Owned { until: end(until) },
        (AlertState::Acknowledged, None, _) => Held::Ownerless,
        (
            _,
            _,
            Some(Snooze {
                until, severity, late: Some(Late { in_time: Some(in_time), waits: true }), ..
            }),
        ) => Held::Adjourned { until: end(*until), severity: *severity, in_time: *in_time },
        (_, _, Some(snooze)) => Held::Snoozed { until: end(snooze.until), severity: snooze.severity },
        _ => Held::Waits,
    };
    SeenAlert { id: alert.id.clone(), severity: alert.severity, since: alert.opened_at, held }
}

proptest! {
    #[test]
    fn what_the_runner_has_looked_at_is_without_a_flaw(
        mut rounds in prop::collection::vec((prop::collection::vec(watched(), 0..4), 0..400_i64), 1..6),
    ) {
        let site = ward_by_day();
        let team = site.team_of(None);
        let contacts = Vec::new();
        let changes = Vec::new();
        let roster = Roster { site: &site, contacts: &contacts, changes: &changes, staff: &BTreeSet::new() };
        let patient = PatientId::trusted("ada");
        let mut watch = None;
        let mut minutes = 0;
        for (alerts, wait) in &mut rounds {
            minutes += *wait;
            let now = at(minutes);
            let mut ids = BTreeSet::new();
            alerts.retain(|alert| ids.insert(alert.id.clone()));
            let attended = attend(
                watch.take(),
                &Card { patient: &patient, alerts, team, away: Away::of(team, &site, now), site_version: &site.version, episodes: minutes as u32 },
                now,
            );
            let advanced = attended.watch.clone().map(|watch| advance(watch, &roster, now).watch);
            let asking = alerts.iter().filter(|a| a.severity > Severity::Advice && a.state != AlertState::Resolved);
            let bedside = Bedside {
                patient: patient.clone(),
                alerts: asking.map(|alert| seen(alert, &attended)).collect(),
                watch: advanced.as_ref().map(|watch| SeenWatch {
                    marked: false,
                    begun: Some(Begun {
                        severity: watch.severity,
                        stage: watch.stage,
                        next_at: watch.next_at,
                        longest_wait: SignedDuration::from_mins(i64::from(
                            watch.chain.steps.iter().map(|s| s.wait_minutes).max().unwrap_or(1).max(watch.chain.again_minutes).max(1),
                        )),
                        covers: watch.covers.clone(),
                        exhausted_at: watch.exhausted_at,
                    }),
                }),
            };
            let flaws = audit(&bedside, None, now);
            let known = |flaw: &Flaw| matches!(flaw, Flaw::Exhausted(_));
            prop_assert!(flaws.iter().all(known), "{flaws:?} of {bedside:#?}");
            watch = advanced;
        }
    }
}
