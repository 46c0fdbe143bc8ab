//! The tasks that wait for somebody, urgent ones first.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, Tx, from_ms, set, to_ms};
use crate::domain::id::{PatientId, TaskId, TeamId, UserName};
use crate::domain::queue::Piece;
use crate::domain::task::{AdHocTask, TaskKind};

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
    /// Its own team, or else the patient's, as the record names it.
    pub team: Option<String>,
    /// What whoever made it has called it.
    pub own_title: Option<String>,
    /// What somebody has set; else the team's standard counts.
    pub due_at: Option<Timestamp>,
    pub owner: Option<UserName>,
    pub owned_at: Option<Timestamp>,
    /// Nothing: Lamplight.
    pub made_by: Option<String>,
    pub opened_at: Timestamp,
    pub last_at: Timestamp,
    pub count: i64,
    pub resolved_at: Option<Timestamp>,
    pub resolved_by: Option<String>,
    pub note: Option<String>,
}

/// Where a task stands in the list: urgent first, then oldest.
pub type TaskPlace = (i64, i64, String);

macro_rules! select_task {
    ($rest:literal) => {
        concat!(
            "select task.*, patient.name as patient_name, coalesce(task.team, patient.team) as whose \
             from task left join patient on patient.id = task.patient_id ",
            $rest
        )
    };
}

impl QueuedTask {
    pub fn title(&self) -> &str {
        self.own_title.as_deref().unwrap_or_else(|| self.kind.title())
    }

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
        let rows = sqlx::query(select_task!(
            "where task.resolved_at is null
               and ($1 is null or (1 - task.urgent, task.opened_at, task.id) > ($1, $2, $3))
             order by 1 - task.urgent, task.opened_at, task.id limit $4"
        ))
        .bind(after.map(|place| place.0))
        .bind(after.map(|place| place.1))
        .bind(after.map(|place| place.2.as_str()))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Every task that nobody has resolved, as far as its place in the queue goes by it.
    pub async fn pieces(&self) -> Result<Vec<Piece>, StoreError> {
        let rows = sqlx::query(
            "select task.id, task.kind, task.urgent, task.opened_at, task.due_at, task.owner,
                    coalesce(task.team, patient.team) as whose
             from task left join patient on patient.id = task.patient_id where task.resolved_at is null",
        )
        .fetch_all(&self.readers)
        .await?;
        let piece = |row: &SqliteRow| {
            Ok(Piece {
                id: TaskId::trusted(row.try_get::<String, _>("id")?),
                kind: kind(row)?,
                urgent: row.try_get("urgent")?,
                team: row.try_get("whose")?,
                opened_at: from_ms(row.try_get("opened_at")?),
                due_at: row.try_get::<Option<i64>, _>("due_at")?.map(from_ms),
                owner: row.try_get::<Option<String>, _>("owner")?.map(UserName::trusted),
            })
        };
        rows.iter().map(piece).collect()
    }

    /// These tasks, in this order, as far as they are open still.
    pub async fn tasks_of(&self, ids: &[&TaskId]) -> Result<Vec<QueuedTask>, StoreError> {
        let rows = sqlx::query(select_task!(
            "join json_each($1) as wanted on wanted.value = task.id
             where task.resolved_at is null order by wanted.key"
        ))
        .bind(set::texts(ids.iter().map(|id| id.as_str())))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read).collect()
    }

    pub async fn task(&self, id: &TaskId) -> Result<Option<QueuedTask>, StoreError> {
        let row = sqlx::query(select_task!("where task.id = $1"))
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
            .fetch_optional(self.connection().await?)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Puts work on the list that somebody asks of somebody.
    pub async fn add_task(&mut self, task: &AdHocTask, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into task (id, kind, subject, patient_id, detail, urgent, opened_at, last_at, team, title,
                               due_at, owner, owned_at, made_by)
             values ($1, $2, $1, $3, $4, $5, $6, $6, $7, $8, $9, $10, iif($10 is null, null, $6), $11)",
        )
        .bind(task.id.as_str())
        .bind(TaskKind::AdHoc.name())
        .bind(task.patient.as_ref().map(PatientId::as_str))
        .bind(&task.detail)
        .bind(task.urgent)
        .bind(to_ms(now))
        .bind(task.team.as_ref().map(TeamId::as_str))
        .bind(&task.title)
        .bind(task.due_at.map(to_ms))
        .bind(task.owner.as_ref().map(UserName::as_str))
        .bind(&task.made_by)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Gives a task to somebody. True when it was there and open.
    pub async fn give_task(
        &mut self,
        id: &TaskId,
        to: &UserName,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let done =
            sqlx::query("update task set owner = $2, owned_at = $3 where id = $1 and resolved_at is null")
                .bind(id.as_str())
                .bind(to.as_str())
                .bind(to_ms(now))
                .execute(self.connection().await?)
                .await?;
        Ok(done.rows_affected() == 1)
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
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }
}

fn kind(row: &SqliteRow) -> Result<TaskKind, StoreError> {
    let name: String = row.try_get("kind")?;
    TaskKind::from_name(&name).ok_or(StoreError::Unreadable { place: "task.kind" })
}

fn read(row: &SqliteRow) -> Result<QueuedTask, StoreError> {
    Ok(QueuedTask {
        id: TaskId::trusted(row.try_get::<String, _>("id")?),
        kind: kind(row)?,
        subject: row.try_get("subject")?,
        patient: row.try_get::<Option<String>, _>("patient_id")?.map(PatientId::trusted),
        patient_name: row.try_get("patient_name")?,
        detail: row.try_get("detail")?,
        urgent: row.try_get("urgent")?,
        team: row.try_get("whose")?,
        own_title: row.try_get("title")?,
        due_at: row.try_get::<Option<i64>, _>("due_at")?.map(from_ms),
        owner: row.try_get::<Option<String>, _>("owner")?.map(UserName::trusted),
        owned_at: row.try_get::<Option<i64>, _>("owned_at")?.map(from_ms),
        made_by: row.try_get("made_by")?,
        opened_at: from_ms(row.try_get("opened_at")?),
        last_at: from_ms(row.try_get("last_at")?),
        count: row.try_get("count")?,
        resolved_at: row.try_get::<Option<i64>, _>("resolved_at")?.map(from_ms),
        resolved_by: row.try_get("resolved_by")?,
        note: row.try_get("note")?,
    })
}
