//! A person is forgotten, as the law lets them ask. The deed, its reason and how much was removed stay on record.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use thiserror::Error;

use crate::domain::id::PatientId;
use crate::store::audit::AuditEntry;
use crate::store::{Store, StoreError};

/// Why nobody was forgotten.
#[derive(Debug, Error)]
pub enum NotErased {
    #[error("there is no such patient")]
    Unknown,
    #[error(
        "this patient has {alerts} unresolved alerts and is on {protocols} protocols: resolve and end these first"
    )]
    Tied { alerts: i64, protocols: i64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Removes all that is held on a patient. How many rows of which kind that were.
///
/// # Errors
/// While something of theirs still goes on: an alert that vanishes under a nurse's hands is no removal.
pub async fn erase(
    store: &Store,
    patient: &PatientId,
    actor: &str,
    reason: &str,
    now: Timestamp,
) -> Result<BTreeMap<String, u64>, NotErased> {
    let mut tx = store.begin().await?;
    let ties = tx.ties(patient).await?.ok_or(NotErased::Unknown)?;
    if ties.unresolved_alerts > 0 || ties.running_protocols > 0 {
        return Err(NotErased::Tied { alerts: ties.unresolved_alerts, protocols: ties.running_protocols });
    }
    let gone = tx.erase_patient(patient).await?;
    let detail = json!({ "reason": reason, "rows": gone });
    tx.audit(&AuditEntry::new(now, actor, "patient.erase", patient.as_str(), detail)).await?;
    tx.commit().await?;
    Ok(gone)
}
