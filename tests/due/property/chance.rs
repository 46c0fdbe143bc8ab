//! What chance makes of a patient's protocols and days.

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};
use lamplight::domain::decide::{Decision, PatientState};
use lamplight::domain::id::ProtocolId;
use lamplight::domain::patient::Standing;
use lamplight::domain::protocol::moves::{change_times, pause, resume, return_to};
use lamplight::domain::protocol::{Does, Entry, Prompt, PromptState, Protocol, Quiet};
use lamplight::domain::vital::Vital;
use std::collections::BTreeMap;

use super::{QUESTIONS, Ward};
use crate::due::file::{asks, entry, on, protocol};
use crate::support::dice::Dice;

pub(super) fn some_protocol(dice: &mut Dice, id: &str) -> Protocol {
    let schedule = (0..=dice.below(3)).map(|n| some_entry(dice, &format!("e{n}"))).collect();
    let (from, length) = (dice.below(24), dice.below(13));
    let hour = |hour: u64| Time::constant((hour % 24) as i8, 0, 0, 0);
    Protocol { quiet: Quiet { from: hour(from), to: hour(from + length) }, ..protocol(id, schedule) }
}

pub(super) fn some_times(dice: &mut Dice) -> Vec<Time> {
    (0..=dice.below(3))
        .map(|_| Time::constant(dice.below(24) as i8, (dice.below(4) * 15) as i8, 0, 0))
        .collect()
}

pub(super) fn some_entry(dice: &mut Dice, id: &str) -> Entry {
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
    pub(super) fn something_happens(&mut self) {
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
