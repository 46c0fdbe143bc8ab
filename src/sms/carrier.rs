//! Whoever carries our texts, in one type.

use jiff::Timestamp;

use super::android::AndroidCarrier;
use super::http::HttpCarrier;
use super::listing::{ListedText, NotListed};
use super::log::LogCarrier;
use super::notify::NotifyCarrier;
use super::redaction::Blanking;
use super::twilio::TwilioCarrier;
use crate::domain::lost::Cause;
use crate::domain::provider::Provider;
use crate::outbox::carrier::{Carrier, OutText, Reconciled, SendOutcome};

/// One account at one provider.
#[derive(Debug, Clone)]
pub enum TextCarrier {
    Twilio(TwilioCarrier),
    Notify(NotifyCarrier),
    Android(AndroidCarrier),
    Http(Box<HttpCarrier>),
    Log(LogCarrier),
}

impl TextCarrier {
    pub const fn provider(&self) -> Provider {
        match self {
            Self::Twilio(_) => Provider::Twilio,
            Self::Notify(_) => Provider::Notify,
            Self::Android(_) => Provider::Android,
            Self::Http(_) => Provider::Http,
            Self::Log(_) => Provider::Log,
        }
    }

    /// Blanks what the provider has of a text that is durable here.
    pub async fn blank(&self, provider_id: &str) -> Blanking {
        match self {
            Self::Twilio(carrier) => carrier.blank(provider_id).await,
            // They keep nothing, or cannot be asked to.
            Self::Notify(_) | Self::Android(_) | Self::Http(_) | Self::Log(_) => Blanking::Done,
        }
    }

    /// What was texted to us at or after `since`, as the provider lists it. Nothing for one that keeps no list.
    pub async fn list_inbound(
        &self,
        since: Timestamp,
        now: Timestamp,
    ) -> Option<Result<Vec<ListedText>, NotListed>> {
        match self {
            Self::Twilio(carrier) => Some(carrier.list_inbound(since, now).await),
            Self::Notify(carrier) => Some(carrier.list_inbound(since, now).await),
            Self::Android(_) | Self::Http(_) | Self::Log(_) => None,
        }
    }
}

impl Carrier for TextCarrier {
    async fn send(&self, text: &OutText) -> SendOutcome {
        match self {
            Self::Twilio(carrier) => carrier.send(text).await,
            Self::Notify(carrier) => carrier.send(text).await,
            Self::Android(carrier) => carrier.send(text).await,
            Self::Http(carrier) => carrier.send(text).await,
            Self::Log(carrier) => carrier.send(text).await,
        }
    }

    /// A code means something of its provider's alone.
    fn explain_of(provider: Provider, code: Option<u32>) -> Cause {
        match provider {
            Provider::Twilio => TwilioCarrier::explain(code),
            Provider::Log => LogCarrier::explain(code),
            Provider::Notify | Provider::Android | Provider::Http => Cause::Other,
        }
    }

    async fn reconcile(&self, text: &OutText, attempted_at: Timestamp) -> Reconciled {
        match self {
            Self::Twilio(carrier) => carrier.reconcile(text, attempted_at).await,
            Self::Notify(carrier) => carrier.reconcile(text, attempted_at).await,
            Self::Android(carrier) => carrier.reconcile(text, attempted_at).await,
            Self::Http(carrier) => carrier.reconcile(text, attempted_at).await,
            Self::Log(carrier) => carrier.reconcile(text, attempted_at).await,
        }
    }
}
