//! Simulated phones for the demo: a carrier that keeps texts in memory, and a page to read and write them on.
//!
//! What a simulated phone sends goes through the real webhook with a real signature; what it is sent comes from the
//! real outbox. Only the air between is missing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ring::hmac;
use serde::Deserialize;

use crate::clock::Clock;
use crate::domain::phone::Phone;
use crate::outbox::carrier::{Carrier, OutText, Reconciled, SendOutcome};

/// Where the simulated air meets the gateway.
#[derive(Debug, Clone)]
pub struct Air {
    /// The gateway's inbound webhook, as it is reached and as it is signed.
    pub webhook: String,
    pub account_sid: String,
    pub auth_token: String,
    /// The gateway's own number.
    pub number: Phone,
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
    mine: bool,
    body: String,
    at: Timestamp,
    /// Of what the gateway sent: so that a doubtful message can be found again.
    id: Option<String>,
}

/// Why a simulated text did not get through.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    #[error("the gateway cannot be reached")]
    Unreachable(#[from] reqwest::Error),
    #[error("the gateway answered {0}")]
    Refused(u16),
}

impl Phones {
    pub fn new(air: Air, owners: impl IntoIterator<Item = (Phone, String)>, clock: Clock) -> Self {
        let phones =
            owners.into_iter().map(|(phone, owner)| (phone, Handset { owner, texts: Vec::new() })).collect();
        Self { phones: Arc::new(Mutex::new(phones)), air: Arc::new(air), clock, http: reqwest::Client::new() }
    }

    /// Texts the gateway from `phone`, as a person would.
    pub async fn text(&self, phone: &Phone, body: &str) -> Result<(), NotSent> {
        let now = self.clock.now();
        let count = self.keep(phone, Text { mine: true, body: body.to_owned(), at: now, id: None });
        let sid = format!("SM{:024x}{count:08x}", now.as_millisecond());
        let form = BTreeMap::from([
            ("AccountSid", self.air.account_sid.as_str()),
            ("ApiVersion", "2010-04-01"),
            ("Body", body),
            ("From", phone.as_str()),
            ("MessageSid", &sid),
            ("NumMedia", "0"),
            ("To", self.air.number.as_str()),
        ]);
        let mut signed = self.air.webhook.clone();
        for (key, value) in &form {
            signed.push_str(key);
            signed.push_str(value);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.air.auth_token.as_bytes());
        let signature = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
        let answer = self
            .http
            .post(&self.air.webhook)
            .header("X-Twilio-Signature", signature)
            .form(&form)
            .send()
            .await?;
        if answer.status().is_success() { Ok(()) } else { Err(NotSent::Refused(answer.status().as_u16())) }
    }

    /// Puts a text on a handset; how many it has now.
    fn keep(&self, phone: &Phone, text: Text) -> usize {
        let mut phones = self.phones.lock().unwrap_or_else(PoisonError::into_inner);
        let handset = phones.entry(phone.clone()).or_default();
        handset.texts.push(text);
        handset.texts.len()
    }

    fn bubbles(&self, phone: &Phone) -> Bubbles {
        let phones = self.phones.lock().unwrap_or_else(PoisonError::into_inner);
        let texts = phones.get(phone).map(|handset| handset.texts.as_slice()).unwrap_or_default();
        let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
        let bubbles = texts
            .iter()
            .map(|text| Bubble {
                mine: text.mine,
                body: text.body.clone(),
                at: text.at.to_zoned(zone.clone()).strftime("%H:%M").to_string(),
            })
            .collect();
        Bubbles { bubbles }
    }

    fn list(&self, shown: Option<&Phone>) -> Vec<Listed> {
        let phones = self.phones.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<Listed> = phones
            .iter()
            .map(|(phone, handset)| Listed {
                digits: phone.as_str().trim_start_matches('+').to_owned(),
                owner: if handset.owner.is_empty() {
                    "Somebody unknown".to_owned()
                } else {
                    handset.owner.clone()
                },
                is_shown: Some(phone) == shown,
            })
            .collect();
        list.sort_by(|a, b| a.owner.cmp(&b.owner));
        list
    }
}

impl Carrier for Phones {
    async fn send(&self, text: &OutText) -> SendOutcome {
        let id = text.id.to_string();
        let received =
            Text { mine: false, body: text.body.clone(), at: self.clock.now(), id: Some(id.clone()) };
        self.keep(&text.to, received);
        SendOutcome::Accepted { provider_ids: vec![format!("simulated-{id}")] }
    }

    async fn reconcile(&self, text: &OutText, _attempted_at: Timestamp) -> Reconciled {
        let phones = self.phones.lock().unwrap_or_else(PoisonError::into_inner);
        let arrived = phones
            .get(&text.to)
            .is_some_and(|handset| handset.texts.iter().any(|t| t.id.as_deref() == Some(text.id.as_str())));
        if arrived {
            Reconciled::Found { provider_ids: vec![format!("simulated-{}", text.id)] }
        } else {
            Reconciled::Absent
        }
    }
}

/// The phones' page.
pub fn router(phones: Phones) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/bubbles", get(bubbles))
        .route("/send", post(send))
        .with_state(phones)
}

#[derive(Debug, Template)]
#[template(path = "phone.html", config = "web/askama.toml")]
struct Page {
    phones: Vec<Listed>,
    owner: String,
    number: String,
    bubbles: String,
}

#[derive(Debug, Template)]
#[template(path = "bubbles.html", config = "web/askama.toml")]
struct Bubbles {
    bubbles: Vec<Bubble>,
}

#[derive(Debug)]
struct Bubble {
    mine: bool,
    body: String,
    at: String,
}

#[derive(Debug)]
struct Listed {
    digits: String,
    owner: String,
    is_shown: bool,
}

#[derive(Debug, Deserialize)]
struct Which {
    number: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Outgoing {
    number: String,
    body: String,
}

async fn page(State(phones): State<Phones>, Query(which): Query<Which>) -> Response {
    let asked = which.number.as_deref().and_then(from_query);
    let list = phones.list(asked.as_ref());
    let shown = asked.or_else(|| list.first().and_then(|first| from_query(&first.digits)));
    let Some(shown) = shown else { return StatusCode::NOT_FOUND.into_response() };
    let list = phones.list(Some(&shown));
    let owner =
        list.iter().find(|phone| phone.is_shown).map_or("Somebody unknown", |phone| &phone.owner).to_owned();
    let bubbles = phones.bubbles(&shown).render().unwrap_or_default();
    show(&Page { owner, number: shown.to_string(), bubbles, phones: list })
}

async fn bubbles(State(phones): State<Phones>, Query(which): Query<Which>) -> Response {
    match which.number.as_deref().and_then(from_query) {
        Some(phone) => show(&phones.bubbles(&phone)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn send(State(phones): State<Phones>, Form(outgoing): Form<Outgoing>) -> Response {
    let Some(phone) = from_query(&outgoing.number) else { return StatusCode::BAD_REQUEST.into_response() };
    match phones.text(&phone, &outgoing.body).await {
        Ok(()) => {
            Redirect::to(&format!("/?number={}", phone.as_str().trim_start_matches('+'))).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

fn show(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A number in an address, where `+` may have become a space.
fn from_query(number: &str) -> Option<Phone> {
    Phone::from_carrier(&format!("+{}", number.trim().trim_start_matches('+')))
}
