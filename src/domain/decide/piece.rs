//! Texts that come in pieces: what is said of one that waits, of those that are whole, and of those that never will be.

use jiff::Timestamp;

use crate::domain::alert::Severity;
use crate::domain::event::{Event, TextIn};
use crate::domain::id::EventId;
use crate::domain::reply::{Context, Urgency, understand};
use crate::domain::task::TaskKind;
use crate::domain::wording::Phrase;

use super::reply::{Answer, Speaker};
use super::stranger;
use super::text::inbound;
use super::{Catalog, Decision, Party};

/// Of a piece whose others are awaited: nobody reads half a text.
pub fn awaited() -> Decision {
    Decision::held("a piece of a longer text, whose other pieces are awaited".to_owned())
}

/// Of the earlier pieces of a text that `last` has made whole.
pub fn joined(last: &EventId) -> Decision {
    Decision::accepted(format!("a piece of the text that {last} has made whole"))
}

/// Of a text of which a piece never came. Nothing is measured: a number may be cut. `text` shows where something is missing;
/// a human reads it, and the patient is asked for all of it again.
pub fn incomplete(
    party: Party<'_>,
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::rejected("a piece of the text never came".to_owned());
    let cries = understand(&text.body, &Context::default()).urgency == Some(Urgency::Emergency);
    let speaker = match party {
        Party::Patient(state) => Some(Speaker::Patient(state)),
        Party::Carer { charges: [charge], .. } => Some(Speaker::Carer(*charge)),
        _ => None,
    };
    decision.patient = speaker.map(|speaker| speaker.state().patient.id.clone());
    let subject = decision.patient.as_ref().map_or(text.from.clone(), ToString::to_string);
    let kind = if cries { TaskKind::AskedForHelp } else { TaskKind::TextIncomplete };
    let detail = "A piece of a long text did not arrive. Read in the record what came, and ask for the rest.";
    decision.task(event, kind, &subject, detail.to_owned());
    match (speaker, party) {
        (Some(speaker), _) => {
            let mut answer = Answer::new(speaker, catalog, event, text, now, &mut decision);
            if cries {
                answer.cry(
                    Severity::Red,
                    "Words of an emergency, in a text of which a piece is missing.".to_owned(),
                );
                answer.say(Phrase::Urgent, &[], Some(Severity::Red));
            } else {
                answer.say(Phrase::PartMissing, &[], None);
            }
            answer.queue();
        }
        (None, Party::Shared { states, .. }) if !states.iter().any(|state| has_left(state)) => {
            let phrase = if cries { Phrase::Urgent } else { Phrase::PartMissing };
            let words = super::shared::common_words(states, catalog);
            stranger::answer(&mut decision, words, event, text, (phrase, &[]), now);
        }
        _ => {}
    }
    decision.inbound.push(inbound(event, text, &decision));
    decision
}

fn has_left(state: &super::PatientState) -> bool {
    Speaker::Patient(state).has_left()
}
