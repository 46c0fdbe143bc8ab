//! A phone of the site's own as carrier: the app `android-sms-gateway` (capcom6), in its local mode or through its server.
//!
//! A text bears our id there, and a second one of that id is refused as a conflict: nothing is sent twice, and one look
//! tells whether the phone has it. Read in the app's source as of 0cdc5d8; versions before April 2026 answer 500 to a
//! second copy, which comes to the same.

mod webhook;

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::client::{self, NoClient, Timeouts};
use crate::domain::secret::Secret;
use crate::outbox::carrier::{Carrier, OutText, Reconciled, Rejection, SendOutcome};

pub use webhook::{AndroidHook, router};

#[derive(Debug, Clone)]
pub struct AndroidAccount {
    /// `http://192.0.2.7:8080`, or the server's `https://…/3rdparty/v1`. No slash at its end.
    pub api_base: String,
    pub username: String,
    pub password: Secret,
    /// The slot of the SIM card that sends, from 1; nothing for the phone's usual one.
    pub sim: Option<u8>,
}

/// Texts through one phone.
#[derive(Debug, Clone)]
pub struct AndroidCarrier {
    client: Client,
    account: AndroidAccount,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewText<'a> {
    id: &'a str,
    text_message: Words<'a>,
    phone_numbers: [&'a str; 1],
    /// Seconds.
    ttl: u64,
    with_delivery_report: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    sim_number: Option<u8>,
}

#[derive(Serialize)]
struct Words<'a> {
    text: &'a str,
}

#[derive(Deserialize)]
struct Known {
    id: String,
}

impl AndroidCarrier {
    pub fn new(account: AndroidAccount, timeouts: Timeouts) -> Result<Self, NoClient> {
        Ok(Self { client: client::build(timeouts)?, account })
    }

    fn authorise(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(&self.account.username, Some(self.account.password.expose()))
    }

    async fn find(&self, text: &OutText) -> Reconciled {
        // An id of ours needs no encoding.
        let request = self.client.get(format!("{}/messages/{}", self.account.api_base, text.id));
        let Ok(response) = self.authorise(request).send().await else {
            return Reconciled::Unknown { reason: "the phone cannot be asked" };
        };
        match response.status() {
            StatusCode::NOT_FOUND => Reconciled::Absent,
            StatusCode::OK => match response.json::<Known>().await {
                Ok(known) if known.id == text.id.as_str() => {
                    Reconciled::Found { provider_ids: vec![known.id] }
                }
                _ => Reconciled::Unknown { reason: "the phone's answer is unreadable" },
            },
            _ => Reconciled::Unknown { reason: "the phone cannot be asked" },
        }
    }
}

impl Carrier for AndroidCarrier {
    async fn send(&self, text: &OutText) -> SendOutcome {
        let new = NewText {
            id: text.id.as_str(),
            text_message: Words { text: &text.body },
            phone_numbers: [text.to.as_str()],
            ttl: text.validity.as_secs().max(1),
            with_delivery_report: true,
            sim_number: self.account.sim,
        };
        // Numbers were checked when they were enrolled, and the phone's own list is older than the numbers.
        let request =
            self.client.post(format!("{}/messages?skipPhoneValidation=true", self.account.api_base));
        match self.authorise(request).json(&new).send().await {
            Ok(response) => read_created(response, text).await,
            Err(error) => client::unanswered(&error),
        }
    }

    async fn reconcile(&self, text: &OutText, _attempted_at: Timestamp) -> Reconciled {
        self.find(text).await
    }
}

async fn read_created(response: Response, text: &OutText) -> SendOutcome {
    let status = response.status();
    let after = client::retry_after(response.headers());
    if status.is_success() {
        return match response.json::<Known>().await {
            Ok(known) if known.id == text.id.as_str() => {
                SendOutcome::Accepted { provider_ids: vec![known.id] }
            }
            _ => client::UNREADABLE,
        };
    }
    match classify(status.as_u16(), after) {
        SendOutcome::Accepted { .. } => SendOutcome::Accepted { provider_ids: vec![text.id.to_string()] },
        outcome => outcome,
    }
}

/// What an answer other than success means.
pub fn classify(status: u16, after: Option<Duration>) -> SendOutcome {
    match status {
        // It has a text of this id: an answer of before was lost.
        409 => SendOutcome::Accepted { provider_ids: Vec::new() },
        // The app's server says 503 when it holds too many texts for a phone that is away; ours bear their ids.
        429 | 503 => client::slow_down(after),
        408 | 500.. => client::UNSURE,
        // The password, a wrong address, a detour to somewhere else.
        401 | 403 | 404 | 300..=399 => client::rejected(Rejection::Config),
        _ => client::rejected(Rejection::Other),
    }
}
