//! Notifications of staff in the outbox, and what is left to do when one of them is lost.

use jiff::Timestamp;
use sqlx::Row;

use super::{StoreError, Tx, to_ms};
use crate::domain::id::{MessageId, UserName};
use crate::domain::message::{MessageState, NewNotification, Purpose};
use crate::domain::organisation::Channel;

/// By what way a lost notification went, and to whom. Nobody for a team's own address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostNotification {
    pub channel: Channel,
    pub person: Option<UserName>,
}

impl Tx {
    /// Puts a notification into the outbox. A second one under the same id changes nothing: nobody is told twice.
    pub async fn queue_notification(&mut self, new: &NewNotification) -> Result<(), StoreError> {
        sqlx::query(
            "insert into message (id, direction, channel, address, subject, body, state, purpose, created_at, not_after,
                                  due_at)
             values ($1, 'out', $2, $3, $4, $5, $6, $7, $8, $9, $8) on conflict (id) do nothing",
        )
        .bind(new.id.as_str())
        .bind(new.address.channel().name())
        .bind(new.address.as_str())
        .bind(&new.subject)
        .bind(&new.body)
        .bind(MessageState::Queued.name())
        .bind(serde_json::to_string(&Purpose::Notification).unwrap_or_default())
        .bind(to_ms(new.created_at))
        .bind(to_ms(new.not_after))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    /// Marks the way that a lost notification went as failed, and lets the chain that it was a step of go on at once
    /// when it told nobody else. Nothing for a message that is no notification.
    pub async fn lose_notification(
        &mut self,
        message: &MessageId,
        now: Timestamp,
    ) -> Result<Option<LostNotification>, StoreError> {
        let row = sqlx::query(
            "select m.channel, m.address, n.person,
                    (select min(user_name) from contact where channel = m.channel and address = m.address
                       and removed_at is null) as owner
             from message m left join notice n on n.message_id = m.id where m.id = $1 limit 1",
        )
        .bind(message.as_str())
        .fetch_optional(&mut *self.inner)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let (channel, address): (String, String) = (row.try_get("channel")?, row.try_get("address")?);
        sqlx::query(
            "update contact set failed_at = $3 where channel = $1 and address = $2 and removed_at is null",
        )
        .bind(&channel)
        .bind(&address)
        .bind(to_ms(now))
        .execute(&mut *self.inner)
        .await?;
        self.go_on_without(message, now).await?;
        let person: Option<String> = row.try_get("person")?;
        let owner: Option<String> = row.try_get("owner")?;
        Ok(Some(LostNotification {
            channel: Channel::from_name(&channel)
                .ok_or(StoreError::Unreadable { place: "message.channel" })?,
            person: person.or(owner).map(UserName::trusted),
        }))
    }

    /// The next step of a chain is due now, unless the same step told somebody else, or a later one somebody already.
    async fn go_on_without(&mut self, message: &MessageId, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "update watch set look_at = 0,
                    next_at = case when stage = 'running' and exists (
                        select 1 from notice lost
                        where lost.message_id = $1 and lost.patient_id = watch.patient_id
                          and lost.episode = watch.episode
                          and not exists (
                            select 1 from notice other left join message m on m.id = other.message_id
                            where other.patient_id = lost.patient_id and other.episode = lost.episode
                              and other.message_id <> lost.message_id
                              and coalesce(m.state, 'sent') not in ('failed', 'undelivered')
                              and (other.round, other.step) >= (lost.round, lost.step)))
                      then min(coalesce(next_at, $2), $2) else next_at end
             where patient_id in (select patient_id from notice where message_id = $1)",
        )
        .bind(message.as_str())
        .bind(to_ms(now))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }
}
