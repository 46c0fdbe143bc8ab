//! Who did what to what, and when. Rows are only ever added, each sealed onto the one before: see [`crate::domain::audit`].
//! The database itself refuses to change them.

use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::domain::audit::{Broken, Head, Link, Walk};

use super::bulk::Bulk;
use super::{Store, StoreError, Tx, from_ms, to_ms};

/// How many rows of the chain are looked at at once.
const STRIDE: i64 = 2000;

static APPEND: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new("insert into audit (seq, at, actor, action, subject, detail, prev, hash)", 8, "")
});

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

/// An entry of the trail as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptEntry {
    pub seq: i64,
    pub entry: AuditEntry,
    pub hash: String,
}

/// When, who, what, to what and how: an entry before it is sealed.
type Part<'e> = (i64, &'e str, &'e str, &'e str, String);

/// Which entries are wanted. Newest first; `before` is where an earlier page ended.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub subject: Option<String>,
    pub actor: Option<String>,
    pub since: Option<Timestamp>,
    pub before: Option<i64>,
}

impl Store {
    /// The newest `limit` entries, newest first.
    pub async fn audit_trail(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let kept = self.audit_entries(&AuditFilter::default(), limit).await?;
        Ok(kept.into_iter().map(|kept| kept.entry).collect())
    }

    /// The newest `limit` of the entries that are wanted, newest first.
    pub async fn audit_entries(
        &self,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<KeptEntry>, StoreError> {
        let rows = sqlx::query(
            "select seq, at, actor, action, subject, detail, prev, hash from audit
             where ($1 is null or subject = $1) and ($2 is null or actor = $2) and ($3 is null or at >= $3)
               and ($4 is null or seq < $4) order by seq desc limit $5",
        )
        .bind(filter.subject.as_deref())
        .bind(filter.actor.as_deref())
        .bind(filter.since.map(to_ms))
        .bind(filter.before)
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let Link { seq, at, actor, action, subject, detail, hash, .. } = link(row)?;
                let detail = serde_json::from_str(&detail)
                    .map_err(|_| StoreError::Unreadable { place: "audit.detail" })?;
                let entry = AuditEntry { at: from_ms(at), actor, action, subject, detail };
                Ok(KeptEntry { seq, entry, hash })
            })
            .collect()
    }

    /// Where the chain ends; nothing while nothing has been done.
    pub async fn audit_head(&self) -> Result<Option<Head>, StoreError> {
        let row = sqlx::query(LAST).fetch_optional(&self.readers).await?;
        row.map(|row| Ok(Head { hash: row.try_get("hash")?, seq: row.try_get("seq")? })).transpose()
    }

    /// Walks the whole chain, while others may go on adding to it. Its head, or the first row that does not hold.
    pub async fn verify_audit(&self, kept: Option<Head>) -> Result<Result<Head, Broken>, StoreError> {
        let mut walk = Walk::new(kept);
        // Below every row that there can be: what was put in before the first must be seen too.
        let mut after = i64::MIN;
        loop {
            let rows = sqlx::query(
                "select seq, at, actor, action, subject, detail, prev, hash from audit
                 where seq > $1 order by seq limit $2",
            )
            .bind(after)
            .bind(STRIDE)
            .fetch_all(&self.readers)
            .await?;
            let Some(last) = rows.last() else { return Ok(walk.end()) };
            after = last.try_get("seq")?;
            for row in &rows {
                if let Err(broken) = walk.take(&link(row)?) {
                    return Ok(Err(broken));
                }
            }
        }
    }
}

/// The trail's last row.
pub(super) const LAST: &str = "select seq, hash from audit order by seq desc limit 1";

/// Where the trail ends, by its [`LAST`] row if there is one.
pub(super) fn head(row: Option<&SqliteRow>) -> Result<Head, StoreError> {
    let Some(row) = row else { return Ok(Head::genesis()) };
    Ok(Head { hash: row.try_get("hash")?, seq: row.try_get("seq")? })
}

