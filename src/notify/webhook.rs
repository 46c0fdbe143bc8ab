//! Calls of hooks: the site's own programs, pagers, chat rooms.
//!
//! A call bears the message's id. Whoever takes it must take a second one of the same id for the same: so a call is
//! repeated whenever it is in doubt, and nothing is ever asked back.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::NoClient;
use super::signature::{HEADER, sign};
use crate::clock::Clock;
use crate::domain::escalation::Reason;
use crate::domain::organisation::{Address, Detail};
use crate::domain::secret::Secret;
use crate::engine::activation::CatalogInForce;
use crate::outbox::carrier::{Carrier, OutText, Reconciled, Rejection, SendOutcome};

/// Why somebody is called where nobody waits: the address itself is tried out.
const CHECK: &str = "contact_check";

/// How long a hook may take.
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

/// Calls signed with the site's secret.
#[derive(Debug, Clone)]
pub struct WebhookCarrier {
    client: Client,
    secret: Secret,
    /// How much the site lets a notification say is in it.
    catalog: CatalogInForce,
    clock: Clock,
}

impl WebhookCarrier {
    /// The process must have installed its rustls provider before.
    pub fn new(
        secret: Secret,
        catalog: CatalogInForce,
        clock: Clock,
        timeouts: Timeouts,
    ) -> Result<Self, NoClient> {
        let client = Client::builder()
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("lamplight/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| NoClient("hooks"))?;
        Ok(Self { client, secret, catalog, clock })
    }

    async fn write(&self, call: &OutText, now: Timestamp) -> Value {
        let mut body = json!({
            "id": call.id,
            "sent_at": now,
            "team": call.occasion.as_ref().map(|occasion| occasion.team.as_str()),
            "reason": call.occasion.as_ref().map_or(CHECK, |occasion| Reason::name(occasion.reason)),
            "text": call.body,
        });
        let says_severity = self.catalog.hold().await.site.detail >= Detail::Severity;
        if let Some(occasion) = call.occasion.as_ref().filter(|_| says_severity) {
            body["severity"] = json!(occasion.severity.name());
        }
        body
    }
}

impl Carrier for WebhookCarrier {
    async fn send(&self, call: &OutText) -> SendOutcome {
        let Address::Webhook(url) = &call.to else {
            return SendOutcome::Rejected { code: None, class: Rejection::Number };
        };
        let now = self.clock.now();
        let body = self.write(call, now).await.to_string();
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER, sign(&self.secret, now.as_second(), body.as_bytes()))
            .body(body);
        match request.send().await {
            Ok(answer) => classify(answer.status().as_u16(), retry_after(&answer)),
            Err(error) if error.is_builder() => {
                SendOutcome::Rejected { code: None, class: Rejection::Number }
            }
            Err(_) => SendOutcome::Retry { reason: "the hook does not answer" },
        }
    }

    /// A second call of the same id does no harm.
    async fn reconcile(&self, _call: &OutText, _attempted_at: Timestamp) -> Reconciled {
        Reconciled::Absent
    }
}

/// What a hook's answer means. Redirects are refused: what is signed for one place is sent to no other.
pub fn classify(status: u16, after: Option<Duration>) -> SendOutcome {
    let refused = |class| SendOutcome::Rejected { code: Some(u32::from(status)), class };
    match status {
        200..=299 => SendOutcome::Accepted { provider_ids: Vec::new() },
        429 => SendOutcome::Throttled { after, reason: "the hook asks us to slow down" },
        408 | 425 | 500.. => SendOutcome::Retry { reason: "the hook fails" },
        404 | 410 => refused(Rejection::Number),
        401 | 403 => refused(Rejection::Config),
        _ => refused(Rejection::Other),
    }
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}
