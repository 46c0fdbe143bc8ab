//! Whatever schedules, readings, outages, pauses and edits chance comes up with: no slot is lost or doubled, nobody is
//! asked twice or woken, and what is due is done once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use lamplight::domain::decide::{Catalog, Decision, PatientState};
use lamplight::domain::id::{EventId, MessageId, ProtocolId, QuestionId};
use lamplight::domain::patient::{Consent, Standing};
use lamplight::domain::protocol::due::{ON_TIME, due, wake_at};
use lamplight::domain::protocol::moves::{NewEnrolment, change_times, enrol, pause, resume, return_to};
use lamplight::domain::protocol::prompt::minutes;
use lamplight::domain::protocol::{
    ConsentRecord, ConsentSource, Does, Entry, Prompt, PromptState, Protocol, Quiet, Sent,
};
use lamplight::domain::vital::Vital;
use proptest::prelude::*;

use super::file::{ada, asks, catalog, entry, on, protocol};
use crate::support::dice::Dice;

const ZONES: [&str; 4] = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "UTC"];
const QUESTIONS: [&str; 5] = ["bp", "weight", "glucose", "well", "mood"];
const DAYS: i64 = 16;

/// From when on an enrolment spoke by which times; `None` while it asked nothing.
type Regime = (Timestamp, Option<BTreeMap<String, Vec<Time>>>);

/// One patient, driven by chance.
struct Ward<'c> {
    catalog: &'c Catalog,
    state: PatientState,
    zone: TimeZone,
    now: Timestamp,
    ticks: u32,
    dice: Dice,
    first_day: Date,
    last_day: Date,
    /// Texts on their way: when each leaves, and whether it does.
    leaving: Vec<(Timestamp, MessageId, bool)>,
    regimes: BTreeMap<ProtocolId, Vec<Regime>>,
    /// Slots by protocol, entry, question and instant.
    settled: BTreeSet<(ProtocolId, String, QuestionId, Timestamp)>,
    closed: BTreeSet<String>,
}

fn some_protocol(dice: &mut Dice, id: &str) -> Protocol {
    let schedule = (0..=dice.below(3)).map(|n| some_entry(dice, &format!("e{n}"))).collect();
    let (from, length) = (dice.below(24), dice.below(13));
    let hour = |hour: u64| Time::constant((hour % 24) as i8, 0, 0, 0);
    Protocol { quiet: Quiet { from: hour(from), to: hour(from + length) }, ..protocol(id, schedule) }
}

fn some_times(dice: &mut Dice) -> Vec<Time> {
    (0..=dice.below(3))
        .map(|_| Time::constant(dice.below(24) as i8, (dice.below(4) * 15) as i8, 0, 0))
        .collect()
}

fn some_entry(dice: &mut Dice, id: &str) -> Entry {
    let question = QUESTIONS[dice.below(5) as usize];
    let does = match dice.below(4) {
        0 => Does::Say(vec!["tip_salt".to_owned(), "tip_walk".to_owned()]),
        1 => asks(&["bp", "weight"]),
        _ => asks(&[question]),
    };
    let mut entry = entry(id, does, &[]);
    entry.at = some_times(dice);
    if dice.below(3) == 0 {
        entry.days = on(&[jiff::civil::Weekday::Sunday, jiff::civil::Weekday::Tuesday]);
    }
    entry.from_day = dice.below(6) as i32 - 2;
    entry.window_minutes = 15 + dice.below(600) as u32;
    entry.reminders = (1..=dice.below(3) as u32).map(|n| n * (10 + dice.below(90) as u32)).collect();
    entry.late_minutes = dice.below(400) as u32;
    entry.fresh_minutes = dice.below(200) as u32;
    entry
}

