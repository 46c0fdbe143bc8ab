//! Every black-box proof, in one binary so that it links once. One module a kind of proof.

mod architecture;
mod catalog;
mod deploy;
mod enrol;
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where its set-up fails")]
