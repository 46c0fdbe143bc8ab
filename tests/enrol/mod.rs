//! Enrolment: lists and single patients go in whole or not at all, and every fault is named.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up fails")]

mod broker;
mod command;
mod fault;
pub mod house;
mod import;
mod property;
mod read;
