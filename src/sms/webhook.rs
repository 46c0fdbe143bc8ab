//! Twilio's webhooks. A request is believed when its signature is, and answered when it is durable.
//!
//! The signed URL is the configured public one and the path as it came. `Host` and `X-Forwarded-*` have no say.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::MethodFilter;

use super::carrier::TextCarrier;
use super::door::{Call, Door, Manners, Refusal, Said};
use super::form::{Form, NotWords};
use super::signature::Verifier;
use super::status;
use crate::domain::event::{OptOut, RAW_LIMIT, TextIn, Way};
use crate::domain::provider::Provider;
use crate::domain::reply::armour;
use crate::outbox::carrier::Carrier;

const INBOUND: &str = "/sms/twilio/inbound";
const STATUS: &str = "/sms/twilio/status";

const SIGNATURE: &str = "x-twilio-signature";
/// An empty answer: replies go out through the outbox.
const NOTHING_TO_SAY: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;

const MANNERS: Manners = Manners {
    provider: Provider::Twilio,
    methods: MethodFilter::POST,
    largest: RAW_LIMIT,
    thanks: ("text/xml", NOTHING_TO_SAY),
    unproved: ("signature", "The X-Twilio-Signature header is missing or wrong."),
    malformed: StatusCode::BAD_REQUEST,
    unreadable: StatusCode::BAD_REQUEST,
};

/// Whose webhooks are believed.
#[derive(Debug, Clone)]
pub struct TwilioHook {
    pub verifier: Verifier,
    /// As configured, such as `https://lamplight.example.org`: what carriers sign.
    pub public_url: String,
    pub account_sid: String,
}

/// The routes, to be merged into the daemon's server.
pub fn router(door: &Door, hook: TwilioHook) -> Router {
    let public_url = hook.public_url.trim_end_matches('/').to_owned();
    let hook = TwilioHook { public_url, ..hook };
    let inbound = {
        let hook = hook.clone();
        move |call: &Call| {
            let form = Form::decode(&call.body);
            hook.admit(call, &form)?;
            read_text(&form).map(Said::Text).map_err(Refusal::Malformed)
        }
    };
    let report = move |call: &Call| {
        let form = Form::decode(&call.body);
        hook.admit(call, &form)?;
        let report = status::read(&call.path_and_query, &call.body, &form).map_err(Refusal::Malformed)?;
        Ok(Said::Report(report, TextCarrier::explain_of))
    };
    door.open(INBOUND, &MANNERS, inbound).merge(door.open(STATUS, &MANNERS, report))
}

impl TwilioHook {
    /// Lets a request in whose sender holds a token of ours and means our account.
    ///
    /// A form that names no account passes: the token alone proves whose it is.
    fn admit(&self, call: &Call, form: &Form<'_>) -> Result<(), Refusal> {
        let signature = call.header(SIGNATURE).ok_or(Refusal::Unproved)?;
        let url = format!("{}{}", self.public_url, call.path_and_query);
        if !self.verifier.verify(&url, &call.body, form, signature) {
            return Err(Refusal::Unproved);
        }
        match form.get("AccountSid") {
            Ok(Some(account)) if account != self.account_sid => Err(Refusal::Account),
            _ => Ok(()),
        }
    }
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
