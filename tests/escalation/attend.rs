//! How a watch follows its patient's alerts, case by case.

use jiff::Timestamp;
use lamplight::domain::alert::Severity::{Advice, Amber, Red};
use lamplight::domain::alert::{AlertState, Severity};
use lamplight::domain::escalation::{
    Attended, Card, Lapse, Notice, Reason, Snooze, Stage, Told, Watch, WatchedAlert, advance, attend, lapse,
};
use lamplight::domain::id::AlertId;
use lamplight::domain::organisation::{Away, Chain, Contact, Organisation, Roster};

use super::site::{after, contacts, now, open, patient, person, staff, step, taken, target, ward};

/// A look at these alerts, and the chain's step if it is due.
fn look(
    watch: Option<Watch>,
    alerts: &[WatchedAlert],
    site: &Organisation,
    at: Timestamp,
) -> (Attended, Vec<String>) {
    let (people, contacts) = (staff(), contacts());
    look_with(watch, alerts, site, &contacts, &people, at)
}

fn look_with(
    watch: Option<Watch>,
    alerts: &[WatchedAlert],
    site: &Organisation,
    contacts: &[Contact],
    staff: &std::collections::BTreeSet<lamplight::domain::id::UserName>,
    at: Timestamp,
) -> (Attended, Vec<String>) {
    let patient = patient();
    let team = site.team_of(None);
    let away = Away::of(team, site, at);
    let card = Card { patient: &patient, alerts, team, away, site_version: &site.version, episodes: 0 };
    let mut attended = attend(watch, &card, at);
    let roster = Roster { site, contacts, changes: &[], staff };
    let mut told = Vec::new();
    if let Some(watch) = attended.watch.take() {
        let advanced = advance(watch, &roster, at);
        told = advanced.notices.iter().map(said).collect();
        attended.watch = Some(advanced.watch);
    }
    (attended, told)
}

fn said(notice: &Notice) -> String {
    let who = match &notice.told {
        Told::Recipient(recipient) => {
            recipient.person.as_ref().map_or("?", |person| person.as_str()).to_owned()
        }
        Told::Nobody(why) => format!("{why:?}").chars().take_while(|c| c.is_alphanumeric()).collect(),
    };
    format!("{}.{}.{} {} {who}", notice.episode, notice.round, notice.step, notice.reason.name())
}

fn running(watch: &Option<Watch>) -> (u32, u16, u16) {
    let watch = watch.as_ref().unwrap();
    match watch.stage {
        Stage::Running { round, step } => (watch.episode, round, step),
        Stage::Attended { .. } => panic!("it is attended"),
    }
}

fn put_off(until: Timestamp, alert: WatchedAlert) -> WatchedAlert {
    let (by, reason) = (person("amina"), "seen at ten".to_owned());
    WatchedAlert { snooze: Some(Snooze { until, by, reason, severity: alert.severity, late: None }), ..alert }
}

#[test]
fn a_red_goes_from_whoever_is_on_call_to_everybody_and_round_again_more_slowly() {
    let site = ward();
    let alerts = [open("a", Red)];
    let (mut at, mut watch, mut log) = (now(), None, Vec::new());
    for _ in 0..10 {
        let (attended, told) = look(watch, &alerts, &site, at);
        let looked = attended.watch.unwrap();
        log.extend(told.into_iter().map(|told| format!("{} {told}", at.duration_since(now()).as_mins())));
        log.extend(looked.exhausted_at.filter(|since| *since == at).map(|_| "exhausted".to_owned()));
        at = looked.next_at;
        watch = Some(looked);
    }
    assert_eq!(
        log,
        [
            "0 1.0.0 first amina",
            "0 1.0.0 first NobodyOnCall",
            "10 1.0.1 escalated olive",
            "15 1.0.2 escalated amina",
            "15 1.0.2 escalated ben",
            "15 1.0.2 escalated olive",
            "35 1.1.0 repeat_due amina",
            "35 1.1.0 repeat_due NobodyOnCall",
            "45 1.1.1 escalated olive",
            "50 1.1.2 escalated amina",
            "50 1.1.2 escalated ben",
            "50 1.1.2 escalated olive",
            "70 1.2.0 repeat_due amina",
            "70 1.2.0 repeat_due NobodyOnCall",
            "exhausted",
            "80 1.2.1 escalated olive",
            "85 1.2.2 escalated amina",
            "85 1.2.2 escalated ben",
            "85 1.2.2 escalated olive",
            "115 1.3.0 repeat_due amina",
            "115 1.3.0 repeat_due NobodyOnCall",
        ]
    );
}

