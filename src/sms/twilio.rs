//! Sending through Twilio's Messages resource, and looking there for what was perhaps sent.
//!
//! Twilio has no idempotency key, so a lost answer is never repeated blindly: it is [`SendOutcome::Ambiguous`], which
//! the outbox reconciles first. No reason given here holds a number, a text or an address.

mod consent;
mod list;
mod redact;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Deserialize;

use super::client;
use super::error_code::{self, Verdict};
use crate::domain::lost::Cause;
use crate::domain::phone::Phone;
use crate::domain::secret::Secret;
use crate::outbox::carrier::{Carrier, OutText, Reconciled, Rejection, SendOutcome};

pub use self::consent::{Consent, Told};
pub use super::client::{NoClient, Timeouts};

/// Twilio keeps a text at most this long: ten hours.
const LONGEST_VALIDITY: u64 = 36_000;
/// Twilio's clock and ours may differ by this much, and it keeps whole seconds.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_secs(2);
const PAGE_SIZE: &str = "200";
/// One number's texts of one minute do not fill as many pages; if they do, a human looks.
const MOST_PAGES: usize = 5;
/// All pages together: well within a lease, and within the time that the daemon takes to stop.
const RECONCILE_TIMEOUT: Duration = Duration::from_secs(20);

/// Whom texts come from.
#[derive(Debug, Clone)]
pub enum Sender {
    From(Phone),
    /// A messaging service's id, `MG…`.
    Service(String),
}

#[derive(Debug, Clone)]
pub struct TwilioAccount {
    pub account_sid: String,
    pub auth_token: Secret,
    pub sender: Sender,
    /// `https://api.twilio.com`, or a stand-in.
    pub api_base: String,
    /// Our own address as Twilio reaches it: status reports come back there.
    pub public_url: String,
}

/// Texts through one Twilio account.
#[derive(Debug, Clone)]
pub struct TwilioCarrier {
    client: Client,
    account: TwilioAccount,
    messages_url: String,
}

impl TwilioCarrier {
    /// The process must have installed its rustls provider before.
    pub fn new(account: TwilioAccount, timeouts: Timeouts) -> Result<Self, NoClient> {
        let client = client::build(timeouts)?;
        let messages_url = format!(
            "{}/2010-04-01/Accounts/{}/Messages.json",
            account.api_base.trim_end_matches('/'),
            account.account_sid
        );
        Ok(Self { client, account, messages_url })
    }

    fn authorise(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(&self.account.account_sid, Some(self.account.auth_token.expose()))
    }

    async fn create(&self, text: &OutText) -> SendOutcome {
        let callback =
            format!("{}/sms/twilio/status?m={}", self.account.public_url.trim_end_matches('/'), text.id);
        let validity = text.validity.as_secs().clamp(1, LONGEST_VALIDITY).to_string();
        let sender = match &self.account.sender {
            Sender::From(phone) => ("From", phone.as_str()),
            Sender::Service(service) => ("MessagingServiceSid", service.as_str()),
        };
        let form = [
            ("To", text.to.as_str()),
            sender,
            ("Body", &text.body),
            ("StatusCallback", &callback),
            ("ValidityPeriod", &validity),
        ];
        match self.authorise(self.client.post(&self.messages_url)).form(&form).send().await {
            Ok(response) => read_created(response).await,
            Err(error) => client::unanswered(&error),
        }
    }

    /// Lists what the number was sent since the attempt and picks what could be this text.
    ///
    /// Deliberately without a `DateSent` filter: a message that Twilio still queues has none and would be missed.
    async fn find(&self, text: &OutText, attempted_at: Timestamp) -> Reconciled {
        const UNKNOWN: Reconciled = Reconciled::Unknown { reason: "the list of sent texts is not to be had" };
        let since = attempted_at.checked_sub(CLOCK_SLACK).unwrap_or(attempted_at);
        let (mut found, mut blanked) = (Vec::new(), Vec::new());
        // A number is a plus and digits: the plus alone needs encoding.
        let to = text.to.as_str().replace('+', "%2B");
        let first = self.client.get(format!("{}?To={to}&PageSize={PAGE_SIZE}", self.messages_url));
        let mut next = Some(first);
        for _ in 0..MOST_PAGES {
            let Some(request) = next.take() else { break };
            let Ok(response) = self.authorise(request).send().await else { return UNKNOWN };
            if response.status() != StatusCode::OK {
                return UNKNOWN;
            }
            let Ok(page) = response.json::<Page>().await else { return UNKNOWN };
            let recent = page.messages.iter().filter(|message| message.is_since(since));
            let all_older = !page.messages.is_empty() && recent.clone().next().is_none();
            blanked.extend(
                recent.clone().filter(|message| message.is_blank_to(text)).map(|message| message.sid.clone()),
            );
            found
                .extend(recent.filter(|message| message.is_copy_of(text)).map(|message| message.sid.clone()));
            next = page
                .next_page_uri
                .filter(|_| !all_older)
                .map(|uri| self.client.get(format!("{}{uri}", self.account.api_base.trim_end_matches('/'))));
        }
        match (found.is_empty(), next) {
            (false, _) => Reconciled::Found { provider_ids: found },
            (true, None) if !blanked.is_empty() => Reconciled::Blanked { provider_ids: blanked },
            (true, None) => Reconciled::Absent,
            (true, Some(_)) => Reconciled::Unknown { reason: "the list of sent texts is too long" },
        }
    }
}

