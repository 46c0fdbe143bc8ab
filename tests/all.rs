//! Every black-box proof, in one binary so that it links once. One module a kind of proof.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that meets the unexpected has failed")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where its set-up fails")]

mod architecture;
mod catalog;
mod config;
mod deploy;
mod enrol;
mod mqtt;
mod reply;
mod sms;
mod support;
mod web;
