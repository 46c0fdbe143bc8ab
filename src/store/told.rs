//! What patients were told of what became of their readings, and what there may be to tell.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::{Store, StoreError, Tx, from_ms, set, to_ms};
use crate::domain::alert::Severity;
use crate::domain::candour::{FRESH, Listener, Spoken, Tell, Told, Word};
use crate::domain::id::{AlertId, MessageId, PatientId};
use crate::domain::phone::Phone;

/// No standard is so slow that an alert of before this is news.
const OLDEST: SignedDuration = SignedDuration::from_hours(31 * 24);

/// Amber and red alerts that rest on something sent and that there may be something to say about: seen or closed lately, or
/// waiting and nothing said. What Lamplight itself raises is not spoken of, for the patient knows nothing of it.
///
/// Any entry of a person in the audit trail counts as having looked.
const SPOKEN: &str = "
select a.id, a.patient_id, a.severity, coalesce(a.worsened_at, a.opened_at) as since, a.last_at,
       a.state = 'open' and coalesce(a.snoozed_until <= $1 or a.snooze ->> '$.late' is not null, 1) and not exists (select 1 from audit
           where audit.subject = a.id and audit.at >= coalesce(a.worsened_at, a.opened_at)
             and audit.actor <> 'lamplight' and audit.actor not like 'token:%') as unseen,
       nullif(max(
         iif(a.acknowledged_by is null or a.acknowledged_by like 'token:%', 0, coalesce(a.acknowledged_at, 0)),
         iif(a.resolved_by is null or a.resolved_by = 'lamplight' or a.resolved_by like 'token:%', 0,
             coalesce(a.resolved_at, 0))), 0) as seen_at,
       p.phone, p.language, p.time_zone, p.team
from alert a join patient p on p.id = a.patient_id and p.synthetic = 0
where a.severity <> 'advice' and p.standing = 'active' and p.phone is not null
  and (a.state = 'acknowledged' and a.acknowledged_at > $2
    or a.resolved_at > $2
    or a.state = 'open' and coalesce(a.worsened_at, a.opened_at) > $3)
  and substr(a.rule_id, 1, 7) <> 'system_'
  and exists (select 1 from alert_evidence e where e.alert_id = a.id)
  and ($4 is null or a.patient_id in (select value from json_each($4)))
order by a.patient_id, a.id";

const TOLD: &str = "
select patient_id, alert_id, word, at from told
where at > $1 and patient_id in (select value from json_each($2))";

impl Store {
    /// Everybody to whom there may be something to say.
    pub async fn listeners(&self, now: Timestamp) -> Result<Vec<Listener>, StoreError> {
        let mut reader = self.readers.acquire().await?;
        listeners(&mut reader, None, now).await
    }
}

impl Tx {
    /// [`Store::listeners`], these patients only, as this transaction sees them.
    pub async fn listeners(
        &mut self,
        patients: &[PatientId],
        now: Timestamp,
    ) -> Result<Vec<Listener>, StoreError> {
        let patients = set::texts(patients.iter().map(PatientId::as_str));
        listeners(self.connection().await?, Some(&patients), now).await
    }

    /// Records that a text speaks of these alerts.
    pub async fn record_told(
        &mut self,
        patient: &PatientId,
        tell: &Tell,
        message: &MessageId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into told (alert_id, patient_id, word, at, message_id)
             select value, $2, $3, $4, $5 from json_each($1)",
        )
        .bind(json!(tell.alerts).to_string())
        .bind(patient.as_str())
        .bind(tell.word.name())
        .bind(to_ms(now))
        .bind(message.as_str())
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }
}

async fn listeners(
    db: &mut SqliteConnection,
    patients: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Listener>, StoreError> {
    let ago = |long| to_ms(now.saturating_sub(long).unwrap_or(Timestamp::UNIX_EPOCH));
    let rows = sqlx::query(SPOKEN)
        .bind(to_ms(now))
        .bind(ago(FRESH))
        .bind(ago(OLDEST))
        .bind(patients)
        .fetch_all(&mut *db)
        .await?;
    let mut found: BTreeMap<PatientId, Listener> = BTreeMap::new();
    for row in &rows {
        let patient = PatientId::trusted(row.try_get::<String, _>("patient_id")?);
        let severity: String = row.try_get("severity")?;
        let spoken = Spoken {
            alert: AlertId::trusted(row.try_get::<String, _>("id")?),
            severity: Severity::from_name(&severity)
                .ok_or(StoreError::Unreadable { place: "alert.severity" })?,
            since: from_ms(row.try_get("since")?),
            last_at: from_ms(row.try_get("last_at")?),
            unseen: row.try_get("unseen")?,
            seen_at: row.try_get::<Option<i64>, _>("seen_at")?.map(from_ms),
        };
        if let Some(listener) = found.get_mut(&patient) {
            listener.alerts.push(spoken);
            continue;
        }
        let zone: String = row.try_get("time_zone")?;
        let listener = Listener {
            patient: patient.clone(),
            phone: Phone::trusted(row.try_get::<String, _>("phone")?),
            language: row.try_get("language")?,
            zone: TimeZone::get(&zone).unwrap_or(TimeZone::UTC),
            team: row.try_get("team")?,
            alerts: vec![spoken],
            told: Vec::new(),
        };
        found.insert(patient, listener);
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let whose = set::texts(found.keys().map(PatientId::as_str));
    for row in &sqlx::query(TOLD).bind(ago(OLDEST)).bind(whose).fetch_all(db).await? {
        let word: String = row.try_get("word")?;
        let told = Told {
            alert: AlertId::trusted(row.try_get::<String, _>("alert_id")?),
            word: Word::from_name(&word).ok_or(StoreError::Unreadable { place: "told.word" })?,
            at: from_ms(row.try_get("at")?),
        };
        if let Some(listener) = found.get_mut(&PatientId::trusted(row.try_get::<String, _>("patient_id")?)) {
            listener.told.push(told);
        }
    }
    Ok(found.into_values().collect())
}
