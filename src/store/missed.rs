//! How often in a row no answer came to a question.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;
use sqlx::Row;

use super::bulk::json_array;
use super::{StoreError, Tx, set};
use crate::domain::id::{PatientId, QuestionId};
use crate::domain::protocol::{MissCause, Misses};

impl Tx {
    /// By question. Whoever missed nothing last has no entry.
    pub async fn misses(
        &mut self,
        patients: &[&PatientId],
    ) -> Result<HashMap<PatientId, BTreeMap<QuestionId, Misses>>, StoreError> {
        let rows = sqlx::query("select * from missed where patient_id in (select value from json_each($1))")
            .bind(json_array(patients.iter().map(|patient| patient.as_str())))
            .fetch_all(&mut *self.inner)
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
            .bind(json_array(counts.iter().map(|(patient, _)| patient.as_str())))
            .execute(&mut *self.inner)
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
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }
}
