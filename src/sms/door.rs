//! What every provider's webhook is to us: a request whose sender is proved is kept, and answered when it is durable.
//!
//! How a sender is proved and what it says is each provider's own; what happens then is the same for all of them.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use jiff::{SignedDuration, Timestamp};

use super::form::Form;
use super::signature::sha256_hex;
use crate::clock::Clock;
use crate::domain::delivery::Report;
use crate::domain::event::{Edge, Event, Origin, RAW_LIMIT, TextIn, Way};
use crate::domain::provider::Provider;
use crate::engine::delivery::{Explain, Filed, file_report};
use crate::engine::id::IdSource;
use crate::engine::intake::{Intake, NotKept};
use crate::store::Store;
use crate::telemetry::Telemetry;

const RETRY_SECONDS: &str = "5";
/// Providers' words for a state are short; what is longer is not kept whole twice.
pub(super) const LONGEST_WORD: usize = 40;

/// A text that took longer than this to reach us is taken as of when it was sent.
const LATE: SignedDuration = SignedDuration::from_mins(15);

/// What a webhook hands on to.
#[derive(Debug, Clone)]
pub struct Door {
    pub intake: Intake,
    pub ids: Arc<IdSource>,
    pub clock: Clock,
    pub telemetry: Telemetry,
    pub store: Store,
}

/// A request as far as it concerns a webhook.
pub(super) struct Call {
    /// When it came.
    pub at: Timestamp,
    pub path_and_query: String,
    /// Of the query.
    pub token: Option<String>,
    pub headers: HeaderMap,
    /// Of a GET the query without its token: what is kept holds no secret.
    pub body: Bytes,
}

/// What a request says.
#[derive(Debug)]
pub(super) enum Said {
    Text(TextIn),
    /// On a text of ours, and how its provider's code reads as a cause.
    Report(Report, Explain),
    /// Nothing that anybody waits for.
    Nothing,
}

/// Why a request is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It does not prove whom it is from.
    Unproved,
    /// Proved, but meant for another account.
    Account,
    TooLarge,
    /// It broke off.
    Unreadable,
    /// Proved, and not what the provider sends. It is kept all the same.
    Malformed(&'static str),
    /// It cannot be made durable now; it should come again.
    Busy,
}

impl From<NotKept> for Refusal {
    fn from(_: NotKept) -> Self {
        Self::Busy
    }
}

/// How a provider wants to be answered.
#[derive(Debug)]
pub(super) struct Manners {
    pub provider: Provider,
    pub methods: MethodFilter,
    /// Bytes of the largest request that is read. What the journal has no room for is cut off.
    pub largest: usize,
    /// The content type and body of a yes.
    pub thanks: (&'static str, &'static str),
    /// How a request without proof is counted, and what it is told.
    pub unproved: (&'static str, &'static str),
    /// For what is kept without having been understood.
    pub malformed: StatusCode,
    /// For what broke off on its way.
    pub unreadable: StatusCode,
}

