//! What devices sent and is held: looked through and settled one by one, by hand.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{HeldEvent, Store, StoreError, Tx};
use crate::domain::event::Edge;
use crate::domain::id::{EventId, PatientId};

const COLUMNS: &str = "select id, dedupe_key, kind, sender, address, body, provider_id, retained, raw, received_at, sent_at, \
                       outcome, reason, patient_id from inbox where edge = 'device' and part is null";

/// What a device sent, and what became of it.
#[derive(Debug, Clone)]
pub struct Journalled {
    pub event: HeldEvent,
    /// `held` while it waits.
    pub outcome: String,
    pub reason: String,
    pub patient: Option<PatientId>,
}

impl Journalled {
    pub fn is_held(&self) -> bool {
        self.outcome == "held"
    }

    fn read(row: &SqliteRow) -> Result<Self, StoreError> {
        Ok(Self {
            event: HeldEvent::read(row, Edge::Device)?,
            outcome: row.try_get("outcome")?,
            reason: row.try_get("reason")?,
            patient: row.try_get::<Option<String>, _>("patient_id")?.map(PatientId::trusted),
        })
    }
}

impl Tx {
    pub async fn journalled(&mut self, id: &EventId) -> Result<Option<Journalled>, StoreError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} and id = $1")))
            .bind(id.as_str())
            .fetch_optional(self.connection().await?)
            .await?;
        row.as_ref().map(Journalled::read).transpose()
    }

    /// Whether anything else of a device is held.
    pub async fn holds_of(&mut self, device: &str) -> Result<bool, StoreError> {
        let found = sqlx::query(
            "select 1 from inbox where outcome = 'held' and part is null and edge = 'device' and sender = $1 limit 1",
        )
        .bind(device)
        .fetch_optional(self.connection().await?)
        .await?;
        Ok(found.is_some())
    }
}

impl Store {
    pub async fn journalled(&self, id: &EventId) -> Result<Option<Journalled>, StoreError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} and id = $1")))
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(Journalled::read).transpose()
    }

    /// What is held of devices, oldest first, at most `limit`, of those after `after`.
    pub async fn held_of_devices(
        &self,
        after: Option<&EventId>,
        limit: u32,
    ) -> Result<Vec<Journalled>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "{COLUMNS} and outcome = 'held' and id > $1 order by id limit $2"
        )))
        .bind(after.map_or("", EventId::as_str))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(Journalled::read).collect()
    }
}
