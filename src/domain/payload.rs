//! What a device's native JSON means. Pure: bytes in, measurements or a reason out.

use jiff::Timestamp;
use thiserror::Error;

use super::reading::Measurement;

/// A decoded native reading message.
#[derive(Debug, Clone, PartialEq)]
pub struct Payload {
    /// The device's own name of the message, if it gives one.
    pub message_id: Option<String>,
    pub taken_at: Option<Timestamp>,
    /// Never empty; all possible, alone and together.
    pub measurements: Vec<Measurement>,
}

/// A decoded status message.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusReport {
    pub online: Option<bool>,
    /// Per cent, 0 to 100.
    pub battery: Option<f64>,
}

/// Why a payload is no reading: one sentence for whoever looks after the device. Never quotes the payload.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Refusal(pub String);