impl Ward<'_> {
    fn tick_id(&mut self) -> EventId {
        self.ticks += 1;
        EventId::trusted(format!("e{:06}", self.ticks))
    }

    fn protocols(&self) -> Vec<ProtocolId> {
        self.catalog.protocols.keys().cloned().collect()
    }

    fn own_times(&self, protocol: &ProtocolId) -> BTreeMap<String, Vec<Time>> {
        let found = self.state.enrolments.iter().find(|enrolment| enrolment.protocol == *protocol);
        found.map(|enrolment| enrolment.own_times.clone()).unwrap_or_default()
    }

    fn speaks(&mut self, protocol: &ProtocolId, speaks: bool) {
        let times = speaks.then(|| self.own_times(protocol));
        self.regimes.entry(protocol.clone()).or_default().push((self.now, times));
    }

    fn take(&mut self, decision: &Decision) {
        self.check(decision);
        self.state.apply(decision);
        for message in &decision.messages {
            // Most leave at once, some late, some never.
            let delay = match self.dice.below(10) {
                0 => SignedDuration::from_mins(self.dice.below(200) as i64),
                _ => SignedDuration::from_secs(self.dice.below(20) as i64),
            };
            let leaves = self.dice.below(20) > 0;
            self.leaving.push((self.now + delay, message.id.clone(), leaves));
        }
        self.check_open();
    }

    fn deliver(&mut self) {
        let now = self.now;
        let (gone, leaving) = self.leaving.drain(..).partition(|(at, _, _)| *at <= now);
        self.leaving = leaving;
        let gone: Vec<(Timestamp, MessageId, bool)> = gone;
        for (at, message, leaves) in gone {
            let sent = if leaves { Sent::At(at) } else { Sent::Failed(at) };
            for prompt in
                self.state.prompts.iter_mut().filter(|prompt| prompt.message.as_ref() == Some(&message))
            {
                prompt.sent = sent;
            }
        }
    }

    /// Settles, and again: the second time nothing is due, and the next time lies ahead.
    fn settle(&mut self) {
        self.deliver();
        let tick = self.tick_id();
        let decision = due(&self.state, self.catalog, &tick, self.now);
        self.take(&decision);
        let tick = self.tick_id();
        let again = due(&self.state, self.catalog, &tick, self.now);
        assert!(
            again.prompts.is_empty() && again.messages.is_empty() && again.enrolments.is_empty(),
            "settling again at {} does more: {again:?}",
            self.now
        );
        assert!(again.tasks.is_empty() && again.alerts.is_empty());
        let wake = wake_at(&self.state, self.catalog, self.now);
        assert!(wake.is_none_or(|wake| wake > self.now), "{wake:?} is not after {}", self.now);
    }

    fn check(&mut self, decision: &Decision) {
        for prompt in &decision.prompts {
            let protocol = &self.catalog.protocols[&prompt.protocol];
            let is_new = self.state.prompts.iter().all(|known| known.id != prompt.id);
            if is_new {
                assert!(protocol.schedule.iter().any(|entry| entry.id == prompt.entry));
                let slot = (
                    prompt.protocol.clone(),
                    prompt.entry.clone(),
                    prompt.question.clone(),
                    prompt.planned_at,
                );
                // Tips of several quiet slots wait for the same morning.
                let is_tip = prompt.question.as_str().starts_with("tip");
                assert!(self.settled.insert(slot.clone()) || is_tip, "{slot:?} is settled twice");
            }
            assert!(!self.closed.contains(prompt.id.as_str()), "{prompt:?} was closed already");
            if !prompt.is_open() {
                self.closed.insert(prompt.id.to_string());
            }
            // Nobody is woken but by a question of the schedule, on time. Another that asks the same may join it.
            let may_speak = |prompt: &Prompt| {
                let quiet = self.catalog.protocols[&prompt.protocol].quiet;
                !quiet.holds(self.now.to_zoned(self.zone.clone()).time())
                    || self.now.duration_since(prompt.planned_at) <= ON_TIME
            };
            let speaks = match prompt.state {
                PromptState::Asked => {
                    prompt.since == self.now
                        && decision.messages.iter().any(|text| Some(&text.id) == prompt.message.as_ref())
                }
                PromptState::Told => true,
                _ => false,
            };
            let joins = |other: &Prompt| {
                prompt.message.is_some()
                    && other.message == prompt.message
                    && other.question == prompt.question
                    && may_speak(other)
            };
            assert!(
                !speaks || may_speak(prompt) || decision.prompts.iter().any(joins),
                "{prompt:?} wakes at {}",
                self.now
            );
            let was = self.state.prompts.iter().find(|known| known.id == prompt.id);
            if was.is_some_and(|was| was.reminded < prompt.reminded) {
                assert!(prompt.reminded as usize <= prompt.reminders.len());
            }
        }
        for message in &decision.messages {
            let reminds = message.says.iter().any(|part| part.starts_with("remind"));
            let quiet_for_all = self
                .catalog
                .protocols
                .values()
                .all(|protocol| protocol.quiet.holds(self.now.to_zoned(self.zone.clone()).time()));
            assert!(!(reminds && quiet_for_all), "reminds at {}", self.now);
            assert_eq!(message.says.iter().collect::<BTreeSet<_>>().len(), message.says.len(), "said twice");
        }
    }

    fn vitals(&self, prompt: &Prompt) -> &'static [Vital] {
        self.catalog.protocols[&prompt.protocol]
            .question(&prompt.question)
            .map(|question| question.asks.vitals())
            .unwrap_or_default()
    }

    /// Open prompts of one vital share a text; open questions that are no vitals are one question.
    fn check_open(&self) {
        let asked: Vec<&Prompt> =
            self.state.prompts.iter().filter(|prompt| prompt.state == PromptState::Asked).collect();
        for (n, one) in asked.iter().enumerate() {
            for other in &asked[n + 1..] {
                let (a, b) = (self.vitals(one), self.vitals(other));
                if a.is_empty() && b.is_empty() {
                    assert_eq!(one.question, other.question, "two questions at once at {}", self.now);
                }
                if one.question == other.question {
                    assert_eq!(one.message, other.message, "{} is asked twice in a window", one.question);
                }
            }
        }
    }

    fn something_happens(&mut self) {
        let protocols = self.protocols();
        let protocol = protocols[self.dice.below(protocols.len() as u64) as usize].clone();
        match self.dice.below(12) {
            0..=3 => {
                let vital = [Vital::Systolic, Vital::Weight, Vital::Glucose][self.dice.below(3) as usize];
                self.state.last_taken.insert(vital, self.now);
                if vital == Vital::Systolic {
                    self.state.last_taken.insert(Vital::Diastolic, self.now);
                }
            }
            4..=5 => {
                // The conversation closes what the patient answers.
                let open: Vec<&Prompt> =
                    self.state.prompts.iter().filter(|prompt| prompt.state == PromptState::Asked).collect();
                if let Some(first) = open.first() {
                    let question = first.question.clone();
                    for prompt in self.state.prompts.iter_mut().filter(|prompt| prompt.question == question) {
                        prompt.state = PromptState::Answered;
                    }
                    self.state.prompts.retain(Prompt::is_open);
                }
            }
            6 => {
                let to = Some(self.now + SignedDuration::from_hours(self.dice.below(60) as i64 + 1));
                if let Ok(decision) = pause(&self.state, &protocol, to, "holiday".to_owned(), self.now) {
                    self.settle();
                    self.take(&decision_at(&self.state, &protocol, to, self.now).unwrap_or(decision));
                    self.speaks(&protocol, false);
                    if let Some(to) = to {
                        let times = Some(self.own_times(&protocol));
                        self.regimes.entry(protocol).or_default().push((to, times));
                    }
                }
            }
            7 => {
                self.settle();
                if let Ok(decision) = resume(&self.state, &protocol, self.now) {
                    let now = self.now;
                    self.take(&decision);
                    // The end of the pause that was planned is none any more.
                    self.regimes.entry(protocol.clone()).or_default().retain(|(from, _)| *from <= now);
                    self.speaks(&protocol, true);
                }
            }
            8 => {
                let entry = self.catalog.protocols[&protocol].schedule[0].id.clone();
                let times = BTreeMap::from([(entry, some_times(&mut self.dice))]);
                let tick = self.tick_id();
                let paused = self.state.enrolments.iter().any(|known| known.pause.is_some());
                if !paused
                    && let Ok(decision) =
                        change_times(&self.state, self.catalog, &protocol, times, &tick, self.now)
                {
                    self.take(&decision);
                    self.speaks(&protocol, true);
                }
            }
            9 => {
                // STOP, and START a while later.
                self.settle();
                self.state.patient.standing = Standing::Stopped;
                self.settle();
                for protocol in self.protocols() {
                    let now = self.now;
                    self.regimes.entry(protocol.clone()).or_default().retain(|(from, _)| *from <= now);
                    self.speaks(&protocol, false);
                }
                self.now += SignedDuration::from_hours(self.dice.below(50) as i64);
                if self.dice.below(2) == 0 {
                    self.settle();
                }
                self.state.patient.standing = Standing::Active;
                let returned = return_to(&self.state, self.now);
                for mut enrolment in returned {
                    enrolment.pause = None;
                    self.state.enrolments.retain(|known| known.protocol != enrolment.protocol);
                    self.state.enrolments.push(enrolment);
                }
                for protocol in self.protocols() {
                    self.speaks(&protocol, true);
                }
            }
            _ => {}
        }
    }

    fn run(&mut self) {
        let end = self.now + SignedDuration::from_hours(24 * (DAYS + 3));
        while self.now < end {
            if self.dice.below(6) == 0 {
                self.something_happens();
            }
            let wake = wake_at(&self.state, self.catalog, self.now).unwrap_or(end).max(self.now);
            self.now = match self.dice.below(30) {
                // We do not run for a while.
                0 => self.now + SignedDuration::from_mins(self.dice.below(3_000) as i64 + 1),
                // Somebody looks in between.
                1..=5 => {
                    let span = wake.duration_since(self.now).as_secs().max(1) as u64;
                    self.now + SignedDuration::from_secs(self.dice.below(span) as i64 + 1)
                }
                _ => wake + SignedDuration::from_secs(self.dice.below(60) as i64),
            }
            .min(end);
            self.settle();
        }
        assert!(self.state.enrolments.is_empty(), "the course has ended: {:?}", self.state.prompts);
        assert!(self.state.prompts.is_empty());
        self.check_none_lost();
    }

    /// Every minute of every day that the schedule names is settled, by the times that held then.
    fn check_none_lost(&self) {
        for (id, regimes) in &self.regimes {
            let protocol = &self.catalog.protocols[id];
            for (n, (from, times)) in regimes.iter().enumerate() {
                let Some(times) = times else { continue };
                let until = regimes.get(n + 1).map_or(Timestamp::MAX, |(until, _)| *until);
                for entry in protocol.schedule.iter().filter(|entry| matches!(entry.does, Does::Ask(_))) {
                    let at = times.get(&entry.id).unwrap_or(&entry.at);
                    self.check_entry(id, entry, at, *from, until);
                }
            }
        }
    }

    fn check_entry(&self, id: &ProtocolId, entry: &Entry, times: &[Time], from: Timestamp, until: Timestamp) {
        let Does::Ask(questions) = &entry.does else { return };
        for day in entry.from_day.. {
            let date = self.first_day.checked_add(jiff::Span::new().days(i64::from(day) - 1)).unwrap();
            if date > self.last_day {
                break;
            }
            let is_on = match &entry.days {
                lamplight::domain::protocol::Days::Every(step) => {
                    ((day - entry.from_day) as u32).is_multiple_of(*step)
                }
                lamplight::domain::protocol::Days::On(days) => days.contains(&date.weekday().into()),
            };
            for time in times.iter().filter(|_| is_on) {
                let at =
                    self.zone.to_ambiguous_zoned(date.to_datetime(*time)).compatible().unwrap().timestamp();
                if at <= from || at > until {
                    continue;
                }
                for question in questions {
                    let slot = (id.clone(), entry.id.clone(), question.clone(), at);
                    assert!(self.settled.contains(&slot), "{slot:?} is lost");
                }
            }
        }
    }
}

