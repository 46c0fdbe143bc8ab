//! Notify's list of what was texted to the service: of the last seven days, newest first, 250 a page. It has what no
//! callback brought while we were down: Notify tries a callback for half an hour and then no more.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::NotifyCarrier;
use crate::domain::event::{TextIn, Way};
use crate::domain::provider::Provider;
use crate::sms::listing::{ListedText, NotListed};
use crate::sms::number::tidy;

/// A list of seven days that goes on for longer than this leads in a circle.
const MOST_PAGES: usize = 2000;
const PAGE_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Page {
    received_text_messages: Vec<Value>,
}

#[derive(Deserialize)]
struct Entry {
    /// The very one that the callback bears.
    id: String,
    user_number: String,
    #[serde(default)]
    notify_number: String,
    #[serde(default)]
    content: String,
    #[serde(default)]
    created_at: Option<String>,
}

impl NotifyCarrier {
    /// What was texted to the service at or after `since`, as far back as Notify keeps it. `now` stands for the time of
    /// what has none: it is taken in rather than lost.
    ///
    /// # Errors
    /// When the list could not be read to its end: a part of it is no list.
    pub async fn list_inbound(&self, since: Timestamp, now: Timestamp) -> Result<Vec<ListedText>, NotListed> {
        let mut listed: Vec<ListedText> = Vec::new();
        let mut older_than: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page = self.page(older_than.as_deref()).await?;
            let texts: Vec<ListedText> =
                page.into_iter().map(|entry| read(entry, now)).collect::<Result<_, NotListed>>()?;
            let Some(last) = texts.last() else { return Ok(listed) };
            if older_than.as_ref() == Some(&last.text.provider_id) {
                return Err(NotListed::Unreadable);
            }
            older_than = Some(last.text.provider_id.clone());
            // One by one: two of one moment may stand in either order.
            let all_older = texts.iter().all(|text| text.sent_at < since);
            listed.extend(texts.into_iter().filter(|text| text.sent_at >= since));
            if all_older {
                return Ok(listed);
            }
        }
        Err(NotListed::Unreadable)
    }

    async fn page(&self, older_than: Option<&str>) -> Result<Vec<Value>, NotListed> {
        let mut url = format!("{}/v2/received-text-messages", self.account.api_base);
        if let Some(id) = older_than {
            url.push_str("?older_than=");
            url.push_str(id);
        }
        let token = self.account.api_key.token(self.clock.now());
        let request = self.client.get(url).bearer_auth(token).timeout(PAGE_TIMEOUT);
        let response = request.send().await.map_err(|_| NotListed::Unavailable)?;
        match response.status() {
            StatusCode::OK => {
                let page: Page = response.json().await.map_err(|_| NotListed::Unreadable)?;
                Ok(page.received_text_messages)
            }
            StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND => Err(NotListed::Refused),
            _ => Err(NotListed::Unavailable),
        }
    }
}

fn read(entry: Value, now: Timestamp) -> Result<ListedText, NotListed> {
    let raw = entry.to_string().into_bytes();
    let entry: Entry = serde_json::from_value(entry).map_err(|_| NotListed::Unreadable)?;
    // It goes into an address as it stands.
    if entry.id.is_empty() || !entry.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(NotListed::Unreadable);
    }
    let sent_at = entry.created_at.and_then(|at| at.parse().ok()).unwrap_or(now);
    let text = TextIn {
        provider: Provider::Notify,
        way: Way::Listed { sent_at },
        part: None,
        from: tidy(&entry.user_number),
        to: tidy(&entry.notify_number),
        body: entry.content,
        provider_id: entry.id.clone(),
        opt_out: None,
        media: 0,
    };
    Ok(ListedText { key: format!("{}:{}", Provider::Notify.name(), entry.id), sent_at, text, raw })
}
