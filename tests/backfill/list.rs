//! A Twilio on loopback that lists what the test gives it, page by page.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lamplight::domain::phone::Phone;
use lamplight::domain::secret::Secret;
use lamplight::sms::twilio::{Sender, Timeouts, TwilioAccount, TwilioCarrier};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub const NUMBER: &str = "+447700900456";

#[derive(Debug, Default)]
pub struct Books {
    /// Newest first, as Twilio has them.
    pub messages: Vec<Value>,
    pub fails: Option<u16>,
    /// How long a page takes.
    pub slow: Duration,
    /// The query of each list.
    pub asked: Vec<HashMap<String, String>>,
    /// Sids that were blanked.
    pub blanked: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Listing {
    pub base: String,
    pub books: Arc<Mutex<Books>>,
}

impl Listing {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let listing = Self { base, books: Arc::default() };
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
        let one = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{{name}}");
        let router =
            Router::new().route(&path, get(list)).route(&one, post(blank)).with_state(listing.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        listing
    }

    pub fn carrier(&self, sender: Sender) -> TwilioCarrier {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let account = TwilioAccount {
            account_sid: ACCOUNT.to_owned(),
            auth_token: Secret::new("token".to_owned()),
            sender,
            api_base: self.base.clone(),
            public_url: "https://gw.example.nhs.uk".to_owned(),
        };
        TwilioCarrier::new(account, Timeouts::default()).unwrap()
    }

    pub fn number() -> Sender {
        Sender::From(Phone::trusted(NUMBER))
    }

    /// Puts an inbound message on top of the list, with these fields over the usual ones.
    pub fn put(&self, sid: &str, from: &str, at: Timestamp, body: &str, more: Value) {
        let date = jiff::fmt::rfc2822::to_string(&at.to_zoned(TimeZone::UTC)).unwrap();
        let mut message = json!({
            "sid": sid, "direction": "inbound", "status": "received", "from": from, "to": NUMBER, "body": body,
            "num_media": "0", "num_segments": "1", "error_code": null, "messaging_service_sid": null,
            "date_sent": date, "date_created": date,
        });
        let Value::Object(more) = more else { panic!("fields") };
        message.as_object_mut().unwrap().extend(more);
        self.books.lock().unwrap().messages.insert(0, message);
    }
}

async fn list(State(listing): State<Listing>, Query(query): Query<HashMap<String, String>>) -> Response {
    let slow = listing.books.lock().unwrap().slow;
    tokio::time::sleep(slow).await;
    let mut books = listing.books.lock().unwrap();
    books.asked.push(query.clone());
    if let Some(status) = books.fails {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    let size: usize = query["PageSize"].parse::<usize>().unwrap().min(50);
    let page: usize = query.get("Page").map_or(0, |page| page.parse().unwrap());
    let to = query.get("To").cloned();
    let found: Vec<Value> =
        books.messages.iter().filter(|m| to.as_ref().is_none_or(|to| m["to"] == **to)).cloned().collect();
    let to = to.map_or(String::new(), |to| format!("To={}&", to.replace('+', "%2B")));
    let next = (found.len() > (page + 1) * size).then(|| {
        format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json?{to}PageSize={size}&Page={}", page + 1)
    });
    let messages: Vec<_> = found.into_iter().skip(page * size).take(size).collect();
    Json(json!({ "messages": messages, "next_page_uri": next })).into_response()
}

async fn blank(
    State(listing): State<Listing>,
    Path(name): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    assert_eq!(form.get("Body").map(String::as_str), Some(""), "{form:?}");
    let mut books = listing.books.lock().unwrap();
    if let Some(status) = books.fails {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    let sid = name.trim_end_matches(".json").to_owned();
    match books.messages.iter_mut().find(|message| message["sid"] == *sid) {
        Some(message) => {
            message["body"] = json!("");
            let answer = Json(message.clone()).into_response();
            books.blanked.push(sid);
            answer
        }
        None => (StatusCode::NOT_FOUND, Json(json!({ "code": 20404 }))).into_response(),
    }
}
