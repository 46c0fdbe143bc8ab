//! Texts of which nobody knows whose they are: kept until somebody does.

use jiff::Timestamp;

use crate::domain::event::{Event, OptOut, TextIn, Way};
use crate::domain::message::{NewMessage, Purpose};
use crate::domain::phone::Phone;
use crate::domain::reply::{self, Command, Context, Outcome as Heard, Understanding};
use crate::domain::task::TaskKind;
use crate::domain::wording::{Phrase, Wording};

use super::hearing::keyword;
use super::text::REPLY_VALIDITY;
use super::{Catalog, Decision};

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
    // Nobody is put on a protocol unseen: a nurse finds out who it is.
    if let Some(protocol) = keyword(catalog, &text.body) {
        let detail = format!(
            "A number that belongs to no patient texted the keyword of '{}'. Register who it is and enrol them.",
            protocol.title
        );
        decision.task(event, TaskKind::SelfEnrolment, &text.from, detail);
    }
    // Whoever texted some time ago may be writing to somebody else by now: only what the carrier brings is answered.
    if !answered && text.way == Way::Pushed && !is_leaving(text, &heard) {
        answer(&mut decision, catalog.wording.english(), event, text, (Phrase::UnknownSender, &[]), now);
        decision.answered_unknown = Phone::from_carrier(&text.from);
    }
    decision
}

/// Held, and never answered: an answer would come back to us.
pub(super) fn from_ourselves(event: &Event, text: &TextIn) -> Decision {
    let mut decision = Decision::held("it came from a number of our own".to_owned());
    let detail = "A text came from one of our own numbers. Look whether a patient is registered with it, or whether texts \
                  to us are forwarded.";
    decision.task(event, TaskKind::UnknownSender, &text.from, detail.to_owned());
    decision
}

pub(super) fn is_leaving(text: &TextIn, heard: &Understanding) -> bool {
    text.opt_out == Some(OptOut::Stop) || heard.command == Some(Command::Stop)
}

pub(super) fn is_returning(text: &TextIn, heard: &Understanding) -> bool {
    // YES is among the carriers' words for coming back, and answers our questions too.
    let yes = heard.command == Some(Command::Yes);
    text.opt_out == Some(OptOut::Start) && !yes || heard.command == Some(Command::Start)
}

/// Never to a word or a short code: nobody reads it there.
pub(super) fn answer(
    decision: &mut Decision,
    wording: &Wording,
    event: &Event,
    text: &TextIn,
    (phrase, values): (Phrase, &[(&str, &str)]),
    now: Timestamp,
) {
    decision.messages.extend(Phone::from_carrier(&text.from).map(|to| NewMessage {
        id: event.id.held_message(),
        patient: None,
        to,
        body: wording.say(phrase, values),
        purpose: Purpose::Neutral,
        says: vec![phrase.key().to_owned()],
        basis: Vec::new(),
        pinned: true,
        created_at: now,
        not_after: now.saturating_add(REPLY_VALIDITY).unwrap_or(now),
    }));
}
