//! What is due for one patient: questions, reminders, closing windows, tips, the end of a course.
//!
//! [`due`] settles all of it at one instant, and [`wake_at`] says when it must next be called. Both rest on the same
//! judgements ([`view`]), so that what one waits for the other does: after `due` at an instant nothing more is due at it.
//!
//! A slot of a schedule is settled once, in the transaction that moves `settled_until` past it: it becomes a prompt that
//! is asked, shares the text of another, is answered already, or is recorded as missed. While a patient has left, is
//! paused or has not said YES, slots pass without a trace.

mod compose;
mod course;
mod cover;
mod miss;
mod quiet;
mod remind;
mod settle;
mod unconfirmed;
mod view;

use jiff::{SignedDuration, Timestamp};

use crate::domain::decide::{Catalog, Decision, PatientState};
use crate::domain::id::EventId;

pub use miss::count_misses;
pub use quiet::zone_of;

use settle::Settlement;
use view::View;

/// What is done this soon after its minute is on time. Later than that, we did not run.
pub const ON_TIME: SignedDuration = SignedDuration::from_mins(10);

/// Settles everything of one patient that is due at `now`. `tick` names what comes of it.
pub fn due(state: &PatientState, catalog: &Catalog, tick: &EventId, now: Timestamp) -> Decision {
    Settlement::new(View::new(state, catalog, now), tick).run()
}

/// When [`due`] must next be called; nothing when nothing is waited for. Not after `now` while something is due.
///
/// It moves with every decision about the patient. A text that has not left yet is looked at again within minutes, since
/// reminders and windows count from when it does.
pub fn wake_at(state: &PatientState, catalog: &Catalog, now: Timestamp) -> Option<Timestamp> {
    let view = View::new(state, catalog, now);
    let prompts = state.prompts.iter().filter_map(|prompt| view.look_at(prompt, &state.prompts));
    let enrolments = state.enrolments.iter().filter_map(|enrolment| view.turn_of(enrolment, &state.prompts));
    prompts.chain(enrolments).chain(view.chase_at()).min()
}
