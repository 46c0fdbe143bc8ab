//! How providers are asked: one HTTP client's settings, and what it means when no answer comes.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use thiserror::Error;

use crate::outbox::carrier::{Rejection, SendOutcome};

/// How long a provider may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    pub connect: Duration,
    /// From the first byte out to the last byte in.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(15) }
    }
}

/// Nothing can be sent over TLS on this machine.
#[derive(Debug, Error)]
#[error("the HTTP client for texts cannot be set up; are the system's CA certificates installed?")]
pub struct NoClient(#[source] reqwest::Error);

/// Servers close connections that nobody uses, many after five seconds. One that is used again in that instant may break
/// with a text on it, and nobody knows whether it left: so ours end first.
const IDLE: Duration = Duration::from_secs(4);

/// A client that follows no detours. The process must have installed its rustls provider before.
pub(super) fn build(timeouts: Timeouts) -> Result<Client, NoClient> {
    Client::builder()
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.total)
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("lamplight/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(NoClient)
}

/// How many seconds a provider asks us to wait.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|seconds| seconds.trim().parse().ok())
        .map(Duration::from_secs)
}

/// No answer at all: only what failed before a connection stood surely did not leave.
pub(super) fn unanswered(error: &reqwest::Error) -> SendOutcome {
    if error.is_connect() {
        SendOutcome::Retry { reason: "the provider cannot be reached" }
    } else if error.is_builder() {
        SendOutcome::Rejected { code: None, class: Rejection::Config }
    } else if error.is_timeout() {
        SendOutcome::Ambiguous { reason: "the provider did not answer in time" }
    } else {
        SendOutcome::Ambiguous { reason: "the connection to the provider broke" }
    }
}

pub(super) const fn slow_down(after: Option<Duration>) -> SendOutcome {
    SendOutcome::Throttled { after, reason: "the provider asks us to slow down" }
}

pub(super) const UNSURE: SendOutcome =
    SendOutcome::Ambiguous { reason: "the provider failed while it had the text" };

pub(super) const UNREADABLE: SendOutcome =
    SendOutcome::Ambiguous { reason: "the provider took it and its answer is unreadable" };

pub(super) const fn rejected(class: Rejection) -> SendOutcome {
    SendOutcome::Rejected { code: None, class }
}
