//! Notifications of staff in the outbox, one row each, beside the texts to patients.

use crate::domain::message::{MessageState, NewNotification, Purpose};

use super::{StoreError, Tx, to_ms};

impl Tx {
    /// Puts a notification into the outbox, once: a second of the same id changes nothing.
    pub async fn queue_notification(&mut self, new: &NewNotification) -> Result<(), StoreError> {
        sqlx::query(
            "insert into message (id, direction, channel, address, body, state, purpose, created_at, not_after, due_at)
             values ($1, 'out', $2, $3, $4, $5, $6, $7, $8, $7) on conflict (id) do nothing",
        )
        .bind(new.id.as_str())
        .bind(new.address.channel().name())
        .bind(new.address.as_str())
        .bind(&new.body)
        .bind(MessageState::Queued.name())
        .bind(serde_json::to_string(&Purpose::Notification).unwrap_or_default())
        .bind(to_ms(new.created_at))
        .bind(to_ms(new.not_after))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }
}
