//! Every black-box proof, in one binary so that it links once. One module a kind of proof.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where its set-up fails")]

mod architecture;
mod audit;
mod backfill;
mod backup;
mod catalog;
mod command;
mod conduct;
mod config;
mod crash;
mod demo;
mod deploy;
mod device;
mod dialogue;
mod due;
mod engine;
mod enrol;
mod escalation;
mod mqtt;
mod notify;
mod peers;
mod provider;
mod queue;
mod reply;
mod rule;
mod site;
mod sms;
mod support;
mod talk;
mod tongue;
mod web;
