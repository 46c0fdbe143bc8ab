//! Tasks.

use jiff::Timestamp;

use super::{StoreError, Tx, to_ms};
use crate::domain::id::PatientId;
use crate::domain::task::NewTask;

impl Tx {
    pub async fn open_tasks(&mut self, tasks: &[NewTask], now: Timestamp) -> Result<(), StoreError> {
        for task in tasks {
            sqlx::query(
                "insert into task (id, kind, subject, patient_id, detail, urgent, opened_at, last_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $7)
                 on conflict (kind, subject) where resolved_at is null
                 do update set count = count + 1, last_at = excluded.last_at, detail = excluded.detail",
            )
            .bind(task.id.as_str())
            .bind(task.kind.name())
            .bind(&task.subject)
            .bind(task.patient.as_ref().map(PatientId::as_str))
            .bind(&task.detail)
            .bind(task.kind.is_urgent())
            .bind(to_ms(now))
            .execute(&mut *self.inner)
            .await?;
        }
        Ok(())
    }
}
