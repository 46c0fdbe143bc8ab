//! Who did what. Rows are only ever added.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{StoreError, Tx, set, to_ms};

/// One entry of the audit trail. `detail` holds ids and column names, no clinical words.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    pub action: &'static str,
    pub subject: String,
    pub detail: Value,
}

impl Tx {
    pub async fn audit(
        &mut self,
        at: Timestamp,
        actor: &str,
        action: &str,
        subject: &str,
        detail: &Value,
    ) -> Result<(), StoreError> {
        sqlx::query("insert into audit (at, actor, action, subject, detail) values ($1, $2, $3, $4, $5)")
            .bind(to_ms(at))
            .bind(actor)
            .bind(action)
            .bind(subject)
            .bind(detail.to_string())
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    /// Many entries of one actor, in this order.
    pub async fn audit_all(
        &mut self,
        at: Timestamp,
        actor: &str,
        entries: &[Audit],
    ) -> Result<(), StoreError> {
        let entries = set::rows(entries.iter().map(
            |entry| json!({"action": entry.action, "subject": entry.subject, "detail": entry.detail.to_string()}),
        ));
        sqlx::query(
            "insert into audit (at, actor, action, subject, detail)
             select $2, $3, value ->> 'action', value ->> 'subject', value ->> 'detail'
             from json_each($1) order by key",
        )
        .bind(entries)
        .bind(to_ms(at))
        .bind(actor)
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }
}
