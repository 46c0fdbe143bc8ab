//! The edge to phones: webhooks, signatures, providers.

pub mod backfill;
pub mod carrier;
pub mod error_code;
pub mod form;
pub mod listing;
pub mod log;
pub mod media;
pub mod probe;
pub mod redaction;
pub mod signature;
pub mod simulator;
mod status;
pub mod twilio;
pub mod webhook;

pub use webhook::{SmsEdge, router};
