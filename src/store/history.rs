//! What patients measured and answered before, for rules that look back.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::Row;

use super::bulk::json_array;
use super::enrolment::json;
use super::reading::{DAY_MS, measurement};
use super::{StoreError, Tx, from_ms, to_ms};
use crate::domain::answer::PastAnswer;
use crate::domain::history::{History, PastReading};
use crate::domain::id::{EventId, PatientId};
use crate::domain::reading::{Beyond, ReadingState};
use crate::domain::vital::Vital;

impl Tx {
    /// The readings and answers of these patients from `since` on. Whoever has neither has no entry.
    pub async fn history(
        &mut self,
        patients: &[PatientId],
        since: Timestamp,
        now: Timestamp,
    ) -> Result<HashMap<PatientId, History>, StoreError> {
        let whose = json_array(patients.iter().map(PatientId::as_str));
        // A device's clock may run a day ahead.
        let days: Vec<i64> = (to_ms(since).div_euclid(DAY_MS)..=to_ms(now).div_euclid(DAY_MS) + 1).collect();
        let rows = sqlx::query(
            "select patient_id, set_id, taken_at, vital, value, beyond, state from reading
             where day in (select value from json_each($1))
               and patient_id in (select value from json_each($2)) and taken_at >= $3
             order by taken_at, set_id, vital, seq",
        )
        .bind(serde_json::Value::from(days).to_string())
        .bind(&whose)
        .bind(to_ms(since))
        .fetch_all(&mut *self.inner)
        .await?;
        let mut found: HashMap<PatientId, (Vec<PastReading>, Vec<PastAnswer>)> = HashMap::new();
        for row in &rows {
            let unreadable = |place| StoreError::Unreadable { place };
            let vital = Vital::from_name(row.try_get("vital")?).ok_or(unreadable("reading.vital"))?;
            let beyond = row.try_get::<Option<&str>, _>("beyond")?.and_then(Beyond::from_name);
            let name: &str = row.try_get("state")?;
            let state = ReadingState::ALL.into_iter().find(|state| state.name() == name);
            let reading = PastReading {
                set: EventId::trusted(row.try_get::<String, _>("set_id")?),
                taken_at: from_ms(row.try_get("taken_at")?),
                measurement: match measurement(vital, row.try_get("value")?, beyond) {
                    Some(measurement) => measurement,
                    // What this version would not believe any more proves nothing.
                    None => continue,
                },
                state: state.ok_or(unreadable("reading.state"))?,
            };
            let patient = PatientId::trusted(row.try_get::<String, _>("patient_id")?);
            found.entry(patient).or_default().0.push(reading);
        }
        let rows = sqlx::query(
            "select patient_id, question, value, at from answer
             where patient_id in (select value from json_each($1)) and at >= $2 order by at, event_id",
        )
        .bind(&whose)
        .bind(to_ms(since))
        .fetch_all(&mut *self.inner)
        .await?;
        for row in &rows {
            let answer = PastAnswer {
                question: row.try_get("question")?,
                value: json(row.try_get("value")?, "answer.value")?,
                at: from_ms(row.try_get("at")?),
            };
            let patient = PatientId::trusted(row.try_get::<String, _>("patient_id")?);
            found.entry(patient).or_default().1.push(answer);
        }
        Ok(found
            .into_iter()
            .map(|(patient, (readings, answers))| (patient, History::new(readings, answers)))
            .collect())
    }
}
