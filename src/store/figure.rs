//! What figures are worked out from.

use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, from_ms, to_ms};
use crate::domain::alert::Severity;
use crate::domain::figure::{Case, Notified, Opening};
use crate::domain::id::{AlertId, PatientId, RuleId, TeamId};

/// Who took an alert on, and when, stands in the audit trail: the alert itself only knows the last. Each alert looks its own
/// entries up; the trail is long.
const CASES: &str = "
select a.id, a.patient_id, a.rule_id, p.team, a.severity, a.opened_at, coalesce(a.worsened_at, a.opened_at) as since,
       (select min(at) from audit where subject = a.id
          and action in ('alert.acknowledge', 'alert.resolve')) as first_at,
       (select min(at) from audit where subject = a.id and at >= coalesce(a.worsened_at, a.opened_at)
          and action in ('alert.acknowledge', 'alert.resolve')) as since_at,
       (select count(*) from audit where subject = a.id and action = 'alert.acknowledge') as takings,
       a.acknowledged_at is not null as is_taken, a.resolved_at, a.resolved_by = 'lamplight' as closed_itself, a.outcome
from alert a join patient p on p.id = a.patient_id and p.synthetic = 0
where a.opened_at >= $1 and a.opened_at < $2
order by a.opened_at, a.id";

impl Store {
    /// The alerts that opened from `from` until before `to`.
    pub async fn cases(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Case>, StoreError> {
        let rows = sqlx::query(CASES).bind(to_ms(from)).bind(to_ms(to)).fetch_all(&self.readers).await?;
        rows.iter()
            .map(|row| {
                let instant = |column| row.try_get::<Option<i64>, _>(column).map(|ms| ms.map(from_ms));
                let severity: String = row.try_get("severity")?;
                Ok(Case {
                    alert: AlertId::trusted(row.try_get::<String, _>("id")?),
                    patient: PatientId::trusted(row.try_get::<String, _>("patient_id")?),
                    rule: RuleId::trusted(row.try_get::<String, _>("rule_id")?),
                    team: row.try_get("team")?,
                    severity: Severity::from_name(&severity)
                        .ok_or(StoreError::Unreadable { place: "alert.severity" })?,
                    opened_at: from_ms(row.try_get("opened_at")?),
                    since: from_ms(row.try_get("since")?),
                    first_taken_at: instant("first_at")?,
                    taken_since_at: instant("since_at")?,
                    takings: row.try_get("takings")?,
                    is_taken: row.try_get("is_taken")?,
                    resolved_at: instant("resolved_at")?,
                    closed_itself: row.try_get::<Option<bool>, _>("closed_itself")?.unwrap_or(false),
                    outcome: row.try_get("outcome")?,
                })
            })
            .collect()
    }

    /// The notifications that reached an address from `from` until before `to`.
    pub async fn notified(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Notified>, StoreError> {
        let rows = sqlx::query(
            "select patient_id, team_id, at from notice
             where address is not null and at >= $1 and at < $2
               and patient_id not in (select id from patient where synthetic = 1) order by at, id",
        )
        .bind(to_ms(from))
        .bind(to_ms(to))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Notified {
                    patient: PatientId::trusted(row.try_get::<String, _>("patient_id")?),
                    team: TeamId::trusted(row.try_get::<String, _>("team_id")?),
                    at: from_ms(row.try_get("at")?),
                })
            })
            .collect()
    }

    /// When alerts opened since `from`, and when the first of all did.
    pub async fn openings(&self, from: Timestamp) -> Result<(Vec<Opening>, Option<Timestamp>), StoreError> {
        let rows = sqlx::query(
            "select patient.team, alert.opened_at from alert join patient on patient.id = alert.patient_id
               and patient.synthetic = 0 where alert.opened_at >= $1",
        )
        .bind(to_ms(from))
        .fetch_all(&self.readers)
        .await?;
        let openings = rows
            .iter()
            .map(|row| Ok(Opening { team: row.try_get(0)?, at: from_ms(row.try_get(1)?) }))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let row = sqlx::query("select min(opened_at) from alert").fetch_one(&self.readers).await?;
        Ok((openings, row.try_get::<Option<i64>, _>(0)?.map(from_ms)))
    }
}
