//! Patients on protocols.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Row};

use super::bulk::Bulk;
use super::{Store, StoreError, Tx, from_ms, set, to_ms};
use crate::domain::id::{PatientId, ProtocolId};
use crate::domain::patient::Consent;
use crate::domain::protocol::{ConsentRecord, EndReason, Enrolment, EnrolmentState};

static UPSERT: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "insert into enrolment (patient_id, protocol_id, first_day, last_day, state, state_at, end_reason, consent, \
         consent_at, consent_source, pause, own_times, settled_until, revision)",
        14,
        "on conflict (patient_id, protocol_id) do update set \
           first_day = excluded.first_day, last_day = excluded.last_day, state = excluded.state, \
           state_at = excluded.state_at, end_reason = excluded.end_reason, consent = excluded.consent, \
           consent_at = excluded.consent_at, consent_source = excluded.consent_source, pause = excluded.pause, \
           own_times = excluded.own_times, settled_until = excluded.settled_until, revision = excluded.revision",
    )
});

const RUNNING: &str =
    "select distinct protocol_id from enrolment where state <> 'ended' order by protocol_id";

/// Some patients' enrolments that are not over.
pub(super) const ENROLMENTS: &str = "
select * from enrolment where patient_id in (select value from json_each($1)) and state <> 'ended'
order by patient_id, protocol_id";

/// What rows of [`ENROLMENTS`] say. Whoever is on no protocol has no entry.
pub(super) fn running(rows: &[SqliteRow]) -> Result<HashMap<PatientId, Vec<Enrolment>>, StoreError> {
    let mut found: HashMap<PatientId, Vec<Enrolment>> = HashMap::new();
    for row in rows {
        let enrolment = read(row)?;
        found.entry(enrolment.patient.clone()).or_default().push(enrolment);
    }
    Ok(found)
}

impl Store {
    /// The protocols that somebody is on.
    pub async fn running_protocols(&self) -> Result<Vec<ProtocolId>, StoreError> {
        protocols(sqlx::query(RUNNING).fetch_all(&self.readers).await?)
    }

    /// The protocols that somebody is on, by a database that is looked at and not opened: its schema stays as it is. Nothing
    /// where there is no database, or one that has none yet.
    pub async fn running_protocols_in(path: &Path) -> Result<Vec<ProtocolId>, StoreError> {
        if !path.exists() {
            return Ok(Vec::new());
        }
        let mut database = SqliteConnectOptions::new().filename(path).read_only(true).connect().await?;
        let known = "select 1 from pragma_table_info('enrolment') where name = 'state'";
        if sqlx::query(known).fetch_optional(&mut database).await?.is_none() {
            return Ok(Vec::new());
        }
        protocols(sqlx::query(RUNNING).fetch_all(&mut database).await?)
    }
}

impl Tx {
    /// The protocols that somebody is on.
    pub async fn running_protocols(&mut self) -> Result<Vec<ProtocolId>, StoreError> {
        protocols(sqlx::query(RUNNING).fetch_all(self.connection().await?).await?)
    }

    /// The enrolments of these patients that are not over. Whoever is on no protocol has no entry.
    pub async fn enrolments(
        &mut self,
        patients: &[&PatientId],
    ) -> Result<HashMap<PatientId, Vec<Enrolment>>, StoreError> {
        let rows = sqlx::query(ENROLMENTS)
            .bind(set::texts(patients.iter().map(|patient| patient.as_str())))
            .fetch_all(self.connection().await?)
            .await?;
        running(&rows)
    }

