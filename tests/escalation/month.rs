//! A month of ten teams and 2,400 patients, with staff who sleep, are slow, forget or are away: no red waits past the end
//! of its chain unless the watch says so, which is what stops the heartbeat to the outside.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Time, Weekday, date};
use jiff::{SignedDuration, Timestamp};
use lamplight::domain::alert::{AlertState, Severity};
use lamplight::domain::escalation::{Card, Stage, Told, Watch, WatchedAlert, advance, attend, lapse};
use lamplight::domain::id::{AlertId, ContactId, PatientId, RotaId, RuleId, TeamId, UserName};
use lamplight::domain::organisation::{
    Address, Chain, Channel, Contact, Days, Organisation, Roster, Rota, Shift,
};

use super::site::{after, open, person, step, ward};
use crate::support::dice::Dice;

const SEED: u64 = 0x1a3b_9107;
const TEAMS: usize = 10;
const PATIENTS: usize = 2_400;
const DAYS: i64 = 30;
const START: &str = "2026-10-10T00:00:00Z";
/// In ten thousand patients and days.
const REDS: u64 = 40;
const AMBERS: u64 = 400;

/// What somebody does with a text that says that somebody waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Temper {
    Prompt,
    Slow,
    /// Hears nothing from eleven to seven, mostly.
    Sleeper,
    /// Every third day nowhere to be found.
    Absent,
}

#[derive(Debug, Clone)]
enum Event {
    Breach { patient: usize, severity: Severity },
    Look { patient: usize },
    Answer { patient: usize, by: UserName },
    Done { patient: usize },
}

#[derive(Debug)]
struct Case {
    id: PatientId,
    team: TeamId,
    alerts: Vec<WatchedAlert>,
    watch: Option<Watch>,
    look_at: Timestamp,
    episodes: u32,
    /// Since when a red waits without a break, and whether the watch has said that its chain is over.
    red_since: Option<Timestamp>,
    said_so: bool,
}

struct Month {
    site: Organisation,
    contacts: Vec<Contact>,
    staff: BTreeSet<UserName>,
    tempers: BTreeMap<UserName, Temper>,
    cases: Vec<Case>,
    ahead: BTreeMap<(Timestamp, u64), Event>,
    seq: u64,
    dice: Dice,
    seen: BTreeMap<Severity, Vec<i64>>,
    told: usize,
    late: usize,
    unsaid: Vec<String>,
}

/// Five people a team: two by day, two by night, one who leads. Some have no phone on record; one team has no nights.
fn organisation(dice: &mut Dice) -> (Organisation, Vec<Contact>, BTreeMap<UserName, Temper>) {
    let mut site = ward();
    let like = site.teams.values().next().unwrap().clone();
    (site.teams, site.rotas) = (BTreeMap::new(), BTreeMap::new());
    let (mut contacts, mut tempers) = (Vec::new(), BTreeMap::new());
    for n in 0..TEAMS {
        let name = |role: &str| format!("{role}-{n}");
        let people = ["day-a", "day-b", "night-a", "night-b", "lead"].map(|role| person(&name(role)));
        for (who, place) in people.iter().zip(0..) {
            let temper = match dice.below(8) {
                0..4 => Temper::Prompt,
                4 | 5 => Temper::Slow,
                6 => Temper::Sleeper,
                _ => Temper::Absent,
            };
            tempers.insert(who.clone(), temper);
            if dice.below(12) > 0 {
                let phone = format!("+4477009{n:02}{place:03}");
                contacts.push(Contact {
                    id: ContactId::trusted(format!("{who}-phone")),
                    person: who.clone(),
                    address: Address::stored(Channel::Sms, &phone).unwrap(),
                    verified_at: Some(START.parse().unwrap()),
                    failed_at: None,
                });
            }
        }
        let rota = |id: &str, pair: &[UserName], from: i8, to: i8| Rota {
            id: RotaId::trusted(name(id)),
            name: name(id),
            shifts: vec![Shift {
                name: "shift".to_owned(),
                days: Days::through(Weekday::Monday, Weekday::Sunday),
                from: Time::constant(from, 0, 0, 0),
                to: Time::constant(to, 0, 0, 0),
                people: pair.to_vec(),
                turn_days: 7,
                first: date(2026, 1, 5),
            }],
        };
        let days = rota("days", &people[..2], 8, 20);
        let nights = rota("nights", if n == 3 { &[] } else { &people[2..4] }, 20, 8);
        let chain = |wait: u16| {
            let on_call = [format!("rota:{}", days.id), format!("rota:{}", nights.id)];
            let lead = format!("person:{}", people[4]);
            let all: Vec<String> = people.iter().map(|who| format!("person:{who}")).collect();
            let steps = vec![
                step(&[&on_call[0], &on_call[1]], wait),
                step(&[&lead], wait),
                step(&all.iter().map(String::as_str).collect::<Vec<_>>(), wait + 5),
            ];
            Chain { steps, rounds: 2, again_minutes: 20 }
        };
        let mut team = like.clone();
        team.id = TeamId::trusted(format!("team-{n}"));
        team.chains = BTreeMap::from([(Severity::Red, chain(10)), (Severity::Amber, chain(45))]);
        site.rotas.insert(days.id.clone(), days);
        site.rotas.insert(nights.id.clone(), nights);
        site.teams.insert(team.id.clone(), team);
    }
    site.default_team = TeamId::trusted("team-0");
    (site, contacts, tempers)
}

