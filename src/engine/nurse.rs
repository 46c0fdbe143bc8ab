//! What people do to alerts and tasks. Each deed and its audit row are one transaction.

use jiff::Timestamp;
use serde_json::{Value, json};
use thiserror::Error;

use crate::domain::alert::Refused;
use crate::domain::id::{AlertId, TaskId};
use crate::store::audit::AuditEntry;
use crate::store::{Store, StoreError};

use super::view::View;

/// The outcomes that the page offers. Other systems may name their own.
pub const OUTCOMES: [&str; 5] = ["called patient", "advice given", "GP informed", "999", "no action needed"];

/// Whose hand it is, and by what way it reached us.
#[derive(Debug, Clone)]
pub struct Hand {
    /// The name that the alert or task will carry.
    pub actor: String,
    pub via: Via,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    Page,
    /// The API, with the token of this name.
    Api {
        token: String,
    },
}

/// How an alert or task was dealt with.
#[derive(Debug, Clone, Default)]
pub struct Closing {
    pub outcome: Option<String>,
    pub note: Option<String>,
}

/// Why a deed changes nothing.
#[derive(Debug, Error)]
pub enum DeedError {
    #[error("there is no such {0}")]
    Unknown(&'static str),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("this task is already resolved")]
    TaskResolved,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hand {
    /// The audit entry of a deed by this hand. `detail` tells how, never what was measured or written.
    pub(super) fn entry(&self, now: Timestamp, action: &str, subject: &str, mut detail: Value) -> AuditEntry {
        match &self.via {
            Via::Page => detail["via"] = json!("page"),
            Via::Api { token } => {
                detail["via"] = json!("api");
                detail["token"] = json!(token);
            }
        }
        AuditEntry::new(now, &self.actor, action, subject, detail)
    }
}

/// Takes an alert on.
pub async fn acknowledge(store: &Store, id: &AlertId, hand: &Hand, now: Timestamp) -> Result<(), DeedError> {
    let mut tx = store.begin().await?;
    let from = tx.alert_standing(id).await?.ok_or(DeedError::Unknown("alert"))?;
    from.acknowledge()?;
    tx.mark_acknowledged(id, &hand.actor, now).await?;
    let detail = json!({ "from": from.name() });
    tx.audit(&hand.entry(now, "alert.acknowledge", id.as_str(), detail)).await?;
    Ok(tx.commit().await?)
}

/// Closes an alert, taken on before or not.
pub async fn resolve(
    store: &Store,
    id: &AlertId,
    hand: &Hand,
    closing: &Closing,
    now: Timestamp,
) -> Result<(), DeedError> {
    let mut tx = store.begin().await?;
    let from = tx.alert_standing(id).await?.ok_or(DeedError::Unknown("alert"))?;
    from.resolve()?;
    tx.mark_resolved(id, &hand.actor, closing.outcome.as_deref(), closing.note.as_deref(), now).await?;
    let detail = json!({ "from": from.name() });
    tx.audit(&hand.entry(now, "alert.resolve", id.as_str(), detail)).await?;
    Ok(tx.commit().await?)
}

/// Closes a task.
pub async fn resolve_task(
    store: &Store,
    id: &TaskId,
    hand: &Hand,
    note: Option<&str>,
    now: Timestamp,
) -> Result<(), DeedError> {
    let mut tx = store.begin().await?;
    if tx.is_task_resolved(id).await?.ok_or(DeedError::Unknown("task"))? {
        return Err(DeedError::TaskResolved);
    }
    tx.mark_task_resolved(id, &hand.actor, note, now).await?;
    tx.audit(&hand.entry(now, "task.resolve", id.as_str(), json!({}))).await?;
    Ok(tx.commit().await?)
}

/// Somebody's look at the queue. How many waited is said, not who: the alert table tells that.
pub fn queue_view(actor: &str, alerts: usize, tasks: usize, now: Timestamp) -> View {
    View {
        at: now,
        actor: actor.to_owned(),
        action: "queue.view".to_owned(),
        subject: "queue".to_owned(),
        detail: json!({ "via": "page", "alerts": alerts, "tasks": tasks }),
        reason: None,
    }
}
