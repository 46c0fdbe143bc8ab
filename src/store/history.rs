//! What was measured before, as far back as the rules in force look.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::enrolment::json as stored;
use super::reading::{DAY_MS, numbers_of};
use super::{Store, StoreError, Tx, from_ms, set, to_ms};
use crate::domain::alert::Severity;
use crate::domain::answer::PastAnswer;
use crate::domain::history::PastReading;
use crate::domain::id::{EventId, PatientId, RuleId};
use crate::domain::reading::{Amount, Beyond, Measurement, ReadingState};
use crate::domain::vital::Vital;

/// Which part of a patient's past is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub patient: PatientId,
    pub since: Timestamp,
    pub until: Timestamp,
    pub vitals: BTreeSet<Vital>,
    pub questions: BTreeSet<String>,
}

/// One row a patient, a line a set; nothing where there is none. Rows cross to us one by one, and whoever measures often
/// has many sets.
const PAST_SETS: &str = "\
    select j.value ->> 0 as patient_id, \
      (select group_concat(s.set_id || ' ' || s.taken_at || ' ' || s.state || ' ' || s.numbers, char(10)) \
       from json_each(j.value, '$[1]') as d \
       cross join reading_set as s on s.day = d.value and s.patient_id = j.value ->> 0 \
       where s.state in ('accepted', 'unconfirmed')) as sets \
    from json_each($1) as j";

/// What is wanted of sets as lines of [`PAST_SETS`].
fn past_sets(lines: &str, vitals: &BTreeSet<Vital>) -> Option<Vec<PastReading>> {
    let mut past = Vec::new();
    for line in lines.lines() {
        let mut parts = line.splitn(4, ' ');
        let (set, taken_at, state, numbers) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let taken_at = from_ms(taken_at.parse().ok()?);
        let accepted = state == ReadingState::Accepted.name();
        let state = if accepted { ReadingState::Accepted } else { ReadingState::Unconfirmed };
        for measurement in numbers_of(numbers, vitals)? {
            past.push(PastReading { set: EventId::trusted(set), taken_at, measurement, state });
        }
    }
    Some(past)
}

impl Tx {
    /// The readings of these patients, each over its own days: one seek a day and patient along the index by day.
    pub async fn past_readings(
        &mut self,
        wanted: &[Wanted],
    ) -> Result<HashMap<PatientId, Vec<PastReading>>, StoreError> {
        let measured: HashMap<&str, &Wanted> = wanted
            .iter()
            .filter(|one| !one.vitals.is_empty())
            .map(|one| (one.patient.as_str(), one))
            .collect();
        if measured.is_empty() {
            return Ok(HashMap::new());
        }
        let days = measured.values().map(|one| {
            let days = to_ms(one.since).div_euclid(DAY_MS)..=to_ms(one.until).div_euclid(DAY_MS);
            json!([one.patient.as_str(), days.collect::<Vec<_>>()])
        });
        let rows = sqlx::query(PAST_SETS).bind(set::rows(days)).fetch_all(self.connection().await?).await?;
        let mut past = HashMap::with_capacity(rows.len());
        for row in &rows {
            let one = measured.get(row.try_get::<&str, _>("patient_id")?);
            let (Some(one), Some(sets)) = (one, row.try_get("sets")?) else { continue };
            let sets = past_sets(sets, &one.vitals).ok_or(StoreError::Unreadable { place: "reading_set" })?;
            past.insert(one.patient.clone(), sets);
        }
        Ok(past)
    }
}

impl Tx {
    /// The answers of these patients to the questions that matter.
    pub async fn past_answers(
        &mut self,
        wanted: &[Wanted],
    ) -> Result<HashMap<PatientId, Vec<PastAnswer>>, StoreError> {
        let mut past: HashMap<PatientId, Vec<PastAnswer>> = HashMap::new();
        let questions: BTreeSet<&str> =
            wanted.iter().flat_map(|one| &one.questions).map(String::as_str).collect();
        if questions.is_empty() {
            return Ok(past);
        }
        let whose: Vec<Value> =
            wanted.iter().map(|one| json!([one.patient.as_str(), to_ms(one.since)])).collect();
        let rows = sqlx::query(
            "select a.patient_id, a.question, a.value, a.at from json_each($1) as j \
             cross join answer as a on a.patient_id = j.value ->> 0 and a.at >= j.value ->> 1 \
             where a.question in (select value from json_each($2)) order by a.at, a.event_id",
        )
        .bind(Value::from(whose).to_string())
        .bind(Value::from_iter(questions).to_string())
        .fetch_all(self.connection().await?)
        .await?;
        for row in &rows {
            let patient = PatientId::trusted(row.try_get::<String, _>("patient_id")?);
            past.entry(patient).or_default().push(PastAnswer {
                question: row.try_get("question")?,
                value: stored(row.try_get("value")?, "answer.value")?,
                at: from_ms(row.try_get("at")?),
            });
        }
        Ok(past)
    }
}

