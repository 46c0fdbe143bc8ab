//! Patients' own limits. Every one that was ever set stays; the last by `since` is in force.

use std::collections::HashMap;

use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{StoreError, Tx, from_ms, set, to_ms};
use crate::domain::id::{PatientId, RuleId};
use crate::domain::threshold::{Threshold, Thresholds};

/// Oldest first along the primary key, so that setting one after the other leaves the last.
pub(super) const IN_FORCE: &str = "
select patient_id, rule_id, parameter, since, value, author, reason from threshold
where patient_id in (select value from json_each($1))
order by patient_id, rule_id, parameter, since";

/// What rows of [`IN_FORCE`] say. A patient without limits of their own has no entry.
pub(super) fn in_force(rows: &[SqliteRow]) -> Result<HashMap<PatientId, Thresholds>, StoreError> {
    let mut found: HashMap<PatientId, Thresholds> = HashMap::new();
    for row in rows {
        let patient = PatientId::trusted(row.try_get::<String, _>("patient_id")?);
        found.entry(patient).or_default().set(Threshold {
            rule: RuleId::trusted(row.try_get::<String, _>("rule_id")?),
            parameter: row.try_get("parameter")?,
            value: row.try_get("value")?,
            author: row.try_get("author")?,
            reason: row.try_get("reason")?,
            since: from_ms(row.try_get("since")?),
        });
    }
    Ok(found)
}

impl Tx {
    /// The limits in force. A patient without any of their own has no entry.
    pub async fn thresholds(
        &mut self,
        patients: &[PatientId],
    ) -> Result<HashMap<PatientId, Thresholds>, StoreError> {
        let rows = sqlx::query(IN_FORCE)
            .bind(set::texts(patients.iter().map(PatientId::as_str)))
            .fetch_all(self.connection().await?)
            .await?;
        in_force(&rows)
    }

    /// Adds limits. Of two for one parameter in the same millisecond the later call wins.
    pub async fn put_thresholds(&mut self, thresholds: &[(PatientId, Threshold)]) -> Result<(), StoreError> {
        let rows = set::rows(thresholds.iter().map(|(patient, t)| {
            json!({
                "patient": patient, "rule": t.rule, "parameter": t.parameter, "since": to_ms(t.since),
                "value": t.value, "author": t.author, "reason": t.reason,
            })
        }));
        sqlx::query(
            "insert into threshold (patient_id, rule_id, parameter, since, value, author, reason)
             select value ->> 'patient', value ->> 'rule', value ->> 'parameter', value ->> 'since',
                    value ->> 'value', value ->> 'author', value ->> 'reason'
             from json_each($1) where true
             on conflict (patient_id, rule_id, parameter, since) do update set
               value = excluded.value, author = excluded.author, reason = excluded.reason",
        )
        .bind(rows)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }
}
