//! The outbox: texts that must leave, and what came of each attempt. How they are taken up is [`super::claim`]'s.
//!
//! `due_at` is the one thing that drives the worker. While a text is held it is the end of the lease, so that a text
//! whose worker died comes up again by itself, as one that may have left.

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;

use super::{Store, StoreError, Tx, from_ms, to_ms};
use crate::domain::alert::Severity;
use crate::domain::delivery::DueText;
use crate::domain::id::{MessageId, PatientId};
use crate::domain::message::{MessageState, Purpose};
use crate::domain::provider::Provider;

impl Store {
    /// When the worker must next look, or nothing when no text waits.
    pub async fn next_due_text(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(
            "select min(due_at) from message
             where due_at is not null and direction = 'out' and state in ('queued', 'sending', 'ambiguous')",
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(from_ms))
    }
}

impl Tx {
    /// The provider has the text. Says so even when the lease is gone, and never leads a state back.
    pub async fn record_sent(
        &mut self,
        id: &MessageId,
        provider: Option<Provider>,
        provider_id: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(provider_id) = provider_id {
            self.bind_provider_id(id, provider, provider_id).await?;
        }
        sqlx::query(
            "update message set state = 'sent', sent_at = coalesce(sent_at, $2), error = null, due_at = null,
                    lease_until = null
             where id = $1 and state in ('queued', 'sending', 'ambiguous')",
        )
        .bind(id.as_str())
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// [`Self::record_sent`] for many texts, each with the provider's name for it.
    pub async fn record_all_sent(
        &mut self,
        sent: &[(&DueText, &str)],
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let by = |text: &DueText| text.provider.map(Provider::name);
        let names: Vec<_> =
            sent.iter().map(|(text, name)| json!({ "id": text.id, "name": name, "by": by(text) })).collect();
        let names = json!(names).to_string();
        sqlx::query(
            "update message set
               provider_id = case when message.provider_id is null and not exists (select 1 from message other
                   where other.provider_id = given.value ->> 'name' and other.direction = 'out'
                     and coalesce(other.provider, given.value ->> 'by', '')
                       = coalesce(given.value ->> 'by', other.provider, ''))
                 then given.value ->> 'name' else message.provider_id end,
               sent_at = case when state in ('queued', 'sending', 'ambiguous') then coalesce(sent_at, $2) else sent_at end,
               due_at = case when state in ('queued', 'sending', 'ambiguous') then null else due_at end,
               lease_until = case when state in ('queued', 'sending', 'ambiguous') then null else lease_until end,
               state = case when state in ('queued', 'sending', 'ambiguous') then 'sent' else state end
             from json_each($1) as given
             where message.id = given.value ->> 'id'",
        )
        .bind(&names)
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        let rows = sqlx::query(
            "select distinct provider_id from message_event where message_id is null
             and provider_id in (select value ->> 'name' from json_each($1))",
        )
        .bind(&names)
        .fetch_all(self.connection().await?)
        .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Hands a held text back: `queued` to be sent again, by `next` if that is settled; `ambiguous` to be reconciled with
    /// whoever may have it. Does nothing when the lease is not this one any more: somebody else knows better.
    pub async fn record_wait(
        &mut self,
        text: &DueText,
        state: MessageState,
        at: Timestamp,
        next: Option<Provider>,
        resent: bool,
        why: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update message set state = $3, due_at = $4, resent = max(resent, $5), error = $6, lease_until = null,
                    provider = case $3 when 'queued' then $7 else provider end
             where id = $1 and lease_until = $2 and state in ('sending', 'ambiguous')",
        )
        .bind(text.id.as_str())
        .bind(to_ms(text.lease_until))
        .bind(state.name())
        .bind(to_ms(at))
        .bind(i64::from(resent))
        .bind(why)
        .bind(next.map(Provider::name))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Gives a held text up. True when this did it; false when it had come further, or another held it.
    pub async fn record_failed(
        &mut self,
        text: &DueText,
        code: Option<u32>,
        why: &str,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update message set state = 'failed', due_at = null, lease_until = null,
                    error_code = coalesce($3, error_code), error = $4
             where id = $1 and lease_until = $2 and state in ('sending', 'ambiguous')",
        )
        .bind(text.id.as_str())
        .bind(to_ms(text.lease_until))
        .bind(code)
        .bind(why)
        .execute(self.connection().await?)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Names a text as the provider does, within that provider. The first name stays; a name that another text bears is
    /// not taken. `provider`: nothing where nobody knows which one it is.
    pub async fn bind_provider_id(
        &mut self,
        id: &MessageId,
        provider: Option<Provider>,
        provider_id: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update message set provider_id = $2, provider = coalesce($3, provider)
             where id = $1 and provider_id is null
               and not exists (select 1 from message other where other.provider_id = $2 and other.direction = 'out'
                 and coalesce(other.provider, $3, '') = coalesce($3, other.provider, ''))",
        )
        .bind(id.as_str())
        .bind(provider_id)
        .bind(provider.map(Provider::name))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// The first of these names of the provider's that no other text of ours bears.
    pub async fn first_unclaimed<'a>(
        &mut self,
        text: &DueText,
        provider_ids: &'a [String],
    ) -> Result<Option<&'a str>, StoreError> {
        let row = sqlx::query(
            "select value as name from json_each($1)
             where not exists (select 1 from message other where other.provider_id = value and other.direction = 'out'
               and other.id <> $2 and coalesce(other.provider, $3, '') = coalesce($3, other.provider, ''))
             order by key limit 1",
        )
        .bind(json!(provider_ids).to_string())
        .bind(text.id.as_str())
        .bind(text.provider.map(Provider::name))
        .fetch_optional(self.connection().await?)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let name: String = row.try_get("name")?;
        Ok(provider_ids.iter().find(|id| **id == name).map(String::as_str))
    }

    /// Whether the last thing that a patient texted about our texts was START.
    pub async fn has_returned(&mut self, patient: &PatientId) -> Result<bool, StoreError> {
        let row = sqlx::query("select returned_at is not null from patient where id = $1")
            .bind(patient.as_str())
            .fetch_optional(self.connection().await?)
            .await?;
        Ok(row.map(|row| row.try_get::<bool, _>(0)).transpose()?.unwrap_or_default())
    }

    /// Marks a patient as one whom we may not text, because the provider will not. True when that is news.
    pub async fn stop_texting(&mut self, patient: &PatientId, now: Timestamp) -> Result<bool, StoreError> {
        self.disturb();
        let done = sqlx::query(
            "update patient set standing = 'stopped', updated_at = $2 where id = $1 and standing <> 'stopped'",
        )
        .bind(patient.as_str())
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// A purpose that cannot be read must not hold up the outbox; it counts as what nobody may miss.
pub(super) fn read_purpose(stored: Option<&str>) -> Purpose {
    stored.and_then(|json| serde_json::from_str(json).ok()).unwrap_or(Purpose::Reply(Some(Severity::Red)))
}
