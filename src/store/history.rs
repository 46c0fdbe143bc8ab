//! What was measured before, as far back as the rules in force look.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::Row;

use super::reading::DAY_MS;
use super::{StoreError, Tx, from_ms, to_ms};
use crate::domain::history::PastReading;
use crate::domain::id::{EventId, PatientId};
use crate::domain::reading::{Amount, Beyond, Measurement, ReadingState};
use crate::domain::vital::Vital;

/// Which part of a patient's past is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub patient: PatientId,
    pub since: Timestamp,
    pub until: Timestamp,
    pub vitals: BTreeSet<Vital>,
}

impl Tx {
    /// The readings of these patients, each over its own days: one seek a day and patient along the table's own order.
    pub async fn past_readings(
        &mut self,
        wanted: &[Wanted],
    ) -> Result<HashMap<PatientId, Vec<PastReading>>, StoreError> {
        let mut past: HashMap<PatientId, Vec<PastReading>> = HashMap::new();
        if wanted.is_empty() {
            return Ok(past);
        }
        let days: Vec<Value> = wanted
            .iter()
            .flat_map(|one| {
                let days = to_ms(one.since).div_euclid(DAY_MS)..=to_ms(one.until).div_euclid(DAY_MS);
                days.map(|day| json!([day, one.patient.as_str()]))
            })
            .collect();
        let vitals: BTreeSet<&str> = wanted.iter().flat_map(|one| &one.vitals).map(|v| v.name()).collect();
        let rows = sqlx::query(
            "select r.patient_id, r.set_id, r.taken_at, r.vital, r.value, r.beyond, r.state \
             from json_each($1) as j \
             cross join reading as r on r.day = j.value ->> 0 and r.patient_id = j.value ->> 1 \
             where r.vital in (select value from json_each($2)) and r.state in ('accepted', 'unconfirmed')",
        )
        .bind(Value::from(days).to_string())
        .bind(Value::from_iter(vitals).to_string())
        .fetch_all(&mut *self.inner)
        .await?;
        for row in &rows {
            let vital: String = row.try_get("vital")?;
            let beyond: Option<String> = row.try_get("beyond")?;
            let unreadable = StoreError::Unreadable { place: "reading" };
            let amount =
                Amount::from_parts(row.try_get("value")?, beyond.as_deref().and_then(Beyond::from_name));
            let measurement = match (Vital::from_name(&vital), amount) {
                (Some(vital), Some(amount)) => Measurement::from_amount(vital, amount),
                _ => return Err(unreadable),
            };
            let state: String = row.try_get("state")?;
            past.entry(PatientId::trusted(row.try_get::<String, _>("patient_id")?)).or_default().push(
                PastReading {
                    set: EventId::trusted(row.try_get::<String, _>("set_id")?),
                    taken_at: from_ms(row.try_get("taken_at")?),
                    measurement: measurement.map_err(|_| unreadable)?,
                    state: if state == ReadingState::Accepted.name() {
                        ReadingState::Accepted
                    } else {
                        ReadingState::Unconfirmed
                    },
                },
            );
        }
        Ok(past)
    }
}