impl Month {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let start: Timestamp = START.parse().unwrap();
        let (site, contacts, tempers) = organisation(&mut dice);
        let case = |n: usize| Case {
            id: PatientId::trusted(format!("p{n}")),
            team: TeamId::trusted(format!("team-{}", n % TEAMS)),
            alerts: Vec::new(),
            watch: None,
            look_at: Timestamp::MAX,
            episodes: 0,
            red_since: None,
            said_so: false,
        };
        let mut month = Self {
            staff: tempers.keys().cloned().collect(),
            cases: (0..PATIENTS).map(case).collect(),
            site,
            contacts,
            tempers,
            ahead: BTreeMap::new(),
            seq: 0,
            dice,
            seen: BTreeMap::new(),
            told: 0,
            late: 0,
            unsaid: Vec::new(),
        };
        for (day, patient) in (0..DAYS).flat_map(|day| (0..PATIENTS).map(move |patient| (day, patient))) {
            let chance = month.dice.below(10_000);
            let severity = if chance < REDS { Severity::Red } else { Severity::Amber };
            if chance < REDS + AMBERS {
                let minute = i64::try_from(month.dice.below(24 * 60)).unwrap();
                month.plan(after(start, day * 24 * 60 + minute), Event::Breach { patient, severity });
            }
        }
        month
    }

    fn plan(&mut self, at: Timestamp, event: Event) {
        self.seq += 1;
        self.ahead.insert((at, self.seq), event);
    }

    fn run(&mut self) {
        let end = after(START.parse().unwrap(), DAYS * 24 * 60);
        while let Some(((now, _), event)) = self.ahead.pop_first() {
            if now >= end {
                return;
            }
            match event {
                Event::Breach { patient, severity } => self.breach(patient, severity, now),
                Event::Look { patient } if self.cases[patient].look_at <= now => self.look(patient, now),
                Event::Look { .. } => {}
                Event::Answer { patient, by } => self.answer(patient, &by, now),
                Event::Done { patient } => {
                    self.cases[patient].alerts.retain(|alert| alert.state != AlertState::Acknowledged);
                    self.look(patient, now);
                }
            }
        }
    }

    /// One unresolved alert a rule; the same again joins it.
    fn breach(&mut self, patient: usize, severity: Severity, now: Timestamp) {
        let rule = RuleId::trusted(format!("rule-{}", self.dice.below(3)));
        let id = AlertId::trusted(format!("a{}", self.seq));
        self.seq += 1;
        let case = &mut self.cases[patient];
        match case.alerts.iter_mut().find(|alert| alert.rule == rule) {
            Some(alert) => {
                alert.state = alert.state.joined(alert.severity, severity);
                alert.severity = alert.severity.max(severity);
            }
            None => case.alerts.push(WatchedAlert { id, rule, opened_at: now, ..open("new", severity) }),
        }
        self.look(patient, now);
    }

    fn look(&mut self, patient: usize, now: Timestamp) {
        let roster = Roster { site: &self.site, contacts: &self.contacts, changes: &[], staff: &self.staff };
        let case = &mut self.cases[patient];
        let card = Card {
            patient: &case.id,
            alerts: &case.alerts,
            team: self.site.team(&case.team),
            away: None,
            site_version: &self.site.version,
            episodes: case.episodes,
        };
        let attended = attend(case.watch.take(), &card, now);
        for alert in case.alerts.iter_mut().filter(|alert| attended.lapsed.contains(&alert.id)) {
            (alert.state, alert.owner, alert.lapses_at) = (AlertState::Open, None, None);
        }
        let mut answers = Vec::new();
        let next = attended.watch.map(|watch| {
            let advanced = advance(watch, &roster, now);
            for notice in &advanced.notices {
                if let Told::Recipient(recipient) = &notice.told {
                    case.episodes = case.episodes.max(notice.episode);
                    answers.extend(recipient.person.clone());
                }
            }
            let next = advanced.watch.next_at;
            case.watch = Some(advanced.watch);
            attended.until.map_or(next, |until| until.min(next))
        });
        self.told += answers.len();
        let waits = case.alerts.iter().any(|a| a.severity == Severity::Red && a.state == AlertState::Open);
        match (waits, case.red_since) {
            (true, None) => (case.red_since, case.said_so) = (Some(now), false),
            (false, _) => case.red_since = None,
            (true, Some(_)) => {}
        }
        let running = case.watch.as_ref().filter(|watch| matches!(watch.stage, Stage::Running { .. }));
        case.said_so |= running.is_some_and(|watch| watch.exhausted_at.is_some());
        case.look_at = next.unwrap_or(Timestamp::MAX);
        if let Some(next) = next {
            self.plan(next, Event::Look { patient });
        }
        for by in answers {
            if let Some(minutes) = self.answers_after(&by, now) {
                self.plan(after(now, minutes), Event::Answer { patient, by });
            }
        }
    }

    /// After how many minutes somebody answers a text, if they do.
    fn answers_after(&mut self, by: &UserName, now: Timestamp) -> Option<i64> {
        let local = now.to_zoned(self.site.zone.clone());
        // Every ninth night a team's phones have no network.
        let team: i8 = by.as_str().rsplit('-').next().unwrap().parse().unwrap();
        if (local.day() + team) % 9 == 0 && local.hour() < 6 {
            return None;
        }
        let asleep = local.hour() >= 23 || local.hour() < 7;
        let (chance, some) = (self.dice.below(10), i64::try_from(self.dice.below(30)).unwrap());
        match self.tempers[by] {
            Temper::Prompt => (chance < 9).then_some(1 + some / 4),
            Temper::Slow => (chance < 8).then_some(10 + some * 2),
            Temper::Sleeper => (!asleep || chance < 2).then_some(2 + some / 3),
            Temper::Absent => (local.day() % 3 != 0).then_some(3 + some),
        }
    }

    /// Somebody takes on what is open, and has dealt with it after a while, or forgets it.
    fn answer(&mut self, patient: usize, by: &UserName, now: Timestamp) {
        let roster = Roster { site: &self.site, contacts: &self.contacts, changes: &[], staff: &self.staff };
        let case = &mut self.cases[patient];
        if case.alerts.iter().all(|alert| alert.state != AlertState::Open) {
            return;
        }
        let team = self.site.team(&case.team);
        self.late += usize::from(is_past_the_end(case, team.chain(Severity::Red), now));
        if is_past_the_end(case, team.chain(Severity::Red), now) && !case.said_so {
            self.unsaid.push(format!("{} since {:?} at {now}", case.id, case.red_since));
        }
        let lapse = lapse(by, team, &roster, now);
        for alert in case.alerts.iter_mut().filter(|alert| alert.state == AlertState::Open) {
            let minutes = now.duration_since(alert.opened_at).as_mins();
            if alert.worsened_at.is_none() {
                self.seen.entry(alert.severity).or_default().push(minutes);
                // Counted once, however often it lapses.
                alert.worsened_at = Some(now);
            }
            (alert.state, alert.owner) = (AlertState::Acknowledged, Some(by.clone()));
            (alert.lapses_at, alert.ends_with_shift) = (Some(lapse.at), lapse.with_shift);
        }
        if self.dice.below(10) > 0 {
            let minutes = 5 + i64::try_from(self.dice.below(40)).unwrap();
            self.plan(after(now, minutes), Event::Done { patient });
        }
        self.look(patient, now);
    }

    fn report(&mut self) -> String {
        let mut lines = vec![format!(
            "{TEAMS} teams, {PATIENTS} patients, {DAYS} days: {} notifications, {} reds seen past the end of their chain, of \
             which each had stopped the heartbeat by then",
            self.told, self.late
        )];
        for (severity, minutes) in self.seen.iter_mut().rev() {
            minutes.sort_unstable();
            let at = |share: usize| minutes[(minutes.len() - 1) * share / 100];
            lines.push(format!(
                "{:5} {:5} alerts, minutes until somebody took them on: median {}, 90 % {}, worst {}",
                severity.name(),
                minutes.len(),
                at(50),
                at(90),
                at(100)
            ));
        }
        lines.join("\n")
    }
}

/// Whether a red has waited for longer than all rounds of its chain take.
fn is_past_the_end(case: &Case, chain: Chain, now: Timestamp) -> bool {
    let round: i64 = chain.steps.iter().map(|step| i64::from(step.wait_minutes)).sum();
    let whole = SignedDuration::from_mins(round * i64::from(chain.rounds));
    case.red_since.is_some_and(|since| now.duration_since(since) > whole)
}

#[test]
fn in_a_month_no_red_waits_past_the_end_of_its_chain_in_silence() {
    let mut month = Month::new(SEED);
    month.run();
    println!("{}", month.report());
    let end = after(START.parse().unwrap(), DAYS * 24 * 60);
    for case in &month.cases {
        let chain = month.site.team(&case.team).chain(Severity::Red);
        if is_past_the_end(case, chain, end) && !case.said_so {
            month.unsaid.push(format!("{} at the end", case.id));
        }
    }
    assert_eq!(month.unsaid, [""; 0], "reds that nobody saw, and nothing said so");
    assert!(month.late > 0, "a month in which nobody ever sleeps proves nothing");
    assert!(month.seen[&Severity::Red].len() > 200 && month.seen[&Severity::Amber].len() > 2_000);
}
