//! A stand-in for Twilio's Messages resource that the daemon talks to over loopback: it keeps what it was given, and
//! is well, moody, hanging or refusing as the test says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use jiff::Timestamp;
use lamplight::clock::Clock;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::daemon::ACCOUNT;
use super::dice::Dice;

/// How the provider is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// One in ten is slow before it keeps a text and one in ten after; one in a hundred fails with the text kept and one
    /// in a hundred turns the text away for now.
    Moody,
    /// It answers nobody, and keeps every other text all the same.
    Hanging,
    /// It answers 429 and keeps nothing.
    Throttling,
}

/// One text as it was given to the provider.
#[derive(Debug)]
struct Sent {
    to: String,
    body: String,
    sid: String,
    created: Timestamp,
}

#[derive(Debug)]
struct Books {
    sent: Vec<Sent>,
    asked: usize,
    dice: Dice,
}

/// A provider on loopback.
#[derive(Debug, Clone)]
pub struct Provider {
    pub base: String,
    books: Arc<Mutex<Books>>,
    mood: watch::Sender<Mood>,
}

impl Provider {
    pub async fn start(mood: Mood, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let books = Arc::new(Mutex::new(Books { sent: Vec::new(), asked: 0, dice: Dice::new(seed) }));
        let provider = Self { base, books, mood: watch::Sender::new(mood) };
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
        let router = Router::new().route(&path, post(create).get(list)).with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub fn be(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// How often each text was given to us, by number and words.
    pub fn sent(&self) -> HashMap<(String, String), usize> {
        let mut sent = HashMap::new();
        for text in &self.books.lock().unwrap().sent {
            *sent.entry((text.to.clone(), text.body.clone())).or_default() += 1;
        }
        sent
    }

    /// How many texts were to be sent, whatever became of them.
    pub fn asked(&self) -> usize {
        self.books.lock().unwrap().asked
    }

    fn keep(&self, form: &HashMap<String, String>) -> String {
        let mut books = self.books.lock().unwrap();
        let sid = format!("SM{:032}", books.sent.len());
        let (to, body) = (form["To"].clone(), form["Body"].clone());
        books.sent.push(Sent { to, body, sid: sid.clone(), created: Clock::system().now() });
        sid
    }

    /// Waits while the provider answers nobody.
    async fn until_it_answers(&self) {
        // The sender lives in `self`.
        let _ = self.mood.subscribe().wait_for(|mood| *mood != Mood::Hanging).await;
    }
}

async fn create(State(provider): State<Provider>, Form(form): Form<HashMap<String, String>>) -> Response {
    let mood = *provider.mood.borrow();
    let (chance, wait) = {
        let mut books = provider.books.lock().unwrap();
        books.asked += 1;
        (books.dice.below(100), Duration::from_millis(books.dice.below(200)))
    };
    let fault = |status: StatusCode, code: u32| (status, Json(json!({ "code": code }))).into_response();
    match (mood, chance) {
        (Mood::Hanging, _) => {
            if chance < 50 {
                provider.keep(&form);
            }
            provider.until_it_answers().await;
            return fault(StatusCode::INTERNAL_SERVER_ERROR, 20_500);
        }
        (Mood::Throttling, _) | (Mood::Moody, 0) => return fault(StatusCode::TOO_MANY_REQUESTS, 20_429),
        (Mood::Moody, 1) => {
            provider.keep(&form);
            return fault(StatusCode::INTERNAL_SERVER_ERROR, 20_500);
        }
        (Mood::Moody, 10..20) => tokio::time::sleep(wait).await,
        _ => {}
    }
    let sid = provider.keep(&form);
    if mood == Mood::Moody && (20..30).contains(&chance) {
        tokio::time::sleep(wait).await;
    }
    (StatusCode::CREATED, Json(json!({ "sid": sid, "status": "queued" }))).into_response()
}

async fn list(
    State(provider): State<Provider>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<serde_json::Value> {
    provider.until_it_answers().await;
    let books = provider.books.lock().unwrap();
    let messages: Vec<_> = books
        .sent
        .iter()
        .filter(|sent| sent.to == query["To"])
        .map(|sent| {
            let created = jiff::fmt::rfc2822::to_string(&sent.created.in_tz("UTC").unwrap()).unwrap();
            json!({ "sid": sent.sid, "to": sent.to, "body": sent.body, "direction": "outbound-api", "date_created": created })
        })
        .collect();
    Json(json!({ "messages": messages, "next_page_uri": null }))
}
