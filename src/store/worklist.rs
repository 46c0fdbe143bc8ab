//! The tasks that wait for somebody, urgent ones first.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, Tx, from_ms, to_ms};
use crate::domain::id::{PatientId, TaskId};
use crate::domain::task::TaskKind;

/// A task as a worklist shows it.
#[derive(Debug, Clone)]
pub struct QueuedTask {
    pub id: TaskId,
    pub kind: TaskKind,
    /// What it is about: a device, a patient, an event.
    pub subject: String,
    pub patient: Option<PatientId>,
    pub patient_name: Option<String>,
    pub detail: String,
    pub urgent: bool,
    pub opened_at: Timestamp,
    pub last_at: Timestamp,
    pub count: i64,
    pub resolved_at: Option<Timestamp>,
    pub resolved_by: Option<String>,
    pub note: Option<String>,
}

/// Where a task stands in the list: urgent first, then oldest.
pub type TaskPlace = (i64, i64, String);

impl QueuedTask {
    pub fn place(&self) -> TaskPlace {
        (i64::from(!self.urgent), to_ms(self.opened_at), self.id.as_str().to_owned())
    }
}

impl Store {
    /// At most `limit` tasks that nobody has resolved, those `after` a place only.
    pub async fn open_tasks(
        &self,
        after: Option<&TaskPlace>,
        limit: u32,
    ) -> Result<Vec<QueuedTask>, StoreError> {
        let rows = sqlx::query(
            "select task.*, patient.name as patient_name
             from task left join patient on patient.id = task.patient_id
             where task.resolved_at is null
               and ($1 is null or (1 - task.urgent, task.opened_at, task.id) > ($1, $2, $3))
             order by 1 - task.urgent, task.opened_at, task.id limit $4",
        )
        .bind(after.map(|place| place.0))
        .bind(after.map(|place| place.1))
        .bind(after.map(|place| place.2.as_str()))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read).collect()
    }

    pub async fn task(&self, id: &TaskId) -> Result<Option<QueuedTask>, StoreError> {
        let row = sqlx::query(
            "select task.*, patient.name as patient_name
             from task left join patient on patient.id = task.patient_id where task.id = $1",
        )
        .bind(id.as_str())
        .fetch_optional(&self.readers)
        .await?;
        row.as_ref().map(read).transpose()
    }
}

impl Tx {
    /// Whether a task is resolved already; nothing when there is none of this id.
    pub async fn is_task_resolved(&mut self, id: &TaskId) -> Result<Option<bool>, StoreError> {
        let row = sqlx::query("select resolved_at is not null from task where id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut *self.inner)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    pub async fn mark_task_resolved(
        &mut self,
        id: &TaskId,
        by: &str,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("update task set resolved_at = $2, resolved_by = $3, note = $4 where id = $1")
            .bind(id.as_str())
            .bind(to_ms(now))
            .bind(by)
            .bind(note)
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }
}

fn read(row: &SqliteRow) -> Result<QueuedTask, StoreError> {
    let kind: String = row.try_get("kind")?;
    Ok(QueuedTask {
        id: TaskId::trusted(row.try_get::<String, _>("id")?),
        kind: TaskKind::from_name(&kind).ok_or(StoreError::Unreadable { place: "task.kind" })?,
        subject: row.try_get("subject")?,
        patient: row.try_get::<Option<String>, _>("patient_id")?.map(PatientId::trusted),
        patient_name: row.try_get("patient_name")?,
        detail: row.try_get("detail")?,
        urgent: row.try_get("urgent")?,
        opened_at: from_ms(row.try_get("opened_at")?),
        last_at: from_ms(row.try_get("last_at")?),
        count: row.try_get("count")?,
        resolved_at: row.try_get::<Option<i64>, _>("resolved_at")?.map(from_ms),
        resolved_by: row.try_get("resolved_by")?,
        note: row.try_get("note")?,
    })
}