fn link(row: &SqliteRow) -> Result<Link, StoreError> {
    Ok(Link {
        seq: row.try_get("seq")?,
        at: row.try_get("at")?,
        actor: row.try_get("actor")?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
        detail: row.try_get("detail")?,
        prev: row.try_get("prev")?,
        hash: row.try_get("hash")?,
    })
}

impl Tx {
    /// Records a deed in the transaction that does it, so that neither can stand without the other.
    pub async fn audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.audit_entries(std::slice::from_ref(entry)).await
    }

    /// Records several deeds, in this order.
    pub async fn audit_entries(&mut self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        let parts = entries.iter().map(|entry| {
            let detail = entry.detail.to_string();
            (to_ms(entry.at), entry.actor.as_str(), entry.action.as_str(), entry.subject.as_str(), detail)
        });
        self.append(parts.collect()).await
    }

    /// Many entries of one actor, in this order.
    pub async fn audit_all(
        &mut self,
        at: Timestamp,
        actor: &str,
        entries: &[Audit],
    ) -> Result<(), StoreError> {
        let at = to_ms(at);
        let parts = entries.iter().map(|entry| {
            let detail = entry.detail.to_string();
            (at, actor, entry.action, entry.subject.as_str(), detail)
        });
        self.append(parts.collect()).await
    }

    /// What the newest deed of this kind was done to.
    pub async fn last_subject_of(&mut self, action: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("select subject from audit where action = $1 order by seq desc limit 1")
            .bind(action)
            .fetch_optional(self.connection().await?)
            .await?;
        row.map(|row| Ok(row.try_get("subject")?)).transpose()
    }

    /// Seals rows onto the chain's end. Its head is looked up once a transaction: until that ends nobody else writes.
    async fn append(&mut self, entries: Vec<Part<'_>>) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut head = match self.audit_head.take() {
            Some(head) => head,
            None => self.find_audit_head().await?,
        };
        let mut links: Vec<Link> = Vec::new();
        for (at, actor, action, subject, detail) in entries {
            let link = Link::after(&head, at, actor, action, subject, detail);
            head = link.head();
            links.push(link);
        }
        APPEND
            .insert(self, &links, |values, link| {
                values
                    .add(link.seq)
                    .add(link.at)
                    .text(link.actor.as_str())
                    .text(link.action.as_str())
                    .text(link.subject.as_str())
                    .text(link.detail.as_str())
                    .text(link.prev.as_str())
                    .text(link.hash.as_str());
            })
            .await?;
        self.audit_head = Some(head);
        Ok(())
    }

    async fn find_audit_head(&mut self) -> Result<Head, StoreError> {
        let row = sqlx::query(LAST).fetch_optional(self.connection().await?).await?;
        head(row.as_ref())
    }

    /// Chains the rows of a trail that was none yet. They are believed as they stand: from here on a change shows.
    pub(super) async fn chain_what_was_before(&mut self) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let rows = sqlx::query(
                "select seq, at, actor, action, subject, detail from audit_before where seq > $1 order by seq limit 1000",
            )
            .bind(after)
            .fetch_all(self.connection().await?)
            .await?;
            let Some(last) = rows.last() else { break };
            after = last.try_get("seq")?;
            let mut entries: Vec<(i64, String, String, String, String)> = Vec::with_capacity(rows.len());
            for row in &rows {
                entries.push((
                    row.try_get("at")?,
                    row.try_get("actor")?,
                    row.try_get("action")?,
                    row.try_get("subject")?,
                    row.try_get("detail")?,
                ));
            }
            let parts = entries.iter().map(|(at, actor, action, subject, detail)| {
                (*at, actor.as_str(), action.as_str(), subject.as_str(), detail.clone())
            });
            self.append(parts.collect()).await?;
        }
        sqlx::query("drop table audit_before").execute(self.connection().await?).await?;
        Ok(())
    }
}
