//! Whether a conversation comes to an edge, where a wrong comparison shows: a limit, or the end of a window.

use jiff::SignedDuration;

use crate::domain::answer::{AnswerValue, PastAnswer};
use crate::domain::chart::Chart;
use crate::domain::decide::Decision;
use crate::domain::id::EventId;
use crate::domain::protocol::follow_up::{Trigger, Wanted};
use crate::domain::protocol::{Prompt, Protocol};
use crate::domain::reading::Measurement;

use super::Rehearsal;

/// So near the end of a window is on its edge: conversations are written in minutes.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

impl Rehearsal<'_> {
    /// Whether anything that came in stood exactly on a limit of a rule in force or of a branch, or came within a minute
    /// of a window's end; or a window ended without an answer.
    pub const fn came_to_an_edge(&self) -> bool {
        self.on_edge
    }

    /// Of what is decided now, before it is carried out.
    pub(super) fn is_on_edge(&self, decision: &Decision) -> bool {
        let mut ends = self.state.prompts.iter().filter_map(Prompt::closes_at);
        if ends.any(|end| end.duration_since(self.now).abs() <= MINUTE) {
            return true;
        }
        let measurements: Vec<Measurement> =
            decision.readings.iter().flat_map(|reading| reading.measurements.iter().copied()).collect();
        let answered: Vec<PastAnswer> = decision.answers.iter().map(PastAnswer::from).collect();
        self.is_on_limit(&measurements, &answered) || self.is_on_branch(&answered)
    }

    fn is_on_limit(&self, measurements: &[Measurement], answered: &[PastAnswer]) -> bool {
        let set = EventId::trusted("now");
        let chart = Chart {
            zone: &self.state.patient.time_zone,
            answered,
            person: self.state.person(self.now),
            ..Chart::of(&set, self.now, measurements, &self.state.history)
        };
        self.catalog.rules_in_force(&self.state).any(|rule| {
            let mut limits = rule.tests().filter(|test| test.limit().is_some());
            limits.any(|test| rule.stands_on(test, &chart, &self.state.thresholds))
        })
    }

    fn is_on_branch(&self, answered: &[PastAnswer]) -> bool {
        let protocols =
            self.state.enrolments.iter().filter_map(|one| self.catalog.protocols.get(&one.protocol));
        protocols.flat_map(|protocol| limits_of(protocol)).any(|(question, limit)| {
            let on = |value: &AnswerValue| value.number() == Some(limit);
            answered.iter().any(|answer| answer.question == question && on(&answer.value))
        })
    }
}

/// The numbers at which answers lead on, with their questions.
fn limits_of(protocol: &Protocol) -> impl Iterator<Item = (&str, f64)> {
    protocol.follow_ups.iter().filter_map(|follow_up| match &follow_up.when {
        Trigger::Answered { question, wanted: Wanted::AtOrAbove(limit) | Wanted::AtOrBelow(limit) } => {
            Some((question.as_str(), *limit))
        }
        Trigger::Answered { .. } | Trigger::Fired { .. } | Trigger::Missed { .. } => None,
    })
}
