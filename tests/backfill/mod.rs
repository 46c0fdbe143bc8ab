//! What the carrier did not bring, brought in pieces, or wrapped up: nothing of it is lost, doubled or half understood.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands; helpers are tests too")]

mod armour;
mod consent;
mod late;
pub(crate) mod list;
mod media;
mod notify;
mod part;
mod redaction;
mod twilio;
