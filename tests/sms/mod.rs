//! The edge to phones and the outbox behind it.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands; helpers are tests too")]

mod error_code;
mod fake;
pub(crate) mod house;
mod once;
mod policy;
mod queue;
mod routes;
mod segment;
pub(crate) mod signature;
mod status;
pub(crate) mod webhook;
mod worker;

pub(crate) use worker::wait_out;
