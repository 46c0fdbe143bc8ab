//! What was known at a time in the past, for explaining what was decided then.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::domain::answer::PastAnswer;
use crate::domain::decide::{ClinicalFile, FileKind};
use crate::domain::history::PastReading;
use crate::domain::id::{AlertId, EventId, PatientId, RuleId};
use crate::domain::reading::{Amount, Beyond, Measurement, ReadingState};
use crate::domain::threshold::Threshold;
use crate::domain::vital::Vital;

use super::enrolment::json as stored;
use super::reading::DAY_MS;
use super::{Store, StoreError, Tx, from_ms, set, to_ms};

/// One firing of an alert as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptFiring {
    pub set: EventId,
    /// When it was decided.
    pub at: Timestamp,
    /// JSON, as the very text that is stored.
    pub detail: String,
    /// What the audit trail sealed it with; nothing for what is older than that.
    pub seal: Option<String>,
}

/// A journalled event as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrived {
    pub id: EventId,
    pub kind: String,
    pub sender: String,
    pub address: String,
    pub body: Option<String>,
    pub raw: Vec<u8>,
    pub received_at: Timestamp,
    pub outcome: String,
    pub reason: String,
    /// When its words were removed for their age.
    pub emptied_at: Option<Timestamp>,
}

/// A reading, and when it became known.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownReading {
    pub received_at: Timestamp,
    pub past: PastReading,
    /// When it was confirmed or withdrawn, if it had to be.
    pub settled_at: Option<Timestamp>,
}

/// An answer, and the event that brought it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownAnswer {
    pub event: EventId,
    pub received_at: Timestamp,
    pub past: PastAnswer,
}

/// Somebody who was told, or a target that reached nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptNotice {
    pub at: Timestamp,
    pub reason: String,
    pub target: String,
    pub person: Option<String>,
    pub channel: Option<String>,
    pub missed: Option<String>,
}

impl Tx {
    /// Keeps the texts of files that come into force. A text that is known stays as it is.
    pub async fn keep_files(&mut self, files: &[ClinicalFile], now: Timestamp) -> Result<(), StoreError> {
        let rows = set::rows(files.iter().map(|file| {
            serde_json::json!({ "hash": file.hash, "kind": file.kind.name(), "name": file.name, "text": file.text })
        }));
        sqlx::query(
            "insert into file_version (hash, kind, name, text, activated_at)
             select value ->> 'hash', value ->> 'kind', value ->> 'name', value ->> 'text', $2
             from json_each($1) where true on conflict do nothing",
        )
        .bind(rows)
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }
}

