//! Who looked at what, on record without anybody waiting for it: views gather in a bounded queue and go into the audit
//! trail together, one transaction a second. When the queue is full whoever looks waits: a view is never lost unseen.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::store::audit::AuditEntry;
use crate::store::{Store, StoreError};
use crate::telemetry::Telemetry;

/// Views that may wait: minutes of a busy console while the store cannot be written.
const CAPACITY: usize = 8192;
/// How long views gather.
const TOGETHER: Duration = Duration::from_secs(1);
/// The most in one transaction, so that readings do not wait for it.
const MOST_AT_ONCE: usize = 1000;
/// Between attempts while the store takes no commits.
const REST: Duration = Duration::from_millis(500);
/// Attempts while we stop: views that cannot be kept by then are counted in the log.
const LAST_ATTEMPTS: u32 = 4;

/// One look at something. What was seen is named, never quoted.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub at: Timestamp,
    /// A user, or a token.
    pub actor: String,
    /// `noun.view`.
    pub action: String,
    /// A patient's or an alert's id, or the list that was looked at.
    pub subject: String,
    /// By what way.
    pub detail: Value,
    /// Why, where it was said.
    pub reason: Option<String>,
}

/// Where views are handed in. Clones share the queue.
#[derive(Debug, Clone)]
pub struct ViewLog {
    queue: mpsc::Sender<Entry>,
    telemetry: Telemetry,
}

#[derive(Debug)]
enum Entry {
    View(View),
    /// Answered when everything before it is on record.
    Flush(oneshot::Sender<()>),
}

/// The far end of the queue.
#[derive(Debug)]
pub struct ViewKeeper {
    queue: mpsc::Receiver<Entry>,
    store: Store,
    telemetry: Telemetry,
}

/// A log of views and whoever keeps it.
pub fn channel(store: Store, telemetry: Telemetry) -> (ViewLog, ViewKeeper) {
    let (sender, queue) = mpsc::channel(CAPACITY);
    (ViewLog { queue: sender, telemetry: telemetry.clone() }, ViewKeeper { queue, store, telemetry })
}

impl ViewLog {
    /// Hands a view in. Waits only while the queue is full.
    ///
    /// # Errors
    /// When nobody keeps views any more: nothing may be shown.
    pub async fn note(&self, view: View) -> Result<(), NotNoted> {
        self.queue.send(Entry::View(view)).await.map_err(|_| NotNoted)?;
        self.telemetry.views_waiting.inc();
        Ok(())
    }

    /// Waits until everything that was handed in before is on record.
    pub async fn flush(&self) {
        let (sender, written) = oneshot::channel();
        if self.queue.send(Entry::Flush(sender)).await.is_ok() {
            let _ = written.await;
        }
    }
}

/// We are stopping: views are kept no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is looked at cannot be put on record any more")]
pub struct NotNoted;

impl ViewKeeper {
    /// Keeps views until every log is gone or `stop`; what waits by then is still kept.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let first = tokio::select! {
                first = self.queue.recv() => first,
                () = stop.cancelled(), if !self.queue.is_closed() => {
                    self.queue.close();
                    continue;
                }
            };
            let Some(first) = first else { return };
            let (views, flushed) = self.gather(first, &stop).await;
            self.keep(&views, &stop).await;
            self.telemetry.views_waiting.dec_by(i64::try_from(views.len()).unwrap_or(i64::MAX));
            for written in flushed {
                let _ = written.send(());
            }
        }
    }

    /// What comes within a second of the first, or until somebody waits for it.
    async fn gather(
        &mut self,
        first: Entry,
        stop: &CancellationToken,
    ) -> (Vec<AuditEntry>, Vec<oneshot::Sender<()>>) {
        let until = Instant::now() + TOGETHER;
        let (mut views, mut flushed) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(entry) = next {
            match entry {
                Entry::View(view) => views.push(view.into_entry()),
                Entry::Flush(written) => flushed.push(written),
            }
            if views.len() >= MOST_AT_ONCE || !flushed.is_empty() {
                break;
            }
            next = tokio::select! {
                next = timeout_at(until, self.queue.recv()) => next.ok().flatten(),
                () = stop.cancelled() => self.queue.try_recv().ok(),
            };
        }
        (views, flushed)
    }

    /// Writes them, however long the store takes to allow it.
    async fn keep(&self, views: &[AuditEntry], stop: &CancellationToken) {
        let mut last_attempts = 0;
        while let Err(error) = self.write(views).await {
            tracing::error!(%error, views = views.len(), "views are not on record yet");
            if stop.is_cancelled() {
                last_attempts += 1;
                if last_attempts == LAST_ATTEMPTS {
                    tracing::error!(
                        views = views.len(),
                        "views are lost to the record: the store takes none"
                    );
                    return;
                }
            }
            tokio::time::sleep(REST).await;
        }
    }

    async fn write(&self, views: &[AuditEntry]) -> Result<(), StoreError> {
        if views.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.begin_quietly().await?;
        tx.audit_entries(views).await?;
        tx.commit().await
    }
}

impl View {
    fn into_entry(self) -> AuditEntry {
        let mut detail = self.detail;
        if let Some(reason) = self.reason {
            detail["reason"] = json!(reason);
        }
        AuditEntry { at: self.at, actor: self.actor, action: self.action, subject: self.subject, detail }
    }
}
