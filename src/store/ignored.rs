//! Messages that a device profile ignores, counted by profile and topic.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::Row;

use super::{Store, StoreError, from_ms, set, to_ms};

/// What nobody has sent for so long is forgotten.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How often something was ignored on a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredCount {
    pub profile: String,
    pub topic: String,
    pub count: u64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

impl Store {
    pub async fn add_ignored(&self, counts: &[IgnoredCount], now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin_quietly().await?;
        let rows = counts.iter().map(|counted| {
            json!({
                "profile": counted.profile,
                "topic": counted.topic,
                "count": counted.count,
                "first": to_ms(counted.first_at),
                "last": to_ms(counted.last_at),
            })
        });
        sqlx::query(
            "insert into ignored_message (profile, topic, count, first_at, last_at)
             select value ->> 'profile', value ->> 'topic', value ->> 'count', value ->> 'first', value ->> 'last'
             from json_each($1) where true
             on conflict (profile, topic) do update set count = count + excluded.count,
               last_at = max(last_at, excluded.last_at)",
        )
        .bind(set::rows(rows))
        .execute(tx.connection().await?)
        .await?;
        sqlx::query("delete from ignored_message where last_at < $1")
            .bind(to_ms(now.saturating_sub(KEPT).unwrap_or(Timestamp::UNIX_EPOCH)))
            .execute(tx.connection().await?)
            .await?;
        tx.commit().await
    }

    /// At most `limit` of them in the order of profile and topic, those after that place.
    pub async fn ignored_messages(
        &self,
        after: Option<&(String, String)>,
        limit: u32,
    ) -> Result<Vec<IgnoredCount>, StoreError> {
        let (profile, topic) = after.map_or(("", ""), |(profile, topic)| (profile, topic));
        let rows = sqlx::query(
            "select profile, topic, count, first_at, last_at from ignored_message
             where (profile, topic) > ($1, $2) order by profile, topic limit $3",
        )
        .bind(profile)
        .bind(topic)
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(IgnoredCount {
                    profile: row.try_get("profile")?,
                    topic: row.try_get("topic")?,
                    count: u64::try_from(row.try_get::<i64, _>("count")?).unwrap_or_default(),
                    first_at: from_ms(row.try_get("first_at")?),
                    last_at: from_ms(row.try_get("last_at")?),
                })
            })
            .collect()
    }
}
