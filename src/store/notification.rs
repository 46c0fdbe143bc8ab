//! Notifications of staff in the outbox, one row each, beside the texts to patients.

use std::borrow::Cow;

use jiff::Timestamp;
use sqlx::Row;

use super::{StoreError, Tx, to_ms};
use crate::domain::id::{ContactId, MessageId, UserName};
use crate::domain::message::{MessageState, NewNotification, Purpose};
use crate::domain::organisation::{Address, Channel};
use crate::domain::segment::in_plain_signs;

/// By what way a notification went, and to whom. Nobody for a team's own address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notified {
    pub channel: Channel,
    pub person: Option<UserName>,
}

impl Tx {
    /// Puts a notification into the outbox, once: a second of the same id changes nothing.
    pub async fn queue_notification(&mut self, new: &NewNotification) -> Result<(), StoreError> {
        // A text is kept as it travels, as patients' are; a mail takes every sign as it is.
        let body = match new.address.channel() {
            Channel::Sms => in_plain_signs(&new.body),
            Channel::Email | Channel::Webhook => Cow::Borrowed(new.body.as_str()),
        };
        sqlx::query(
            "insert into message (id, direction, channel, address, subject, body, state, purpose, created_at, not_after,
                                  due_at)
             values ($1, 'out', $2, $3, $4, $5, $6, $7, $8, $9, $8) on conflict (id) do nothing",
        )
        .bind(new.id.as_str())
        .bind(new.address.channel().name())
        .bind(new.address.as_str())
        .bind(&new.subject)
        .bind(body)
        .bind(MessageState::Queued.name())
        .bind(serde_json::to_string(&Purpose::Notification).unwrap_or_default())
        .bind(to_ms(new.created_at))
        .bind(to_ms(new.not_after))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Whom a notification was for.
    pub async fn notified(&mut self, message: &MessageId) -> Result<Option<Notified>, StoreError> {
        let row = sqlx::query(
            "select m.channel, coalesce((select person from notice where message_id = m.id),
                      (select min(user_name) from contact where channel = m.channel and address = m.address
                         and removed_at is null)) as person
             from message m where m.id = $1",
        )
        .bind(message.as_str())
        .fetch_optional(self.connection().await?)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let channel: String = row.try_get("channel")?;
        Ok(Some(Notified {
            channel: Channel::from_name(&channel)
                .ok_or(StoreError::Unreadable { place: "message.channel" })?,
            person: row.try_get::<Option<String>, _>("person")?.map(UserName::trusted),
        }))
    }

    /// What a message was delivered to works again.
    pub async fn mend_contact(&mut self, message: &MessageId) -> Result<(), StoreError> {
        sqlx::query(
            "update contact set failed_at = null where removed_at is null
             and (channel, address) = (select channel, address from message where id = $1)",
        )
        .bind(message.as_str())
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// The messages of staff that count as sent to this address, since then.
    pub async fn sent_to(
        &mut self,
        address: &Address,
        since: Timestamp,
    ) -> Result<Vec<MessageId>, StoreError> {
        let rows = sqlx::query(
            "select id from message where channel = $1 and address = $2 and state = 'sent' and direction = 'out'
               and created_at >= $3 order by id",
        )
        .bind(address.channel().name())
        .bind(address.as_str())
        .bind(to_ms(since))
        .fetch_all(self.connection().await?)
        .await?;
        rows.iter().map(|row| Ok(MessageId::trusted(row.try_get::<String, _>("id")?))).collect()
    }

    /// Nobody counts as reached at this address any more. Whose contacts that were.
    pub async fn fail_address(
        &mut self,
        address: &Address,
        now: Timestamp,
    ) -> Result<Vec<ContactId>, StoreError> {
        let rows = sqlx::query(
            "update contact set failed_at = $3 where channel = $1 and address = $2 and removed_at is null returning id",
        )
        .bind(address.channel().name())
        .bind(address.as_str())
        .bind(to_ms(now))
        .fetch_all(self.connection().await?)
        .await?;
        rows.iter().map(|row| Ok(ContactId::trusted(row.try_get::<String, _>("id")?))).collect()
    }

    /// What a message went to does not count as proved any more, until it is proved anew.
    pub async fn fail_contact(&mut self, message: &MessageId, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "update contact set failed_at = $2 where removed_at is null
             and (channel, address) = (select channel, address from message where id = $1)",
        )
        .bind(message.as_str())
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }
}
