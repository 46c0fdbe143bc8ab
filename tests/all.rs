//! Every black-box proof, in one binary so that it links once. One module a kind of proof.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where its set-up fails")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that meets the unexpected has failed")]

mod architecture;
mod backup;
mod catalog;
mod command;
mod config;
mod demo;
mod crash;
mod deploy;
mod dialogue;
mod engine;
mod enrol;
mod mqtt;
mod peers;
mod reply;
mod sms;
mod support;
mod web;