impl Call {
    async fn receive(request: Request, at: Timestamp) -> Result<Self, Refusal> {
        let path_and_query = request.uri().path_and_query().map_or("/", PathAndQuery::as_str).to_owned();
        let headers = request.headers().clone();
        let asks = request.method() == Method::GET;
        let body = Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
            _ => Refusal::Unreadable,
        })?;
        let query = path_and_query.split_once('?').map_or("", |(_, query)| query);
        let token = Form::decode(query.as_bytes()).get("token").ok().flatten().map(str::to_owned);
        let body = if asks {
            let pairs: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("token=")).collect();
            pairs.join("&").into()
        } else {
            body
        };
        Ok(Self { at, path_and_query, token, headers, body })
    }

    /// The value of a header that is plain text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Door {
    /// The webhook at `path`. `read` proves the sender and says what the request is about; what it calls malformed is kept
    /// as it is.
    pub(super) fn open(
        &self,
        path: &'static str,
        manners: &'static Manners,
        read: impl Fn(&Call) -> Result<Said, Refusal> + Send + Sync + 'static,
    ) -> Router {
        let (door, read) = (self.clone(), Arc::new(read));
        let handler = move |request: Request| {
            let (door, read) = (door.clone(), Arc::clone(&read));
            async move {
                let taken = match Call::receive(request, door.clock.now()).await {
                    Ok(call) => door.take(manners.provider, path, read(&call), call.body).await,
                    Err(refusal) => Err(refusal),
                };
                door.answer(taken, manners)
            }
        };
        Router::new().route(path, on(manners.methods, handler)).layer(DefaultBodyLimit::max(manners.largest))
    }

    /// Takes in what a request says; `Ok` means that it is durable.
    async fn take(
        &self,
        provider: Provider,
        path: &str,
        said: Result<Said, Refusal>,
        body: Bytes,
    ) -> Result<(), Refusal> {
        match said {
            Ok(Said::Text(text)) => {
                let key = format!("{}:{}", provider.name(), text.provider_id);
                self.keep(key, Origin::Text(text), body).await
            }
            Ok(Said::Report(report, explain)) => self.file(&report, explain).await,
            Ok(Said::Nothing) => Ok(()),
            Err(Refusal::Malformed(why)) => Err(self.keep_stray(provider, path, why, body).await),
            Err(refusal) => Err(refusal),
        }
    }

    async fn keep(&self, key: String, origin: Origin, body: Bytes) -> Result<(), Refusal> {
        let received_at = self.clock.now();
        let raw = body.slice(..body.len().min(RAW_LIMIT)).into();
        let event = Event { id: self.ids.event(received_at), key, received_at, origin, raw };
        self.intake.submit(event).await?;
        Ok(())
    }

    /// Keeps a proved request that makes no sense, named by its content so that a repeat is a duplicate. Says how to
    /// answer it.
    async fn keep_stray(&self, provider: Provider, path: &str, why: &'static str, body: Bytes) -> Refusal {
        let key = format!("{}:{path}:sha256:{}", provider.name(), sha256_hex(&body));
        let origin = Origin::Stray { edge: Edge::Text, address: path.to_owned(), why: why.to_owned() };
        match self.keep(key, origin, body).await {
            Ok(()) => Refusal::Malformed(why),
            Err(refusal) => refusal,
        }
    }

    async fn file(&self, report: &Report, explain: Explain) -> Result<(), Refusal> {
        match file_report(&self.store, report, self.clock.now(), explain).await {
            Ok(Filed::Moved(aftermath)) => {
                aftermath.count(&self.telemetry);
                Ok(())
            }
            Ok(Filed::Kept | Filed::Parked) => Ok(()),
            Err(error) => {
                tracing::error!(%error, "a status report cannot be stored");
                Err(Refusal::Busy)
            }
        }
    }

    fn answer(&self, taken: Result<(), Refusal>, manners: &Manners) -> Response {
        let refusal = match taken {
            Ok(()) => return ([(CONTENT_TYPE, manners.thanks.0)], manners.thanks.1).into_response(),
            Err(refusal) => refusal,
        };
        let (status, outcome, sentence) = match refusal {
            Refusal::Unproved => (StatusCode::FORBIDDEN, manners.unproved.0, manners.unproved.1),
            Refusal::Account => {
                (StatusCode::FORBIDDEN, "account", "This gateway belongs to another Twilio account.")
            }
            Refusal::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "malformed", "The request is too large."),
            Refusal::Unreadable => (manners.unreadable, "malformed", "The request broke off."),
            Refusal::Malformed(why) => (manners.malformed, "malformed", why),
            Refusal::Busy => {
                (StatusCode::SERVICE_UNAVAILABLE, "full", "This cannot be stored just now; send it again.")
            }
        };
        Telemetry::count(&self.telemetry.webhook_refused, outcome);
        let mut response = (status, sentence).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
        }
        response
    }
}

/// A report's body for the record, whatever bytes it holds.
pub(super) fn words_of(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

/// How a text came that its provider received at `sent_at` and brought at `now`.
pub(super) fn way(sent_at: Option<Timestamp>, now: Timestamp) -> Way {
    match sent_at {
        Some(sent_at) if now.duration_since(sent_at) > LATE => Way::Listed { sent_at },
        _ => Way::Pushed,
    }
}