#[test]
fn advice_asks_for_nobody() {
    let (attended, told) = look(None, &[open("a", Advice)], &ward(), now());
    assert_eq!((attended.watch, told), (None, vec![]));
}

#[test]
fn what_is_taken_on_is_quiet_until_it_lapses_and_then_the_next_of_the_chain_is_told() {
    let site = ward();
    let (first, told) = look(None, &[open("a", Red)], &site, now());
    assert_eq!(told, ["1.0.0 first amina", "1.0.0 first NobodyOnCall"]);
    let end = after(now(), 62);
    let alerts = [taken("amina", end, open("a", Red))];
    let (quiet, told) = look(first.watch, &alerts, &site, after(now(), 2));
    assert!(told.is_empty());
    let watch = quiet.watch.unwrap();
    assert_eq!((watch.stage, watch.next_at), (Stage::Attended { round: 0, step: 1 }, end));
    let (over, told) = look(Some(watch), &alerts, &site, end);
    assert_eq!(over.lapsed, [AlertId::trusted("a")]);
    assert_eq!(told, ["2.0.1 lapsed olive"]);
}

#[test]
fn only_something_worse_or_another_kind_of_breach_disturbs_whoever_has_it() {
    let site = ward();
    let end = after(now(), 60);
    let (first, _) = look(None, &[open("a", Amber)], &site, now());
    let (quiet, _) = look(first.watch, &[taken("amina", end, open("a", Amber))], &site, now());
    let at = after(now(), 5);
    for (label, alerts, expected) in [
        ("the same again", vec![taken("amina", end, open("a", Amber))], vec![]),
        ("it got worse", vec![open("a", Red)], vec!["2.0.0 worsened amina", "2.0.0 worsened NobodyOnCall"]),
        (
            "another kind",
            vec![taken("amina", end, open("a", Amber)), open("b", Amber)],
            vec!["2.0.0 new_kind amina", "2.0.0 new_kind NobodyOnCall"],
        ),
        (
            "another kind, and worse",
            vec![taken("amina", end, open("a", Amber)), open("b", Red)],
            vec!["2.0.0 worsened amina", "2.0.0 worsened NobodyOnCall"],
        ),
        ("advice besides", vec![taken("amina", end, open("a", Amber)), open("b", Advice)], vec![]),
    ] {
        let (_, told) = look(quiet.watch.clone(), &alerts, &site, at);
        assert_eq!(told, expected, "{label}");
    }
}

#[test]
fn one_that_was_taken_on_beside_a_red_and_becomes_red_itself_is_worse() {
    let site = ward();
    let end = after(now(), 60);
    let both = |severity| [taken("amina", end, open("a", Red)), taken("amina", end, open("b", severity))];
    let (quiet, _) = look(None, &both(Amber), &site, now());
    let alerts = [taken("amina", end, open("a", Red)), open("b", Red)];
    let (_, told) = look(quiet.watch, &alerts, &site, after(now(), 5));
    assert_eq!(told, ["2.0.0 worsened amina", "2.0.0 worsened NobodyOnCall"]);
}

#[test]
fn a_snooze_hides_nothing_worse_and_ends_when_it_said() {
    let site = ward();
    let end = after(now(), 120);
    let alerts = [put_off(end, open("a", Amber))];
    let (quiet, told) = look(None, &alerts, &site, now());
    assert!(told.is_empty());
    assert_eq!(quiet.until, Some(end));
    let worse = [WatchedAlert { severity: Red, ..alerts[0].clone() }];
    let (woken, told) = look(quiet.watch.clone(), &worse, &site, after(now(), 1));
    assert_eq!(woken.woken, [AlertId::trusted("a")]);
    assert_eq!(told, ["2.0.0 worsened amina", "2.0.0 worsened NobodyOnCall"]);
    let (over, told) = look(quiet.watch, &alerts, &site, end);
    assert_eq!(over.woken, [AlertId::trusted("a")]);
    assert_eq!(told, ["2.0.0 snooze_over amina", "2.0.0 snooze_over NobodyOnCall"]);
}

