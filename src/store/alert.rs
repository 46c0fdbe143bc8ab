//! Alerts.

use std::collections::HashMap;

use sqlx::Row;

use super::{StoreError, Tx, to_ms};
use crate::domain::alert::{AlertChange, AlertState, OpenAlert, Severity};
use crate::domain::id::{AlertId, PatientId, RuleId};

impl Tx {
    pub async fn apply_alerts(&mut self, changes: &[AlertChange]) -> Result<(), StoreError> {
        for change in changes {
            match change {
                AlertChange::Open(a) => {
                    sqlx::query(
                        "insert into alert (id, patient_id, rule_id, rule_version, severity, state, title, why,
                           proposal, opened_at, last_at) values ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, $9)",
                    )
                    .bind(a.id.as_str())
                    .bind(a.patient.as_str())
                    .bind(a.rule.as_str())
                    .bind(&a.rule_version)
                    .bind(a.severity.name())
                    .bind(&a.title)
                    .bind(&a.why)
                    .bind(&a.proposal)
                    .bind(to_ms(a.opened_at))
                    .execute(&mut *self.inner)
                    .await?;
                }
                AlertChange::Join(a) => {
                    sqlx::query(
                        "update alert set severity = $2, state = $3, rule_version = $4, why = $5, proposal = $6,
                           last_at = $7, count = count + 1,
                           worsened_at = case when $8 then $7 else worsened_at end where id = $1",
                    )
                    .bind(a.id.as_str())
                    .bind(a.severity.name())
                    .bind(a.state.name())
                    .bind(&a.rule_version)
                    .bind(&a.why)
                    .bind(&a.proposal)
                    .bind(to_ms(a.at))
                    .bind(a.worsened)
                    .execute(&mut *self.inner)
                    .await?;
                }
            }
        }
        Ok(())
    }

    pub async fn open_alerts(
        &mut self,
        patients: &[PatientId],
    ) -> Result<HashMap<PatientId, Vec<OpenAlert>>, StoreError> {
        let rows = sqlx::query(
            "select patient_id, id, rule_id, severity, state from alert
             where state <> 'resolved' and patient_id in (select value from json_each($1))",
        )
        .bind(serde_json::json!(patients).to_string())
        .fetch_all(&mut *self.inner)
        .await?;
        let mut open: HashMap<PatientId, Vec<OpenAlert>> = HashMap::new();
        for row in rows {
            let unreadable = || StoreError::Unreadable { place: "alert" };
            open.entry(PatientId::trusted(row.try_get::<String, _>("patient_id")?)).or_default().push(
                OpenAlert {
                    id: AlertId::trusted(row.try_get::<String, _>("id")?),
                    rule: RuleId::trusted(row.try_get::<String, _>("rule_id")?),
                    severity: Severity::from_name(row.try_get("severity")?).ok_or_else(unreadable)?,
                    state: AlertState::from_name(row.try_get("state")?).ok_or_else(unreadable)?,
                },
            );
        }
        Ok(open)
    }
}
