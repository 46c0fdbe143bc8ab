//! Who staff have stopped texting, and what of it the provider's own list is to hold. What belongs into that queue the
//! database writes by itself, with the row that says who has left or is back.

use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, Tx, from_ms, set, to_ms};
use crate::domain::id::PatientId;
use crate::domain::patient::Standing;
use crate::domain::phone::Phone;
use crate::domain::provider::Provider;

/// One time that staff stopped a patient's texts, or started them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextingChange {
    pub at: Timestamp,
    pub standing: Standing,
    pub by: String,
    pub why: String,
}

/// A word for the provider's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentWord {
    pub phone: Phone,
    /// Whether they have left; else they are back.
    pub leaves: bool,
    /// By which way they said so, in the provider's words.
    pub source: String,
    pub at: Timestamp,
    pub attempts: u32,
    /// Somebody is texted at this phone as things stand.
    pub is_texted: bool,
}

impl Store {
    /// What staff did to a patient's texts, oldest first.
    pub async fn texting_changes(&self, patient: &PatientId) -> Result<Vec<TextingChange>, StoreError> {
        let rows =
            sqlx::query("select at, standing, by, why from texting_change where patient_id = $1 order by at")
                .bind(patient.as_str())
                .fetch_all(&self.readers)
                .await?;
        rows.iter()
            .map(|row| {
                let stopped = row.try_get::<String, _>("standing")? == Standing::Stopped.name();
                Ok(TextingChange {
                    at: from_ms(row.try_get("at")?),
                    standing: if stopped { Standing::Stopped } else { Standing::Active },
                    by: row.try_get("by")?,
                    why: row.try_get("why")?,
                })
            })
            .collect()
    }

    /// Up to `limit` words that are due, oldest first.
    pub async fn due_consents(&self, now: Timestamp, limit: u32) -> Result<Vec<ConsentWord>, StoreError> {
        let rows = sqlx::query(
            "select c.phone, c.status = 'opt-out' as leaves, c.source, c.at, c.attempts,
                    exists (select 1 from patient p where p.phone = c.phone and p.standing = 'active')
                      or exists (select 1 from carer x where x.phone = c.phone and x.removed_at is null
                                   and x.stopped_at is null) as is_texted
             from consent_push c where c.due_at <= $1 order by c.due_at, c.at limit $2",
        )
        .bind(to_ms(now))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ConsentWord {
                    phone: Phone::trusted(row.try_get::<String, _>("phone")?),
                    leaves: row.try_get("leaves")?,
                    source: row.try_get("source")?,
                    at: from_ms(row.try_get("at")?),
                    attempts: row.try_get("attempts")?,
                    is_texted: row.try_get("is_texted")?,
                })
            })
            .collect()
    }
}

impl Tx {
    pub async fn note_texting(
        &mut self,
        patient: &PatientId,
        standing: Standing,
        by: &str,
        why: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into texting_change (patient_id, at, standing, by, why) values ($1, $2, $3, $4, $5)
             on conflict (patient_id, at) do update set standing = excluded.standing, by = excluded.by, why = excluded.why",
        )
        .bind(patient.as_str())
        .bind(to_ms(now))
        .bind(standing.name())
        .bind(by)
        .bind(why)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// From now on these providers are told of who has left, and nobody else is.
    pub async fn set_consenting(&mut self, providers: &[Provider]) -> Result<(), StoreError> {
        let names = set::texts(providers.iter().map(|provider| provider.name()));
        for statement in [
            "delete from consenting where provider not in (select value from json_each($1))",
            "insert into consenting (provider) select value from json_each($1) where true on conflict do nothing",
            "delete from consent_push where not exists (select 1 from consenting) and $1 is not null",
        ] {
            sqlx::query(statement).bind(&names).execute(self.connection().await?).await?;
        }
        Ok(())
    }

    /// The provider has it, or it is said no more. What was said meanwhile stays.
    pub async fn note_consent_told(&mut self, word: &ConsentWord) -> Result<(), StoreError> {
        sqlx::query("delete from consent_push where phone = $1 and at = $2 and (status = 'opt-out') = $3")
            .bind(word.phone.as_str())
            .bind(to_ms(word.at))
            .bind(word.leaves)
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    /// It could not be told, and is tried again at `at`.
    pub async fn put_off_consent(&mut self, word: &ConsentWord, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "update consent_push set attempts = attempts + 1, due_at = $4
             where phone = $1 and at = $2 and (status = 'opt-out') = $3",
        )
        .bind(word.phone.as_str())
        .bind(to_ms(word.at))
        .bind(word.leaves)
        .bind(to_ms(at))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }
}
