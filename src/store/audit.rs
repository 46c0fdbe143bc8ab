//! Who did what to what, and when. Rows are only ever added.

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::Row;

use super::{Store, StoreError, Tx, from_ms, set, to_ms};

/// One thing that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub at: Timestamp,
    pub actor: String,
    /// What kind of deed, `noun.verb`.
    pub action: String,
    /// The id of what it was done to.
    pub subject: String,
    /// How it was done. Never a name, number, reading or note.
    pub detail: Value,
}

impl AuditEntry {
    pub fn new(at: Timestamp, actor: &str, action: &str, subject: &str, detail: Value) -> Self {
        Self { at, actor: actor.to_owned(), action: action.to_owned(), subject: subject.to_owned(), detail }
    }
}

/// One entry of the audit trail. `detail` holds ids and column names, no clinical words.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    pub action: &'static str,
    pub subject: String,
    pub detail: Value,
}

impl Store {
    /// The newest `limit` entries, newest first.
    pub async fn audit_trail(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let rows =
            sqlx::query("select at, actor, action, subject, detail from audit order by seq desc limit $1")
                .bind(i64::from(limit))
                .fetch_all(&self.readers)
                .await?;
        rows.iter()
            .map(|row| {
                let detail: String = row.try_get("detail")?;
                Ok(AuditEntry {
                    at: from_ms(row.try_get("at")?),
                    actor: row.try_get("actor")?,
                    action: row.try_get("action")?,
                    subject: row.try_get("subject")?,
                    detail: serde_json::from_str(&detail)
                        .map_err(|_| StoreError::Unreadable { place: "audit.detail" })?,
                })
            })
            .collect()
    }
}

impl Tx {
    /// Records a deed in the transaction that does it, so that neither can stand without the other.
    pub async fn audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        sqlx::query("insert into audit (at, actor, action, subject, detail) values ($1, $2, $3, $4, $5)")
            .bind(to_ms(entry.at))
            .bind(&entry.actor)
            .bind(&entry.action)
            .bind(&entry.subject)
            .bind(entry.detail.to_string())
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    /// What the newest deed of this kind was done to.
    pub async fn last_subject_of(&mut self, action: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("select subject from audit where action = $1 order by seq desc limit 1")
            .bind(action)
            .fetch_optional(&mut *self.inner)
            .await?;
        row.map(|row| Ok(row.try_get("subject")?)).transpose()
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
