//! What people do to alerts and tasks. Each deed and its audit row are one transaction.

pub(in crate::engine) mod care;
pub(in crate::engine) mod pass;

pub use care::Nurse;

use jiff::Timestamp;
use serde_json::{Value, json};
use thiserror::Error;

use crate::domain::alert::Refused;
use crate::domain::id::TaskId;
use crate::store::audit::AuditEntry;
use crate::store::{Store, StoreError};

use super::view::View;

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
    CommandLine,
    /// A code by text, from the phone that it was sent to.
    Text,
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
    #[error("'{given}' is none of this site's outcomes; use one of: {}", .allowed.join(", "))]
    UnknownOutcome { given: String, allowed: Vec<String> },
    #[error("this alert can be put off until {latest} at the latest, and not until what is past")]
    SnoozeTooLong { latest: Timestamp },
    #[error("this alert is advice: nobody is told of it, so it cannot be passed on")]
    OnlyAdvice,
    #[error("'{0}' is nobody and nothing that this site's alerts can be passed on to")]
    UnknownTarget(String),
    #[error("say who does this: only a named person can")]
    Nameless,
    #[error("{0}")]
    NotAllowed(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hand {
    /// A token without a user that did not say for whom it acts.
    pub(super) fn is_nameless(&self) -> bool {
        matches!(&self.via, Via::Api { token } if self.actor == format!("token:{token}"))
    }

    /// The audit entry of a deed by this hand. `detail` tells how, never what was measured or written.
    pub(super) fn entry(&self, now: Timestamp, action: &str, subject: &str, mut detail: Value) -> AuditEntry {
        match &self.via {
            Via::Page => detail["via"] = json!("page"),
            Via::CommandLine => detail["via"] = json!("command_line"),
            Via::Text => detail["via"] = json!("text"),
            Via::Api { token } => {
                detail["via"] = json!("api");
                detail["token"] = json!(token);
            }
        }
        AuditEntry::new(now, &self.actor, action, subject, detail)
    }
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
