//! The queue in two looks: where everybody stands, one row a patient, and then all that is on a page's cards.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, from_ms, set, to_ms};
use crate::domain::alert::{AlertState, Severity};
use crate::domain::escalation::Snooze;
use crate::domain::id::{AlertId, PatientId, RuleId, UserName};
use crate::domain::queue::{CardAlert, Facts, Load, Standing};

/// Says of alerts what [`CardAlert::is_held`] and [`CardAlert::since`] say; a test holds the two together. The index of
/// unresolved alerts gives them patient by patient.
macro_rules! select_loads {
    ($whose:literal) => {
        concat!(
            "
with standing as (
  select patient_id, severity, coalesce(worsened_at, opened_at) as since,
         case
           when state = 'acknowledged' then coalesce(lapses_at > $1, 1)
           when snoozed_until is null or snoozed_until <= $1 then 0
           when coalesce(snooze ->> '$.late.waits', 0) then 0
           when severity = 'advice' then snooze ->> 'severity' is not null
           else coalesce(severity = snooze ->> 'severity' or severity = 'amber' and snooze ->> 'severity' = 'red', 0)
         end as held,
         coalesce(state = 'acknowledged' and acknowledged_by = $2, 0) as mine
  from alert where state <> 'resolved' ",
            $whose,
            ")
select standing.patient_id, patient.team,
       min(iif(severity = 'red' and not held, since, null)) as red_waits,
       min(iif(severity = 'red' and held, since, null)) as red_held,
       min(iif(severity = 'amber' and not held, since, null)) as amber_waits,
       min(iif(severity = 'amber' and held, since, null)) as amber_held,
       min(iif(severity = 'advice' and not held, since, null)) as advice_waits,
       min(iif(severity = 'advice' and held, since, null)) as advice_held
from standing join patient on patient.id = standing.patient_id and patient.synthetic = 0
group by standing.patient_id
having $2 is null or max(mine)"
        )
    };
}

const LOADS: &str = select_loads!("");
const LOADS_OF: &str = select_loads!("and patient_id in (select value from json_each($3))");

const ALERTS: &str = "
select id, patient_id, rule_id, severity, state, title, why, proposal, opened_at, last_at, count, worsened_at,
       recovered_at, late, acknowledged_at, acknowledged_by, lapses_at, snoozed_until, snooze
from alert where state <> 'resolved' and patient_id in (select value from json_each($1))";

const FACTS: &str = "
select patient.id, patient.name, patient.team, iif(watch.begun, watch.next_at, null) as next_at, watch.exhausted_at,
       (select count(*) from task where task.patient_id = patient.id and task.resolved_at is null) as tasks
from patient left join watch on watch.patient_id = patient.id
where patient.id in (select value from json_each($1))";

/// A patient on the queue, the team on the record, and what stands there.
pub type PatientLoad = (PatientId, Option<String>, Load);

impl Store {
    /// Everybody with an unresolved alert, or only those of whose alerts `mine` has taken one on.
    pub async fn loads(
        &self,
        mine: Option<&UserName>,
        now: Timestamp,
    ) -> Result<Vec<PatientLoad>, StoreError> {
        let rows = sqlx::query(LOADS)
            .bind(to_ms(now))
            .bind(mine.map(UserName::as_str))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(load).collect()
    }

    /// [`Store::loads`] of these patients only.
    pub async fn loads_of(
        &self,
        patients: &[&PatientId],
        mine: Option<&UserName>,
        now: Timestamp,
    ) -> Result<Vec<PatientLoad>, StoreError> {
        let rows = sqlx::query(LOADS_OF)
            .bind(to_ms(now))
            .bind(mine.map(UserName::as_str))
            .bind(set::texts(patients.iter().map(|patient| patient.as_str())))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(load).collect()
    }

    /// The number of the last change that may have moved somebody in the queue.
    pub async fn last_queue_change(&self) -> Result<i64, StoreError> {
        let row =
            sqlx::query("select coalesce(max(seq), 0) from queue_change").fetch_one(&self.readers).await?;
        Ok(row.try_get(0)?)
    }

    /// Whose place may have changed after the change of this number, each by the number of the last time, in that order.
    pub async fn queue_changes(&self, after: i64) -> Result<Vec<(i64, PatientId)>, StoreError> {
        let rows = sqlx::query("select seq, patient_id from queue_change where seq > $1 order by seq")
            .bind(after)
            .fetch_all(&self.readers)
            .await?;
        let change =
            |row: &SqliteRow| Ok((row.try_get(0)?, PatientId::trusted(row.try_get::<String, _>(1)?)));
        rows.iter().map(change).collect()
    }

    /// What the cards of these patients say.
    pub async fn card_facts(
        &self,
        patients: &[&PatientId],
    ) -> Result<HashMap<PatientId, (Facts, Vec<CardAlert>)>, StoreError> {
        let patients = set::texts(patients.iter().map(|patient| patient.as_str()));
        let mut cards: HashMap<PatientId, (Facts, Vec<CardAlert>)> = HashMap::new();
        for row in &sqlx::query(FACTS).bind(&patients).fetch_all(&self.readers).await? {
            let instant = |column| row.try_get::<Option<i64>, _>(column).map(|ms| ms.map(from_ms));
            let facts = Facts {
                name: row.try_get("name")?,
                team: row.try_get("team")?,
                tasks: row.try_get("tasks")?,
                next_step_at: instant("next_at")?,
                exhausted_at: instant("exhausted_at")?,
            };
            cards.insert(PatientId::trusted(row.try_get::<String, _>("id")?), (facts, Vec::new()));
        }
        for row in &sqlx::query(ALERTS).bind(&patients).fetch_all(&self.readers).await? {
            let patient = PatientId::trusted(row.try_get::<String, _>("patient_id")?);
            if let Some((_, alerts)) = cards.get_mut(&patient) {
                alerts.push(alert(row)?);
            }
        }
        Ok(cards)
    }
}

fn load(row: &SqliteRow) -> Result<PatientLoad, StoreError> {
    // By number: this is read for everybody on the queue.
    let at = |column: usize| row.try_get::<Option<i64>, _>(column).map(|ms| ms.map(from_ms));
    let standing = |column| Ok::<_, StoreError>(Standing { waits: at(column)?, held: at(column + 1)? });
    let load = Load { red: standing(2)?, amber: standing(4)?, advice: standing(6)? };
    Ok((PatientId::trusted(row.try_get::<String, _>(0)?), row.try_get(1)?, load))
}

fn alert(row: &SqliteRow) -> Result<CardAlert, StoreError> {
    let instant = |column| row.try_get::<Option<i64>, _>(column).map(|ms| ms.map(from_ms));
    let severity: String = row.try_get("severity")?;
    let severity =
        Severity::from_name(&severity).ok_or(StoreError::Unreadable { place: "alert.severity" })?;
    let state: String = row.try_get("state")?;
    let state = AlertState::from_name(&state).ok_or(StoreError::Unreadable { place: "alert.state" })?;
    let owner = row.try_get::<Option<String>, _>("acknowledged_by")?.map(UserName::trusted);
    Ok(CardAlert {
        id: AlertId::trusted(row.try_get::<String, _>("id")?),
        rule: RuleId::trusted(row.try_get::<String, _>("rule_id")?),
        severity,
        state,
        title: row.try_get("title")?,
        why: row.try_get("why")?,
        proposal: row.try_get("proposal")?,
        opened_at: from_ms(row.try_get("opened_at")?),
        last_at: from_ms(row.try_get("last_at")?),
        count: row.try_get("count")?,
        worsened_at: instant("worsened_at")?,
        recovered_at: instant("recovered_at")?,
        late: row.try_get("late")?,
        acknowledged_at: instant("acknowledged_at")?,
        owner: owner.filter(|_| state == AlertState::Acknowledged),
        lapses_at: instant("lapses_at")?,
        snooze: instant("snoozed_until")?
            .and_then(|until| snooze(until, row.try_get::<Option<String>, _>("snooze").ok()??.as_str())),
    })
}

/// A snooze that cannot be read is none: the alert waits.
fn snooze(until: Timestamp, stored: &str) -> Option<Snooze> {
    let stored: Value = serde_json::from_str(stored).ok()?;
    Some(Snooze {
        until,
        by: UserName::trusted(stored["by"].as_str().unwrap_or_default()),
        reason: stored["reason"].as_str().unwrap_or_default().to_owned(),
        severity: Severity::from_name(stored["severity"].as_str()?)?,
        late: serde_json::from_value(stored["late"].clone()).ok().flatten(),
    })
}
