//! Notify's callbacks. It shows a fixed token with each and signs nothing; it comes back five times, five minutes apart,
//! after 429 and 5xx, and never after any other 4xx. So what proves itself is kept even if it makes no sense, and
//! answered 200.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::MethodFilter;
use jiff::Timestamp;
use serde::Deserialize;

use super::table;
use crate::domain::delivery::Report;
use crate::domain::event::{RAW_LIMIT, TextIn};
use crate::domain::id::MessageId;
use crate::domain::provider::Provider;
use crate::sms::bearer::Bearer;
use crate::sms::door::{Call, Door, LONGEST_WORD, Manners, Refusal, Said, way, words_of};
use crate::sms::number::tidy;

const INBOUND: &str = "/sms/notify/inbound";
const STATUS: &str = "/sms/notify/status";

const MANNERS: Manners = Manners {
    provider: Provider::Notify,
    methods: MethodFilter::POST,
    largest: RAW_LIMIT,
    thanks: ("text/plain", ""),
    unproved: ("token", "The bearer token is missing or wrong."),
    malformed: StatusCode::OK,
    unreadable: StatusCode::SERVICE_UNAVAILABLE,
};

/// What Notify proves itself with.
#[derive(Debug, Clone)]
pub struct NotifyHook {
    pub bearer: Bearer,
}

#[derive(Deserialize)]
struct Inbound {
    id: String,
    source_number: String,
    #[serde(default)]
    destination_number: String,
    #[serde(default)]
    message: String,
    /// In universal time, as Notify got it.
    #[serde(default)]
    date_received: Option<String>,
}

#[derive(Deserialize)]
struct Status {
    id: String,
    #[serde(default)]
    reference: Option<String>,
    status: String,
    #[serde(default)]
    notification_type: Option<String>,
}

/// The routes, to be merged into the daemon's server.
pub fn router(door: &Door, hook: NotifyHook) -> Router {
    let admit = move |call: &Call| match hook.bearer.admits(call.header("authorization")) {
        true => Ok(()),
        false => Err(Refusal::Unproved),
    };
    let proved = admit.clone();
    let inbound = move |call: &Call| {
        proved(call)?;
        read_text(call).map(Said::Text).map_err(Refusal::Malformed)
    };
    let status = move |call: &Call| {
        admit(call)?;
        read_report(&call.body).map_err(Refusal::Malformed)
    };
    door.open(INBOUND, &MANNERS, inbound).merge(door.open(STATUS, &MANNERS, status))
}

fn read_text(call: &Call) -> Result<TextIn, &'static str> {
    let inbound: Inbound =
        serde_json::from_slice(&call.body).map_err(|_| "The body is not a received text of Notify's.")?;
    if inbound.id.is_empty() || inbound.source_number.trim().is_empty() {
        return Err("The text has no id or no sender.");
    }
    let sent_at = inbound.date_received.and_then(|at| at.parse::<Timestamp>().ok());
    Ok(TextIn {
        provider: Provider::Notify,
        way: way(sent_at, call.at),
        part: None,
        from: tidy(&inbound.source_number),
        to: tidy(&inbound.destination_number),
        body: inbound.message,
        provider_id: inbound.id,
        opt_out: None,
        media: 0,
    })
}

fn read_report(body: &[u8]) -> Result<Said, &'static str> {
    let status: Status =
        serde_json::from_slice(body).map_err(|_| "The body is not a delivery receipt of Notify's.")?;
    if status.id.is_empty() || status.status.is_empty() {
        return Err("The receipt has no id or no status.");
    }
    // One service may send mails too, and has one address for all its receipts.
    if status.notification_type.as_deref().is_some_and(|kind| kind != "sms") {
        return Ok(Said::Nothing);
    }
    let explain = table::explain(&status.status);
    let report = Report {
        provider: Provider::Notify,
        message: status.reference.as_deref().and_then(|id| MessageId::parse(id).ok()),
        provider_id: status.id,
        state: table::state(&status.status),
        word: status.status.chars().take(LONGEST_WORD).collect(),
        code: None,
        raw: words_of(body),
    };
    Ok(Said::Report(report, explain))
}
