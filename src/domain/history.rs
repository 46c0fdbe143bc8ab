//! What was measured and answered before, as far back as the rules in force look.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::answer::PastAnswer;
use super::id::EventId;
use super::reading::{Measurement, Reading, ReadingState};
use super::vital::Vital;

/// Past readings and answers of one patient, oldest first by the time they were taken.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    readings: Vec<PastReading>,
    answers: Vec<PastAnswer>,
    reach: Option<Reach>,
}

/// What a history is known to be complete in: these vitals and questions, from a time on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub since: Timestamp,
    pub vitals: BTreeSet<Vital>,
    pub questions: BTreeSet<String>,
}

/// One number that was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct PastReading {
    pub set: EventId,
    pub taken_at: Timestamp,
    pub measurement: Measurement,
    pub state: ReadingState,
}

impl History {
    pub fn new(mut readings: Vec<PastReading>, mut answers: Vec<PastAnswer>) -> Self {
        readings.sort_by_key(|reading| reading.taken_at);
        answers.sort_by_key(|answer| answer.at);
        Self { readings, answers, reach: None }
    }

    /// The same, with what was before it.
    pub fn preceded_by(self, mut readings: Vec<PastReading>, mut answers: Vec<PastAnswer>) -> Self {
        readings.extend(self.readings);
        answers.extend(self.answers);
        Self::new(readings, answers)
    }

    /// Says that nothing is missing within `reach`, however late the reading; what is added from now on keeps it so.
    pub fn reaching(self, reach: Reach) -> Self {
        Self { reach: Some(reach), ..self }
    }

    /// Whether all is here that there is of these vitals and questions since then.
    pub fn covers(&self, since: Timestamp, vitals: &BTreeSet<Vital>, questions: &BTreeSet<String>) -> bool {
        self.reach.as_ref().is_some_and(|reach| {
            reach.since <= since && vitals.is_subset(&reach.vitals) && questions.is_subset(&reach.questions)
        })
    }

    pub fn reach(&self) -> Option<&Reach> {
        self.reach.as_ref()
    }

    /// What is here may not be all, or not be this patient's.
    pub fn doubt(&mut self) {
        self.reach = None;
    }

    /// How many numbers and answers there are.
    pub fn len(&self) -> usize {
        self.readings.len() + self.answers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts a reading where its time says. Of equal times the later arrival counts as newer.
    pub fn add(&mut self, past: PastReading) {
        let place = self.readings.partition_point(|reading| reading.taken_at <= past.taken_at);
        self.readings.insert(place, past);
    }

    pub fn add_set(&mut self, reading: &Reading) {
        for measurement in &reading.measurements {
            self.add(PastReading {
                set: reading.set.clone(),
                taken_at: reading.taken_at,
                measurement: *measurement,
                state: reading.state,
            });
        }
    }

    pub fn add_answer(&mut self, past: PastAnswer) {
        let place = self.answers.partition_point(|answer| answer.at <= past.at);
        self.answers.insert(place, past);
    }

    /// A reading that waited for its YES is accepted or withdrawn.
    pub fn settle(&mut self, set: &EventId, state: ReadingState) {
        for reading in self.readings.iter_mut().filter(|reading| reading.set == *set) {
            reading.state = state;
        }
    }

    /// Forgets what was taken before.
    pub fn forget_before(&mut self, oldest: Timestamp) {
        let readings = self.readings.partition_point(|reading| reading.taken_at < oldest);
        self.readings.drain(..readings);
        let answers = self.answers.partition_point(|answer| answer.at < oldest);
        self.answers.drain(..answers);
        if let Some(reach) = &mut self.reach {
            reach.since = reach.since.max(oldest);
        }
    }

    /// What was accepted of `vital` from `since` up to `until`, newest first. A reading that was read back and not
    /// confirmed, taken back, or made by a clock that cannot be right, is judged when it comes and proves nothing later.
    pub fn accepted(
        &self,
        vital: Vital,
        since: Timestamp,
        until: Timestamp,
    ) -> impl Iterator<Item = &PastReading> {
        let end = self.readings.partition_point(|reading| reading.taken_at <= until);
        self.readings[..end]
            .iter()
            .rev()
            .take_while(move |reading| reading.taken_at >= since)
            .filter(move |r| r.measurement.vital() == vital && r.state == ReadingState::Accepted)
    }

    /// The answers to `question` from `since` up to `until`, newest first.
    pub fn answers<'h>(
        &'h self,
        question: &'h str,
        since: Timestamp,
        until: Timestamp,
    ) -> impl Iterator<Item = &'h PastAnswer> {
        let end = self.answers.partition_point(|answer| answer.at <= until);
        self.answers[..end]
            .iter()
            .rev()
            .take_while(move |answer| answer.at >= since)
            .filter(move |answer| answer.question == question)
    }
}
