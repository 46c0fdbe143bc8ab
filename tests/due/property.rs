//! Whatever schedules, readings, outages, pauses and edits chance comes up with: no slot is lost or doubled, nobody is
//! asked twice or woken, and what is due is done once.

mod chance;
mod check;

use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use lamplight::domain::decide::{Catalog, Decision, PatientState};
use lamplight::domain::id::{EventId, MessageId, ProtocolId, QuestionId};
use lamplight::domain::patient::Consent;
use lamplight::domain::protocol::due::{due, wake_at};
use lamplight::domain::protocol::moves::{NewEnrolment, enrol};
use lamplight::domain::protocol::prompt::minutes;
use lamplight::domain::protocol::{ConsentRecord, ConsentSource, Sent};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

use self::chance::some_protocol;
use super::file::{ada, catalog};
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
