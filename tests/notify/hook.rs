//! Somebody's hook: it keeps every call with its signature, and answers as it is told to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use lamplight::catalog;
use lamplight::clock::Clock;
use lamplight::domain::decide::Catalog;
use lamplight::domain::secret::Secret;
use lamplight::engine::activation::CatalogInForce;
use lamplight::notify::webhook::{Timeouts, WebhookCarrier};
use serde_json::Value;
use tokio::net::TcpListener;

pub const SECRET: &str = "0123456789abcdef";

#[derive(Debug, Clone, Copy)]
pub enum Mood {
    Say(u16),
    Hang,
    /// Sends whoever calls elsewhere.
    Elsewhere,
}

#[derive(Debug, Clone)]
pub struct Call {
    pub signature: String,
    pub raw: Vec<u8>,
    pub body: Value,
    pub path: String,
}

#[derive(Debug, Clone)]
pub struct Hook {
    pub url: String,
    moods: Arc<Mutex<Vec<Mood>>>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Hook {
    /// Each mood is for one call; after the last it is well.
    pub async fn open(moods: &[Mood]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/ward", listener.local_addr().unwrap());
        let moods = Arc::new(Mutex::new(moods.iter().rev().copied().collect()));
        let hook = Self { url, moods, calls: Arc::default() };
        let router = Router::new().fallback(any(answer)).with_state(hook.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        hook
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

async fn answer(State(hook): State<Hook>, headers: HeaderMap, uri: axum::http::Uri, body: Bytes) -> Response {
    hook.calls.lock().unwrap().push(Call {
        signature: headers["lamplight-signature"].to_str().unwrap().to_owned(),
        raw: body.to_vec(),
        body: serde_json::from_slice(&body).unwrap(),
        path: uri.path().to_owned(),
    });
    let mood = hook.moods.lock().unwrap().pop().unwrap_or(Mood::Say(204));
    match mood {
        Mood::Say(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Mood::Hang => std::future::pending().await,
        Mood::Elsewhere => (StatusCode::TEMPORARY_REDIRECT, [("location", "/elsewhere")]).into_response(),
    }
}

/// Calls hooks as a site does that lets notifications say what `site` allows.
pub fn carrier(clock: Clock, change: impl FnOnce(&mut Catalog)) -> WebhookCarrier {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut files = catalog::built_in().unwrap();
    change(&mut files);
    let timeouts = Timeouts { connect: Duration::from_secs(5), total: Duration::from_millis(1500) };
    WebhookCarrier::new(Secret::new(SECRET), CatalogInForce::new(files), clock, timeouts).unwrap()
}
