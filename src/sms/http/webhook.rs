//! The webhooks of a service that the configuration describes: proved by a shared token, in a bearer header or in the query.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::MethodFilter;
use jiff::Timestamp;

use super::field::Fields;
use crate::domain::delivery::Report;
use crate::domain::event::{Part, RAW_LIMIT, TextIn};
use crate::domain::id::MessageId;
use crate::domain::lost::Cause;
use crate::domain::message::MessageState;
use crate::domain::provider::Provider;
use crate::sms::bearer::Bearer;
use crate::sms::door::{Call, Door, LONGEST_WORD, Manners, Refusal, Said, way, words_of};
use crate::sms::number::tidy;
use crate::sms::signature::sha256_hex;

const INBOUND: &str = "/sms/http/inbound";
const STATUS: &str = "/sms/http/status";
/// Two texts without a name and a time that say the same within so many seconds are one.
const NAMELESS_SECONDS: i64 = 4;
/// Beyond this a number is milliseconds; as seconds it would be the year 5138.
const MOST_SECONDS: i64 = 100_000_000_000;

const MANNERS: Manners = Manners {
    provider: Provider::Http,
    methods: MethodFilter::POST.or(MethodFilter::GET),
    largest: RAW_LIMIT,
    thanks: ("text/plain", "OK"),
    unproved: ("token", "The token is missing or wrong."),
    malformed: StatusCode::OK,
    unreadable: StatusCode::SERVICE_UNAVAILABLE,
};

/// What the service proves itself with, and what it calls things.
#[derive(Debug, Clone)]
pub struct HttpHook {
    pub bearer: Bearer,
    pub inbound: InboundFields,
    pub status: StatusFields,
}

/// The names of an inbound text's fields.
#[derive(Debug, Clone)]
pub struct InboundFields {
    pub from: String,
    pub to: String,
    pub text: String,
    pub id: String,
    pub received_at: String,
    pub part_reference: String,
    pub part_number: String,
    pub part_total: String,
}

/// The names of a report's fields, and what its words mean.
#[derive(Debug, Clone)]
pub struct StatusFields {
    /// Of the service's own name of the text.
    pub id: String,
    /// Of ours.
    pub reference: String,
    pub word: String,
    /// In lower case.
    pub words: Vec<(String, MessageState)>,
}

/// The routes, to be merged into the daemon's server.
pub fn router(door: &Door, hook: HttpHook) -> Router {
    let reporting = hook.clone();
    let inbound = move |call: &Call| {
        hook.admit(call)?;
        hook.inbound.read(call).map(Said::Text).map_err(Refusal::Malformed)
    };
    let status = move |call: &Call| {
        reporting.admit(call)?;
        let report = reporting.status.read(&call.body).map_err(Refusal::Malformed)?;
        Ok(Said::Report(report, |_, _| Cause::Other))
    };
    door.open(INBOUND, &MANNERS, inbound).merge(door.open(STATUS, &MANNERS, status))
}

impl HttpHook {
    fn admit(&self, call: &Call) -> Result<(), Refusal> {
        let shown = call.token.as_deref().is_some_and(|token| self.bearer.knows(token));
        match shown || self.bearer.admits(call.header("authorization")) {
            true => Ok(()),
            false => Err(Refusal::Unproved),
        }
    }
}

impl InboundFields {
    fn read(&self, call: &Call) -> Result<TextIn, &'static str> {
        let fields = Fields::read(&call.body)?;
        let from = tidy(&fields.get(&self.from).ok_or("The request names no sender.")?);
        let body = fields.get(&self.text).unwrap_or_default();
        let received_at = fields.get(&self.received_at);
        let part = self.read_part(&fields)?;
        let provider_id = fields.get(&self.id).unwrap_or_else(|| {
            let when =
                received_at.clone().unwrap_or_else(|| (call.at.as_second() / NAMELESS_SECONDS).to_string());
            let number = part.as_ref().map_or(0, |part| part.number);
            format!("sha256-{}", sha256_hex(format!("{from}\n{when}\n{number}\n{body}").as_bytes()))
        });
        // Parts may share their text's name.
        let provider_id = match &part {
            Some(part) => format!("{provider_id}-{}", part.number),
            None => provider_id,
        };
        Ok(TextIn {
            provider: Provider::Http,
            way: way(received_at.as_deref().and_then(instant), call.at),
            part,
            from,
            to: tidy(&fields.get(&self.to).unwrap_or_default()),
            body,
            provider_id,
            opt_out: None,
            media: 0,
        })
    }

    /// A text of one part is whole.
    fn read_part(&self, fields: &Fields<'_>) -> Result<Option<Part>, &'static str> {
        const UNREADABLE: &str = "The numbers of the text's parts make no sense.";
        let Some(reference) = fields.get(&self.part_reference) else { return Ok(None) };
        let read = |name| fields.get(name).and_then(|text| text.parse::<u8>().ok()).ok_or(UNREADABLE);
        let (number, total) = (read(&self.part_number)?, read(&self.part_total)?);
        match total {
            _ if number == 0 || number > total => Err(UNREADABLE),
            1 => Ok(None),
            _ => Ok(Some(Part { reference, number, total })),
        }
    }
}

impl StatusFields {
    fn read(&self, body: &[u8]) -> Result<Report, &'static str> {
        let fields = Fields::read(body)?;
        let word = fields.get(&self.word).ok_or("The report has no word for what happened.")?;
        let message = fields.get(&self.reference).and_then(|id| MessageId::parse(&id).ok());
        let provider_id = fields.get(&self.id).or_else(|| message.as_ref().map(ToString::to_string));
        let state =
            self.words.iter().find(|(known, _)| *known == word.to_lowercase()).map(|(_, state)| *state);
        Ok(Report {
            provider: Provider::Http,
            message,
            provider_id: provider_id.ok_or("The report names no text.")?,
            state,
            word: word.chars().take(LONGEST_WORD).collect(),
            code: None,
            raw: words_of(body),
        })
    }
}

/// An instant with its offset, or seconds or milliseconds since 1970. A local time without offset is nobody's: twice a year
/// it is wrong by an hour.
fn instant(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().or_else(|| match text.parse::<i64>().ok()? {
        seconds if seconds < MOST_SECONDS => Timestamp::from_second(seconds).ok(),
        milliseconds => Timestamp::from_millisecond(milliseconds).ok(),
    })
}
