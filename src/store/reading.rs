//! Readings: one row a set of numbers that came together. The view `reading` shows one row a number.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::domain::alert::{NOT_CONFIRMED, TAKEN_BACK};
use crate::domain::decide::{Confirmation, ConfirmationChange};
use crate::domain::id::{DeviceId, EventId, PatientId};
use crate::domain::reading::{Beyond, Measurement, Reading, ReadingState};
use crate::domain::stream::Sample;
use crate::domain::vital::Vital;

use super::bulk::Bulk;
use super::{StoreError, Tx, from_ms, set, to_ms};

/// Milliseconds in a day: the first part of a reading's key.
pub(super) const DAY_MS: i64 = 86_400_000;
/// How far back a patient's last weight is looked for.
const WEIGHT_MEMORY_DAYS: i64 = 31;

static INSERT: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into reading_set (day, patient_id, taken_at, set_id, numbers, received_at, claimed_at, basis, \
         source, device_id, state)",
        11,
        "",
    )
});

/// A number as the table keeps it: vital, which of the vital's repeats in the set it is, value, side off the scale.
type Number = (&'static str, usize, Option<f64>, Option<&'static str>);

fn numbers(measurements: &[Measurement]) -> String {
    let numbers: Vec<Number> = measurements
        .iter()
        .enumerate()
        .map(|(n, measurement)| {
            let (vital, amount) = (measurement.vital(), measurement.amount());
            let seq = measurements[..n].iter().filter(|before| before.vital() == vital).count();
            (vital.name(), seq, amount.value(), amount.beyond().map(Beyond::name))
        })
        .collect();
    serde_json::to_string(&numbers).unwrap_or_default()
}

/// The numbers of a row that are of these vitals. Nothing if one of them cannot be read; what a later version measures
/// besides is passed over.
pub(super) fn numbers_of(stored: &str, vitals: &BTreeSet<Vital>) -> Option<Vec<Measurement>> {
    let numbers: Vec<(&str, usize, Option<f64>, Option<&str>)> = serde_json::from_str(stored).ok()?;
    let wanted = numbers.into_iter().filter_map(|(vital, _, value, beyond)| {
        let vital = Vital::from_name(vital).filter(|vital| vitals.contains(vital))?;
        Some(measurement(vital, value, beyond.and_then(Beyond::from_name)))
    });
    wanted.collect()
}

/// The readings that wait for some patients' YES.
pub(super) const UNCONFIRMED: &str = "
select patient_id, set_id, asked_at, readings, chased_at from confirmation
where patient_id in (select value from json_each($1))";

/// What rows of [`UNCONFIRMED`] say.
pub(super) fn unconfirmed(rows: &[SqliteRow]) -> Result<HashMap<PatientId, Confirmation>, StoreError> {
    rows.iter()
        .map(|row| {
            let readings: String = row.try_get("readings")?;
            let confirmation = Confirmation {
                set: EventId::trusted(row.try_get::<String, _>("set_id")?),
                asked_at: from_ms(row.try_get("asked_at")?),
                readings: measurements_from_json(&readings)
                    .ok_or(StoreError::Unreadable { place: "confirmation.readings" })?,
                chased_at: row.try_get::<Option<i64>, _>("chased_at")?.map(from_ms),
            };
            Ok((PatientId::trusted(row.try_get::<String, _>("patient_id")?), confirmation))
        })
        .collect()
}

impl Tx {
    pub async fn keep_readings(&mut self, readings: &[&Reading]) -> Result<(), StoreError> {
        INSERT
            .insert(self, readings, |values, reading| {
                values
                    .add(to_ms(reading.taken_at).div_euclid(DAY_MS))
                    .add(reading.patient.shared())
                    .add(to_ms(reading.taken_at))
                    .add(reading.set.shared())
                    .add(numbers(&reading.measurements))
                    .add(to_ms(reading.received_at))
                    .add(reading.claimed_at.map(to_ms))
                    .word(reading.basis.name())
                    .word(reading.source.name())
                    .add(reading.device.as_ref().map(|device| device.shared()))
                    .word(reading.state.name());
            })
            .await
    }

