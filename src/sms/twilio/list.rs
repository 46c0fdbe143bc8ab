//! Twilio's list of what was texted to us. It has what no webhook brought: after an outage of ours, and messages that
//! Twilio holds back because they look machine-made (30039, listed as failed).

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::{Sender, TwilioCarrier};
use crate::domain::event::{Part, TextIn, Way};
use crate::domain::provider::Provider;
use crate::domain::reply::armour;
use crate::sms::listing::{ListedText, NotListed};

/// The most that Twilio gives.
const PAGE_SIZE: u32 = 1000;
/// A list that goes on for longer than this leads in a circle.
const MOST_PAGES: usize = 2000;
/// A page of a thousand messages takes Twilio longer than a message does.
const PAGE_TIMEOUT: Duration = Duration::from_secs(60);
/// A text that is still being received after so long will not be whole any more.
const RECEIVING_TAKES: SignedDuration = SignedDuration::from_hours(1);
/// A piece of a long text did not reach Twilio.
const PIECE_MISSING: u32 = 30_009;

#[derive(Deserialize)]
struct Page {
    messages: Vec<Value>,
    next_page_uri: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    sid: String,
    #[serde(default)]
    direction: String,
    #[serde(default)]
    status: String,
    from: Option<String>,
    to: Option<String>,
    body: Option<String>,
    messaging_service_sid: Option<String>,
    num_media: Option<String>,
    error_code: Option<u32>,
    /// RFC 2822, as the other.
    date_sent: Option<String>,
    date_created: Option<String>,
}

impl TwilioCarrier {
    /// What was texted to our numbers at or after `since`, in no particular order. `now` stands for the time of what has
    /// none, and tells what is on its way from what got stuck.
    ///
    /// # Errors
    /// When the list could not be read to its end: a part of it is no list.
    pub async fn list_inbound(&self, since: Timestamp, now: Timestamp) -> Result<Vec<ListedText>, NotListed> {
        let day = since.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d");
        let to = match &self.account.sender {
            // A number is a plus and digits: the plus alone needs encoding.
            Sender::From(number) => format!("To={}&", number.as_str().replace('+', "%2B")),
            // Whatever is sent to a service's numbers names the service.
            Sender::Service(_) => String::new(),
        };
        let mut next = Some(format!("{}?{to}DateSent%3E={day}&PageSize={PAGE_SIZE}", self.messages_url));
        let mut listed = Vec::new();
        for _ in 0..MOST_PAGES {
            let Some(url) = next.take() else { return Ok(listed) };
            let page = self.page(&url).await?;
            let entries: Vec<(Option<ListedText>, Timestamp)> = page
                .messages
                .into_iter()
                .map(|entry| self.read(entry, now))
                .collect::<Result<_, NotListed>>()?;
            // Newest first. Not every stand-in heeds the filter by day, so what is older ends it.
            let all_older = !entries.is_empty() && entries.iter().all(|(_, sent_at)| *sent_at < since);
            listed.extend(
                entries.into_iter().filter(|(_, sent_at)| *sent_at >= since).filter_map(|(text, _)| text),
            );
            next = page
                .next_page_uri
                .filter(|_| !all_older)
                .map(|uri| format!("{}{uri}", self.account.api_base.trim_end_matches('/')));
        }
        Err(NotListed::Unreadable)
    }

    async fn page(&self, url: &str) -> Result<Page, NotListed> {
        let request = self.authorise(self.client.get(url)).timeout(PAGE_TIMEOUT);
        let response = request.send().await.map_err(|_| NotListed::Unavailable)?;
        match response.status() {
            StatusCode::OK => response.json().await.map_err(|_| NotListed::Unreadable),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
                Err(NotListed::Refused)
            }
            _ => Err(NotListed::Unavailable),
        }
    }

    /// An entry's text, if it is one to us and complete, and when it was sent.
    fn read(&self, entry: Value, now: Timestamp) -> Result<(Option<ListedText>, Timestamp), NotListed> {
        let raw = entry.to_string().into_bytes();
        let entry: Entry = serde_json::from_value(entry).map_err(|_| NotListed::Unreadable)?;
        let sent_at = entry.sent_at(now);
        if entry.direction != "inbound" || entry.sid.is_empty() || !self.is_ours(&entry) {
            return Ok((None, sent_at));
        }
        let stuck = entry.status == "receiving";
        if stuck && now.duration_since(sent_at) < RECEIVING_TAKES {
            return Ok((None, sent_at));
        }
        // Half a text may end in half a number: it waits for the rest, in vain, and the patient is asked for it again.
        let part = (stuck || entry.error_code == Some(PIECE_MISSING)).then(|| Part {
            reference: entry.sid.clone(),
            number: 1,
            total: 2,
        });
        let body = entry.body.unwrap_or_default();
        let text = TextIn {
            provider: Provider::Twilio,
            way: Way::Listed { sent_at },
            part,
            from: entry.from.unwrap_or_default(),
            to: entry.to.unwrap_or_default(),
            body: armour::unwrap(&body).unwrap_or(body),
            provider_id: entry.sid.clone(),
            opt_out: None,
            media: entry.num_media.and_then(|count| count.parse().ok()).unwrap_or(0),
        };
        Ok((Some(ListedText { key: format!("twilio:{}", entry.sid), sent_at, text, raw }), sent_at))
    }

    /// Whether it was texted to one of our numbers. Other programs may use the same account. What names no service may be
    /// to a number that has left ours since, so it is taken.
    fn is_ours(&self, entry: &Entry) -> bool {
        match &self.account.sender {
            Sender::From(number) => entry.to.as_deref() == Some(number.as_str()),
            Sender::Service(service) => {
                entry.messaging_service_sid.as_ref().is_none_or(|named| named == service)
            }
        }
    }
}

impl Entry {
    /// An entry without a time counts as of now: it is taken in rather than lost.
    fn sent_at(&self, now: Timestamp) -> Timestamp {
        [&self.date_sent, &self.date_created]
            .into_iter()
            .flatten()
            .find_map(|date| jiff::fmt::rfc2822::parse(date).ok())
            .map_or(now, |date| date.timestamp())
    }
}
