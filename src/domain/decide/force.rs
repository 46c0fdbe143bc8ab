//! Which rules speak of a patient, and what of the past they need.

use jiff::{SignedDuration, Timestamp};

use crate::domain::answer::AnswerValue;
use crate::domain::chart::Person;
use crate::domain::protocol::Protocol;
use crate::domain::rule::{Applies, Figure, LookBack, Rule};
use crate::domain::silence::Silence;

use super::{Catalog, PatientState};

/// An answer that somebody is pregnant holds as long as they can be.
const PREGNANCY: SignedDuration = SignedDuration::from_hours(300 * 24);

impl Catalog {
    /// The rules that speak of this patient: those for everyone and those of the patient's protocols.
    pub fn rules_in_force<'c>(&'c self, state: &'c PatientState) -> impl Iterator<Item = &'c Rule> {
        self.rules.iter().filter(|rule| self.is_in_force(rule, state))
    }

    /// What one protocol adds is in force whatever another replaces: of two opinions the careful one counts. A rule on silence
    /// is replaced for the questions of the protocols that say so ([`Self::unreplaced`]), and wholly where all do.
    pub(super) fn is_in_force(&self, rule: &Rule, state: &PatientState) -> bool {
        let added = state.rules_added.contains(&rule.id)
            || self.protocols_of(state).any(|protocol| protocol.rules.contains(&rule.id));
        let replaces = |protocol: &Protocol| protocol.replaces.contains(&rule.id);
        let replaced = || {
            let mut protocols = self.protocols_of(state).peekable();
            state.rules_replaced.contains(&rule.id)
                || match rule.figure {
                    Figure::Silence(_) => protocols.peek().is_some() && protocols.all(replaces),
                    _ => protocols.any(replaces),
                }
        };
        added || rule.applies == Applies::Everyone && !replaced()
    }

    /// The silence that a rule in force may speak of: not the silence to questions that only protocols ask which replace the
    /// rule. Nothing where that is all of it.
    pub(super) fn unreplaced(
        &self,
        rule: &Rule,
        state: &PatientState,
        silence: &[Silence],
    ) -> Option<Vec<Silence>> {
        let Figure::Silence(_) = rule.figure else { return None };
        let added = state.rules_added.contains(&rule.id)
            || self.protocols_of(state).any(|one| one.rules.contains(&rule.id));
        if added || !self.protocols_of(state).any(|one| one.replaces.contains(&rule.id)) {
            return None;
        }
        let counts = |silence: &&Silence| {
            let mut askers = self
                .protocols_of(state)
                .filter(|one| one.questions.keys().any(|question| question.as_str() == silence.of))
                .peekable();
            askers.peek().is_none() || askers.any(|one| !one.replaces.contains(&rule.id))
        };
        Some(silence.iter().filter(counts).cloned().collect())
    }

    fn protocols_of<'c>(&'c self, state: &'c PatientState) -> impl Iterator<Item = &'c Protocol> {
        state.enrolments.iter().filter_map(|one| self.protocols.get(&one.protocol)).map(AsRef::as_ref)
    }

    /// What of the past the rules in force need, and those whose alerts wait to be cleared. Nothing at all for a patient
    /// whom only plain bands watch.
    pub fn look_back<'c>(&'c self, state: &'c PatientState) -> impl Iterator<Item = LookBack> {
        self.rules_in_force(state).flat_map(|rule| {
            let raised = state.alerts.iter().any(|alert| alert.rule == rule.id && !alert.recovered);
            let to_clear = raised.then(|| rule.look_back_to_clear()).flatten();
            rule.look_back(&state.thresholds).into_iter().chain(to_clear)
        })
    }

    /// What the rules in force would need to clear an alert, were one raised.
    pub fn look_back_to_clear<'c>(&'c self, state: &'c PatientState) -> impl Iterator<Item = LookBack> {
        self.rules_in_force(state).filter_map(|rule| rule.look_back_to_clear())
    }
}

impl PatientState {
    /// The person at a time. Somebody is pregnant who has answered so.
    pub fn person(&self, at: Timestamp) -> Person {
        let since = at.saturating_sub(PREGNANCY).unwrap_or(at);
        let mut answers = self.history.answers("pregnant", since, at);
        let pregnant = answers.next().is_some_and(|answer| answer.value == AnswerValue::YesNo(true));
        Person::born(self.patient.date_of_birth.as_deref(), pregnant, at)
    }
}
