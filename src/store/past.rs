//! Readings and alerts on record, for trying rules over the past.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::reading::DAY_MS;
use super::{Store, StoreError, from_ms, to_ms};
use crate::domain::alert::Severity;
use crate::domain::history::PastReading;
use crate::domain::id::{EventId, PatientId, RuleId};
use crate::domain::reading::{Amount, Beyond, Measurement, ReadingState};
use crate::domain::vital::Vital;

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
             from alert where opened_at >= $1 and rule_id not like 'system\\_%' escape '\\' order by opened_at, id",
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
