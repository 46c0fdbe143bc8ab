//! Lamplight: a telehealth remote-monitoring gateway.
//!
//! The map of the house; an arrow means "may use", nothing points back, and edges never use each other:
//!
//! `cli, daemon -> {sms, notify, mqtt, web} -> outbox -> engine -> {store, catalog} -> domain`
//!
//! - [`domain`]: pure meaning and judgement. No async, no I/O, no clock, no SQL.
//! - [`catalog`]: loads `alert_rules/` and `protocols/` into domain types and proves them.
//! - [`store`]: the only room that names sqlx.
//! - [`engine`]: use cases, each one transaction: intake, nurse actions, enrolment.
//! - [`outbox`]: what must leave the house: claim, retry, give up loudly.
//! - [`sms`], [`notify`], [`mqtt`], [`web`]: the edges.
//! - [`daemon`]: wiring, start and stop order, ticks, health.
//!
//! Two promises hold everywhere: nothing is acknowledged before it is committed, and nothing is sent before it
//! is committed. `tests/architecture.rs` holds the directions.

pub mod catalog;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crash;
pub mod daemon;
pub mod domain;
pub mod engine;
pub mod mqtt;
pub mod notify;
pub mod outbox;
pub mod sms;
pub mod store;
pub mod telemetry;
pub mod web;
