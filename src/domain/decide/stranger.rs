//! Texts of which nobody knows whose they are: kept until somebody does.

use jiff::Timestamp;

use crate::domain::event::{Event, OptOut, TextIn};
use crate::domain::message::{NewMessage, Purpose};
use crate::domain::phone::Phone;
use crate::domain::reply::{self, Command, Context, Outcome as Heard, Understanding};
use crate::domain::task::TaskKind;
use crate::domain::wording::Phrase;

use super::text::REPLY_VALIDITY;
use super::{Catalog, Decision};

/// Held until one patient alone has the number. What is answered says nothing of any patient, and nothing at all once
/// one of them has left.
pub(super) fn shared_phone(
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    may_text: bool,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::held("several patients share this number".to_owned());
    let leaving = is_leaving(text, &reply::understand(&text.body, &Context::default()));
    let detail = if leaving {
        "Two or more patients have the phone that texted, and it asks for no more texts. Ask who it is."
    } else {
        "Two or more patients have the phone that texted. Read it and say whose it is."
    };
    decision.task(event, TaskKind::SharedPhone, event.id.as_str(), detail.to_owned());
    if may_text && !leaving {
        answer(&mut decision, catalog, event, text, Phrase::Help, now);
    }
    decision
}

/// Held until the number is enrolled. One neutral line at most, and never to a word or a short code.
pub(super) fn unknown_sender(
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    answered: bool,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::held("the number belongs to no patient".to_owned());
    let heard = reply::understand(&text.body, &Context::default());
    let urgent = heard.outcome == Heard::Urgent;
    let kind = if urgent { TaskKind::AskedForHelp } else { TaskKind::UnknownSender };
    let detail = if urgent {
        "A number that belongs to no patient used words that a human should look at now."
    } else {
        "A number that belongs to no patient texted. Enrol it, and what it sent is taken in."
    };
    decision.task(event, kind, &text.from, detail.to_owned());
    if !answered && !is_leaving(text, &heard) {
        answer(&mut decision, catalog, event, text, Phrase::UnknownSender, now);
        decision.answered_unknown = Phone::from_carrier(&text.from);
    }
    decision
}

fn is_leaving(text: &TextIn, heard: &Understanding) -> bool {
    text.opt_out == Some(OptOut::Stop) || heard.command == Some(Command::Stop)
}

/// Never to a word or a short code: nobody reads it there.
fn answer(
    decision: &mut Decision,
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    phrase: Phrase,
    now: Timestamp,
) {
    decision.messages.extend(Phone::from_carrier(&text.from).map(|to| NewMessage {
        id: event.id.held_message(),
        patient: None,
        to,
        body: catalog.wording.say(phrase, &[]),
        purpose: Purpose::Neutral,
        says: vec!["unknown_sender".to_owned()],
        basis: Vec::new(),
        created_at: now,
        not_after: now.saturating_add(REPLY_VALIDITY).unwrap_or(now),
    }));
}
