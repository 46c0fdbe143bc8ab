//! The clinical files that ship, and every way in which such a file can be wrong.

mod check;
mod dialogue;
mod folder;
mod judged;
mod malformed_case;
mod malformed_messages;
mod malformed_protocol;
mod malformed_rule;
mod malformed_wording;
mod misplaced;
mod mutated;
mod protocol;
mod shipped;
mod year;
