//! The clinical files in force, and how others take their place while Lamplight runs.
//!
//! Whoever decides holds the files meanwhile, and a change waits until nobody does: no decision is made by two sets of
//! files, and nothing that was worked out by the old ones is written after the new ones are in force.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use thiserror::Error;
use tokio::sync::{OwnedRwLockReadGuard, RwLock, RwLockReadGuard, watch};

use crate::domain::decide::Catalog;
use crate::domain::id::ProtocolId;
use crate::domain::task::{NewTask, TaskKind};
use crate::store::audit::AuditEntry;
use crate::store::{Store, StoreError, Tx};

use super::id::IdSource;

/// What the audit calls it.
const ACTIVATED: &str = "catalog.activated";
/// The task of refused files stands once, however often they are refused.
const SUBJECT: &str = "catalog";
/// Who closes a task that has done itself.
const HOUSE: &str = "lamplight";
/// Faults that a task quotes; the log has them all.
const QUOTED: usize = 3;

/// The clinical files in force. Clones share them.
#[derive(Debug, Clone)]
pub struct CatalogInForce {
    files: Arc<RwLock<Arc<Catalog>>>,
    changes: watch::Sender<()>,
}

/// What became of files that were to come into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activated {
    Changed,
    /// They are the ones in force.
    Unchanged,
}

/// Why the files that are in force stay it.
#[derive(Debug, Error)]
pub enum ActivationError {
    #[error("{}", .0.join("\n"))]
    Missing(Vec<String>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CatalogInForce {
    pub fn new(catalog: impl Into<Arc<Catalog>>) -> Self {
        Self { files: Arc::new(RwLock::new(catalog.into())), changes: watch::Sender::new(()) }
    }

    /// The files in force, and they stay in force while this is held. Taken before a transaction is begun and never
    /// inside one, and not twice at a time: a change that waits in between would wait for ever.
    pub async fn hold(&self) -> RwLockReadGuard<'_, Catalog> {
        RwLockReadGuard::map(self.files.read().await, AsRef::as_ref)
    }

    /// Tells from now on whenever other files have come into force.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// [`Self::hold`] for whoever hands the files on to another task.
    pub async fn hold_on(&self) -> OwnedRwLockReadGuard<Arc<Catalog>> {
        Arc::clone(&self.files).read_owned().await
    }

    /// Puts other files in force, which must have been proved, and records who did it.
    ///
    /// # Errors
    /// When a protocol is missing that patients are on: they would no longer be asked anything, and nobody would be told.
    pub async fn replace(
        &self,
        store: &Store,
        catalog: Catalog,
        actor: &str,
        now: Timestamp,
    ) -> Result<Activated, ActivationError> {
        let mut in_force = self.files.write().await;
        let changed = in_force.fingerprint != catalog.fingerprint;
        let mut tx = store.begin().await?;
        if changed {
            let missing = missing(tx.running_protocols().await?, &catalog);
            if !missing.is_empty() {
                return Err(ActivationError::Missing(missing.iter().map(why_missing).collect()));
            }
            put_in_force(&mut tx, &catalog, actor, now).await?;
            close_missing(&mut tx, &catalog, now).await?;
        }
        close_refusal(&mut tx, actor, now).await?;
        tx.commit().await?;
        if changed {
            *in_force = Arc::new(catalog);
            self.changes.send_replace(());
            return Ok(Activated::Changed);
        }
        Ok(Activated::Unchanged)
    }

    /// Records the files that a start found, if they are not the ones that were last in force.
    pub async fn note_start(&self, store: &Store, actor: &str, now: Timestamp) -> Result<(), StoreError> {
        let catalog = self.hold().await;
        let mut tx = store.begin().await?;
        if tx.last_subject_of(ACTIVATED).await?.as_ref() != Some(&catalog.fingerprint) {
            put_in_force(&mut tx, &catalog, actor, now).await?;
        }
        // Also where they are not new: a start must leave nothing in force that cannot be looked up later.
        tx.keep_files(&catalog.files, now).await?;
        close_refusal(&mut tx, actor, now).await?;
        tx.commit().await
    }

    /// Opens an urgent task for each protocol that patients are on and that is not in force. Gives those protocols.
    ///
    /// A change that would do this is refused ([`Self::replace`]), for there is something better to stay with. At a start
    /// there is nothing: a daemon that refused to would take no reading and judge none, for anybody, until somebody is
    /// woken who can put a file right. So it runs for all the others, and says whom it does not ask.
    pub async fn note_missing(
        &self,
        store: &Store,
        ids: &IdSource,
        now: Timestamp,
    ) -> Result<Vec<ProtocolId>, StoreError> {
        let catalog = self.hold().await;
        let mut tx = store.begin_quietly().await?;
        let missing = missing(tx.running_protocols().await?, &catalog);
        let tasks = missing.iter().map(|protocol| NewTask {
            id: ids.event(now).task(0),
            kind: TaskKind::MissingProtocol,
            subject: protocol.to_string(),
            patient: None,
            detail: format!("Nobody on it is asked anything. {}.", why_missing(protocol)),
        });
        tx.open_tasks(&tasks.collect::<Vec<_>>(), now).await?;
        close_missing(&mut tx, &catalog, now).await?;
        tx.commit().await?;
        Ok(missing)
    }
}

/// The protocols that somebody is on and that `catalog` does not have.
pub fn missing(running: Vec<ProtocolId>, catalog: &Catalog) -> Vec<ProtocolId> {
    running.into_iter().filter(|id| !catalog.protocols.contains_key(id)).collect()
}

/// What to do about a protocol that is missing.
pub fn why_missing(protocol: &ProtocolId) -> String {
    format!("The protocol '{protocol}' is missing, and patients are on it; put it back, or end it for them")
}

/// Tells an operator that changed files were refused, and why.
pub async fn tell_refusal(
    store: &Store,
    ids: &IdSource,
    faults: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    let quoted = faults.iter().take(QUOTED).map(String::as_str).collect::<Vec<_>>().join(" / ");
    let task = NewTask {
        id: ids.event(now).task(0),
        kind: TaskKind::CatalogRefused,
        subject: SUBJECT.to_owned(),
        patient: None,
        detail: format!(
            "The files before the change are still in force. Put these right before the next restart: {} in all, \
             {quoted}",
            faults.len()
        ),
    };
    let mut tx = store.begin().await?;
    tx.open_tasks(&[task], now).await?;
    tx.commit().await
}

/// When each patient is next looked at was worked out by other files: everybody on a protocol is looked at now.
async fn put_in_force(tx: &mut Tx, catalog: &Catalog, actor: &str, now: Timestamp) -> Result<(), StoreError> {
    let detail = json!({ "rules": catalog.rules.len(), "protocols": catalog.protocols.len() });
    tx.audit(&AuditEntry::new(now, actor, ACTIVATED, &catalog.fingerprint, detail)).await?;
    tx.keep_files(&catalog.files, now).await?;
    tx.wake_all(now).await
}

/// What is in force is missing no more.
async fn close_missing(tx: &mut Tx, catalog: &Catalog, now: Timestamp) -> Result<(), StoreError> {
    let present = catalog.protocols.keys().map(|id| (TaskKind::MissingProtocol, id.as_str()));
    tx.close_tasks(&present.collect::<Vec<_>>(), HOUSE, "The protocol is there again.", now).await
}

async fn close_refusal(tx: &mut Tx, actor: &str, now: Timestamp) -> Result<(), StoreError> {
    let task = (TaskKind::CatalogRefused, SUBJECT);
    tx.close_tasks(&[task], actor, "The clinical files hold now.", now).await
}
