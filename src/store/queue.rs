//! The alerts that wait for somebody, and what is done to them.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::enrolment::json;
use super::{Store, StoreError, Tx, from_ms, set, to_ms};
use crate::domain::alert::{AlertState, Severity};
use crate::domain::escalation::{Lapse, Snooze};
use crate::domain::id::{AlertId, PatientId, RuleId};

/// An alert as a queue shows it.
#[derive(Debug, Clone)]
pub struct QueuedAlert {
    pub id: AlertId,
    pub patient: PatientId,
    pub patient_name: Option<String>,
    pub team: Option<String>,
    pub rule: RuleId,
    pub rule_version: String,
    pub severity: Severity,
    pub state: AlertState,
    pub title: String,
    pub why: String,
    pub proposal: String,
    pub opened_at: Timestamp,
    pub last_at: Timestamp,
    /// How often the rule fired.
    pub count: i64,
    pub worsened_at: Option<Timestamp>,
    /// What it watches is fine again since then.
    pub recovered_at: Option<Timestamp>,
    /// It rests on late readings alone.
    pub late: bool,
    pub acknowledged_at: Option<Timestamp>,
    pub acknowledged_by: Option<String>,
    pub resolved_at: Option<Timestamp>,
    pub resolved_by: Option<String>,
    pub outcome: Option<String>,
    pub note: Option<String>,
    /// When the acknowledgement lapses.
    pub lapses_at: Option<Timestamp>,
    pub snooze: Option<Snooze>,
    /// What is done so that somebody looks; nothing when nobody needs to be told of the patient.
    pub watch: Option<WatchPlace>,
    /// What was noted on the way, oldest first.
    pub notes: Vec<AlertNote>,
    /// One entry a firing, oldest first, as it was judged.
    pub evidence: Vec<Value>,
    /// The reading sets that stood there when the alert was acknowledged: what its owner has taken on.
    pub covered: Vec<String>,
}

/// Where the watch over an alert's patient stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchPlace {
    /// `running` or `attended`.
    pub stage: String,
    pub next_at: Timestamp,
    pub exhausted_at: Option<Timestamp>,
    pub episode: u32,
}

/// A word of progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertNote {
    pub at: Timestamp,
    pub by: String,
    pub text: String,
}

/// Where an alert stands in the queue: worst first, then oldest. The order is total, so a page can go on after it.
pub type AlertPlace = (i64, i64, String);

/// Which alerts to show; an absent filter lets everything through.
#[derive(Debug, Clone, Default)]
pub struct AlertFilter {
    pub states: Vec<AlertState>,
    pub severity: Option<Severity>,
    pub patient: Option<PatientId>,
    pub team: Option<String>,
    pub after: Option<AlertPlace>,
}

/// How many unresolved alerts there are of each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertCounts {
    pub red: i64,
    pub amber: i64,
    pub advice: i64,
}

const ALERTS: &str = "
select alert.*, patient.name as patient_name, patient.team as team, watch.stage as watch_stage,
  watch.next_at as watch_next_at, watch.exhausted_at as watch_exhausted_at, watch.episode as watch_episode
from alert join patient on patient.id = alert.patient_id
  left join watch on watch.patient_id = alert.patient_id and watch.begun = 1
where patient.synthetic = 0 and alert.state in (select value from json_each($1))
  and ($2 is null or alert.severity = $2)
  and ($3 is null or alert.patient_id = $3)
  and ($4 is null or patient.team = $4)
  and ($9 is null or alert.patient_id in (select value from json_each($9)))
  and ($5 is null or
       (case alert.severity when 'red' then 0 when 'amber' then 1 else 2 end, alert.opened_at, alert.id)
       > ($5, $6, $7))
order by case alert.severity when 'red' then 0 when 'amber' then 1 else 2 end, alert.opened_at, alert.id
limit $8";

const ALERT: &str = "
select alert.*, patient.name as patient_name, patient.team as team, watch.stage as watch_stage,
  watch.next_at as watch_next_at, watch.exhausted_at as watch_exhausted_at, watch.episode as watch_episode
from alert join patient on patient.id = alert.patient_id
  left join watch on watch.patient_id = alert.patient_id and watch.begun = 1
where alert.id = $1";

const EVIDENCE: &str = "
select alert_id, set_id, at, detail from alert_evidence
where alert_id in (select value from json_each($1)) order by alert_id, at, set_id";

impl AlertCounts {
    pub fn total(self) -> i64 {
        self.red + self.amber + self.advice
    }
}

