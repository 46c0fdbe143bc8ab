//! One carrier a channel: the queue and its policy are the same for all of them.

use std::time::Duration;

use jiff::Timestamp;

use super::carrier::{Carrier, OutText, Reconciled, Rejection, SendOutcome};
use crate::domain::delivery::DueText;
use crate::domain::dispatch::Dispatch;
use crate::domain::lost::Cause;
use crate::domain::organisation::Channel;
use crate::domain::provider::Provider;

/// Who carries what. A channel that is not set up refuses what it is given: whoever waits for it must not wait in vain.
#[derive(Debug, Clone)]
pub struct Carriers<S, E, W> {
    pub sms: S,
    pub email: Option<E>,
    pub webhook: Option<W>,
}

const NOBODY: SendOutcome = SendOutcome::Rejected { code: None, class: Rejection::NoCarrier };

impl<S> Carriers<S, S, S> {
    /// Texts and nothing else.
    pub const fn only_texts(sms: S) -> Self {
        Self { sms, email: None, webhook: None }
    }
}

impl<S: Carrier, E: Carrier, W: Carrier> Carrier for Carriers<S, E, W> {
    async fn send(&self, text: &OutText) -> SendOutcome {
        match (text.to.channel(), &self.email, &self.webhook) {
            (Channel::Sms, ..) => self.sms.send(text).await,
            (Channel::Email, Some(email), _) => email.send(text).await,
            (Channel::Webhook, _, Some(webhook)) => webhook.send(text).await,
            (Channel::Email | Channel::Webhook, ..) => NOBODY,
        }
    }

    /// Only texts are reported on, and have providers to choose from.
    fn explain(code: Option<u32>) -> Cause {
        S::explain(code)
    }

    fn explain_of(provider: Provider, code: Option<u32>) -> Cause {
        S::explain_of(provider, code)
    }

    fn dispatch(&self, now: Timestamp) -> Dispatch {
        self.sms.dispatch(now)
    }

    fn take(&self, texts: &[DueText], now: Timestamp) {
        self.sms.take(texts, now);
    }

    fn after(&self, provider: Provider, now: Timestamp) -> Option<Provider> {
        self.sms.after(provider, now)
    }

    fn wait(&self, now: Timestamp) -> Duration {
        self.sms.wait(now)
    }

    async fn reconcile(&self, text: &OutText, attempted_at: Timestamp) -> Reconciled {
        match (text.to.channel(), &self.email, &self.webhook) {
            (Channel::Sms, ..) => self.sms.reconcile(text, attempted_at).await,
            (Channel::Email, Some(email), _) => email.reconcile(text, attempted_at).await,
            (Channel::Webhook, _, Some(webhook)) => webhook.reconcile(text, attempted_at).await,
            // Sent again, it is refused by name.
            (Channel::Email | Channel::Webhook, ..) => Reconciled::Absent,
        }
    }
}
