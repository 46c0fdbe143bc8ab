//! Twilio's list of who has left: `POST /v1/Consents/Bulk` at the accounts' own address, as of its OpenAPI description
//! (accounts v1) of 2026. Up to 25 entries a request and 100 requests a minute; an entry is taken under its number and sender,
//! so saying it twice is saying it once. A pilot of Twilio's: the account must have it.

use jiff::Timestamp;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Sender, TwilioCarrier};
use crate::domain::audit::seal_of;
use crate::domain::phone::Phone;

/// As long as a UUID without hyphens.
const NAME_LENGTH: usize = 32;

/// Somebody has left, or is back.
#[derive(Debug, Clone, Copy)]
pub struct Consent<'a> {
    pub phone: &'a Phone,
    pub leaves: bool,
    /// One of Twilio's words for the way it was said by.
    pub source: &'a str,
    pub at: Timestamp,
}

/// What came of telling it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Taken,
    /// Twilio could not, or asks us to slow down.
    Later,
    /// Twilio does not want it from us: an operator must look.
    Refused {
        code: Option<i64>,
    },
}

#[derive(Deserialize)]
struct Answer {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    correlation_id: String,
    #[serde(default)]
    error_code: Value,
}

impl TwilioCarrier {
    /// Tells Twilio at `accounts_base`. Taken only where Twilio says so of this very entry.
    pub async fn tell_consent(&self, accounts_base: &str, consent: Consent<'_>) -> Told {
        let status = if consent.leaves { "opt-out" } else { "opt-in" };
        let name = seal_of(&format!("{} {status} {}", consent.phone, consent.at));
        let name = &name[..NAME_LENGTH.min(name.len())];
        let item = json!({
            "contact_id": consent.phone.as_str(),
            "correlation_id": name,
            "sender_id": match &self.account.sender {
                Sender::From(phone) => phone.as_str(),
                Sender::Service(service) => service.as_str(),
            },
            "status": status,
            "source": consent.source,
            "date_of_consent": consent.at.to_string(),
        });
        let url = format!("{}/v1/Consents/Bulk", accounts_base.trim_end_matches('/'));
        let request = self.client.post(url).form(&[("Items", item.to_string())]);
        let Ok(response) = self.authorise(request).send().await else { return Told::Later };
        match response.status() {
            status if status.is_success() => match response.json::<Answer>().await {
                Ok(answer) => told(&answer, name),
                Err(_) => Told::Later,
            },
            StatusCode::TOO_MANY_REQUESTS => Told::Later,
            status if status.is_client_error() => Told::Refused { code: Some(i64::from(status.as_u16())) },
            _ => Told::Later,
        }
    }
}

fn told(answer: &Answer, name: &str) -> Told {
    let Some(item) = answer.items.iter().find(|item| item.correlation_id == name) else { return Told::Later };
    match item.error_code.as_i64() {
        Some(0) => Told::Taken,
        code => Told::Refused { code },
    }
}