impl QueuedAlert {
    pub fn place(&self) -> AlertPlace {
        let rank = match self.severity {
            Severity::Red => 0,
            Severity::Amber => 1,
            Severity::Advice => 2,
        };
        (rank, to_ms(self.opened_at), self.id.as_str().to_owned())
    }
}

impl Store {
    /// At most `limit` alerts, worst first, then oldest first.
    pub async fn alerts(&self, filter: &AlertFilter, limit: u32) -> Result<Vec<QueuedAlert>, StoreError> {
        self.select_alerts(filter, None, i64::from(limit)).await
    }

    /// Every unresolved alert of these patients: patient by patient in this order, worst first, then oldest first.
    pub async fn alerts_of(&self, patients: &[&PatientId]) -> Result<Vec<QueuedAlert>, StoreError> {
        let unresolved = AlertFilter {
            states: vec![AlertState::Open, AlertState::Acknowledged],
            ..AlertFilter::default()
        };
        let whose = set::texts(patients.iter().map(|patient| patient.as_str()));
        let mut alerts = self.select_alerts(&unresolved, Some(whose), i64::MAX).await?;
        let order: HashMap<&str, usize> =
            patients.iter().enumerate().map(|(n, patient)| (patient.as_str(), n)).collect();
        // They are in their own order already, and the sort keeps it.
        alerts.sort_by_key(|alert| order.get(alert.patient.as_str()).copied());
        Ok(alerts)
    }

    async fn select_alerts(
        &self,
        filter: &AlertFilter,
        patients: Option<String>,
        limit: i64,
    ) -> Result<Vec<QueuedAlert>, StoreError> {
        let states: Vec<_> = filter.states.iter().map(|state| state.name()).collect();
        let after = filter.after.as_ref();
        let rows = sqlx::query(ALERTS)
            .bind(Value::from(states).to_string())
            .bind(filter.severity.map(Severity::name))
            .bind(filter.patient.as_ref().map(PatientId::as_str))
            .bind(filter.team.as_deref())
            .bind(after.map(|place| place.0))
            .bind(after.map(|place| place.1))
            .bind(after.map(|place| place.2.as_str()))
            .bind(limit)
            .bind(patients)
            .fetch_all(&self.readers)
            .await?;
        let alerts = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        self.with_evidence(alerts).await
    }

    pub async fn alert(&self, id: &AlertId) -> Result<Option<QueuedAlert>, StoreError> {
        let row = sqlx::query(ALERT).bind(id.as_str()).fetch_optional(&self.readers).await?;
        let alert = row.as_ref().map(read).transpose()?;
        Ok(self.with_evidence(alert.into_iter().collect()).await?.pop())
    }

    pub async fn alert_counts(&self) -> Result<AlertCounts, StoreError> {
        let row = sqlx::query(
            "select count(*) filter (where severity = 'red') as red,
                    count(*) filter (where severity = 'amber') as amber,
                    count(*) filter (where severity = 'advice') as advice
             from alert where state in ('open', 'acknowledged')
               and patient_id not in (select id from patient where synthetic = 1)",
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(AlertCounts {
            red: row.try_get("red")?,
            amber: row.try_get("amber")?,
            advice: row.try_get("advice")?,
        })
    }

    async fn with_evidence(&self, mut alerts: Vec<QueuedAlert>) -> Result<Vec<QueuedAlert>, StoreError> {
        let ids: Vec<_> = alerts.iter().map(|alert| alert.id.as_str()).collect();
        let rows = sqlx::query(EVIDENCE).bind(Value::from(ids).to_string()).fetch_all(&self.readers).await?;
        let mut evidence = HashMap::<String, Vec<Value>>::new();
        let mut sets = HashMap::<String, Vec<(i64, String)>>::new();
        for row in &rows {
            let set = (row.try_get("at")?, row.try_get("set_id")?);
            sets.entry(row.try_get("alert_id")?).or_default().push(set);
            let detail: String = row.try_get("detail")?;
            // One spoilt row must not hide the queue: what is no JSON is shown as it stands.
            let detail = serde_json::from_str(&detail).unwrap_or(Value::String(detail));
            evidence.entry(row.try_get("alert_id")?).or_default().push(detail);
        }
        for alert in &mut alerts {
            alert.evidence = evidence.remove(alert.id.as_str()).unwrap_or_default();
            let seen = alert.acknowledged_at.map_or(i64::MIN, to_ms);
            let sets = sets.remove(alert.id.as_str()).unwrap_or_default();
            alert.covered = sets.into_iter().filter(|(at, _)| *at <= seen).map(|(_, set)| set).collect();
        }
        self.add_notes(&mut alerts).await?;
        Ok(alerts)
    }
}

impl Tx {
    /// Where an alert stands, as this transaction sees it.
    pub async fn alert_standing(&mut self, id: &AlertId) -> Result<Option<AlertState>, StoreError> {
        let row = sqlx::query("select state from alert where id = $1")
            .bind(id.as_str())
            .fetch_optional(self.connection().await?)
            .await?;
        row.map(|row| state(&row)).transpose()
    }

