//! Mails that came back. A mail server takes a mail and may return it hours later: whoever reads its bounces says so here.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Desk;
use crate::domain::id::ContactId;
use crate::domain::lost::Cause;
use crate::domain::message::MessageState;
use crate::domain::organisation::Address;
use crate::engine::nurse::Hand;
use crate::store::{Store, StoreError};

/// Servers try for up to five days (RFC 5321, 4.5.4.1): what went out before that is not what came back.
const OLDEST: SignedDuration = SignedDuration::from_hours(5 * 24);

/// What a bounce was about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounced {
    /// They count as proved no more, until they are proved anew.
    pub contacts: Vec<ContactId>,
    /// Mails that had counted as sent. If nobody else was told, the chain goes on at once.
    pub mails: usize,
}

/// A mailbox gives back what it is sent. Said twice, it changes nothing more.
pub async fn bounce(
    store: &Store,
    mailbox: &Address,
    hand: &Hand,
    now: Timestamp,
) -> Result<Bounced, StoreError> {
    let mut desk = Desk::open(store, now, |_, _| Cause::Number).await?;
    let since = now.saturating_sub(OLDEST).unwrap_or(now);
    let mut bounced = Bounced::default();
    for mail in desk.tx.sent_to(mailbox, since).await? {
        let came_back = Some(MessageState::Undelivered);
        bounced.mails += usize::from(desk.move_on(&mail, came_back, None, Some(Cause::Number)).await?);
    }
    bounced.contacts = desk.tx.fail_address(mailbox, now).await?;
    for contact in &bounced.contacts {
        let detail = json!({ "mails": bounced.mails });
        desk.tx.audit(&hand.entry(now, "contact.bounce", contact.as_str(), detail)).await?;
    }
    desk.close().await?;
    Ok(bounced)
}