#[test]
fn an_acknowledgement_that_lapses_beside_a_chain_that_runs_is_not_forgotten() {
    let end = after(now(), 3);
    let alerts = [open("a", Red), taken("amina", end, open("b", Red))];
    let (attended, _) = look(None, &alerts, &ward(), now());
    assert_eq!(attended.until, Some(end), "looked at before the chain's next step");
    let (over, _) = look(attended.watch, &alerts, &ward(), end);
    assert_eq!(over.lapsed, [AlertId::trusted("b")]);
}

#[test]
fn what_is_less_urgent_is_told_when_the_worst_is_dealt_with() {
    let site = ward();
    let (first, _) = look(None, &[open("a", Red), open("b", Amber)], &site, now());
    let (_, told) = look(first.watch, &[open("b", Amber)], &site, after(now(), 1));
    assert_eq!(told, ["2.0.0 remaining amina", "2.0.0 remaining NobodyOnCall"]);
}

#[test]
fn a_new_breach_in_the_moment_that_the_old_one_is_taken_on_is_news() {
    let site = ward();
    let (first, _) = look(None, &[open("a", Amber)], &site, now());
    let alerts = [taken("amina", after(now(), 61), open("a", Amber)), open("b", Amber)];
    let (_, told) = look(first.watch, &alerts, &site, after(now(), 1));
    assert_eq!(told, ["2.0.0 new_kind amina", "2.0.0 new_kind NobodyOnCall"]);
}

#[test]
fn an_owner_who_is_nobody_or_for_ever_is_none() {
    let forever = WatchedAlert { lapses_at: None, ..taken("amina", now(), open("a", Red)) };
    let nobody = WatchedAlert { owner: None, ..taken("amina", after(now(), 9), open("a", Red)) };
    for alert in [forever, nobody] {
        let (attended, told) = look(None, &[alert], &ward(), now());
        assert_eq!(attended.lapsed, [AlertId::trusted("a")]);
        assert_eq!(told.len(), 2);
    }
}

#[test]
fn ends_that_a_wrong_clock_set_are_brought_near() {
    let year = after(now(), 365 * 24 * 60);
    for (alert, latest) in [
        (taken("amina", year, open("a", Red)), 60),
        (put_off(year, open("a", Red)), 4 * 60),
        (put_off(year, open("a", Amber)), 7 * 24 * 60),
    ] {
        let (attended, _) = look(None, &[alert], &ward(), now());
        assert_eq!(attended.cut, [(AlertId::trusted("a"), after(now(), latest))]);
        assert_eq!(attended.until, Some(after(now(), latest)));
    }
}

#[test]
fn a_clock_that_goes_back_puts_no_step_off() {
    let site = ward();
    let (first, _) = look(None, &[open("a", Red)], &site, after(now(), 10_000));
    let (again, told) = look(first.watch, &[open("a", Red)], &site, now());
    assert!(told.is_empty());
    let next = again.watch.unwrap().next_at;
    assert!(next > now() && next <= after(now(), 30), "{next}");
}

#[test]
fn nobody_at_all_is_tried_again_every_minute_and_counts_as_exhausted() {
    let site = ward();
    let (_, gone) = (staff(), std::collections::BTreeSet::new());
    let (attended, told) = look_with(None, &[open("a", Red)], &site, &[], &gone, now());
    let watch = attended.watch.unwrap();
    assert!(told.iter().all(|told| told.ends_with("Gone") || told.ends_with("NobodyOnCall")), "{told:?}");
    assert_eq!((watch.exhausted_at, watch.next_at), (Some(now()), after(now(), 1)));
    assert_eq!(running(&Some(watch.clone())), (1, 0, 0));
    let (people, contacts) = (staff(), contacts());
    let (attended, told) =
        look_with(Some(watch), &[open("a", Red)], &site, &contacts, &people, after(now(), 1));
    assert_eq!(told, ["1.0.0 first amina", "1.0.0 first NobodyOnCall"]);
    assert_eq!(attended.watch.unwrap().exhausted_at, Some(now()), "until somebody takes it on");
}

