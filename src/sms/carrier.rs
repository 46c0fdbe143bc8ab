//! Whoever carries our texts, in one type.

use jiff::Timestamp;

use super::android::AndroidCarrier;
use super::http::HttpCarrier;
use super::log::LogCarrier;
use super::notify::NotifyCarrier;
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
