//! Alerts and what they rest on.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::sync::LazyLock;

use sqlx::Row;

use crate::domain::alert::{AlertChange, AlertState, Evidence, JoinAlert, NewAlert, OpenAlert, Severity};
use crate::domain::id::{AlertId, PatientId, RuleId};

use super::bulk::{Bulk, json_array};
use super::{StoreError, Tx, from_ms, to_ms};

static OPEN: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into alert (id, patient_id, rule_id, rule_version, severity, state, title, why, proposal, \
         opened_at, last_at)",
        11,
        "",
    )
});

static EVIDENCE: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into alert_evidence (alert_id, set_id, at, detail)",
        4,
        "on conflict (alert_id, set_id) do update set detail = excluded.detail",
    )
});

impl Tx {
    /// The alerts of these patients that are not resolved.
    pub async fn open_alerts<P: Borrow<PatientId>>(
        &mut self,
        patients: &[P],
    ) -> Result<HashMap<PatientId, Vec<OpenAlert>>, StoreError> {
        let rows = sqlx::query(
            "select id, patient_id, rule_id, severity, state, last_at from alert \
             where state <> 'resolved' and patient_id in (select value from json_each($1))",
        )
        .bind(json_array(patients.iter().map(|patient| patient.borrow().as_str())))
        .fetch_all(&mut *self.inner)
        .await?;
        let mut alerts: HashMap<PatientId, Vec<OpenAlert>> = HashMap::new();
        for row in &rows {
            let severity: String = row.try_get("severity")?;
            let state: String = row.try_get("state")?;
            let alert = OpenAlert {
                id: AlertId::trusted(row.try_get::<String, _>("id")?),
                rule: RuleId::trusted(row.try_get::<String, _>("rule_id")?),
                severity: Severity::from_name(&severity)
                    .ok_or(StoreError::Unreadable { place: "alert.severity" })?,
                state: AlertState::from_name(&state)
                    .ok_or(StoreError::Unreadable { place: "alert.state" })?,
                last_at: from_ms(row.try_get("last_at")?),
            };
            alerts
                .entry(PatientId::trusted(row.try_get::<String, _>("patient_id")?))
                .or_default()
                .push(alert);
        }
        Ok(alerts)
    }

    /// Opens and joins alerts in order: a change may join an alert that one before it opened.
    pub async fn apply_alerts<C: Borrow<AlertChange>>(&mut self, changes: &[C]) -> Result<(), StoreError> {
        let opened: Vec<&NewAlert> = changes
            .iter()
            .filter_map(|change| match change.borrow() {
                AlertChange::Open(new) => Some(new),
                AlertChange::Join(_) => None,
            })
            .collect();
        OPEN.insert(&mut self.inner, &opened, |values, new| {
            values
                .add(new.id.as_str())
                .add(new.patient.as_str())
                .add(new.rule.as_str())
                .add(&new.rule_version)
                .add(new.severity.name())
                .add(AlertState::Open.name())
                .add(&new.title)
                .add(&new.why)
                .add(&new.proposal)
                .add(to_ms(new.opened_at))
                .add(to_ms(new.opened_at));
        })
        .await?;
        for change in changes {
            if let AlertChange::Join(join) = change.borrow() {
                self.join_alert(join).await?;
            }
        }
        let evidence: Vec<(&AlertId, &Evidence, i64)> = changes
            .iter()
            .filter_map(|change| match change.borrow() {
                AlertChange::Open(new) => Some((&new.id, new.evidence.as_ref()?, to_ms(new.opened_at))),
                AlertChange::Join(join) => Some((&join.id, join.evidence.as_ref()?, to_ms(join.at))),
            })
            .collect();
        EVIDENCE
            .insert(&mut self.inner, &evidence, |values, (alert, evidence, at)| {
                let detail = serde_json::to_string(evidence).unwrap_or_default();
                values.add(alert.as_str()).add(evidence.set_id.as_str()).add(*at).add(detail);
            })
            .await
    }

    async fn join_alert(&mut self, join: &JoinAlert) -> Result<(), StoreError> {
        sqlx::query(
            "update alert set severity = $2, state = $3, \
               rule_version = case when $10 then $4 else rule_version end, \
               why = case when $10 then $5 else why end, proposal = case when $10 then $6 else proposal end, \
               last_at = $7, count = count + $8, worsened_at = case when $9 then $7 else worsened_at end, \
               acknowledged_at = case when $3 = 'open' then null else acknowledged_at end, \
               acknowledged_by = case when $3 = 'open' then null else acknowledged_by end \
             where id = $1",
        )
        .bind(join.id.as_str())
        .bind(join.severity.name())
        .bind(join.state.name())
        .bind(&join.rule_version)
        .bind(&join.why)
        .bind(&join.proposal)
        .bind(to_ms(join.at))
        .bind(i64::from(join.repeat))
        .bind(join.worsened)
        .bind(join.restated)
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }
}