/// The pause as it is once what was due before it is settled.
fn decision_at(
    state: &PatientState,
    protocol: &ProtocolId,
    to: Option<Timestamp>,
    now: Timestamp,
) -> Option<Decision> {
    pause(state, protocol, to, "holiday".to_owned(), now).ok()
}

fn play(seed: u64) {
    let mut dice = Dice::new(seed);
    let catalog = catalog([
        some_protocol(&mut dice, "heart"),
        some_protocol(&mut dice, "kidney"),
        some_protocol(&mut dice, "mind"),
    ]);
    let zone = ZONES[dice.below(4) as usize];
    // Shortly before a clock change, one way or the other.
    let starts = [date(2026, 3, 1), date(2026, 3, 24), date(2026, 10, 20), date(2026, 6, 1)];
    let first_day = starts[dice.below(4) as usize];
    let last_day = first_day.checked_add(jiff::Span::new().days(DAYS - 1)).unwrap();
    let mut patient = ada();
    patient.time_zone = zone.to_owned();
    let zone = TimeZone::get(zone).unwrap();
    let start = first_day.at(10, 0, 0, 0).to_zoned(zone.clone()).unwrap().timestamp() - minutes(60 * 60);
    let mut ward = Ward {
        catalog: &catalog,
        state: PatientState::of(patient),
        zone,
        now: start,
        ticks: 0,
        dice,
        first_day,
        last_day,
        leaving: Vec::new(),
        regimes: BTreeMap::new(),
        settled: BTreeSet::new(),
        closed: BTreeSet::new(),
    };
    for protocol in ward.protocols() {
        let new = NewEnrolment {
            protocol: protocol.clone(),
            first_day,
            last_day: Some(last_day),
            consent: ConsentRecord {
                mode: Consent::Given,
                at: start,
                source: ConsentSource::Staff("Nurse Joy".to_owned()),
            },
            own_times: BTreeMap::new(),
        };
        let tick = ward.tick_id();
        let decision = enrol(&ward.state, &catalog, new, &tick, start).unwrap();
        ward.take(&decision);
        ward.speaks(&protocol, true);
    }
    ward.run();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_slot_is_lost_or_doubled_and_nobody_is_woken_or_asked_twice(seed in any::<u64>()) {
        play(seed);
    }
}
