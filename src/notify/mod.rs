//! The edge to staff beside texts: mails over SMTP, and signed calls of hooks.

pub mod email;
pub mod signature;
pub mod smtp;
pub mod webhook;

use thiserror::Error;

/// Nothing can be sent over TLS on this machine.
#[derive(Debug, Error)]
#[error("the client for {0} cannot be set up; are the system's CA certificates installed?")]
pub struct NoClient(&'static str);
