//! The provider that sends nothing: for trying Lamplight out without an account.

use jiff::Timestamp;

use crate::domain::segment;
use crate::outbox::carrier::{Carrier, OutText, Reconciled, SendOutcome};

/// Accepts every text and logs that it did: which one and how long, never to whom or what.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogCarrier;

impl Carrier for LogCarrier {
    async fn send(&self, text: &OutText) -> SendOutcome {
        let segments = segment::count(&text.body).segments;
        tracing::info!(message = %text.id, segments, "a text would have been sent");
        SendOutcome::Accepted { provider_ids: Vec::new() }
    }

    /// Nothing ever left.
    async fn reconcile(&self, _text: &OutText, _attempted_at: Timestamp) -> Reconciled {
        Reconciled::Absent
    }
}
