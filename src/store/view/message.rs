use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::super::{Store, StoreError, from_ms, to_ms};
use crate::domain::id::PatientId;
use crate::domain::message::MessageState;

/// A text in or out.
#[derive(Debug, Clone)]
pub struct ShownMessage {
    pub id: String,
    pub patient: Option<PatientId>,
    /// `in` or `out`.
    pub direction: String,
    pub channel: String,
    /// The telephone number at the other end.
    pub address: String,
    pub body: String,
    pub state: MessageState,
    pub created_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub error_code: Option<i64>,
    /// Who carried it, or is about to.
    pub provider: Option<String>,
    /// Parts that it left in.
    pub segments: Option<i64>,
    /// The text shortly before, of the same sender, that said the same.
    pub repeats: Option<String>,
    /// Attachments of a text to us, which are counted and never fetched.
    pub media: i64,
    /// When its words were removed for their age.
    pub words_removed_at: Option<Timestamp>,
}

/// Where a message stands in the list, newest first.
pub type MessagePlace = (i64, String);

impl ShownMessage {
    pub fn place(&self) -> MessagePlace {
        (to_ms(self.created_at), self.id.clone())
    }
}

impl Store {
    /// At most `limit` texts in both directions, newest first.
    pub async fn messages(
        &self,
        patient: Option<&PatientId>,
        after: Option<&MessagePlace>,
        limit: u32,
    ) -> Result<Vec<ShownMessage>, StoreError> {
        // Two statements: with one, the planner could not use the index by patient.
        let query = match patient {
            Some(patient) => sqlx::query(
                "select * from message where patient_id = $4 and ($1 is null or (created_at, id) < ($1, $2))
                 order by created_at desc, id desc limit $3",
            )
            .bind(after.map(|place| place.0))
            .bind(after.map(|place| place.1.as_str()))
            .bind(i64::from(limit))
            .bind(patient.as_str()),
            None => sqlx::query(
                "select * from message where ($1 is null or (created_at, id) < ($1, $2))
                   and (patient_id is null or patient_id not in (select id from patient where synthetic = 1))
                 order by created_at desc, id desc limit $3",
            )
            .bind(after.map(|place| place.0))
            .bind(after.map(|place| place.1.as_str()))
            .bind(i64::from(limit)),
        };
        let rows = query.fetch_all(&self.readers).await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &SqliteRow) -> Result<ShownMessage, StoreError> {
    let state: String = row.try_get("state")?;
    Ok(ShownMessage {
        id: row.try_get("id")?,
        patient: row.try_get::<Option<String>, _>("patient_id")?.map(PatientId::trusted),
        direction: row.try_get("direction")?,
        channel: row.try_get("channel")?,
        address: row.try_get("address")?,
        body: row.try_get("body")?,
        state: MessageState::from_name(&state).ok_or(StoreError::Unreadable { place: "message.state" })?,
        created_at: from_ms(row.try_get("created_at")?),
        sent_at: row.try_get::<Option<i64>, _>("sent_at")?.map(from_ms),
        delivered_at: row.try_get::<Option<i64>, _>("delivered_at")?.map(from_ms),
        error_code: row.try_get("error_code")?,
        provider: row.try_get("provider")?,
        segments: row.try_get("segments")?,
        repeats: row.try_get("repeats")?,
        media: row.try_get::<Option<i64>, _>("media")?.unwrap_or(0),
        words_removed_at: row.try_get::<Option<i64>, _>("emptied_at")?.map(from_ms),
    })
}