impl Carrier for TwilioCarrier {
    async fn send(&self, text: &OutText) -> SendOutcome {
        self.create(text).await
    }

    async fn reconcile(&self, text: &OutText, attempted_at: Timestamp) -> Reconciled {
        tokio::time::timeout(RECONCILE_TIMEOUT, self.find(text, attempted_at))
            .await
            .unwrap_or(Reconciled::Unknown { reason: "the list of sent texts took too long" })
    }

    fn explain(code: Option<u32>) -> Cause {
        error_code::explain(code)
    }
}

#[derive(Deserialize)]
struct Created {
    sid: String,
}

#[derive(Deserialize)]
struct Fault {
    code: Option<u32>,
}

#[derive(Deserialize)]
struct Page {
    messages: Vec<Listed>,
    next_page_uri: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    sid: String,
    #[serde(default)]
    to: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    body: String,
    #[serde(default)]
    direction: String,
    /// RFC 2822.
    #[serde(default)]
    date_created: Option<String>,
}

impl Listed {
    /// A date that is missing or unreadable counts as recent: a text too few is asked after, never one too many sent.
    fn is_since(&self, since: Timestamp) -> bool {
        self.date_created
            .as_deref()
            .and_then(|date| jiff::fmt::rfc2822::parse(date).ok())
            .is_none_or(|created| created.timestamp() >= since)
    }

    /// It went to the same number, and what it said is blanked: it may be any text.
    fn is_blank_to(&self, text: &OutText) -> bool {
        self.direction.starts_with("outbound") && self.to == text.to.as_str() && self.body.is_empty()
    }

    fn is_copy_of(&self, text: &OutText) -> bool {
        self.direction.starts_with("outbound") && self.to == text.to.as_str() && self.body == text.body
    }
}

/// What is blanked may be listed without a body at all.
fn null_is_empty<'de, D: serde::Deserializer<'de>>(body: D) -> Result<String, D::Error> {
    Option::<String>::deserialize(body).map(Option::unwrap_or_default)
}

async fn read_created(response: Response) -> SendOutcome {
    let status = response.status();
    let retry_after = client::retry_after(response.headers());
    if status.is_success() {
        return match response.json::<Created>().await {
            Ok(created) if !created.sid.is_empty() => {
                SendOutcome::Accepted { provider_ids: vec![created.sid] }
            }
            _ => client::UNREADABLE,
        };
    }
    let code = response.json::<Fault>().await.ok().and_then(|fault| fault.code);
    classify(status.as_u16(), code, retry_after)
}

/// What an answer other than success means. Twilio states that a 429 was never processed and that a text may have left
/// in spite of a 5xx.
pub fn classify(status: u16, code: Option<u32>, retry_after: Option<Duration>) -> SendOutcome {
    match status {
        429 => client::slow_down(retry_after),
        408 | 500.. => client::UNSURE,
        // Credentials, a wrong address, a detour to somewhere else.
        401 | 403 | 300..=399 => SendOutcome::Rejected { code, class: Rejection::Config },
        _ => match code.map(error_code::read) {
            Some(Verdict::Retry) => SendOutcome::Retry { reason: "the phone cannot be reached just now" },
            Some(Verdict::Throttled) => client::slow_down(retry_after),
            Some(Verdict::Ambiguous) => client::UNSURE,
            Some(Verdict::Rejected(class)) => SendOutcome::Rejected { code, class },
            None if status == 404 => SendOutcome::Rejected { code, class: Rejection::Config },
            None => SendOutcome::Rejected { code, class: Rejection::Other },
        },
    }
}
