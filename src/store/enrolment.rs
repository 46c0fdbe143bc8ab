//! Patients on protocols.

use jiff::Timestamp;
use serde_json::json;

use super::{StoreError, Tx, set, to_ms};
use crate::domain::id::PatientId;

impl Tx {
    /// Starts protocols, or starts them again when they had ended. Returns the ones that this started; those that
    /// are running run on from their first day.
    pub async fn start_enrolments(
        &mut self,
        enrolments: &[(PatientId, String)],
        now: Timestamp,
    ) -> Result<Vec<(PatientId, String)>, StoreError> {
        let rows = set::rows(
            enrolments.iter().map(|(patient, protocol)| json!({"patient": patient, "protocol": protocol})),
        );
        let started: Vec<(String, String)> = sqlx::query_as(
            "insert into enrolment (patient_id, protocol_id, started_at)
             select value ->> 'patient', value ->> 'protocol', $2 from json_each($1) where true
             on conflict (patient_id, protocol_id) do update set started_at = excluded.started_at, ended_at = null
               where enrolment.ended_at is not null
             returning patient_id, protocol_id",
        )
        .bind(rows)
        .bind(to_ms(now))
        .fetch_all(&mut *self.inner)
        .await?;
        Ok(started.into_iter().map(|(patient, protocol)| (PatientId::trusted(patient), protocol)).collect())
    }
}
