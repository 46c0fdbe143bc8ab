//! The edge to staff beside texts: mails over SMTP, signed calls of hooks; and the heartbeat to whoever watches over us.

pub mod email;
pub mod heartbeat;
pub mod signature;
pub mod smtp;
pub mod webhook;

use thiserror::Error;

/// Nothing can be sent over TLS on this machine.
#[derive(Debug, Error)]
#[error("the client for {0} cannot be set up; are the system's CA certificates installed?")]
pub struct NoClient(&'static str);
