//! The same words again and again: how often they are answered, and when a human looks instead.
//!
//! Two machines that answer each other would never end. So what one sender says is counted over half an hour, whoever it
//! is. Only automatic answers are ever withheld: every text is kept, every reading is an event, and alerts are raised
//! and joined as if nothing had been counted.

use jiff::{SignedDuration, Timestamp};

use crate::domain::alert::Severity;
use crate::domain::event::{Event, Origin};
use crate::domain::id::EventId;
use crate::domain::message::NewMessage;
use crate::domain::task::TaskKind;
use crate::domain::wording::{Phrase, Wordings};

use super::{Catalog, ConfirmationChange, Decision, Outcome};

/// How far back texts of one sender are counted.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(30);
/// How many texts of one sender are looked at: what repeats itself shows in its last few.
pub const LAST_FEW: usize = 12;
/// Answers within the window to the same words, or to words of which nothing can be made.
const ANSWERS_TO_WORDS: usize = 3;
/// Answers within the window to the same reading. Whoever measures twice and is not sure that it arrived is answered.
const ANSWERS_TO_A_READING: usize = 5;
/// A human is told of the next after as many.
const MOST_UNTOLD: usize = 5;
/// Nobody in distress types the same text again this soon for the fourth time; machines do at once.
const AT_A_MACHINES_PACE: SignedDuration = SignedDuration::from_mins(2);
/// Fewer letters of a phrase of ours than this may stand in anybody's text.
const TELLING: usize = 12;

/// An earlier text of the same sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    pub id: EventId,
    pub at: Timestamp,
    pub body: String,
    /// Nothing could be made of it, or nobody knew whose it was.
    pub baffling: bool,
}

impl Earlier {
    /// A text as it is counted from now on; nothing for an event that is none.
    pub fn of(event: &Event, decision: &Decision) -> Option<Self> {
        let Origin::Text(text) = &event.origin else { return None };
        let baffling = decision.outcome != Outcome::Accepted;
        Some(Self { id: event.id.clone(), at: event.received_at, body: text.body.clone(), baffling })
    }
}

/// What a text repeats.
#[derive(Debug, Default)]
struct Repetition<'a> {
    /// The last text with the same words.
    of: Option<&'a Earlier>,
    /// Earlier texts with the same words, or which send our words back as this one does. No more than matter are counted.
    same: usize,
    /// Earlier texts of which nothing could be made.
    baffling: usize,
    /// It came right upon the one before.
    hasty: bool,
}

impl<'a> Repetition<'a> {
    /// `earlier` in the order in which they came.
    fn count(body: &str, quotes: bool, at: Timestamp, earlier: &'a [Earlier], wordings: &Wordings) -> Self {
        let since = at.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN);
        let words = words(body);
        let mut counted = Self::default();
        for before in earlier.iter().rev().filter(|before| before.at > since && before.at <= at) {
            let is_same = self::words(&before.body) == words;
            counted.of = counted.of.or(Some(before).filter(|_| is_same));
            counted.same += usize::from(is_same || quotes && quotes_us(wordings, &before.body));
            counted.baffling += usize::from(before.baffling);
            counted.hasty |= at.duration_since(before.at) < AT_A_MACHINES_PACE;
            if counted.same >= MOST_UNTOLD {
                break;
            }
        }
        counted
    }
}

/// Marks a text that repeats another, withholds the answers that would keep two machines talking, and tells a human of
/// words that keep coming. `earlier` are the other texts of the same sender, as far back as [`WINDOW`] or further, in the
/// order in which they came.
///
/// What moves the conversation on (an answer to a question, a YES to what was read back, a deed of staff) is no repeat,
/// however alike the words. Advice about danger is withheld only at a machine's pace; the alert behind it never is.
pub fn weigh_repeats(decision: &mut Decision, catalog: &Catalog, event: &Event, earlier: &[Earlier]) {
    let Origin::Text(text) = &event.origin else { return };
    if earlier.is_empty() {
        return;
    }
    let quotes = earlier.len() >= ANSWERS_TO_WORDS && quotes_us(&catalog.wording, &text.body);
    let repetition = Repetition::count(&text.body, quotes, event.received_at, earlier, &catalog.wording);
    let own = event.id.message(0);
    let inbound = decision.inbound.iter_mut().filter(|inbound| inbound.id == own);
    inbound.for_each(|inbound| inbound.repeats = repetition.of.map(|before| before.id.message(0)));
    if moves_on(decision) {
        return;
    }
    let answers =
        if decision.readings.is_empty() || quotes { ANSWERS_TO_WORDS } else { ANSWERS_TO_A_READING };
    let is_baffling = decision.outcome != Outcome::Accepted && repetition.baffling >= ANSWERS_TO_WORDS;
    let of_danger = decision.messages.iter().any(is_of_danger);
    if (repetition.same >= answers || is_baffling) && (repetition.hasty || !of_danger) {
        decision.keep_quiet(event);
    }
    if repetition.same >= MOST_UNTOLD {
        let subject = decision.patient.as_ref().map_or(text.from.clone(), ToString::to_string);
        let detail = "The same words came more than five times in half an hour, and they are answered no more. It may be \
                      a machine that answers us, or somebody in trouble: read the texts and ring.";
        decision.task(event, TaskKind::SameWords, &subject, detail.to_owned());
    }
}

fn moves_on(decision: &Decision) -> bool {
    !decision.answers.is_empty()
        || !decision.deeds.is_empty()
        || !decision.standings.is_empty()
        || matches!(decision.confirmation, ConfirmationChange::Settle { .. })
}

fn is_of_danger(message: &NewMessage) -> bool {
    message.purpose.severity() == Some(Severity::Red)
        || message.says.iter().any(|said| said == Phrase::Urgent.key())
}

/// Whether a text holds one of our own phrases, whatever stood in its gaps: something sends our words back.
fn quotes_us(wordings: &Wordings, body: &str) -> bool {
    let body = words(body);
    if body.len() < TELLING {
        return false;
    }
    let is_quoted = |template: &str| {
        let parts = template.split(['{', '}']).step_by(2).map(words);
        let telling: Vec<String> = parts.filter(|part| part.len() >= TELLING).collect();
        !telling.is_empty() && telling.iter().all(|part| body.contains(part))
    };
    wordings.all().any(|wording| wording.templates().any(|(_, template)| is_quoted(template)))
}

/// The words of a text: its letters and digits, in small letters, with one space between.
fn words(body: &str) -> String {
    let lower = body.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
