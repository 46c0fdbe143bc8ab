//! Prompts in a row that no answer came to.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::{MessageId, QuestionId};
use crate::domain::protocol::{Misses, Prompt, PromptState};

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
