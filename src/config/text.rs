//! How texts are carried beside Twilio: GOV.UK Notify, a phone of the site's own, and any service that takes them over
//! HTTP. Each section gives what is sent with and what its webhooks prove themselves with.

use super::draft::Draft;
use super::{ConfigError, secret, url, word};
use crate::domain::message::MessageState;
use crate::domain::secret::Secret;
use crate::sms::android::AndroidAccount;
use crate::sms::http::{Accepted, Body, HttpAccount, InboundFields, StatusFields, Template, Verb};
use crate::sms::notify::{ApiKey, NotifyAccount};

/// Anybody could guess a shorter one in time.
const SHORTEST_TOKEN: usize = 16;
/// The phone's app makes keys of this length by itself.
const SHORTEST_SIGNING_KEY: usize = 8;

/// A section of a provider that shows or signs with a secret of ours.
#[derive(Debug, Clone)]
pub struct ProviderConfig<A> {
    pub account: A,
    pub hook: HookSecret,
}

/// What a provider's webhooks prove themselves with.
#[derive(Debug, Clone)]
pub struct HookSecret {
    pub current: Secret,
    /// Still accepted while it is being rotated.
    pub previous: Option<Secret>,
}

pub type NotifyConfig = ProviderConfig<NotifyAccount>;
pub type AndroidConfig = ProviderConfig<AndroidAccount>;

#[derive(Debug, Clone)]
pub struct HttpSmsConfig {
    pub account: HttpAccount,
    pub hook: HookSecret,
    pub inbound: InboundFields,
    pub status: StatusFields,
}

impl HookSecret {
    fn read(draft: &Draft, key: &str, previous: &str, shortest: usize) -> Result<Self, ConfigError> {
        let long_enough = |text: &str| match text.len() >= shortest {
            true => secret::parse(text),
            false => Err(format!("is too short to keep anybody out: give at least {shortest} characters")),
        };
        Ok(Self { current: draft.need(key, long_enough)?, previous: draft.read(previous, long_enough)? })
    }
}

impl NotifyConfig {
    pub(super) fn read(draft: &Draft) -> Result<Self, ConfigError> {
        let placeholder = draft.read("sms.notify.placeholder", plain)?;
        let api_base = draft.read("sms.notify.api_base", url::parse_web)?;
        Ok(Self {
            account: NotifyAccount {
                api_key: draft.need("sms.notify.api_key", |text| {
                    ApiKey::parse(text.trim()).map_err(|bad| bad.to_string())
                })?,
                template_id: draft.need("sms.notify.template_id", word)?,
                placeholder: placeholder.unwrap_or_else(|| "message".to_owned()),
                sender_id: draft.read("sms.notify.sender_id", word)?,
                api_base: api_base.unwrap_or_else(|| "https://api.notifications.service.gov.uk".to_owned()),
            },
            hook: HookSecret::read(draft, "sms.notify.token", "sms.notify.token_previous", SHORTEST_TOKEN)?,
        })
    }
}

impl AndroidConfig {
    pub(super) fn read(draft: &Draft) -> Result<Self, ConfigError> {
        let slot = |text: &str| {
            text.parse()
                .ok()
                .filter(|slot| (1..=8).contains(slot))
                .ok_or("must be 1 for the first SIM card, or 2".to_owned())
        };
        Ok(Self {
            account: AndroidAccount {
                api_base: draft.need("sms.android.api_base", url::parse_web)?,
                username: draft.need("sms.android.username", plain)?,
                password: draft.need("sms.android.password", secret::parse)?,
                sim: draft.read("sms.android.sim", slot)?,
            },
            hook: HookSecret::read(
                draft,
                "sms.android.signing_key",
                "sms.android.signing_key_previous",
                SHORTEST_SIGNING_KEY,
            )?,
        })
    }
}

impl HttpSmsConfig {
    pub(super) fn read(draft: &Draft) -> Result<Self, ConfigError> {
        Ok(Self {
            account: http_account(draft)?,
            hook: HookSecret::read(draft, "sms.http.token", "sms.http.token_previous", SHORTEST_TOKEN)?,
            inbound: inbound_fields(draft)?,
            status: status_fields(draft)?,
        })
    }
}

