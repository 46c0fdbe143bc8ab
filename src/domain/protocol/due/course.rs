//! The course of one enrolment: its slots, the end, and what is said then.

use jiff::{SignedDuration, Timestamp};

use super::view::{View, after};
use crate::domain::decide::describe;
use crate::domain::protocol::schedule::date_of;
use crate::domain::protocol::{Completion, Enrolment, EnrolmentState, Entry, Prompt, Protocol, Slot};
use crate::domain::reading::Measurement;
use crate::domain::vital::Vital;

/// An invitation that nobody has answered for so long is taken up by staff.
const UNANSWERED: SignedDuration = SignedDuration::from_hours(3 * 24);

impl<'a> View<'a> {
    /// Every slot of an enrolment that is due and not settled, earliest first; those of one instant in the order of the
    /// file.
    pub(super) fn unsettled(&self, enrolment: &Enrolment, protocol: &'a Protocol) -> Vec<(Slot, &'a Entry)> {
        let mut slots = Vec::new();
        for entry in &protocol.schedule {
            let mut settled = enrolment.settled_until;
            while let Some(slot) =
                self.next_slot(enrolment, entry, settled).filter(|slot| slot.at <= self.now)
            {
                slots.push((slot, entry));
                settled = slot.at;
            }
        }
        slots.sort_by_key(|(slot, _)| slot.at);
        slots
    }

    fn next_slot(&self, enrolment: &Enrolment, entry: &Entry, after: Timestamp) -> Option<Slot> {
        let own = enrolment.own_times.get(&entry.id).map(Vec::as_slice);
        entry.next_after(after, enrolment.first_day, enrolment.last_day, own, &self.zone)
    }

    /// When something is next to be done about an enrolment beside its open prompts.
    pub(super) fn turn_of(&self, enrolment: &Enrolment, open: &[Prompt]) -> Option<Timestamp> {
        let slot = || {
            let protocol = self.protocol(&enrolment.protocol)?;
            let next = |entry| self.next_slot(enrolment, entry, enrolment.settled_until);
            protocol.schedule.iter().filter_map(next).map(|slot| slot.at).min()
        };
        let next = match enrolment.state {
            EnrolmentState::Active => slot(),
            EnrolmentState::Invited { .. } => unanswered_at(enrolment),
            EnrolmentState::Ended { .. } => return None,
        };
        // An open prompt ends the course later, when it closes.
        let end = self.ends_at(enrolment).filter(|_| !has_open(enrolment, open));
        [next, end].into_iter().flatten().min()
    }

    /// When the last day is over and the closing words, if there are any, may be said.
    pub(super) fn ends_at(&self, enrolment: &Enrolment) -> Option<Timestamp> {
        let next_day = date_of(enrolment.last_day?, 2)?;
        let over = next_day.to_zoned(self.zone.clone()).ok()?.timestamp();
        if !self.says_goodbye(enrolment) {
            return Some(over);
        }
        Some(self.defer(&enrolment.protocol, over.max(self.now)))
    }

    pub(super) fn says_goodbye(&self, enrolment: &Enrolment) -> bool {
        !self.has_left()
            && enrolment.asks_at(self.now)
            && self.protocol(&enrolment.protocol).is_some_and(|protocol| protocol.completion.is_some())
    }

    /// The key of the closing words, and the average that fills them: NICE NG136 drops the first day of home blood
    /// pressure and averages the rest.
    pub(super) fn closing_words(
        &self,
        enrolment: &Enrolment,
        completion: &Completion,
    ) -> (&'static str, String) {
        let first = if completion.drop_first_day { 2 } else { 1 };
        let start = |day| {
            let date = date_of(enrolment.first_day, day)?;
            Some(date.to_zoned(self.zone.clone()).ok()?.timestamp())
        };
        let from = start(first).unwrap_or(Timestamp::MIN);
        let to = enrolment
            .last_day
            .and_then(|last| Some(date_of(last, 2)?.to_zoned(self.zone.clone()).ok()?.timestamp()))
            .unwrap_or(self.now);
        let averages: Option<Vec<Measurement>> = completion
            .average
            .iter()
            .map(|vital| self.average(*vital, from, to, completion.at_least))
            .collect();
        averages.map_or(("too_few", String::new()), |averages| {
            let wording = self.catalog.words_for(&self.state.patient);
            ("done", describe(wording, &averages))
        })
    }

    /// Nothing with fewer than `at_least` readings. What a meter could not measure has no place in a mean.
    fn average(&self, vital: Vital, from: Timestamp, to: Timestamp, at_least: u32) -> Option<Measurement> {
        let values: Vec<f64> = self
            .state
            .course_readings
            .iter()
            .filter(|(at, reading)| reading.vital() == vital && (from..to).contains(at))
            .filter_map(|(_, reading)| reading.amount().value())
            .collect();
        let count = u32::try_from(values.len()).ok().filter(|count| *count >= at_least.max(1))?;
        let mean = values.iter().sum::<f64>() / f64::from(count);
        let shown = match vital {
            Vital::Systolic | Vital::Diastolic | Vital::Pulse | Vital::Spo2 => mean.round(),
            _ => (mean * 10.0).round() / 10.0,
        };
        Measurement::exactly(vital, shown).ok()
    }
}

/// When staff take up an invitation that nobody answered; nothing once they have.
pub(super) fn unanswered_at(enrolment: &Enrolment) -> Option<Timestamp> {
    let EnrolmentState::Invited { at } = enrolment.state else { return None };
    Some(after(at, UNANSWERED)).filter(|due| *due > enrolment.settled_until)
}

pub(super) fn has_open(enrolment: &Enrolment, open: &[Prompt]) -> bool {
    open.iter().any(|prompt| prompt.protocol == enrolment.protocol && prompt.is_open())
}
