//! What a look into a provider's list came to, kept with the task that somebody needs because of it.

use jiff::Timestamp;

use crate::domain::provider::Provider;
use crate::domain::task::{NewTask, TaskKind};
use crate::store::listing::ListedDay;
use crate::store::{Store, StoreError};

use super::id::IdSource;

/// A list that cannot be read so often in a row is an operator's matter: with looks five minutes apart, a quarter of an
/// hour.
const FAILURES_TOLERATED: u32 = 3;
/// Who closes a task that has done itself.
const HOUSE: &str = "lamplight";

/// A look that read the list to its end.
#[derive(Debug, Clone)]
pub struct Looked {
    pub provider: Provider,
    /// What was sent before is taken in.
    pub until: Timestamp,
    pub days: Vec<ListedDay>,
}

impl Looked {
    /// Texts at the provider that are not here.
    pub fn missing(&self) -> i64 {
        self.days.iter().map(ListedDay::missing).sum()
    }
}

/// Keeps the days' figures and moves the cursor. Opens the task about texts that we could not take in, or closes it.
pub async fn note_look(
    store: &Store,
    ids: &IdSource,
    looked: &Looked,
    now: Timestamp,
) -> Result<(), StoreError> {
    let provider = looked.provider.name();
    let mut tx = store.begin_quietly().await?;
    tx.note_listing(looked.provider, looked.until, &looked.days, now).await?;
    tx.close_tasks(&[(TaskKind::ListingFails, provider)], HOUSE, "The list can be read again.", now).await?;
    match looked.missing() {
        0 => {
            let over = [(TaskKind::TextsMissing, provider)];
            tx.close_tasks(&over, HOUSE, "All that the provider has is taken in.", now).await?;
        }
        missing => {
            let detail = format!(
                "The provider {provider} has {missing} texts to us that could not be taken in. They are tried again. \
                 Look at the log, and read them at the provider until then."
            );
            tx.open_tasks(&[task(ids, TaskKind::TextsMissing, provider, detail, now)], now).await?;
        }
    }
    tx.commit().await
}

/// Counts a look that could not read the list, and opens a task when it is one too many. What was sent from `from` on is
/// looked for once it can.
pub async fn note_failed_look(
    store: &Store,
    ids: &IdSource,
    provider: Provider,
    from: Timestamp,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut tx = store.begin_quietly().await?;
    let failures = tx.note_failed_listing(provider, from, now).await?;
    if failures >= FAILURES_TOLERATED {
        let detail = format!(
            "The list of texts at {} could not be read {failures} times in a row: {why}. Texts that did not reach us \
             stay unknown until it can be.",
            provider.name()
        );
        let task = task(ids, TaskKind::ListingFails, provider.name(), detail, now);
        tx.open_tasks(&[task], now).await?;
    }
    tx.commit().await
}

fn task(ids: &IdSource, kind: TaskKind, subject: &str, detail: String, now: Timestamp) -> NewTask {
    NewTask { id: ids.event(now).task(0), kind, subject: subject.to_owned(), patient: None, detail }
}
