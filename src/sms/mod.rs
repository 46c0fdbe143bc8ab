//! The edge to phones: webhooks, signatures, providers.

pub mod android;
pub mod backfill;
pub mod bearer;
pub mod carrier;
pub mod client;
pub mod consent;
mod door;
pub mod error_code;
pub mod form;
pub mod hook;
pub mod http;
pub mod listing;
pub mod log;
pub mod media;
pub mod notify;
mod number;
pub mod probe;
pub mod redaction;
pub mod signature;
pub mod simulator;
mod status;
pub mod twilio;
pub mod webhook;

pub use door::Door;
pub use hook::Hook;