fn http_account(draft: &Draft) -> Result<HttpAccount, ConfigError> {
    let method = draft.read("sms.http.method", |text| match text {
        "GET" => Ok(Verb::Get),
        "POST" => Ok(Verb::Post),
        "PUT" => Ok(Verb::Put),
        _ => Err("must be GET, POST or PUT".to_owned()),
    })?;
    let address = draft.need("sms.http.url", |text| {
        // The places of a template are filled when a text is sent; what stands before the query is an address as it is.
        let (address, _) = text.split_once('?').unwrap_or((text, ""));
        url::parse_web(address).map(|_| Template::parse(text))
    })?;
    let body = body(draft)?;
    let texts = [Some(&address), body.as_ref().map(|(Body::Json(body) | Body::Form(body))| body)];
    let texts: Vec<_> = texts.into_iter().flatten().collect();
    if !texts.iter().any(|template| template.holds_text()) {
        return Err(
            draft.fault("sms.http.body", "must hold {text}, or the url must: it is where the words go")
        );
    }
    if !texts.iter().any(|template| template.holds_receiver()) {
        return Err(draft.fault("sms.http.body", "must hold {to} or {to_digits}, or the url must"));
    }
    let headers = draft.read("sms.http.headers", headers)?.unwrap_or_default();
    let secret = draft.read("sms.http.secret", secret::parse)?;
    let wanted = texts.into_iter().chain(headers.iter().map(|(_, value)| value));
    if secret.is_none() && wanted.into_iter().any(Template::holds_secret) {
        return Err(draft.fault("sms.http.secret", "is missing, and {secret} stands for it"));
    }
    Ok(HttpAccount {
        method: method.unwrap_or(Verb::Post),
        url: address,
        headers,
        secret,
        body,
        from: draft.read("sms.http.from", plain)?.unwrap_or_default(),
        accepted: Accepted {
            when: draft.read("sms.http.accepted_when", |text| {
                let (at, value) = text.split_once('=').ok_or("must be like /messages/0/status=0")?;
                Ok((pointer(at.trim())?, value.trim().to_owned()))
            })?,
            id_at: draft.read("sms.http.id_at", pointer)?,
        },
    })
}

fn body(draft: &Draft) -> Result<Option<Body>, ConfigError> {
    let form = draft.read("sms.http.body_type", |text| match text {
        "json" => Ok(false),
        "form" => Ok(true),
        _ => Err("must be json or form".to_owned()),
    })?;
    draft.read("sms.http.body", |text| {
        let template = Template::parse(text);
        match form {
            Some(true) => Ok(Body::Form(template)),
            _ if template.is_json() => Ok(Body::Json(template)),
            _ => Err("is not JSON; write each place in quotation marks, as in {\"to\": \"{to}\"}".to_owned()),
        }
    })
}

fn inbound_fields(draft: &Draft) -> Result<InboundFields, ConfigError> {
    let name = |key: &str, usual: &str| Ok(draft.read(key, plain)?.unwrap_or_else(|| usual.to_owned()));
    Ok(InboundFields {
        from: name("sms.http.inbound_from", "from")?,
        to: name("sms.http.inbound_to", "to")?,
        text: name("sms.http.inbound_text", "text")?,
        id: name("sms.http.inbound_id", "id")?,
        received_at: name("sms.http.inbound_received_at", "received_at")?,
        part_reference: name("sms.http.inbound_part_reference", "part_reference")?,
        part_number: name("sms.http.inbound_part_number", "part_number")?,
        part_total: name("sms.http.inbound_part_total", "part_total")?,
    })
}

fn status_fields(draft: &Draft) -> Result<StatusFields, ConfigError> {
    let name = |key: &str, usual: &str| Ok(draft.read(key, plain)?.unwrap_or_else(|| usual.to_owned()));
    let mut words = Vec::new();
    for (key, usual, state) in [
        ("sms.http.status_sent", "sent", MessageState::Sent),
        ("sms.http.status_delivered", "delivered", MessageState::Delivered),
        ("sms.http.status_undelivered", "undelivered", MessageState::Undelivered),
        ("sms.http.status_failed", "failed", MessageState::Failed),
    ] {
        let given = name(key, usual)?;
        words.extend(given.split(',').map(|word| (word.trim().to_lowercase(), state)));
    }
    Ok(StatusFields {
        id: name("sms.http.status_id", "id")?,
        reference: name("sms.http.status_reference", "reference")?,
        word: name("sms.http.status_word", "status")?,
        words,
    })
}

/// A line each, `Name: value`. The words of a text have no place there.
fn headers(text: &str) -> Result<Vec<(String, Template)>, String> {
    let mut headers = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (name, value) = line.split_once(':').ok_or("must hold a header a line, as in Name: value")?;
        let name = word(name.trim())?;
        let value = Template::parse(&plain(value.trim())?);
        if value.holds_text() {
            return Err("must not hold {text}".to_owned());
        }
        if name.eq_ignore_ascii_case("authorization") && !value.holds_secret() {
            return Err("must not hold a secret; write {secret} and give sms.http.secret".to_owned());
        }
        headers.push((name, value));
    }
    Ok(headers)
}

fn pointer(text: &str) -> Result<String, String> {
    if text.starts_with('/') {
        Ok(text.to_owned())
    } else {
        Err("must be a JSON pointer like /id".to_owned())
    }
}

/// A line of words.
fn plain(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err("must be one line without control characters".to_owned());
    }
    Ok(text.to_owned())
}
