//! A reading that was read back and never confirmed becomes a human's work: it was judged at once, but whether it is
//! true nobody has said.

use jiff::{SignedDuration, Timestamp};

use crate::domain::task::{NewTask, TaskKind};
use crate::store::{Store, StoreError};

/// How long a patient may take over a YES before a nurse is told. A default for a site to confirm.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(30);

/// Opens a task for every reading that has waited longer than [`PATIENCE`]; each is told of once.
pub async fn chase(store: &Store, now: Timestamp) -> Result<usize, StoreError> {
    let cutoff = now.saturating_sub(PATIENCE).unwrap_or(now);
    // That somebody was told changes nothing about how the next text is judged.
    let mut tx = store.begin_quietly().await?;
    let tasks: Vec<NewTask> = tx
        .take_unconfirmed(cutoff, now)
        .await?
        .into_iter()
        .map(|(patient, set)| NewTask {
            // Named after the reading, apart from the tasks that the text itself opened.
            id: set.task(99),
            kind: TaskKind::Unconfirmed,
            subject: set.to_string(),
            patient: Some(patient),
            detail: "We read a reading back and have had no YES. It was judged as the worst it may be; ask what it was."
                .to_owned(),
        })
        .collect();
    if tasks.is_empty() {
        return Ok(0);
    }
    tx.open_tasks(&tasks, now).await?;
    tx.commit().await?;
    Ok(tasks.len())
}
