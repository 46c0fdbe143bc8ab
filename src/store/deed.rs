//! What people do to alerts, as rows. Whoever calls has asked whether they may.

use jiff::Timestamp;
use serde_json::json;
use sqlx::{AssertSqlSafe, Row};

use crate::domain::alert::{AlertState, Severity};
use crate::domain::escalation::{Lapse, Snooze};
use crate::domain::id::{AlertId, PatientId, RuleId};

use super::queue::{AlertNote, QueuedAlert};
use super::{Store, StoreError, Tx, from_ms, to_ms};

/// An alert that somebody is about to do something to, as the transaction sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct DeedAlert {
    pub id: AlertId,
    pub patient: PatientId,
    /// As the patient's record names it.
    pub team: Option<String>,
    pub rule: RuleId,
    pub rule_version: String,
    pub severity: Severity,
    pub state: AlertState,
    pub owner: Option<String>,
    /// The reading sets that it rests on so far.
    pub sets: Vec<String>,
}

/// Which alerts a deed is about.
#[derive(Debug, Clone, Copy)]
pub enum DeedScope<'a> {
    Alert(&'a AlertId),
    /// A patient's that are not resolved.
    Card(&'a PatientId),
    /// What somebody has taken on.
    Owner(&'a str),
}

const SELECT: &str = "
select a.id, a.patient_id, p.team, a.rule_id, a.rule_version, a.severity, a.state, a.acknowledged_by,
  (select json_group_array(set_id) from alert_evidence e where e.alert_id = a.id) as sets
from alert a join patient p on p.id = a.patient_id where ";

impl Store {
    pub(super) async fn add_notes(&self, alerts: &mut [QueuedAlert]) -> Result<(), StoreError> {
        let ids: Vec<_> = alerts.iter().map(|alert| &alert.id).collect();
        let rows = sqlx::query(
            "select alert_id, at, by, text from alert_note
             where alert_id in (select value from json_each($1)) order by alert_id, at, seq",
        )
        .bind(json!(ids).to_string())
        .fetch_all(&self.readers)
        .await?;
        for row in &rows {
            let id: String = row.try_get("alert_id")?;
            let note = AlertNote {
                at: from_ms(row.try_get("at")?),
                by: row.try_get("by")?,
                text: row.try_get("text")?,
            };
            alerts
                .iter_mut()
                .filter(|alert| alert.id.as_str() == id)
                .for_each(|alert| alert.notes.push(note.clone()));
        }
        Ok(())
    }
}

impl Tx {
    pub async fn deed_alerts(&mut self, scope: DeedScope<'_>) -> Result<Vec<DeedAlert>, StoreError> {
        let (which, value) = match scope {
            DeedScope::Alert(id) => ("a.id = $1", id.as_str()),
            DeedScope::Card(patient) => {
                ("a.patient_id = $1 and a.state <> 'resolved' order by a.opened_at, a.id", patient.as_str())
            }
            DeedScope::Owner(name) => {
                ("a.state = 'acknowledged' and a.acknowledged_by = $1 order by a.opened_at, a.id", name)
            }
        };
        let rows = sqlx::query(AssertSqlSafe([SELECT, which].concat()))
            .bind(value)
            .fetch_all(self.connection().await?)
            .await?;
        rows.iter()
            .map(|row| {
                let (severity, state): (String, String) = (row.try_get("severity")?, row.try_get("state")?);
                let sets: String = row.try_get("sets")?;
                Ok(DeedAlert {
                    id: AlertId::trusted(row.try_get::<String, _>("id")?),
                    patient: PatientId::trusted(row.try_get::<String, _>("patient_id")?),
                    team: row.try_get("team")?,
                    rule: RuleId::trusted(row.try_get::<String, _>("rule_id")?),
                    rule_version: row.try_get("rule_version")?,
                    severity: Severity::from_name(&severity)
                        .ok_or(StoreError::Unreadable { place: "alert.severity" })?,
                    state: AlertState::from_name(&state)
                        .ok_or(StoreError::Unreadable { place: "alert.state" })?,
                    owner: row.try_get("acknowledged_by")?,
                    sets: serde_json::from_str(&sets).unwrap_or_default(),
                })
            })
            .collect()
    }

    /// Keeps a word of progress.
    pub async fn add_note(
        &mut self,
        id: &AlertId,
        by: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into alert_note (alert_id, at, seq, by, text)
             select $1, $2, count(*), $3, $4 from alert_note where alert_id = $1 and at = $2",
        )
        .bind(id.as_str())
        .bind(to_ms(now))
        .bind(by)
        .bind(text)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Whose an acknowledged alert is, and for how long. What the acknowledgement covers stays.
    pub async fn set_owner(&mut self, id: &AlertId, owner: &str, lapse: Lapse) -> Result<(), StoreError> {
        sqlx::query(
            "update alert set acknowledged_by = $2, lapses_at = $3, ends_with_shift = $4
             where id = $1 and state = 'acknowledged'",
        )
        .bind(id.as_str())
        .bind(owner)
        .bind(to_ms(lapse.at))
        .bind(lapse.with_shift)
        .execute(self.connection().await?)
        .await?;
        self.mark_watches([id]);
        Ok(())
    }

    /// Puts an alert off. Nobody has it meanwhile but whoever put it off.
    pub async fn mark_snoozed(&mut self, id: &AlertId, snooze: &Snooze) -> Result<(), StoreError> {
        sqlx::query(
            "update alert set state = 'open', acknowledged_at = null, acknowledged_by = null, lapses_at = null,
               ends_with_shift = 0, snoozed_until = $2, snooze = $3
             where id = $1",
        )
        .bind(id.as_str())
        .bind(to_ms(snooze.until))
        .bind(json!(snooze).to_string())
        .execute(self.connection().await?)
        .await?;
        self.mark_watches([id]);
        Ok(())
    }
}
