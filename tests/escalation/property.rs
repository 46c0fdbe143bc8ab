//! Whatever alerts, deeds, sleepers, crashes and clocks chance comes up with: nobody is dropped, nobody is told the same
//! twice, nothing reopens without cause, and looking twice changes nothing.

mod hold;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::alert::{AlertState, Severity};
use lamplight::domain::escalation::{
    Attended, Card, Notice, Snooze, Stage, Told, Watch, WatchedAlert, advance, attend, lapse,
};
use lamplight::domain::id::{AlertId, RotaId, UserName};
use lamplight::domain::organisation::{Away, Change, ChangeKind, Contact, Organisation, Roster};
use proptest::prelude::*;

use super::site::{after, contacts, now, open, patient, person, staff, taken, target, ward, ward_by_day};
use crate::support::dice::Dice;

const STEPS: u32 = 120;
const PEOPLE: [&str; 3] = ["amina", "ben", "olive"];

/// What says that two notices say the same, as the unique index has it.
type Key = (u32, u16, u16, &'static str, String, String);

/// One patient and a ward, driven by chance. What is stored survives a crash; there is nothing else.
struct World {
    site: Organisation,
    contacts: Vec<Contact>,
    staff: BTreeSet<UserName>,
    changes: Vec<Change>,
    now: Timestamp,
    dice: Dice,
    alerts: Vec<WatchedAlert>,
    watch: Option<Watch>,
    /// When the watch is looked at next, and when it was.
    look_at: Timestamp,
    looked_at: Timestamp,
    told: BTreeSet<Key>,
    /// Something that may open an episode has happened since the last look.
    cause: bool,
    opened: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            site: if seed.is_multiple_of(2) { ward() } else { ward_by_day() },
            contacts: contacts(),
            staff: staff(),
            changes: Vec::new(),
            now: now(),
            dice: Dice::new(seed),
            alerts: Vec::new(),
            watch: None,
            look_at: now(),
            looked_at: now(),
            told: BTreeSet::new(),
            cause: false,
            opened: 0,
        }
    }

    fn roster(&self) -> Roster<'_> {
        Roster { site: &self.site, contacts: &self.contacts, changes: &self.changes, staff: &self.staff }
    }

    /// Marks the watch, as whatever changes an alert does.
    fn mark(&mut self) {
        self.look_at = Timestamp::UNIX_EPOCH;
    }

    fn happen(&mut self) {
        match self.dice.below(16) {
            0 | 1 => self.open_one(),
            2 => self.fire_again(true),
            3 => self.fire_again(false),
            4 | 5 => self.acknowledge(),
            6 => self.note(),
            7 => self.resolve(),
            8 => self.snooze(),
            9 => self.pass_on(),
            10 => self.hand_over(),
            11 => self.change_staff(),
            12 => self.turn_clock(),
            13 => self.move_file(),
            _ => {
                let minutes = [1, 4, 10, 31, 61, 300][self.dice.below(6) as usize];
                self.now = after(self.now, minutes);
            }
        }
    }

    fn open_one(&mut self) {
        let severity = Severity::ALL[self.dice.below(3) as usize];
        self.opened += 1;
        let alert = open(&format!("a{}", self.opened), severity);
        let timely = self.dice.below(3) > 0;
        let alert = WatchedAlert { timely: alert.timely.filter(|_| timely), ..alert };
        self.alerts.push(WatchedAlert { opened_at: self.now, ..alert });
        self.cause = true;
        self.mark();
    }

    fn any(&mut self) -> Option<usize> {
        let count = self.alerts.len() as u64;
        (count > 0).then(|| self.dice.below(count) as usize)
    }

    /// The same rule fires again, for a reading in time or a late one; the same severity joins quietly.
    fn fire_again(&mut self, worse: bool) {
        let (Some(n), timely) = (self.any(), self.dice.below(2) == 0) else { return };
        let alert = &mut self.alerts[n];
        let severity = if worse { Severity::Red } else { alert.severity };
        let worsened = severity > alert.severity;
        alert.state = alert.state.joined(alert.severity, severity);
        alert.severity = severity;
        if alert.state == AlertState::Open {
            (alert.owner, alert.lapses_at) = (None, None);
        }
        let surpasses = timely && Some(severity) > alert.timely;
        if surpasses {
            alert.timely = Some(severity);
        }
        if worsened || surpasses {
            alert.worsened_at = Some(self.now);
            self.cause = true;
            self.mark();
        }
    }

    fn acknowledge(&mut self) {
        let (Some(n), who) = (self.any(), person(PEOPLE[self.dice.below(3) as usize])) else { return };
        if self.alerts[n].state == AlertState::Open {
            let lapse = lapse(&who, self.site.team_of(None), &self.roster(), self.now);
            let alert =
                WatchedAlert { snooze: None, ends_with_shift: lapse.with_shift, ..self.alerts[n].clone() };
            self.alerts[n] = taken(who.as_str(), lapse.at, alert);
            // What is less urgent may be next.
            self.cause = true;
            self.mark();
        }
    }

    fn note(&mut self) {
        let Some(n) = self.any() else { return };
        if let Some(owner) = self.alerts[n].owner.clone() {
            let lapse = lapse(&owner, self.site.team_of(None), &self.roster(), self.now);
            (self.alerts[n].lapses_at, self.alerts[n].ends_with_shift) = (Some(lapse.at), lapse.with_shift);
            self.mark();
        }
    }

    fn resolve(&mut self) {
        let Some(n) = self.any() else { return };
        self.alerts.remove(n);
        self.cause = true;
        self.mark();
    }

    fn snooze(&mut self) {
        let Some(n) = self.any() else { return };
        let alert = &mut self.alerts[n];
        let share = 1 + i32::try_from(self.dice.below(4)).unwrap();
        let until = self.now.checked_add(Snooze::longest(alert.severity) / share).unwrap();
        alert.snooze = Some(Snooze {
            until,
            by: person("amina"),
            reason: "later".to_owned(),
            severity: alert.severity,
            late: None,
        });
        (alert.state, alert.owner, alert.lapses_at) = (AlertState::Open, None, None);
        self.cause = true;
        self.mark();
    }

    /// As the deed does it: what stands in the chain's way ends, and the chain moves on.
    fn pass_on(&mut self) {
        let Some(n) = self.any() else { return };
        if self.alerts[n].severity == Severity::Advice {
            return;
        }
        let to = [None, Some(target("person:ben")), Some(target("rota:days"))][self.dice.below(3) as usize]
            .clone();
        let now = self.now;
        let alert = &mut self.alerts[n];
        alert.lapses_at = alert.lapses_at.map(|at| at.min(now));
        if let Some(snooze) = &mut alert.snooze {
            snooze.until = snooze.until.min(now);
        }
        let timely = alert.timely.replace(alert.severity);
        let attended = self.attend();
        self.alerts[n].timely = timely;
        self.write(&attended);
        self.watch = attended.watch.map(|watch| watch.pass_on(to, now));
        assert!(self.watch.is_some(), "something amber or red was passed on");
        self.cause = true;
        self.mark();
    }

    fn hand_over(&mut self) {
        let (from, to) = (person("amina"), person("ben"));
        let lapse = lapse(&to, self.site.team_of(None), &self.roster(), self.now);
        for alert in self.alerts.iter_mut().filter(|alert| alert.owner.as_ref() == Some(&from)) {
            (alert.owner, alert.lapses_at) = (Some(to.clone()), Some(lapse.at));
            alert.ends_with_shift = lapse.with_shift;
        }
        self.mark();
    }

    /// Somebody leaves, comes back, loses their phone, has it verified, goes on leave, all of them at once.
    fn change_staff(&mut self) {
        let who = person(PEOPLE[self.dice.below(3) as usize]);
        match self.dice.below(6) {
            0 => drop(self.staff.remove(&who)),
            1 => self.staff.clear(),
            2 => self.contacts.retain(|contact| contact.person != who),
            3 => {
                let failed_at = Some(self.now);
                self.contacts.iter_mut().for_each(|contact| contact.failed_at = failed_at);
            }
            4 => {
                let kind = match self.dice.below(2) {
                    0 => ChangeKind::Leave { person: who },
                    _ => ChangeKind::Override { rota: RotaId::trusted("days"), stands_in: who },
                };
                let (from, to, made_at) = (self.now, after(self.now, 24 * 60), self.now);
                let id = self.changes.len().to_string();
                self.changes.push(Change { id, kind, from, to, made_by: person("olive"), made_at });
            }
            _ => {
                (self.staff, self.contacts, self.changes) = (staff(), contacts(), Vec::new());
            }
        }
    }

    fn turn_clock(&mut self) {
        let hours = [-24 * 400, -26, -1, 26, 24 * 90][self.dice.below(5) as usize];
        self.now = self.now.checked_add(SignedDuration::from_hours(hours)).unwrap();
    }

    /// The site's file is changed, to one without chains at times.
    fn move_file(&mut self) {
        let mut site = if self.dice.below(2) == 0 { ward() } else { ward_by_day() };
        site.version = format!("v{}", self.dice.below(1_000));
        if self.dice.below(3) == 0 {
            let id = site.default_team.clone();
            site.teams.get_mut(&id).unwrap().chains.clear();
        }
        self.site = site;
    }

    fn attend(&self) -> Attended {
        let patient = patient();
        let card = Card {
            patient: &patient,
            alerts: &self.alerts,
            team: self.site.team_of(None),
            away: Away::of(self.site.team_of(None), &self.site, self.now),
            site_version: &self.site.version,
            episodes: self.told.iter().map(|key| key.0).max().unwrap_or(0),
        };
        attend(self.watch.clone(), &card, self.now)
    }

    /// Writes what a look found to the alerts.
    fn write(&mut self, attended: &Attended) {
        for alert in &mut self.alerts {
            if attended.lapsed.contains(&alert.id) {
                (alert.state, alert.owner, alert.lapses_at) = (AlertState::Open, None, None);
                alert.ends_with_shift = false;
            }
            if attended.woken.contains(&alert.id) {
                alert.snooze = None;
            }
            if let Some((_, snooze)) = attended.put_off.iter().find(|(id, _)| *id == alert.id) {
                alert.snooze = Some(snooze.clone());
            }
            for (_, at) in attended.cut.iter().filter(|(id, _)| *id == alert.id) {
                match (&mut alert.snooze, alert.state) {
                    (Some(snooze), AlertState::Open) => snooze.until = *at,
                    _ => alert.lapses_at = Some(*at),
                }
            }
        }
    }

    /// The runner: looks while something is due. Cut off before it has written, it has done nothing.
    fn run(&mut self) {
        if self.look_at > self.now && self.looked_at <= self.now {
            self.nobody_is_dropped();
            return;
        }
        let before = self.watch.clone();
        let mut attended = self.attend();
        self.ends_are_over(&attended);
        let mut notices = Vec::new();
        if let Some(watch) = attended.watch.take() {
            let advanced = advance(watch, &self.roster(), self.now);
            (attended.watch, notices) = (Some(advanced.watch), advanced.notices);
        }
        if self.dice.below(8) == 0 {
            return;
        }
        self.write(&attended);
        self.watch = attended.watch.clone();
        let next = attended.watch.as_ref().map(|watch| watch.next_at);
        self.look_at = next.into_iter().chain(attended.until).min().unwrap_or(Timestamp::MAX);
        self.looked_at = self.now;
        self.nobody_is_told_twice(&notices);
        self.nothing_reopens_without_cause(before.as_ref(), &attended);
        self.nobody_is_dropped();
        self.looking_again_changes_nothing();
        self.cause = false;
    }
}

fn play(seed: u64) {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.happen();
        // Several things may happen before anybody looks.
        if world.dice.below(3) > 0 {
            world.run();
        }
    }
}

/// From wherever chance has led: if everybody is reachable and sleeps, a red is told of within the longest wait.
fn is_told_soon(seed: u64) {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.happen();
        world.run();
    }
    world.site = Organisation { version: "last".to_owned(), ..ward() };
    (world.staff, world.contacts, world.changes) = (staff(), contacts(), Vec::new());
    world.alerts = vec![WatchedAlert { opened_at: world.now, ..open("last", Severity::Red) }];
    world.mark();
    world.cause = true;
    let before = world.told.len();
    for _ in 0..60 {
        world.run();
        world.now = after(world.now, 1);
    }
    assert!(world.told.len() > before, "an hour and nobody was told: {:?}", world.watch);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_events_drops_anybody(seed in any::<u64>()) {
        play(seed);
    }

    #[test]
    fn whatever_came_before_a_red_is_told_of(seed in any::<u64>()) {
        is_told_soon(seed);
    }
}
