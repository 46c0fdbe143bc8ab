//! What has happened so often in a row: questions missed, follow-ups followed, texts of which nothing could be made.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{StoreError, Tx, set};
use crate::domain::id::{PatientId, ProtocolId, QuestionId};
use crate::domain::protocol::{MissCause, Misses};

/// Texts in a row of which nothing could be made.
pub(super) const UNREADABLE: &str =
    "select patient_id, in_a_row from unreadable where patient_id in (select value from json_each($1))";

/// What rows of [`UNREADABLE`] say. Whoever was understood last has no entry.
pub(super) fn unreadable(rows: &[SqliteRow]) -> Result<HashMap<PatientId, u32>, StoreError> {
    rows.iter().map(|row| Ok((PatientId::trusted(row.try_get::<String, _>(0)?), row.try_get(1)?))).collect()
}

impl Tx {
    /// By question. Whoever missed nothing last has no entry.
    pub async fn misses(
        &mut self,
        patients: &[&PatientId],
    ) -> Result<HashMap<PatientId, BTreeMap<QuestionId, Misses>>, StoreError> {
        let rows = sqlx::query("select * from missed where patient_id in (select value from json_each($1))")
            .bind(set::texts(patients.iter().map(|patient| patient.as_str())))
            .fetch_all(self.connection().await?)
            .await?;
        let mut found: HashMap<PatientId, BTreeMap<QuestionId, Misses>> = HashMap::new();
        for row in &rows {
            let misses = Misses {
                in_a_row: row.try_get("in_a_row")?,
                silent: row.try_get("silent")?,
                last: MissCause::from_name(row.try_get("last_cause")?)
                    .ok_or(StoreError::Unreadable { place: "missed.last_cause" })?,
            };
            let patient = PatientId::trusted(row.try_get::<String, _>("patient_id")?);
            let question = QuestionId::trusted(row.try_get::<String, _>("question")?);
            found.entry(patient).or_default().insert(question, misses);
        }
        Ok(found)
    }

    /// Writes the counts of these patients as they now are, in place of those before.
    pub async fn put_misses(
        &mut self,
        counts: &[(&PatientId, &BTreeMap<QuestionId, Misses>)],
    ) -> Result<(), StoreError> {
        if counts.is_empty() {
            return Ok(());
        }
        sqlx::query("delete from missed where patient_id in (select value from json_each($1))")
            .bind(set::texts(counts.iter().map(|(patient, _)| patient.as_str())))
            .execute(self.connection().await?)
            .await?;
        let rows = set::rows(counts.iter().flat_map(|(patient, counts)| {
            counts.iter().map(move |(question, misses)| {
                json!({
                    "patient": patient, "question": question, "in_a_row": misses.in_a_row,
                    "silent": misses.silent, "last": misses.last.name(),
                })
            })
        }));
        sqlx::query(
            "insert into missed (patient_id, question, in_a_row, silent, last_cause)
             select value ->> 'patient', value ->> 'question', value ->> 'in_a_row', value ->> 'silent',
                    value ->> 'last' from json_each($1)",
        )
        .bind(rows)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// How often in a row each follow-up of these patients' protocols has followed.
    pub async fn follow_counts(
        &mut self,
        patients: &[&PatientId],
    ) -> Result<HashMap<PatientId, BTreeMap<(ProtocolId, String), u32>>, StoreError> {
        let rows =
            sqlx::query("select * from follow_count where patient_id in (select value from json_each($1))")
                .bind(set::texts(patients.iter().map(|patient| patient.as_str())))
                .fetch_all(self.connection().await?)
                .await?;
        let mut found: HashMap<PatientId, BTreeMap<(ProtocolId, String), u32>> = HashMap::new();
        for row in &rows {
            let patient = PatientId::trusted(row.try_get::<String, _>("patient_id")?);
            let protocol = ProtocolId::trusted(row.try_get::<String, _>("protocol_id")?);
            let count = row.try_get("in_a_row")?;
            found.entry(patient).or_default().insert((protocol, row.try_get("follow_up")?), count);
        }
        Ok(found)
    }

    pub async fn put_follow_counts(
        &mut self,
        counts: &[(&PatientId, &(ProtocolId, String), u32)],
    ) -> Result<(), StoreError> {
        if counts.is_empty() {
            return Ok(());
        }
        let rows = set::rows(counts.iter().map(|(patient, (protocol, follow_up), count)| {
            json!({ "patient": patient, "protocol": protocol, "follow_up": follow_up, "count": count })
        }));
        sqlx::query(
            "insert into follow_count (patient_id, protocol_id, follow_up, in_a_row)
             select value ->> 'patient', value ->> 'protocol', value ->> 'follow_up', value ->> 'count'
             from json_each($1) where true
             on conflict (patient_id, protocol_id, follow_up) do update set in_a_row = excluded.in_a_row",
        )
        .bind(rows)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    pub async fn set_unreadable(&mut self, patient: &PatientId, in_a_row: u32) -> Result<(), StoreError> {
        let sql = match in_a_row {
            0 => "delete from unreadable where patient_id = $1",
            _ => {
                "insert into unreadable (patient_id, in_a_row) values ($1, $2)
                 on conflict (patient_id) do update set in_a_row = excluded.in_a_row"
            }
        };
        let query = sqlx::query(sql).bind(patient.as_str());
        let query = if in_a_row == 0 { query } else { query.bind(in_a_row) };
        query.execute(self.connection().await?).await?;
        Ok(())
    }
}
