//! Texts out of parts: what falls due together goes out as one, and as two only when one would be too long.

use jiff::Timestamp;

use crate::domain::id::{EventId, MessageId, PromptId, QuestionId};
use crate::domain::message::{NewMessage, Purpose};
use crate::domain::patient::Patient;
use crate::domain::protocol::{Protocol, Speech};
use crate::domain::segment;

/// The longest text, as texts are billed: longer ones come late, in pieces, and are not read.
const MOST_SEGMENTS: u32 = 2;

/// One part of a text.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    pub protocol: &'a Protocol,
    pub says: Says,
    /// After this the part is of no use.
    pub not_after: Timestamp,
}

#[derive(Debug, Clone)]
pub(super) enum Says {
    /// The question, and every prompt that it asks.
    Ask(QuestionId, Vec<PromptId>),
    Remind(QuestionId),
    Tip(QuestionId),
    Close(&'static str, String),
}

/// A text, and the prompts that it asks.
pub(super) struct Composed {
    pub message: NewMessage,
    pub asks: Vec<PromptId>,
}

/// Puts the parts into as few texts as are short enough, in their order. `first` counts the texts of this tick. Nobody to
/// text to, no text.
pub(super) fn compose(
    parts: &[Part<'_>],
    patient: &Patient,
    purpose: Purpose,
    tick: &EventId,
    first: usize,
    now: Timestamp,
) -> Vec<Composed> {
    let mut texts: Vec<(Speech, Vec<&Part<'_>>)> = Vec::new();
    for part in parts {
        if let Some((speech, held)) = texts.last_mut() {
            let mut longer = speech.clone();
            part.add_to(&mut longer, patient);
            if segment::count(&longer.body()).fits(MOST_SEGMENTS) {
                *speech = longer;
                held.push(part);
                continue;
            }
        }
        let mut speech = Speech::default();
        part.add_to(&mut speech, patient);
        texts.push((speech, vec![part]));
    }
    let compose_one = |(n, (speech, held)): (usize, (Speech, Vec<&Part<'_>>))| {
        let id: MessageId = tick.message(n);
        let not_after = held.iter().map(|part| part.not_after).fold(now, Timestamp::max);
        let message = speech.into_message(id, patient, purpose, now, not_after)?;
        let asks = held.into_iter().flat_map(|part| part.asks()).cloned().collect();
        Some(Composed { message, asks })
    };
    (first..).zip(texts).filter_map(compose_one).collect()
}

impl Part<'_> {
    fn add_to(&self, speech: &mut Speech, patient: &Patient) {
        match &self.says {
            Says::Ask(question, _) => speech.ask(self.protocol, question, patient),
            Says::Remind(question) => speech.remind(self.protocol, question, patient),
            Says::Tip(key) => speech.say(self.protocol, key.as_str(), patient, &[]),
            Says::Close(key, average) => speech.say(self.protocol, key, patient, &[("average", average)]),
        }
    }

    fn asks(&self) -> &[PromptId] {
        match &self.says {
            Says::Ask(_, prompts) => prompts,
            Says::Remind(_) | Says::Tip(_) | Says::Close(..) => &[],
        }
    }
}
