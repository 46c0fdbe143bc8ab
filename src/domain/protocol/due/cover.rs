//! What makes a question needless: a reading just sent, another prompt that asks the same.

use jiff::Timestamp;

use super::view::{View, after};
use crate::domain::protocol::prompt::minutes;
use crate::domain::protocol::{Prompt, PromptState};
use crate::domain::vital::Vital;

/// A reading within the fresh minutes before a slot, or in its window, answers it. A second measurement that follows a
/// finding is not answered by the first.
pub(super) fn is_fresh(view: &View<'_>, prompt: &Prompt) -> bool {
    let Some(entry) = view.entry(prompt) else { return false };
    let from = prompt.planned_at.saturating_sub(minutes(entry.fresh_minutes)).unwrap_or(Timestamp::MIN);
    let to = after(prompt.planned_at, minutes(prompt.window_minutes));
    taken(view, prompt, |at| (from..=to).contains(&at))
}

/// Readings have come since it was asked. The conversation closes such prompts itself; this is for whatever it left.
pub(super) fn is_answered(view: &View<'_>, prompt: &Prompt) -> bool {
    prompt.state == PromptState::Asked && taken(view, prompt, |at| at > prompt.since)
}

/// The asked prompt, of whichever protocol, whose answer answers this one too.
pub(super) fn asking<'p>(view: &View<'_>, prompt: &Prompt, open: &'p [Prompt]) -> Option<&'p Prompt> {
    open.iter().find(|other| {
        other.state == PromptState::Asked && other.id != prompt.id && asks_the_same(view, other, prompt)
    })
}

/// Whether an answer to `one` answers `other`.
pub(super) fn asks_the_same(view: &View<'_>, one: &Prompt, other: &Prompt) -> bool {
    let (asked, wanted) = (vitals(view, one), vitals(view, other));
    one.question == other.question || (!wanted.is_empty() && wanted.iter().all(|vital| asked.contains(vital)))
}

/// Another question that is no vital sign is open: two at once could not be told apart by their answers.
pub(super) fn is_blocked(view: &View<'_>, prompt: &Prompt, open: &[Prompt]) -> bool {
    vitals(view, prompt).is_empty()
        && open.iter().any(|other| {
            other.state == PromptState::Asked && other.id != prompt.id && vitals(view, other).is_empty()
        })
}

fn vitals(view: &View<'_>, prompt: &Prompt) -> &'static [Vital] {
    view.question(prompt).map(|question| question.asks.vitals()).unwrap_or_default()
}

fn taken(view: &View<'_>, prompt: &Prompt, when: impl Fn(Timestamp) -> bool) -> bool {
    let vitals = vitals(view, prompt);
    !vitals.is_empty()
        && vitals.iter().all(|vital| view.state.last_taken.get(vital).is_some_and(|at| when(*at)))
}