#[test]
fn whoever_several_targets_lead_to_is_told_once_a_step() {
    let mut site = ward();
    let id = site.default_team.clone();
    let steps = vec![step(&["rota:days", "person:amina", "person:ben"], 5)];
    site.teams.get_mut(&id).unwrap().chains.insert(Red, Chain { steps, rounds: 1, again_minutes: 30 });
    let (_, told) = look(None, &[open("a", Red)], &site, now());
    assert_eq!(told, ["1.0.0 first amina", "1.0.0 first ben"]);
}

#[test]
fn a_chain_that_was_gone_through_in_vain_follows_the_file_that_was_put_right() {
    let mut site = ward();
    let id = site.default_team.clone();
    let before = site.teams[&id].chains[&Red].clone();
    site.teams.get_mut(&id).unwrap().chains.clear();
    let (silent, told) = look(None, &[open("a", Red)], &site, now());
    assert!(told.is_empty());
    assert_eq!(silent.watch.as_ref().unwrap().exhausted_at, Some(now()));
    site.teams.get_mut(&id).unwrap().chains.insert(Red, before);
    site.version = "v2".to_owned();
    let (_, told) = look(silent.watch, &[open("a", Red)], &site, after(now(), 1));
    assert_eq!(told, ["1.1.0 first amina", "1.1.0 first NobodyOnCall"]);
}

#[test]
fn a_watch_that_begins_anew_counts_on() {
    let (site, patient, alerts) = (ward(), patient(), [open("b", Red)]);
    let team = site.team_of(None);
    let card = Card { patient: &patient, alerts: &alerts, team, away: None, site_version: "v1", episodes: 7 };
    assert_eq!(attend(None, &card, now()).watch.unwrap().episode, 8);
}

#[test]
fn who_passes_it_on_names_the_next_or_leaves_it_to_the_chain() {
    let site = ward();
    let (first, _) = look(None, &[open("a", Red)], &site, now());
    let at = after(now(), 1);
    let watch = first.watch.unwrap();
    for (to, expected) in
        [(None, "2.0.1 passed_on olive"), (Some(target("person:ben")), "2.0.1 passed_on ben")]
    {
        let passed = watch.clone().pass_on(to, at);
        let (after_it, told) = look(Some(passed), &[open("a", Red)], &site, at);
        assert_eq!(told, [expected]);
        assert_eq!(running(&after_it.watch), (2, 0, 2));
    }
}

#[test]
fn what_somebody_takes_on_is_theirs_for_the_teams_time_but_not_past_their_shift() {
    let (site, contacts, staff) = (ward(), contacts(), staff());
    let roster = Roster { site: &site, contacts: &contacts, changes: &[], staff: &staff };
    let team = site.team_of(None);
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    for (who, from, until, with_shift) in [
        ("amina", "2026-06-01T10:00:00Z", "2026-06-01T11:00:00Z", false),
        // The day ends at 20:00 civil time, 19:00 UTC.
        ("amina", "2026-06-01T18:30:00Z", "2026-06-01T19:15:00Z", true),
        ("amina", "2026-06-01T18:10:00Z", "2026-06-01T19:10:00Z", false),
        ("ben", "2026-06-01T18:30:00Z", "2026-06-01T19:30:00Z", false),
        ("olive", "2026-06-01T18:30:00Z", "2026-06-01T19:30:00Z", false),
    ] {
        assert_eq!(
            lapse(&person(who), team, &roster, at(from)),
            Lapse { at: at(until), with_shift },
            "{who} {from}"
        );
    }
}

#[test]
fn what_lapses_at_the_end_of_a_shift_says_so() {
    let site = ward();
    let end = after(now(), 30);
    let alert = WatchedAlert { ends_with_shift: true, ..taken("amina", end, open("a", Red)) };
    let (quiet, _) = look(None, std::slice::from_ref(&alert), &site, now());
    let (_, told) = look(quiet.watch, &[alert], &site, end);
    assert_eq!(told, ["2.0.0 handed_over amina", "2.0.0 handed_over NobodyOnCall"]);
}

#[test]
fn states_and_reasons_have_one_name_each() {
    for reason in Reason::ALL {
        assert_eq!(Reason::from_name(reason.name()), Some(reason));
    }
    assert_eq!(AlertState::Acknowledged.joined(Severity::Amber, Severity::Amber), AlertState::Acknowledged);
    assert_eq!(AlertState::Acknowledged.joined(Severity::Amber, Severity::Red), AlertState::Open);
}
