//! What the phone tells us: one address for all its events, each signed with HMAC-SHA256 over the body and a timestamp.
//!
//! The timestamp proves nothing that we need: the phone stamps every retry anew, by a clock that may be wrong by days. To
//! refuse an old one would lose readings, and a replay is a duplicate by its key, for ever.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::MethodFilter;
use jiff::Timestamp;
use ring::hmac;
use serde::Deserialize;

use crate::domain::delivery::Report;
use crate::domain::event::TextIn;
use crate::domain::id::MessageId;
use crate::domain::lost::Cause;
use crate::domain::message::MessageState;
use crate::domain::provider::Provider;
use crate::domain::secret::Secret;
use crate::sms::door::{Call, Door, LONGEST_WORD, Manners, Refusal, Said, way, words_of};
use crate::sms::number::tidy;
use crate::sms::signature::sha256_hex;

const EVENTS: &str = "/sms/android/event";

/// A text with pictures may carry them in its event; its words must not be lost with them.
const LARGEST: usize = 4 * 1024 * 1024;

const MANNERS: Manners = Manners {
    provider: Provider::Android,
    methods: MethodFilter::POST,
    largest: LARGEST,
    thanks: ("text/plain", ""),
    unproved: ("signature", "The X-Signature header is missing or wrong."),
    malformed: StatusCode::OK,
    unreadable: StatusCode::SERVICE_UNAVAILABLE,
};

/// The keys that the phone signs with: the current one and, while it is being changed, the one before.
#[derive(Debug, Clone)]
pub struct AndroidHook {
    keys: Vec<hmac::Key>,
}

#[derive(Deserialize)]
struct Event {
    /// Of this delivery; retries keep it.
    #[serde(default)]
    id: String,
    event: String,
    #[serde(default)]
    payload: Payload,
}

/// Of all events together; which fields there are is the event's own.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Payload {
    message_id: Option<String>,
    message: Option<String>,
    sender: Option<String>,
    recipient: Option<String>,
    /// The sender's, in versions that name no sender.
    phone_number: Option<String>,
    received_at: Option<String>,
    subject: Option<String>,
    body: Option<String>,
    attachments: Vec<serde::de::IgnoredAny>,
}

impl AndroidHook {
    pub fn new(current: &Secret, previous: Option<&Secret>) -> Self {
        let key = |secret: &Secret| hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        Self { keys: std::iter::once(current).chain(previous).map(key).collect() }
    }

    fn admit(&self, call: &Call) -> Result<(), Refusal> {
        let tag = call.header("x-signature").and_then(unhex).ok_or(Refusal::Unproved)?;
        let stamp = call.header("x-timestamp").ok_or(Refusal::Unproved)?;
        let signed = [&call.body, stamp.as_bytes()].concat();
        match self.keys.iter().any(|key| hmac::verify(key, &signed, &tag).is_ok()) {
            true => Ok(()),
            false => Err(Refusal::Unproved),
        }
    }
}

/// The route, to be merged into the daemon's server.
pub fn router(door: &Door, hook: AndroidHook) -> Router {
    door.open(EVENTS, &MANNERS, move |call| {
        hook.admit(call)?;
        read(call).map_err(Refusal::Malformed)
    })
}

fn read(call: &Call) -> Result<Said, &'static str> {
    let event: Event =
        serde_json::from_slice(&call.body).map_err(|_| "The body is no event of the phone's.")?;
    match event.event.as_str() {
        "sms:received" => {
            let words = event.payload.message.clone().unwrap_or_default();
            read_text(call, event, words, 0).map(Said::Text)
        }
        // The picture itself stays on the phone.
        "mms:received" => read_text(call, event, String::new(), 1).map(Said::Text),
        "mms:downloaded" => {
            let parts = [&event.payload.subject, &event.payload.body];
            let words: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
            let (words, media) = (words.join(" "), event.payload.attachments.len());
            read_text(call, event, words, u32::try_from(media).unwrap_or(u32::MAX)).map(Said::Text)
        }
        "sms:sent" | "sms:delivered" | "sms:failed" | "sms:cancelled" => read_report(call, event),
        "system:ping" | "app:started" => Ok(Said::Nothing),
        _ => Err("The phone names an event that is not known here."),
    }
}

fn read_text(call: &Call, event: Event, words: String, media: u32) -> Result<TextIn, &'static str> {
    let Event { id, payload, .. } = event;
    let from = payload.sender.or(payload.phone_number).filter(|number| !number.trim().is_empty());
    let from = tidy(&from.ok_or("The text has no sender.")?);
    let received_at = payload.received_at.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
    let when = received_at.map_or(id, |at| at.as_millisecond().to_string());
    // The app's own name is a hash of 32 bits: two texts of one year may share it, and neither may be lost.
    let whole = sha256_hex(format!("{from}\n{when}\n{media}\n{words}").as_bytes());
    let name = payload.message_id.unwrap_or_default();
    // Late by the phone's own clock, which stamped the delivery.
    let delivered_at = call.header("x-timestamp").and_then(|stamp| stamp.trim().parse().ok());
    let delivered_at = delivered_at.and_then(|seconds| Timestamp::from_second(seconds).ok());
    Ok(TextIn {
        provider: Provider::Android,
        way: way(received_at, delivered_at.unwrap_or(call.at)),
        part: None,
        from,
        to: tidy(&payload.recipient.unwrap_or_default()),
        body: words,
        provider_id: format!("{name}-{}", &whole[..32]),
        opt_out: None,
        media,
    })
}

fn read_report(call: &Call, event: Event) -> Result<Said, &'static str> {
    let name = event.payload.message_id.filter(|id| !id.is_empty()).ok_or("The report names no text.")?;
    let state = match event.event.as_str() {
        "sms:sent" => MessageState::Sent,
        "sms:delivered" => MessageState::Delivered,
        _ => MessageState::Failed,
    };
    let report = Report {
        provider: Provider::Android,
        // A text of ours bears our id there.
        message: MessageId::parse(&name).ok(),
        provider_id: name,
        state: Some(state),
        word: event.event.chars().take(LONGEST_WORD).collect(),
        code: None,
        raw: words_of(&call.body),
    };
    // The app gives a reason in words that differ from phone to phone.
    Ok(Said::Report(report, |_, _| Cause::Other))
}

/// Bytes from hexadecimal digits.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = text.trim().as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}