    /// The protocols that these patients were on and are not any more.
    pub async fn ended_enrolments(
        &mut self,
        patients: &[PatientId],
    ) -> Result<HashSet<(PatientId, ProtocolId)>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "select patient_id, protocol_id from enrolment
             where patient_id in (select value from json_each($1)) and state = 'ended'",
        )
        .bind(set::texts(patients.iter().map(PatientId::as_str)))
        .fetch_all(self.connection().await?)
        .await?;
        let ids = |(patient, protocol)| (PatientId::trusted(patient), ProtocolId::trusted(protocol));
        Ok(rows.into_iter().map(ids).collect())
    }

    /// The last enrolment of a patient on a protocol, also one that is over.
    pub async fn enrolment(
        &mut self,
        patient: &PatientId,
        protocol: &ProtocolId,
    ) -> Result<Option<Enrolment>, StoreError> {
        let row = sqlx::query("select * from enrolment where patient_id = $1 and protocol_id = $2")
            .bind(patient.as_str())
            .bind(protocol.as_str())
            .fetch_optional(self.connection().await?)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Writes enrolments as they now are, in their order.
    pub async fn put_enrolments(&mut self, enrolments: &[&Enrolment]) -> Result<(), StoreError> {
        UPSERT
            .insert(self, enrolments, |values, e| {
                let (state, at, why) = match e.state {
                    EnrolmentState::Invited { at } => ("invited", Some(at), None),
                    EnrolmentState::Active => ("active", None, None),
                    EnrolmentState::Ended { at, why } => ("ended", Some(at), Some(end_name(why))),
                };
                values
                    .add(e.patient.as_str())
                    .add(e.protocol.as_str())
                    .add(e.first_day.to_string())
                    .add(e.last_day.map(|day| day.to_string()))
                    .add(state)
                    .add(at.map(to_ms))
                    .add(why)
                    .add(e.consent.mode.name())
                    .add(to_ms(e.consent.at))
                    .add(serde_json::to_string(&e.consent.source).unwrap_or_default())
                    .add(e.pause.as_ref().and_then(|pause| serde_json::to_string(pause).ok()))
                    .add(serde_json::to_string(&e.own_times).unwrap_or_default())
                    .add(to_ms(e.settled_until))
                    .add(i64::from(e.revision));
            })
            .await
    }
}

impl Store {
    /// Every enrolment of a patient, those that are over too.
    pub async fn enrolments_of(&self, patient: &PatientId) -> Result<Vec<Enrolment>, StoreError> {
        let rows = sqlx::query("select * from enrolment where patient_id = $1 order by protocol_id")
            .bind(patient.as_str())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(read).collect()
    }
}

const fn end_name(why: EndReason) -> &'static str {
    match why {
        EndReason::Completed => "completed",
        EndReason::Declined => "declined",
        EndReason::Ended => "ended",
        EndReason::Lapsed => "lapsed",
    }
}

fn read(row: &SqliteRow) -> Result<Enrolment, StoreError> {
    let at: Option<i64> = row.try_get("state_at")?;
    let why: Option<&str> = row.try_get("end_reason")?;
    let state = match (row.try_get::<&str, _>("state")?, at.map(from_ms), why) {
        ("active", None, None) => EnrolmentState::Active,
        ("invited", Some(at), None) => EnrolmentState::Invited { at },
        ("ended", Some(at), Some(why)) => EnrolmentState::Ended {
            at,
            why: [EndReason::Completed, EndReason::Declined, EndReason::Ended, EndReason::Lapsed]
                .into_iter()
                .find(|reason| end_name(*reason) == why)
                .ok_or(StoreError::Unreadable { place: "enrolment.end_reason" })?,
        },
        _ => return Err(StoreError::Unreadable { place: "enrolment.state" }),
    };
    let day = |text: &str| text.parse().map_err(|_| StoreError::Unreadable { place: "enrolment.first_day" });
    Ok(Enrolment {
        patient: PatientId::trusted(row.try_get::<String, _>("patient_id")?),
        protocol: ProtocolId::trusted(row.try_get::<String, _>("protocol_id")?),
        first_day: day(row.try_get("first_day")?)?,
        last_day: row.try_get::<Option<&str>, _>("last_day")?.map(day).transpose()?,
        state,
        consent: ConsentRecord {
            mode: Consent::from_name(row.try_get("consent")?)
                .ok_or(StoreError::Unreadable { place: "enrolment.consent" })?,
            at: from_ms(row.try_get("consent_at")?),
            source: json(row.try_get("consent_source")?, "enrolment.consent_source")?,
        },
        pause: row
            .try_get::<Option<&str>, _>("pause")?
            .map(|text| json(text, "enrolment.pause"))
            .transpose()?,
        own_times: json(row.try_get("own_times")?, "enrolment.own_times")?,
        settled_until: from_ms(row.try_get("settled_until")?),
        revision: row.try_get("revision")?,
    })
}

/// What serialisation wrote.
pub(super) fn json<T: DeserializeOwned>(text: &str, place: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Unreadable { place })
}

fn protocols(rows: Vec<SqliteRow>) -> Result<Vec<ProtocolId>, StoreError> {
    rows.iter().map(|row| Ok(ProtocolId::trusted(row.try_get::<String, _>(0)?))).collect()
}