impl Store {
    /// The text of a rule in this version, and the path that it stood at.
    pub async fn kept_rule(
        &self,
        rule: &RuleId,
        version: &str,
    ) -> Result<Option<(String, String)>, StoreError> {
        let row = sqlx::query(
            "select name, text from file_version where kind = $1 and hash = $2 and name like '%/' || $3 || '.toml'",
        )
        .bind(FileKind::Rule.name())
        .bind(version)
        .bind(rule.as_str())
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| Ok((row.try_get("name")?, row.try_get("text")?))).transpose()
    }

    /// The site's file that was in force at an instant: its version, and its text where that is kept. Nothing where the
    /// record does not say which it was.
    pub async fn kept_site(&self, at: Timestamp) -> Result<Option<(String, Option<String>)>, StoreError> {
        let row = sqlx::query(
            "select version, (select text from file_version where kind = $2 and hash = version limit 1) as text
             from (select detail ->> 'site' as version from audit
                   where action = 'catalog.activated' and at <= $1 order by seq desc limit 1)
             where version is not null",
        )
        .bind(to_ms(at))
        .bind(FileKind::Site.name())
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| Ok((row.try_get("version")?, row.try_get("text")?))).transpose()
    }

    /// Every firing of an alert, oldest first.
    pub async fn firings(&self, alert: &AlertId) -> Result<Vec<KeptFiring>, StoreError> {
        let rows = sqlx::query(
            "select e.set_id, e.at, e.detail,
                    (select a.detail ->> 'evidence' from audit a
                     where a.subject = e.alert_id and a.action in ('alert.open', 'alert.join')
                       and a.detail ->> 'set_id' = e.set_id order by a.seq desc limit 1) as seal
             from alert_evidence e where e.alert_id = $1 order by e.at, e.set_id",
        )
        .bind(alert.as_str())
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(KeptFiring {
                    set: EventId::trusted(row.try_get::<String, _>("set_id")?),
                    at: from_ms(row.try_get("at")?),
                    detail: row.try_get("detail")?,
                    seal: row.try_get("seal")?,
                })
            })
            .collect()
    }

    pub async fn arrived(&self, event: &EventId) -> Result<Option<Arrived>, StoreError> {
        let row = sqlx::query(
            "select id, kind, sender, address, body, raw, received_at, outcome, reason, emptied_at from inbox where id = $1",
        )
        .bind(event.as_str())
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| {
            Ok(Arrived {
                id: EventId::trusted(row.try_get::<String, _>("id")?),
                kind: row.try_get("kind")?,
                sender: row.try_get("sender")?,
                address: row.try_get("address")?,
                body: row.try_get("body")?,
                raw: row.try_get("raw")?,
                received_at: from_ms(row.try_get("received_at")?),
                outcome: row.try_get("outcome")?,
                reason: row.try_get("reason")?,
                emptied_at: row.try_get::<Option<i64>, _>("emptied_at")?.map(from_ms),
            })
        })
        .transpose()
    }

    /// The limits of a patient for a rule as of `at`: of each parameter the last that was set by then.
    pub async fn limits_then(
        &self,
        patient: &PatientId,
        rule: &RuleId,
        at: Timestamp,
    ) -> Result<Vec<Threshold>, StoreError> {
        let rows = sqlx::query(
            "select parameter, since, value, author, reason from threshold
             where patient_id = $1 and rule_id = $2 and since <= $3 order by parameter, since",
        )
        .bind(patient.as_str())
        .bind(rule.as_str())
        .bind(to_ms(at))
        .fetch_all(&self.readers)
        .await?;
        let mut last: BTreeMap<String, Threshold> = BTreeMap::new();
        for row in &rows {
            let parameter: String = row.try_get("parameter")?;
            let threshold = Threshold {
                rule: rule.clone(),
                parameter: parameter.clone(),
                value: row.try_get("value")?,
                author: row.try_get("author")?,
                reason: row.try_get("reason")?,
                since: from_ms(row.try_get("since")?),
            };
            last.insert(parameter, threshold);
        }
        Ok(last.into_values().collect())
    }

    /// Every reading of a patient from `since` on that came by `until`, oldest arrival first.
    pub async fn readings_known(
        &self,
        patient: &PatientId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<KnownReading>, StoreError> {
        let days: Vec<i64> =
            (to_ms(since).div_euclid(DAY_MS)..=to_ms(until).div_euclid(DAY_MS) + 1).collect();
        let rows = sqlx::query(
            "select s.set_id, s.taken_at, s.received_at, s.settled_at, s.state, n.value ->> 0 as vital,
                    cast(n.value ->> 2 as real) as value, n.value ->> 3 as beyond
             from json_each($1) as j
             cross join reading_set as s on s.day = j.value and s.patient_id = $2
             cross join json_each(s.numbers) as n
             where s.received_at <= $3 order by s.received_at, s.set_id, n.key",
        )
        .bind(Value::from(days).to_string())
        .bind(patient.as_str())
        .bind(to_ms(until))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(known_reading).collect()
    }

    /// Every answer of a patient that came by `until`, oldest first.
    pub async fn answers_known(
        &self,
        patient: &PatientId,
        until: Timestamp,
    ) -> Result<Vec<KnownAnswer>, StoreError> {
        let rows = sqlx::query(
            "select a.event_id, a.question, a.value, a.at, coalesce(i.received_at, a.at) as received_at
             from answer a left join inbox i on i.id = a.event_id
             where a.patient_id = $1 and coalesce(i.received_at, a.at) <= $2 order by a.at, a.event_id, a.question",
        )
        .bind(patient.as_str())
        .bind(to_ms(until))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(KnownAnswer {
                    event: EventId::trusted(row.try_get::<String, _>("event_id")?),
                    received_at: from_ms(row.try_get("received_at")?),
                    past: PastAnswer {
                        question: row.try_get("question")?,
                        value: stored(row.try_get("value")?, "answer.value")?,
                        at: from_ms(row.try_get("at")?),
                    },
                })
            })
            .collect()
    }

    /// Whom a patient's watch told since then, and whom it tried to.
    pub async fn notices_since(
        &self,
        patient: &PatientId,
        since: Timestamp,
    ) -> Result<Vec<KeptNotice>, StoreError> {
        let rows = sqlx::query(
            "select at, reason, target, person, channel, missed from notice
             where patient_id = $1 and at >= $2 order by at, id limit 500",
        )
        .bind(patient.as_str())
        .bind(to_ms(since))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(KeptNotice {
                    at: from_ms(row.try_get("at")?),
                    reason: row.try_get("reason")?,
                    target: row.try_get("target")?,
                    person: row.try_get("person")?,
                    channel: row.try_get("channel")?,
                    missed: row.try_get("missed")?,
                })
            })
            .collect()
    }
}

fn known_reading(row: &SqliteRow) -> Result<KnownReading, StoreError> {
    let unreadable = || StoreError::Unreadable { place: "reading" };
    let vital = Vital::from_name(row.try_get("vital")?).ok_or_else(unreadable)?;
    let beyond = row.try_get::<Option<&str>, _>("beyond")?.and_then(Beyond::from_name);
    let amount = Amount::from_parts(row.try_get("value")?, beyond).ok_or_else(unreadable)?;
    let state: &str = row.try_get("state")?;
    let known =
        [ReadingState::Accepted, ReadingState::Unconfirmed, ReadingState::Withdrawn, ReadingState::Flagged];
    Ok(KnownReading {
        received_at: from_ms(row.try_get("received_at")?),
        past: PastReading {
            set: EventId::trusted(row.try_get::<String, _>("set_id")?),
            taken_at: from_ms(row.try_get("taken_at")?),
            measurement: Measurement::from_amount(vital, amount).map_err(|_| unreadable())?,
            state: known.into_iter().find(|known| known.name() == state).ok_or_else(unreadable)?,
        },
        settled_at: row.try_get::<Option<i64>, _>("settled_at")?.map(from_ms),
    })
}
