//! What is due, and when: conversations of one patient, a year of one, and whatever chance comes up with.

mod dialogue;
pub(crate) mod file;
mod moves;
mod property;
mod quiet;
mod silence;
mod year;
