//! Twilio's webhooks. A request is believed when its signature is, and answered when it is durable.
//!
//! The signed URL is the configured public one and the path as it came. `Host` and `X-Forwarded-*` have no say.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::form::{Form, NotWords};
use super::signature::{Verifier, sha256_hex};
use super::status;
use crate::clock::Clock;
use crate::domain::event::{Edge, Event, OptOut, Origin, RAW_LIMIT, TextIn, Way};
use crate::domain::provider::Provider;
use crate::domain::reply::armour;
use crate::engine::id::IdSource;
use crate::engine::intake::{Intake, NotKept};
use crate::store::Store;
use crate::telemetry::Telemetry;

const INBOUND: &str = "/sms/twilio/inbound";
const STATUS: &str = "/sms/twilio/status";

static SIGNATURE: HeaderName = HeaderName::from_static("x-twilio-signature");
/// An empty answer: replies go out through the outbox.
const NOTHING_TO_SAY: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;
const RETRY_SECONDS: &str = "5";

/// What the webhooks need.
#[derive(Debug, Clone)]
pub struct SmsEdge {
    pub intake: Intake,
    pub ids: Arc<IdSource>,
    pub clock: Clock,
    pub telemetry: Telemetry,
    pub store: Store,
    pub verifier: Verifier,
    /// As configured, such as `https://lamplight.example.org`: what carriers sign.
    pub public_url: String,
    pub account_sid: String,
}

/// The routes, to be merged into the daemon's server.
pub fn router(edge: SmsEdge) -> Router {
    let public_url = edge.public_url.trim_end_matches('/').to_owned();
    Router::new()
        .route(INBOUND, post(inbound))
        .route(STATUS, post(report))
        .layer(DefaultBodyLimit::max(RAW_LIMIT))
        .with_state(Arc::new(SmsEdge { public_url, ..edge }))
}

/// Why a request is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The signature is missing or wrong.
    Signature,
    /// Signed, but for another account.
    Account,
    TooLarge,
    /// It broke off.
    Unreadable,
    /// Signed, but not what Twilio sends.
    Malformed(&'static str),
    /// It cannot be made durable now; it should come again.
    Busy,
}

impl From<NotKept> for Refusal {
    fn from(_: NotKept) -> Self {
        Self::Busy
    }
}

/// What a signature is checked against, apart from the body.
struct Envelope {
    path_and_query: String,
    signature: Option<HeaderValue>,
}

async fn inbound(State(edge): State<Arc<SmsEdge>>, request: Request) -> Response {
    edge.answer(edge.take_text(request).await)
}

async fn report(State(edge): State<Arc<SmsEdge>>, request: Request) -> Response {
    edge.answer(edge.take_report(request).await)
}

impl SmsEdge {
    async fn take_text(&self, request: Request) -> Result<(), Refusal> {
        let (envelope, body) = receive(request).await?;
        let text = {
            let form = Form::decode(&body);
            self.admit(&envelope, &body, &form)?;
            read_text(&form)
        };
        match text {
            Ok(text) => self.keep(format!("twilio:{}", text.provider_id), Origin::Text(text), body).await,
            Err(why) => Err(self.keep_stray(INBOUND, why, body).await),
        }
    }

    async fn take_report(&self, request: Request) -> Result<(), Refusal> {
        let (envelope, body) = receive(request).await?;
        let report = {
            let form = Form::decode(&body);
            self.admit(&envelope, &body, &form)?;
            status::read(&envelope.path_and_query, &body, &form)
        };
        match report {
            Ok(report) => status::file(self, &report).await,
            Err(why) => Err(self.keep_stray(STATUS, why, body).await),
        }
    }

    /// Lets a request in whose sender holds a token of ours and means our account.
    ///
    /// A form that names no account passes: the token alone proves whose it is.
    fn admit(&self, envelope: &Envelope, body: &[u8], form: &Form<'_>) -> Result<(), Refusal> {
        let signature =
            envelope.signature.as_ref().and_then(|value| value.to_str().ok()).ok_or(Refusal::Signature)?;
        let url = format!("{}{}", self.public_url, envelope.path_and_query);
        if !self.verifier.verify(&url, body, form, signature) {
            return Err(Refusal::Signature);
        }
        match form.get("AccountSid") {
            Ok(Some(account)) if account != self.account_sid => Err(Refusal::Account),
            _ => Ok(()),
        }
    }

