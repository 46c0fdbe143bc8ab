//! Any service that takes a text over HTTP, as the configuration describes it.
//!
//! Nothing can be asked of such a service. A doubtful text waits for a report that names it and then goes once more under
//! the same id: two copies beat none.

mod field;
mod template;
mod webhook;

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

use super::client::{self, NoClient, Timeouts};
use crate::domain::secret::Secret;
use crate::outbox::carrier::{Carrier, OutText, Reconciled, Rejection, SendOutcome};

pub use field::said;
pub use template::{Escape, Template, Values};
pub use webhook::{HttpHook, InboundFields, StatusFields, router};

#[derive(Debug, Clone)]
pub struct HttpAccount {
    pub method: Verb,
    pub url: Template,
    /// Names and values.
    pub headers: Vec<(String, Template)>,
    /// What `{secret}` stands for.
    pub secret: Option<Secret>,
    pub body: Option<Body>,
    /// Whom texts come from.
    pub from: String,
    pub accepted: Accepted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
    Put,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Json(Template),
    Form(Template),
}

/// How a yes looks, beside its status of 2xx.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// A JSON pointer (RFC 6901) and what must stand there.
    pub when: Option<(String, String)>,
    /// A JSON pointer to the service's own name of the text.
    pub id_at: Option<String>,
}

/// Texts through one such service.
#[derive(Debug, Clone)]
pub struct HttpCarrier {
    client: Client,
    account: HttpAccount,
}

impl HttpCarrier {
    pub fn new(account: HttpAccount, timeouts: Timeouts) -> Result<Self, NoClient> {
        Ok(Self { client: client::build(timeouts)?, account })
    }

    fn request(&self, text: &OutText) -> RequestBuilder {
        let account = &self.account;
        let values = Values::of(text, &account.from, account.secret.as_ref());
        let method = match account.method {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Put => Method::PUT,
        };
        let mut request = self.client.request(method, account.url.fill(values, Escape::Percent));
        for (name, value) in &account.headers {
            request = request.header(name, value.fill(values, Escape::Plain));
        }
        match &account.body {
            None => request,
            Some(Body::Json(body)) => {
                request.header(CONTENT_TYPE, "application/json").body(body.fill(values, Escape::Json))
            }
            Some(Body::Form(body)) => request
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body.fill(values, Escape::Percent)),
        }
    }
}

impl Carrier for HttpCarrier {
    async fn send(&self, text: &OutText) -> SendOutcome {
        match self.request(text).send().await {
            Ok(response) => read_answer(response, &self.account.accepted).await,
            Err(error) => client::unanswered(&error),
        }
    }

    async fn reconcile(&self, _text: &OutText, _attempted_at: Timestamp) -> Reconciled {
        Reconciled::Absent
    }
}

async fn read_answer(response: Response, accepted: &Accepted) -> SendOutcome {
    let status = response.status();
    let after = client::retry_after(response.headers());
    if !status.is_success() {
        return classify(status.as_u16(), after);
    }
    match response.bytes().await {
        Ok(body) => read_yes(&body, accepted),
        Err(_) => client::UNREADABLE,
    }
}

/// What an answer of 2xx says.
pub fn read_yes(body: &[u8], accepted: &Accepted) -> SendOutcome {
    if accepted.when.is_none() && accepted.id_at.is_none() {
        return SendOutcome::Accepted { provider_ids: Vec::new() };
    }
    let Ok(answer) = serde_json::from_slice::<Value>(body) else { return client::UNREADABLE };
    if let Some((pointer, wanted)) = &accepted.when {
        match answer.pointer(pointer).and_then(said) {
            None => return client::UNREADABLE,
            Some(found) if found != *wanted => return client::rejected(Rejection::Other),
            Some(_) => {}
        }
    }
    let name = accepted.id_at.as_deref().and_then(|pointer| answer.pointer(pointer)).and_then(said);
    SendOutcome::Accepted { provider_ids: name.filter(|name| !name.is_empty()).into_iter().collect() }
}

/// What an answer other than success means.
pub fn classify(status: u16, after: Option<Duration>) -> SendOutcome {
    match status {
        429 => client::slow_down(after),
        408 | 500.. => client::UNSURE,
        401 | 402 | 403 | 404 | 405 | 300..=399 => client::rejected(Rejection::Config),
        _ => client::rejected(Rejection::Other),
    }
}
