//! What providers list of texts to us, held against what is journalled here.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;

use crate::domain::audit::seal_of;
use crate::domain::provider::Provider;

use super::reading::DAY_MS;
use super::{Store, StoreError, Tx, from_ms, set, to_ms};

/// How far a provider's list has been taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListingCursor {
    /// Everything that was sent before is taken in.
    pub until: Timestamp,
    /// How often in a row the list could not be read.
    pub failures: u32,
}

/// One day's texts to us at one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedDay {
    pub provider: Provider,
    /// Days since the epoch, in UTC, by when they were sent.
    pub day: i64,
    /// How many the provider has.
    pub listed: i64,
    /// How many of those we have…
    pub kept: i64,
    /// …and how many of these the provider did not bring.
    pub late: i64,
    pub looked_at: Timestamp,
}

impl ListedDay {
    pub const fn missing(&self) -> i64 {
        self.listed - self.kept
    }
}

/// The day, in UTC, that texts of this instant are counted in.
pub fn day_of(at: Timestamp) -> i64 {
    to_ms(at).div_euclid(DAY_MS)
}

/// When a day begins.
pub fn beginning_of(day: i64) -> Timestamp {
    from_ms(day * DAY_MS)
}

impl Store {
    /// Which of these keys have been journalled, and whether each was found in a list. What was erased since counts: it is
    /// not to come back.
    pub async fn kept_keys(&self, keys: &[&str]) -> Result<HashMap<String, bool>, StoreError> {
        let rows = sqlx::query(
            "select dedupe_key, sent_at is not null from inbox \
             where dedupe_key in (select value from json_each($1))",
        )
        .bind(set::texts(keys))
        .fetch_all(&self.readers)
        .await?;
        let mut kept: HashMap<String, bool> = rows
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect::<Result<_, StoreError>>()?;
        let forgotten: HashMap<String, &str> =
            keys.iter().filter(|key| !kept.contains_key(**key)).map(|key| (seal_of(key), *key)).collect();
        let rows =
            sqlx::query("select digest from forgotten_key where digest in (select value from json_each($1))")
                .bind(set::texts(forgotten.keys()))
                .fetch_all(&self.readers)
                .await?;
        for row in &rows {
            let digest: String = row.try_get(0)?;
            kept.extend(forgotten.get(&digest).map(|key| ((*key).to_owned(), false)));
        }
        Ok(kept)
    }

    pub async fn listing_cursor(&self, provider: Provider) -> Result<Option<ListingCursor>, StoreError> {
        let row = sqlx::query("select until, failures from listing_cursor where provider = $1")
            .bind(provider.name())
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| {
            Ok(ListingCursor {
                until: from_ms(row.try_get("until")?),
                failures: u32::try_from(row.try_get::<i64, _>("failures")?).unwrap_or(u32::MAX),
            })
        })
        .transpose()
    }

    /// The days from `since` on, oldest first.
    pub async fn listed_days(&self, since: i64) -> Result<Vec<ListedDay>, StoreError> {
        let rows = sqlx::query("select * from listing_day where day >= $1 order by day, provider")
            .bind(since)
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(ListedDay {
                    provider: Provider::from_name(row.try_get("provider")?)
                        .ok_or(StoreError::Unreadable { place: "listing_day.provider" })?,
                    day: row.try_get("day")?,
                    listed: row.try_get("listed")?,
                    kept: row.try_get("kept")?,
                    late: row.try_get("late")?,
                    looked_at: from_ms(row.try_get("looked_at")?),
                })
            })
            .collect()
    }
}

impl Tx {
    /// The list was read to its end: these days are as it has them, and what was sent before `until` is taken in. The
    /// cursor never goes back.
    pub async fn note_listing(
        &mut self,
        provider: Provider,
        until: Timestamp,
        days: &[ListedDay],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into listing_cursor (provider, until, looked_at) values ($1, $2, $3) \
             on conflict (provider) do update set until = max(until, excluded.until), \
               looked_at = excluded.looked_at, failures = 0, failed_at = null",
        )
        .bind(provider.name())
        .bind(to_ms(until))
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        let days = days.iter().map(|day| {
            json!({ "provider": day.provider.name(), "day": day.day, "listed": day.listed, "kept": day.kept, "late": day.late })
        });
        sqlx::query(
            "insert into listing_day (provider, day, listed, kept, late, looked_at) \
             select value ->> 'provider', value ->> 'day', value ->> 'listed', value ->> 'kept', value ->> 'late', $2 \
             from json_each($1) where true \
             on conflict (provider, day) do update set listed = excluded.listed, kept = excluded.kept, \
               late = excluded.late, looked_at = excluded.looked_at",
        )
        .bind(set::rows(days))
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// The list could not be read. How often in a row that is now; the cursor stands, at `from` if there was none.
    pub async fn note_failed_listing(
        &mut self,
        provider: Provider,
        from: Timestamp,
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        let row = sqlx::query(
            "insert into listing_cursor (provider, until, failures, failed_at) values ($1, $2, 1, $3) \
             on conflict (provider) do update set failures = failures + 1, failed_at = excluded.failed_at \
             returning failures",
        )
        .bind(provider.name())
        .bind(to_ms(from))
        .bind(to_ms(now))
        .fetch_one(self.connection().await?)
        .await?;
        Ok(u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or(u32::MAX))
    }
}
