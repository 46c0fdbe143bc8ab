//! Simulated phones for the demo: a carrier that keeps texts in memory, and a page to read and write them on ([`router`]).
//!
//! What a simulated phone sends goes through the real webhook with a real signature; what it is sent comes from the
//! real outbox. Only the air between is missing.

mod page;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::clock::Clock;
use crate::domain::organisation::Address;
use crate::domain::phone::Phone;
use crate::outbox::carrier::{Carrier, OutText, Reconciled, Rejection, SendOutcome};

use super::probe::{NotPosted, post};

pub use self::page::router;

/// Where the simulated air meets the gateway.
#[derive(Debug, Clone)]
pub struct Air {
    /// The gateway's inbound webhook, as it is reached and as it is signed.
    pub webhook: String,
    pub account_sid: String,
    pub auth_token: String,
    /// The gateway's own number.
    pub number: Phone,
    /// Where nurses see what came of a text.
    pub queue: String,
}

/// Every simulated phone. Clones share the phones.
#[derive(Debug, Clone)]
pub struct Phones {
    phones: Arc<Mutex<BTreeMap<Phone, Handset>>>,
    air: Arc<Air>,
    clock: Clock,
    http: reqwest::Client,
}

#[derive(Debug, Default)]
struct Handset {
    owner: String,
    texts: Vec<Text>,
}

#[derive(Debug, Clone)]
struct Text {
    way: Way,
    body: String,
    at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// Written on this phone, and taken by the gateway.
    Sent,
    /// Written on this phone, and not taken.
    Refused,
    /// From the gateway, under its own name for the message: so that a doubtful one can be found again.
    Received(String),
}

impl Phones {
    pub fn new(air: Air, owners: impl IntoIterator<Item = (Phone, String)>, clock: Clock) -> Self {
        let phones =
            owners.into_iter().map(|(phone, owner)| (phone, Handset { owner, texts: Vec::new() })).collect();
        Self { phones: Arc::new(Mutex::new(phones)), air: Arc::new(air), clock, http: reqwest::Client::new() }
    }

    /// Texts the gateway from `phone`, as a person would. One that is not taken shows so on the phone.
    pub async fn text(&self, phone: &Phone, body: &str) -> Result<(), NotPosted> {
        let index = self.keep(phone, Way::Sent, body);
        let sent = self.carry(phone, body, index).await;
        if sent.is_err() {
            self.refuse(phone, index);
        }
        sent
    }

    /// Posts a text to the webhook, signed as the real carrier signs.
    async fn carry(&self, phone: &Phone, body: &str, index: usize) -> Result<(), NotPosted> {
        let sid = format!("SM{:024x}{index:08x}", self.clock.now().as_millisecond());
        let form = BTreeMap::from([
            ("AccountSid", self.air.account_sid.as_str()),
            ("ApiVersion", "2010-04-01"),
            ("Body", body),
            ("From", phone.as_str()),
            ("MessageSid", &sid),
            ("NumMedia", "0"),
            ("To", self.air.number.as_str()),
        ]);
        post(&self.http, &self.air.webhook, &self.air.auth_token, &form).await
    }

    /// Puts a text on a phone that was sent or received before the demo began.
    pub fn recall(&self, phone: &Phone, body: &str, received: bool, at: Timestamp) {
        let way = if received { Way::Received(String::new()) } else { Way::Sent };
        let text = Text { way, body: body.to_owned(), at };
        self.handsets().entry(phone.clone()).or_default().texts.push(text);
    }

    fn handsets(&self) -> MutexGuard<'_, BTreeMap<Phone, Handset>> {
        self.phones.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a text on a handset; where it lies there.
    fn keep(&self, phone: &Phone, way: Way, body: &str) -> usize {
        let at = self.clock.now();
        let mut phones = self.handsets();
        let texts = &mut phones.entry(phone.clone()).or_default().texts;
        texts.push(Text { way, body: body.to_owned(), at });
        texts.len() - 1
    }

    fn refuse(&self, phone: &Phone, index: usize) {
        let mut phones = self.handsets();
        if let Some(text) = phones.get_mut(phone).and_then(|handset| handset.texts.get_mut(index)) {
            text.way = Way::Refused;
        }
    }
}

/// What is said of an address that is no phone.
const NO_PHONE: SendOutcome = SendOutcome::Rejected { code: None, class: Rejection::NoCarrier };

impl Carrier for Phones {
    async fn send(&self, text: &OutText) -> SendOutcome {
        let id = text.id.to_string();
        let provider_ids = vec![format!("simulated-{id}")];
        let Address::Sms(phone) = &text.to else { return NO_PHONE };
        self.keep(phone, Way::Received(id), &text.body);
        SendOutcome::Accepted { provider_ids }
    }

    async fn reconcile(&self, text: &OutText, _attempted_at: Timestamp) -> Reconciled {
        let wanted = Way::Received(text.id.to_string());
        let phones = self.handsets();
        let arrived = phones
            .iter()
            .filter(|(phone, _)| phone.as_str() == text.to.as_str())
            .any(|(_, handset)| handset.texts.iter().any(|t| t.way == wanted));
        if arrived {
            Reconciled::Found { provider_ids: vec![format!("simulated-{}", text.id)] }
        } else {
            Reconciled::Absent
        }
    }
}
