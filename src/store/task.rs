//! Tasks: one open row a kind and subject; repeats count on it.

use std::borrow::Borrow;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;

use crate::domain::task::{NewTask, TaskKind};

use super::bulk::Bulk;
use super::{StoreError, Tx, set, to_ms};

static OPEN: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into task (id, kind, subject, patient_id, detail, urgent, opened_at, last_at)",
        8,
        "on conflict (kind, subject) where resolved_at is null \
         do update set count = task.count + 1, last_at = excluded.last_at, detail = excluded.detail",
    )
});

impl Tx {
    pub async fn open_tasks<T: Borrow<NewTask>>(
        &mut self,
        tasks: &[T],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        OPEN.insert(self, tasks, |values, task| {
            let task = task.borrow();
            values
                .add(task.id.shared())
                .word(task.kind.name())
                .text(&task.subject)
                .add(task.patient.as_ref().map(|patient| patient.shared()))
                .text(&task.detail)
                .add(i64::from(task.kind.is_urgent()))
                .add(to_ms(now))
                .add(to_ms(now));
        })
        .await
    }

    /// What the open tasks of a kind are about.
    pub async fn open_subjects(&mut self, kind: TaskKind) -> Result<Vec<String>, StoreError> {
        let rows =
            sqlx::query("select subject from task where kind = $1 and resolved_at is null order by subject")
                .bind(kind.name())
                .fetch_all(self.connection().await?)
                .await?;
        rows.iter().map(|row| Ok(row.try_get("subject")?)).collect()
    }

    /// Closes those of these tasks that are open.
    pub async fn close_tasks(
        &mut self,
        tasks: &[(TaskKind, &str)],
        by: &str,
        note: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let which = tasks.iter().map(|(kind, subject)| json!({ "kind": kind.name(), "subject": subject }));
        sqlx::query(
            "update task set resolved_at = $2, resolved_by = $3, note = $4 \
             where resolved_at is null \
               and (kind, subject) in (select value ->> 'kind', value ->> 'subject' from json_each($1))",
        )
        .bind(set::rows(which))
        .bind(to_ms(now))
        .bind(by)
        .bind(note)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }
}
