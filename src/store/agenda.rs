//! When each patient on a protocol is next looked at.

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;

use super::{Store, StoreError, Tx, from_ms, set, to_ms};
use crate::domain::id::PatientId;

impl Store {
    /// When somebody must next be looked at; nothing when nobody waits for anything.
    pub async fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("select min(wake_at) from agenda").fetch_one(&self.readers).await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(from_ms))
    }
}

impl Tx {
    /// Up to `limit` patients who are to be looked at by `now`, the longest overdue first.
    pub async fn awake(&mut self, now: Timestamp, limit: u32) -> Result<Vec<PatientId>, StoreError> {
        let rows = sqlx::query(
            "select patient_id from agenda where wake_at <= $1 order by wake_at, patient_id limit $2",
        )
        .bind(to_ms(now))
        .bind(limit)
        .fetch_all(self.connection().await?)
        .await?;
        rows.iter().map(|row| Ok(PatientId::trusted(row.try_get::<String, _>(0)?))).collect()
    }

    /// Sets when each patient is next looked at; nothing takes them off the agenda.
    pub async fn set_wakes(&mut self, wakes: &[(&PatientId, Option<Timestamp>)]) -> Result<(), StoreError> {
        let rows =
            set::rows(wakes.iter().map(|(patient, at)| json!({ "patient": patient, "at": at.map(to_ms) })));
        sqlx::query(
            "insert into agenda (patient_id, wake_at)
             select value ->> 'patient', value ->> 'at' from json_each($1) where value ->> 'at' is not null
             on conflict (patient_id) do update set wake_at = excluded.wake_at",
        )
        .bind(&rows)
        .execute(self.connection().await?)
        .await?;
        if wakes.iter().any(|(_, at)| at.is_none()) {
            sqlx::query(
                "delete from agenda where patient_id in
                   (select value ->> 'patient' from json_each($1) where value ->> 'at' is null)",
            )
            .bind(&rows)
            .execute(self.connection().await?)
            .await?;
        }
        Ok(())
    }

    /// Puts everybody with a running enrolment at the top of the agenda.
    pub async fn wake_all(&mut self, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into agenda (patient_id, wake_at)
             select distinct patient_id, $1 from enrolment where state <> 'ended'
             on conflict (patient_id) do update set wake_at = min(wake_at, excluded.wake_at)",
        )
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Puts everybody with a running enrolment, or a reading that waits for its YES, and no place on the agenda at its top.
    /// How many that were.
    pub async fn repair_agenda(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "insert into agenda (patient_id, wake_at)
             select patient_id, $1 from enrolment where state <> 'ended'
             union select patient_id, $1 from confirmation where chased_at is null
             on conflict (patient_id) do nothing",
        )
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(done.rows_affected())
    }
}