    /// Marks an alert as taken on. The caller has asked [`AlertState::acknowledge`].
    pub async fn mark_acknowledged(
        &mut self,
        id: &AlertId,
        by: &str,
        lapse: Lapse,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update alert set state = 'acknowledged', acknowledged_at = $2, acknowledged_by = $3, lapses_at = $4,
               ends_with_shift = $5, snoozed_until = null, snooze = null
             where id = $1",
        )
        .bind(id.as_str())
        .bind(to_ms(now))
        .bind(by)
        .bind(to_ms(lapse.at))
        .bind(lapse.with_shift)
        .execute(self.connection().await?)
        .await?;
        self.mark_watches([id]);
        Ok(())
    }

    /// Marks an alert as closed. The caller has asked [`AlertState::resolve`].
    pub async fn mark_resolved(
        &mut self,
        id: &AlertId,
        by: &str,
        outcome: Option<&str>,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update alert set state = 'resolved', resolved_at = $2, resolved_by = $3, outcome = $4, note = $5,
               lapses_at = null, snoozed_until = null, snooze = null
             where id = $1",
        )
        .bind(id.as_str())
        .bind(to_ms(now))
        .bind(by)
        .bind(outcome)
        .bind(note)
        .execute(self.connection().await?)
        .await?;
        self.mark_watches([id]);
        Ok(())
    }
}

fn state(row: &SqliteRow) -> Result<AlertState, StoreError> {
    let name: String = row.try_get("state")?;
    AlertState::from_name(&name).ok_or(StoreError::Unreadable { place: "alert.state" })
}

fn read(row: &SqliteRow) -> Result<QueuedAlert, StoreError> {
    let instant = |column| row.try_get::<Option<i64>, _>(column).map(|ms| ms.map(from_ms));
    let severity: String = row.try_get("severity")?;
    Ok(QueuedAlert {
        id: AlertId::trusted(row.try_get::<String, _>("id")?),
        patient: PatientId::trusted(row.try_get::<String, _>("patient_id")?),
        patient_name: row.try_get("patient_name")?,
        team: row.try_get("team")?,
        rule: RuleId::trusted(row.try_get::<String, _>("rule_id")?),
        rule_version: row.try_get("rule_version")?,
        severity: Severity::from_name(&severity).ok_or(StoreError::Unreadable { place: "alert.severity" })?,
        state: state(row)?,
        title: row.try_get("title")?,
        why: row.try_get("why")?,
        proposal: row.try_get("proposal")?,
        opened_at: from_ms(row.try_get("opened_at")?),
        last_at: from_ms(row.try_get("last_at")?),
        count: row.try_get("count")?,
        worsened_at: instant("worsened_at")?,
        recovered_at: instant("recovered_at")?,
        late: row.try_get::<i64, _>("late")? != 0,
        acknowledged_at: instant("acknowledged_at")?,
        acknowledged_by: row.try_get("acknowledged_by")?,
        resolved_at: instant("resolved_at")?,
        resolved_by: row.try_get("resolved_by")?,
        outcome: row.try_get("outcome")?,
        note: row.try_get("note")?,
        lapses_at: instant("lapses_at")?,
        snooze: row
            .try_get::<Option<String>, _>("snooze")?
            .map(|snooze| json(&snooze, "alert.snooze"))
            .transpose()?,
        watch: match row.try_get::<Option<String>, _>("watch_stage")? {
            Some(stage) => Some(WatchPlace {
                stage,
                next_at: from_ms(row.try_get("watch_next_at")?),
                exhausted_at: instant("watch_exhausted_at")?,
                episode: row.try_get("watch_episode")?,
            }),
            None => None,
        },
        notes: Vec::new(),
        evidence: Vec::new(),
        covered: Vec::new(),
    })
}