    async fn keep(&self, key: String, origin: Origin, body: Bytes) -> Result<(), Refusal> {
        let received_at = self.clock.now();
        let event = Event { id: self.ids.event(received_at), key, received_at, origin, raw: body.into() };
        self.intake.submit(event).await?;
        Ok(())
    }

    /// Keeps a signed request that makes no sense, named by its content so that a repeat is a duplicate. Says how to
    /// answer it.
    async fn keep_stray(&self, path: &str, why: &'static str, body: Bytes) -> Refusal {
        let key = format!("twilio:{path}:sha256:{}", sha256_hex(&body));
        let origin = Origin::Stray { edge: Edge::Text, address: path.to_owned(), why: why.to_owned() };
        match self.keep(key, origin, body).await {
            Ok(()) => Refusal::Malformed(why),
            Err(refusal) => refusal,
        }
    }

    fn answer(&self, taken: Result<(), Refusal>) -> Response {
        let refusal = match taken {
            Ok(()) => return ([(CONTENT_TYPE, "text/xml")], NOTHING_TO_SAY).into_response(),
            Err(refusal) => refusal,
        };
        let (status, outcome, sentence) = match refusal {
            Refusal::Signature => {
                (StatusCode::FORBIDDEN, "signature", "The X-Twilio-Signature header is missing or wrong.")
            }
            Refusal::Account => {
                (StatusCode::FORBIDDEN, "account", "This gateway belongs to another Twilio account.")
            }
            Refusal::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "malformed", "The request is larger than 64 KiB.")
            }
            Refusal::Unreadable => (StatusCode::BAD_REQUEST, "malformed", "The request broke off."),
            Refusal::Malformed(why) => (StatusCode::BAD_REQUEST, "malformed", why),
            Refusal::Busy => {
                (StatusCode::SERVICE_UNAVAILABLE, "full", "This cannot be stored just now; send it again.")
            }
        };
        Telemetry::count(&self.telemetry.webhook_refused, outcome);
        let mut response = (status, sentence).into_response();
        if refusal == Refusal::Busy {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
        }
        response
    }
}

async fn receive(request: Request) -> Result<(Envelope, Bytes), Refusal> {
    let envelope = Envelope {
        path_and_query: request.uri().path_and_query().map_or("/", PathAndQuery::as_str).to_owned(),
        signature: request.headers().get(&SIGNATURE).cloned(),
    };
    let body = Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::Unreadable,
    })?;
    Ok((envelope, body))
}

fn read_text(form: &Form<'_>) -> Result<TextIn, &'static str> {
    let fields = || -> Result<_, NotWords> {
        let opt_out = form.get("OptOutType")?.and_then(read_opt_out);
        let media = form.get("NumMedia")?.and_then(|count| count.trim().parse().ok()).unwrap_or(0);
        let body = form.get("Body")?.unwrap_or_default();
        let to = form.get("To")?.unwrap_or_default();
        Ok((form.get_filled("MessageSid")?, form.get_filled("From")?, to, body, opt_out, media))
    };
    let (sid, from, to, body, opt_out, media) = fields().map_err(|_| "The form is not UTF-8.")?;
    Ok(TextIn {
        provider: Provider::Twilio,
        way: Way::Pushed,
        part: None,
        provider_id: sid.ok_or("The form has no MessageSid.")?.to_owned(),
        from: from.ok_or("The form has no From.")?.to_owned(),
        to: to.to_owned(),
        body: armour::unwrap(body).unwrap_or_else(|| body.to_owned()),
        opt_out,
        media,
    })
}

fn read_opt_out(word: &str) -> Option<OptOut> {
    [("STOP", OptOut::Stop), ("START", OptOut::Start), ("HELP", OptOut::Help)]
        .into_iter()
        .find_map(|(name, opt_out)| name.eq_ignore_ascii_case(word.trim()).then_some(opt_out))
}