fn past_reading(row: &SqliteRow) -> Result<PastReading, StoreError> {
    let unreadable = || StoreError::Unreadable { place: "reading" };
    let vital: String = row.try_get("vital")?;
    let beyond: Option<String> = row.try_get("beyond")?;
    let state: String = row.try_get("state")?;
    let side = beyond.as_deref().and_then(Beyond::from_name);
    let amount = Amount::from_parts(row.try_get("value")?, side).ok_or_else(unreadable)?;
    let vital = Vital::from_name(&vital).ok_or_else(unreadable)?;
    let accepted = state == ReadingState::Accepted.name();
    Ok(PastReading {
        set: EventId::trusted(row.try_get::<String, _>("set_id")?),
        taken_at: from_ms(row.try_get("taken_at")?),
        measurement: Measurement::from_amount(vital, amount).map_err(|_| unreadable())?,
        state: if accepted { ReadingState::Accepted } else { ReadingState::Unconfirmed },
    })
}

/// A reading on record, for trying rules over it.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub patient: PatientId,
    pub past: PastReading,
    pub received_at: Timestamp,
}

/// An alert that was raised by a rule, and whether anybody did something about it.
#[derive(Debug, Clone)]
pub struct RaisedAlert {
    pub patient: PatientId,
    pub rule: RuleId,
    pub severity: Severity,
    pub opened_at: Timestamp,
    pub last_at: Timestamp,
    pub acted_on: bool,
}

impl Store {
    /// Every accepted reading taken since then, set by set.
    pub async fn recorded_since(&self, since: Timestamp) -> Result<Vec<Recorded>, StoreError> {
        let rows = sqlx::query(
            "select patient_id, set_id, taken_at, received_at, vital, value, beyond, state from reading \
             where day >= $1 and taken_at >= $2 and state in ('accepted', 'unconfirmed') \
               and patient_id not in (select id from patient where synthetic = 1) \
             order by day, patient_id, taken_at, set_id, vital, seq",
        )
        .bind(to_ms(since).div_euclid(DAY_MS))
        .bind(to_ms(since))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Recorded {
                    patient: PatientId::trusted(row.try_get::<String, _>("patient_id")?),
                    past: past_reading(row)?,
                    received_at: from_ms(row.try_get("received_at")?),
                })
            })
            .collect()
    }

    /// The alerts of rule files that were opened since then. The house's own (`system_…`) rest on no rule.
    pub async fn raised_since(&self, since: Timestamp) -> Result<Vec<RaisedAlert>, StoreError> {
        let rows = sqlx::query(
            "select patient_id, rule_id, severity, opened_at, last_at, \
                    acknowledged_at is not null or (resolved_at is not null and resolved_by <> 'lamplight') as acted \
             from alert where patient_id not in (select id from patient where synthetic = 1)
               and opened_at >= $1 and rule_id not like 'system\\_%' escape '\\' order by opened_at, id",
        )
        .bind(to_ms(since))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let severity: String = row.try_get("severity")?;
                Ok(RaisedAlert {
                    patient: PatientId::trusted(row.try_get::<String, _>("patient_id")?),
                    rule: RuleId::trusted(row.try_get::<String, _>("rule_id")?),
                    severity: Severity::from_name(&severity)
                        .ok_or(StoreError::Unreadable { place: "alert.severity" })?,
                    opened_at: from_ms(row.try_get("opened_at")?),
                    last_at: from_ms(row.try_get("last_at")?),
                    acted_on: row.try_get::<i64, _>("acted")? != 0,
                })
            })
            .collect()
    }
}