    /// The last accepted weight of each patient within a month before `now_ms`.
    pub async fn last_weights(
        &mut self,
        patients: &[&PatientId],
        now_ms: i64,
    ) -> Result<HashMap<PatientId, f64>, StoreError> {
        if patients.is_empty() {
            return Ok(HashMap::new());
        }
        let today = now_ms.div_euclid(DAY_MS);
        let days: Vec<i64> = (today - WEIGHT_MEMORY_DAYS..=today).collect();
        let rows = sqlx::query(
            "select patient_id, value from reading \
             where day in (select value from json_each($1)) \
               and patient_id in (select value from json_each($2)) \
               and vital = 'weight' and state = 'accepted' and value is not null \
             order by taken_at",
        )
        .bind(serde_json::Value::from(days).to_string())
        .bind(set::texts(patients.iter().map(|patient| patient.as_str())))
        .fetch_all(self.connection().await?)
        .await?;
        rows.iter()
            .map(|row| Ok((PatientId::trusted(row.try_get::<String, _>(0)?), row.try_get(1)?)))
            .collect()
    }

    /// When each vital of these patients was last measured, as far as the last two days go. What was withdrawn was
    /// never measured.
    pub async fn last_taken(
        &mut self,
        patients: &[&PatientId],
        now: Timestamp,
    ) -> Result<HashMap<PatientId, BTreeMap<Vital, Timestamp>>, StoreError> {
        let today = to_ms(now).div_euclid(DAY_MS);
        let rows = sqlx::query(
            "select patient_id, vital, max(taken_at) from reading \
             where day in ($1, $1 + 1, $1 + 2) and patient_id in (select value from json_each($2)) \
               and state <> 'withdrawn' \
             group by patient_id, vital",
        )
        .bind(today - 2)
        .bind(set::texts(patients.iter().map(|patient| patient.as_str())))
        .fetch_all(self.connection().await?)
        .await?;
        let mut found: HashMap<PatientId, BTreeMap<Vital, Timestamp>> = HashMap::new();
        for row in &rows {
            let vital =
                Vital::from_name(row.try_get(1)?).ok_or(StoreError::Unreadable { place: "reading.vital" })?;
            let patient = PatientId::trusted(row.try_get::<String, _>(0)?);
            found.entry(patient).or_default().insert(vital, from_ms(row.try_get(2)?));
        }
        Ok(found)
    }

