//! Tasks: one open row a kind and subject; repeats count on it.

use std::borrow::Borrow;
use std::sync::LazyLock;

use jiff::Timestamp;

use crate::domain::task::NewTask;

use super::bulk::Bulk;
use super::{StoreError, Tx, to_ms};

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
        OPEN.insert(&mut self.inner, tasks, |values, task| {
            let task = task.borrow();
            values
                .add(task.id.as_str())
                .add(task.kind.name())
                .add(&task.subject)
                .add(task.patient.as_ref().map(|patient| patient.as_str()))
                .add(&task.detail)
                .add(i64::from(task.kind.is_urgent()))
                .add(to_ms(now))
                .add(to_ms(now));
        })
        .await
    }
}
