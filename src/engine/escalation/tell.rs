//! Notices become notifications: recorded once, and put into the outbox with the record.

use jiff::{SignedDuration, Timestamp};

use crate::domain::escalation::{Notice, Told, notification};
use crate::domain::id::UserName;
use crate::domain::message::NewNotification;
use crate::domain::organisation::{Address, Detail, Recipient};
use crate::domain::phone::Phone;
use crate::store::watch::Watched;
use crate::store::{StoreError, Tx};

use super::{Run, Step};

/// How long somebody may answer with a code.
const CODE_LASTS: SignedDuration = SignedDuration::from_hours(12);
/// A notification that cannot leave within this time is lost, and the chain has gone on long before.
const LATEST: SignedDuration = SignedDuration::from_hours(1);
/// So many codes are tried before a phone goes without: only thousands of open ones would use them up.
const CODES_TRIED: usize = 40;

impl Run<'_> {
    /// Records a step's notices and queues those that are new. How many were queued.
    pub(super) async fn tell(
        &self,
        tx: &mut Tx,
        watched: &Watched,
        step: &Step,
    ) -> Result<usize, StoreError> {
        if step.notices.is_empty() {
            return Ok(0);
        }
        let tick = self.ids.event(self.now);
        let initials = match self.site.detail {
            Detail::Initials => watched.name.as_deref().and_then(initials),
            Detail::Nothing | Detail::Severity => None,
        };
        let mut queued = 0;
        for (place, notice) in step.notices.iter().enumerate() {
            let id = format!("{tick}n{place}");
            let Told::Recipient(recipient) = &notice.told else {
                tx.keep_notice(&id, notice, None, self.now).await?;
                continue;
            };
            let message = tick.message(place);
            if !tx.keep_notice(&id, notice, Some(&message), self.now).await? {
                continue;
            }
            let code = self.code(tx, notice, recipient).await?;
            let text = notification(notice, self.site, initials.as_deref(), code.as_deref(), self.now);
            tx.queue_notification(&NewNotification {
                id: message,
                address: recipient.address.clone(),
                subject: text.subject,
                body: text.body,
                created_at: self.now,
                not_after: after(self.now, LATEST),
            })
            .await?;
            queued += 1;
        }
        Ok(queued)
    }

    /// What a phone may answer with; mails and hooks lead to the queue instead.
    async fn code(
        &self,
        tx: &mut Tx,
        notice: &Notice,
        recipient: &Recipient,
    ) -> Result<Option<String>, StoreError> {
        match &recipient.address {
            Address::Sms(phone) => self.code_for(tx, phone, notice, recipient.person.as_ref()).await,
            Address::Email(_) | Address::Webhook(_) => Ok(None),
        }
    }

    async fn code_for(
        &self,
        tx: &mut Tx,
        phone: &Phone,
        notice: &Notice,
        person: Option<&UserName>,
    ) -> Result<Option<String>, StoreError> {
        let expires_at = after(self.now, CODE_LASTS);
        for _ in 0..CODES_TRIED {
            let Some(code) = self.ids.code() else { break };
            if tx.keep_reply_code(phone, &code, notice, person, self.now, expires_at).await? {
                return Ok(Some(code));
            }
        }
        tracing::warn!("a phone was told without a code to answer with");
        Ok(None)
    }
}

/// The first letters of a name's first and last word.
fn initials(name: &str) -> Option<String> {
    let mut letters = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphabetic()));
    let first = letters.next()?;
    let upper = |c: char| c.to_uppercase().next().unwrap_or(c);
    Some(match letters.next_back() {
        Some(last) => format!("{}.{}", upper(first), upper(last)),
        None => upper(first).to_string(),
    })
}

fn after(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(now)
}