    /// What devices measured of these patients in a stretch of time, given in milliseconds without its end.
    pub async fn device_samples(
        &mut self,
        patients: &BTreeSet<PatientId>,
        (from, until): (i64, i64),
    ) -> Result<Vec<(PatientId, Sample)>, StoreError> {
        let days: Vec<i64> = (from.div_euclid(DAY_MS)..=until.div_euclid(DAY_MS)).collect();
        let rows = sqlx::query(
            "select patient_id, device_id, taken_at, vital, value, beyond from reading \
             where day in (select value from json_each($1)) \
               and patient_id in (select value from json_each($2)) \
               and taken_at >= $3 and taken_at < $4 and device_id is not null",
        )
        .bind(serde_json::Value::from(days).to_string())
        .bind(set::texts(patients.iter().map(|patient| patient.as_str())))
        .bind(from)
        .bind(until)
        .fetch_all(self.connection().await?)
        .await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let vital = Vital::from_name(row.try_get("vital")?)
                .ok_or(StoreError::Unreadable { place: "reading.vital" })?;
            let beyond = row.try_get::<Option<&str>, _>("beyond")?.and_then(Beyond::from_name);
            let sample = Sample {
                device: DeviceId::trusted(row.try_get::<String, _>("device_id")?),
                taken_at: from_ms(row.try_get("taken_at")?),
                measurements: measurement(vital, row.try_get("value")?, beyond).into_iter().collect(),
            };
            found.push((PatientId::trusted(row.try_get::<String, _>("patient_id")?), sample));
        }
        Ok(found)
    }

    /// What was accepted of a patient from a time on, oldest first.
    pub async fn accepted_since(
        &mut self,
        patient: &PatientId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<(Timestamp, Measurement)>, StoreError> {
        // A device's clock may run a day ahead.
        let days: Vec<i64> = (to_ms(since).div_euclid(DAY_MS)..=to_ms(now).div_euclid(DAY_MS) + 1).collect();
        let rows = sqlx::query(
            "select taken_at, vital, value, beyond from reading \
             where day in (select value from json_each($1)) and patient_id = $2 and taken_at >= $3 \
               and state = 'accepted' order by taken_at, set_id, vital, seq",
        )
        .bind(serde_json::Value::from(days).to_string())
        .bind(patient.as_str())
        .bind(to_ms(since))
        .fetch_all(self.connection().await?)
        .await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let vital = Vital::from_name(row.try_get("vital")?)
                .ok_or(StoreError::Unreadable { place: "reading.vital" })?;
            let beyond = row.try_get::<Option<&str>, _>("beyond")?.and_then(Beyond::from_name);
            // What a later version would not believe any more is no part of an average.
            let taken_at = from_ms(row.try_get("taken_at")?);
            let measurement = measurement(vital, row.try_get("value")?, beyond);
            found.extend(measurement.map(|measurement| (taken_at, measurement)));
        }
        Ok(found)
    }

    /// Starts waiting for a YES, or settles what waited. A reading that is asked about instead of one that waited
    /// already withdraws that one.
    pub async fn change_confirmation(
        &mut self,
        patient: &PatientId,
        change: &ConfirmationChange,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match change {
            ConfirmationChange::Keep => {}
            ConfirmationChange::Ask(confirmation) => {
                let row =
                    sqlx::query("delete from confirmation where patient_id = $1 returning set_id, asked_at")
                        .bind(patient.as_str())
                        .fetch_optional(self.connection().await?)
                        .await?;
                if let Some(row) = row {
                    let set = EventId::trusted(row.try_get::<String, _>(0)?);
                    self.settle_set(patient, &set, row.try_get(1)?, ReadingState::Withdrawn, now).await?;
                }
                let readings = serde_json::to_string(&confirmation.readings).unwrap_or_default();
                sqlx::query(
                    "insert into confirmation (patient_id, set_id, asked_at, readings) values ($1, $2, $3, $4)",
                )
                .bind(patient.as_str())
                .bind(confirmation.set.as_str())
                .bind(to_ms(confirmation.asked_at))
                .bind(readings)
                .execute(self.connection().await?)
                .await?;
            }
            ConfirmationChange::Chase { at } => {
                sqlx::query("update confirmation set chased_at = $2 where patient_id = $1")
                    .bind(patient.as_str())
                    .bind(to_ms(*at))
                    .execute(self.connection().await?)
                    .await?;
            }
            ConfirmationChange::Settle { set, state } => {
                let row = sqlx::query(
                    "delete from confirmation where patient_id = $1 and set_id = $2 returning asked_at",
                )
                .bind(patient.as_str())
                .bind(set.as_str())
                .fetch_optional(self.connection().await?)
                .await?;
                if let Some(row) = row {
                    self.settle_set(patient, set, row.try_get(0)?, *state, now).await?;
                }
            }
        }
        Ok(())
    }

    /// Unconfirmed readings are texts, taken when they arrived, and so is the time of the question.
    ///
    /// What is withdrawn says so in the alerts that rest on it: whoever looks must not take it for a fresh danger, nor
    /// find it gone.
    async fn settle_set(
        &mut self,
        patient: &PatientId,
        set: &EventId,
        asked_ms: i64,
        state: ReadingState,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let day = asked_ms.div_euclid(DAY_MS);
        sqlx::query(
            "update reading_set set state = $1, settled_at = $5 \
             where day = $2 and patient_id = $3 and set_id = $4 and state = 'unconfirmed'",
        )
        .bind(state.name())
        .bind(day)
        .bind(patient.as_str())
        .bind(set.as_str())
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        if state == ReadingState::Withdrawn {
            sqlx::query(
                "update alert set why = replace(why, $3, $4) \
                 where patient_id = $1 and id in (select alert_id from alert_evidence where set_id = $2)",
            )
            .bind(patient.as_str())
            .bind(set.as_str())
            .bind(NOT_CONFIRMED)
            .bind(TAKEN_BACK)
            .execute(self.connection().await?)
            .await?;
        }
        Ok(())
    }
}

/// What [`Measurement`]'s own serialisation wrote.
fn measurements_from_json(json: &str) -> Option<Vec<Measurement>> {
    let rows: Vec<serde_json::Value> = serde_json::from_str(json).ok()?;
    rows.iter()
        .map(|row| {
            let vital = Vital::from_name(row.get("vital")?.as_str()?)?;
            let beyond = row.get("beyond").and_then(|side| Beyond::from_name(side.as_str()?));
            measurement(vital, row.get("value").and_then(serde_json::Value::as_f64), beyond)
        })
        .collect()
}

/// A stored number as a measurement.
pub(super) fn measurement(vital: Vital, value: Option<f64>, beyond: Option<Beyond>) -> Option<Measurement> {
    match (value, beyond) {
        (Some(value), None) => Measurement::exactly(vital, value).ok(),
        (Some(value), Some(side)) => Measurement::bounded(vital, value, side).ok(),
        (None, Some(side)) => Some(Measurement::off_scale(vital, side)),
        (None, None) => None,
    }
}
