//! Texts whose words are to be blanked at the provider. What belongs in here the database writes by itself, with the row
//! that makes a text durable or final.

use jiff::Timestamp;
use sqlx::Row;

use crate::domain::provider::Provider;

use super::{Store, StoreError, Tx, set, to_ms};

impl Store {
    /// Up to `limit` texts that are due to be blanked at a provider, by the provider's ids, and how often that was tried.
    pub async fn due_redactions(
        &self,
        provider: Provider,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(String, u32)>, StoreError> {
        let rows = sqlx::query(
            "select provider_id, attempts from redaction where due_at <= $2 and provider = $1 \
             order by due_at limit $3",
        )
        .bind(provider.name())
        .bind(to_ms(now))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, u32::try_from(row.try_get::<i64, _>(1)?).unwrap_or(u32::MAX))))
            .collect()
    }
}

impl Tx {
    /// From now on the texts of these providers are to be blanked, and nobody else's.
    pub async fn set_redacting(&mut self, providers: &[Provider]) -> Result<(), StoreError> {
        let names = set::texts(providers.iter().map(|provider| provider.name()));
        for statement in [
            "delete from redacting where provider not in (select value from json_each($1))",
            "delete from redaction where provider not in (select value from json_each($1))",
            "insert into redacting (provider) select value from json_each($1) where true on conflict do nothing",
        ] {
            sqlx::query(statement).bind(&names).execute(self.connection().await?).await?;
        }
        Ok(())
    }

    pub async fn note_blanked(&mut self, provider: Provider, id: &str) -> Result<(), StoreError> {
        sqlx::query("delete from redaction where provider = $1 and provider_id = $2")
            .bind(provider.name())
            .bind(id)
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    /// It could not be blanked, and is tried again at `at`.
    pub async fn put_off_blanking(
        &mut self,
        provider: Provider,
        id: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update redaction set attempts = attempts + 1, due_at = $3 where provider = $1 and provider_id = $2",
        )
        .bind(provider.name())
        .bind(id)
        .bind(to_ms(at))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }
}
