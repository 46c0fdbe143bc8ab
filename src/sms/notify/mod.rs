//! GOV.UK Notify: sending through one template of one placeholder, and asking there what became of a doubtful text.
//!
//! Notify knows our `reference` and does not make it unique, so a lost answer is asked after before anything is sent
//! again. Its own documentation is `https://docs.notifications.service.gov.uk/rest-api.html`; callbacks and errors are
//! read as of alphagov/notifications-tech-docs 728dd6b.

mod key;
mod list;
mod table;
mod webhook;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::client::{self, NoClient, Timeouts};
use crate::clock::Clock;
use crate::domain::lost::Cause;
use crate::outbox::carrier::{Carrier, OutText, Reconciled, Rejection, SendOutcome};

pub use key::{ApiKey, BadKey};
pub use table::{classify, explain, goes_through, state};
pub use webhook::{NotifyHook, router};

/// One list is all there is to ask for: a reference is one text's.
const RECONCILE_TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Debug, Clone)]
pub struct NotifyAccount {
    pub api_key: ApiKey,
    /// The template that every text goes through.
    pub template_id: String,
    /// Its one placeholder, which takes the whole text.
    pub placeholder: String,
    /// Nothing for the service's usual sender.
    pub sender_id: Option<String>,
    /// `https://api.notifications.service.gov.uk`, or a stand-in. No slash at its end.
    pub api_base: String,
}

/// Texts through one Notify service.
#[derive(Debug, Clone)]
pub struct NotifyCarrier {
    client: Client,
    account: NotifyAccount,
    clock: Clock,
}

#[derive(Serialize)]
struct NewText<'a> {
    phone_number: &'a str,
    template_id: &'a str,
    personalisation: BTreeMap<&'a str, &'a str>,
    reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sms_sender_id: Option<&'a str>,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Deserialize, Default)]
struct Faults {
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    error: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Page {
    notifications: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    #[serde(default)]
    reference: Option<String>,
}

impl NotifyCarrier {
    pub fn new(account: NotifyAccount, clock: Clock, timeouts: Timeouts) -> Result<Self, NoClient> {
        Ok(Self { client: client::build(timeouts)?, account, clock })
    }

    async fn create(&self, text: &OutText) -> SendOutcome {
        if !goes_through(&text.body) {
            return client::rejected(Rejection::Content);
        }
        let new = NewText {
            phone_number: text.to.as_str(),
            template_id: &self.account.template_id,
            personalisation: BTreeMap::from([(self.account.placeholder.as_str(), text.body.as_str())]),
            reference: text.id.as_str(),
            sms_sender_id: self.account.sender_id.as_deref(),
        };
        let url = format!("{}/v2/notifications/sms", self.account.api_base);
        let token = self.account.api_key.token(self.clock.now());
        match self.client.post(url).bearer_auth(token).json(&new).send().await {
            Ok(response) => read_created(response).await,
            Err(error) => client::unanswered(&error),
        }
    }

    async fn find(&self, text: &OutText) -> Reconciled {
        const UNKNOWN: Reconciled = Reconciled::Unknown { reason: "the list of sent texts is not to be had" };
        // An id of ours needs no encoding.
        let url = format!("{}/v2/notifications?reference={}", self.account.api_base, text.id);
        let token = self.account.api_key.token(self.clock.now());
        let Ok(response) = self.client.get(url).bearer_auth(token).send().await else { return UNKNOWN };
        if response.status() != StatusCode::OK {
            return UNKNOWN;
        }
        let Ok(page) = response.json::<Page>().await else { return UNKNOWN };
        let ours =
            page.notifications.into_iter().filter(|n| n.reference.as_deref() == Some(text.id.as_str()));
        let provider_ids: Vec<_> = ours.map(|notification| notification.id).collect();
        if provider_ids.is_empty() { Reconciled::Absent } else { Reconciled::Found { provider_ids } }
    }
}

impl Carrier for NotifyCarrier {
    async fn send(&self, text: &OutText) -> SendOutcome {
        self.create(text).await
    }

    /// By our reference alone, whenever it was tried.
    async fn reconcile(&self, text: &OutText, _attempted_at: Timestamp) -> Reconciled {
        tokio::time::timeout(RECONCILE_TIMEOUT, self.find(text))
            .await
            .unwrap_or(Reconciled::Unknown { reason: "the list of sent texts took too long" })
    }

    /// Notify's reports bear words and no codes.
    fn explain(_code: Option<u32>) -> Cause {
        Cause::Other
    }
}

async fn read_created(response: Response) -> SendOutcome {
    let status = response.status();
    let after = client::retry_after(response.headers());
    if status.is_success() {
        return match response.json::<Created>().await {
            Ok(created) if !created.id.is_empty() => SendOutcome::Accepted { provider_ids: vec![created.id] },
            _ => client::UNREADABLE,
        };
    }
    let faults = response.json::<Faults>().await.unwrap_or_default();
    let (error, message) =
        faults.errors.first().map_or(("", ""), |fault| (fault.error.as_str(), fault.message.as_str()));
    classify(status.as_u16(), error, message, after)
}
