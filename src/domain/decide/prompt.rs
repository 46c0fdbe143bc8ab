//! Which open prompts a text or a reading closes.

use jiff::Timestamp;

use crate::domain::id::QuestionId;
use crate::domain::protocol::prompt::minutes;
use crate::domain::protocol::{Prompt, PromptState, Protocol, Question, Sent};
use crate::domain::reading::Measurement;

use super::{Catalog, PatientState};

/// A question that the patient was asked and has not answered yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending<'a> {
    pub prompt: &'a Prompt,
    pub protocol: &'a Protocol,
    pub question: &'a Question,
}

/// The questions that a text may answer: what was asked last is answered first.
pub(super) fn pending<'a>(state: &'a PatientState, catalog: &'a Catalog) -> Vec<Pending<'a>> {
    let mut pending: Vec<_> = state
        .prompts
        .iter()
        .filter(|prompt| prompt.state == PromptState::Asked && !matches!(prompt.sent, Sent::Failed(_)))
        .filter_map(|prompt| find(prompt, catalog))
        .collect();
    pending.sort_by_key(|pending| std::cmp::Reverse(pending.prompt.since));
    pending
}

fn find<'a>(prompt: &'a Prompt, catalog: &'a Catalog) -> Option<Pending<'a>> {
    let protocol = catalog.protocols.get(&prompt.protocol)?;
    Some(Pending { prompt, protocol, question: protocol.asked_by(prompt)? })
}

/// The open prompts, of any protocol, that ask for what was measured at `taken_at`. A blood pressure has two numbers.
pub(super) fn asking_for<'a>(
    state: &'a PatientState,
    catalog: &'a Catalog,
    measurements: &[Measurement],
    taken_at: Timestamp,
) -> Vec<Pending<'a>> {
    let measures = |vital| measurements.iter().any(|measurement| measurement.vital() == vital);
    open(state, catalog)
        .filter(|pending| {
            let vitals = pending.question.asks.vitals();
            !vitals.is_empty() && vitals.iter().all(|vital| measures(*vital)) && pending.is_in_time(taken_at)
        })
        .collect()
}

/// The open prompts, of any protocol, that ask this question.
pub(super) fn asking<'a>(
    state: &'a PatientState,
    catalog: &'a Catalog,
    question: &QuestionId,
    at: Timestamp,
) -> Vec<Pending<'a>> {
    open(state, catalog)
        .filter(|pending| pending.prompt.question == *question && pending.is_in_time(at))
        .collect()
}

fn open<'a>(state: &'a PatientState, catalog: &'a Catalog) -> impl Iterator<Item = Pending<'a>> {
    state.prompts.iter().filter(|prompt| prompt.is_open()).filter_map(|prompt| find(prompt, catalog))
}

impl Pending<'_> {
    /// Whether what was measured at `taken_at` can be meant for it: an old reading that comes late answers no new question,
    /// and one right after the first is no second measurement after half an hour's rest.
    fn is_in_time(&self, taken_at: Timestamp) -> bool {
        let prompt = self.prompt;
        let earliest = match self.protocol.schedule.iter().find(|entry| entry.id == prompt.entry) {
            Some(entry) => prompt.planned_at.saturating_sub(minutes(entry.fresh_minutes)),
            None => prompt.since.saturating_add(prompt.planned_at.duration_since(prompt.since) / 2),
        };
        match prompt.state {
            PromptState::Waiting | PromptState::Asked => earliest.is_ok_and(|earliest| taken_at >= earliest),
            PromptState::Answered | PromptState::Told | PromptState::Missed(_) | PromptState::Cancelled => {
                false
            }
        }
    }
}
