//! Readings that wait too long for the patient's YES.

use jiff::Timestamp;
use sqlx::Row;

use crate::domain::id::{EventId, PatientId};

use super::{StoreError, Tx, to_ms};

impl Tx {
    /// Readings that were read back before `cutoff` and neither confirmed nor told of since; from now on they count as
    /// told of. They still wait for their YES.
    pub async fn take_unconfirmed(
        &mut self,
        cutoff: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<(PatientId, EventId)>, StoreError> {
        let rows = sqlx::query(
            "update confirmation set chased_at = $2 where asked_at <= $1 and chased_at is null \
             returning patient_id, set_id",
        )
        .bind(to_ms(cutoff))
        .bind(to_ms(now))
        .fetch_all(&mut *self.inner)
        .await?;
        rows.iter()
            .map(|row| {
                let patient = PatientId::trusted(row.try_get::<String, _>(0)?);
                Ok((patient, EventId::trusted(row.try_get::<String, _>(1)?)))
            })
            .collect()
    }
}
