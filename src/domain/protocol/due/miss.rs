//! Prompts in a row that no answer came to.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::{MessageId, QuestionId};
use crate::domain::protocol::{MissCause, Misses, Prompt, PromptState};
use crate::domain::silence::{Cause, Silence};

/// Takes over what `changed` says of answers and misses. `open` are the prompts that were open before.
///
/// Prompts that share a text count once, with the last of them: the patient was asked once. An answer ends the row.
pub fn count_misses(misses: &mut BTreeMap<QuestionId, Misses>, open: &[Prompt], changed: &[Prompt]) {
    let mut counted: BTreeSet<(&QuestionId, &MessageId)> = BTreeSet::new();
    for prompt in changed {
        match prompt.state {
            PromptState::Answered => {
                misses.remove(&prompt.question);
            }
            PromptState::Missed(cause) => {
                if let Some(text) = &prompt.message {
                    let shares = |other: &Prompt| {
                        other.id != prompt.id
                            && other.question == prompt.question
                            && other.message.as_ref() == Some(text)
                    };
                    let stays_open = |other: &Prompt| {
                        let now = changed.iter().find(|changed| changed.id == other.id).unwrap_or(other);
                        now.is_open()
                    };
                    if open.iter().any(|other| shares(other) && stays_open(other))
                        || !counted.insert((&prompt.question, text))
                    {
                        continue;
                    }
                }
                misses
                    .entry(prompt.question.clone())
                    .and_modify(|row| row.add(cause))
                    .or_insert_with(|| Misses::one(cause));
            }
            PromptState::Waiting | PromptState::Asked | PromptState::Told | PromptState::Cancelled => {}
        }
    }
}

/// What `changed` has missed, as rules on silence judge it: by question the row that has grown, and apart from it what we
/// did not send to this patient. Our outage is no patient's silence: it is told once, of the house.
pub(super) fn silences(
    before: &BTreeMap<QuestionId, Misses>,
    open: &[Prompt],
    changed: &[Prompt],
) -> Vec<Silence> {
    let mut after = before.clone();
    count_misses(&mut after, open, changed);
    let mut missed: BTreeMap<&QuestionId, Vec<MissCause>> = BTreeMap::new();
    for prompt in changed {
        if let PromptState::Missed(cause) = prompt.state
            && cause != MissCause::OurOutage
        {
            missed.entry(&prompt.question).or_default().push(cause);
        }
    }
    let mut silences = Vec::new();
    for (question, causes) in missed {
        let (ours, theirs): (Vec<MissCause>, Vec<MissCause>) =
            causes.into_iter().partition(|cause| cause.is_ours());
        let mut say = |count: usize, cause: Option<&MissCause>| {
            let missed = u32::try_from(count).unwrap_or(u32::MAX);
            silences.extend(cause.map(|cause| Silence {
                of: question.to_string(),
                missed,
                cause: (*cause).into(),
            }));
        };
        say(ours.len(), ours.last());
        let row = |rows: &BTreeMap<QuestionId, Misses>| rows.get(question).map_or(0, |row| row.in_a_row);
        if row(&after) > row(before) {
            say(usize::try_from(row(&after)).unwrap_or(usize::MAX), theirs.last());
        }
    }
    silences
}

impl From<MissCause> for Cause {
    fn from(cause: MissCause) -> Self {
        match cause {
            MissCause::Silent => Self::TrulySilent,
            MissCause::OurOutage => Self::OurOutage,
            MissCause::NotPrompted => Self::NotPrompted,
            MissCause::Undelivered => Self::TextUndelivered,
            MissCause::HubOffline => Self::HubOffline,
            MissCause::Battery => Self::Battery,
        }
    }
}
