use jiff::Timestamp;
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::super::{Store, StoreError, from_ms};
use crate::domain::id::{DeviceId, PatientId};

/// A patient with everything that is in force for them now.
#[derive(Debug, Clone)]
pub struct ShownPatient {
    pub id: PatientId,
    pub name: Option<String>,
    pub label: Option<String>,
    pub phone: Option<String>,
    /// Since when texts to this number come back as from nobody's.
    pub phone_doubtful_since: Option<Timestamp>,
    pub nhs_number: Option<String>,
    pub date_of_birth: Option<String>,
    pub language: String,
    pub time_zone: String,
    pub team: Option<String>,
    pub consent: String,
    pub consent_at: Timestamp,
    pub standing: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Ids, in order; revoked devices are left out.
    pub devices: Value,
    /// Ids, in order; ended enrolments are left out.
    pub protocols: Value,
    /// `{"rule.parameter": value}`, the limits in force.
    pub thresholds: Value,
}

/// A registered device and what was last heard of it.
#[derive(Debug, Clone)]
pub struct ShownDevice {
    pub id: DeviceId,
    pub patient: Option<PatientId>,
    pub registered_at: Timestamp,
    pub registered_by: String,
    pub revoked_at: Option<Timestamp>,
    /// Unknown until its first status arrives.
    pub online: Option<bool>,
    pub battery: Option<f64>,
    pub status_at: Option<Timestamp>,
    pub clock_offset_ms: Option<i64>,
    pub clock_seen_at: Option<Timestamp>,
}

const PATIENTS: &str = "
select patient.*, (select since from doubtful_number d where d.phone = patient.phone) as phone_doubtful_since,
  (select json_group_array(id) from
     (select id from device where patient_id = patient.id and revoked_at is null order by id)) as devices,
  (select json_group_array(protocol_id) from
     (select protocol_id from enrolment
      where patient_id = patient.id and state <> 'ended' order by protocol_id)) as protocols,
  (select json_group_object(rule_id || '.' || parameter, value) from
     (select rule_id, parameter, value, max(since) from threshold
      where patient_id = patient.id group by rule_id, parameter)) as thresholds
from patient
where ($1 is null or id = $1) and ($2 is null or id > $2)
order by id limit $3";

impl Store {
    /// At most `limit` patients by id, those after `after` only.
    pub async fn shown_patients(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ShownPatient>, StoreError> {
        let rows = sqlx::query(PATIENTS)
            .bind(None::<&str>)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(patient).collect()
    }

    pub async fn shown_patient(&self, id: &PatientId) -> Result<Option<ShownPatient>, StoreError> {
        let row = sqlx::query(PATIENTS)
            .bind(id.as_str())
            .bind(None::<&str>)
            .bind(1_i64)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(patient).transpose()
    }

    /// At most `limit` devices by id, those after `after` only.
    pub async fn shown_devices(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ShownDevice>, StoreError> {
        let rows = sqlx::query("select * from device where $1 is null or id > $1 order by id limit $2")
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(device).collect()
    }

    pub async fn shown_device(&self, id: &DeviceId) -> Result<Option<ShownDevice>, StoreError> {
        let row = sqlx::query("select * from device where id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(device).transpose()
    }
}

fn patient(row: &SqliteRow) -> Result<ShownPatient, StoreError> {
    let json = |column| -> Result<Value, StoreError> {
        serde_json::from_str(&row.try_get::<String, _>(column)?)
            .map_err(|_| StoreError::Unreadable { place: "patient" })
    };
    Ok(ShownPatient {
        id: PatientId::trusted(row.try_get::<String, _>("id")?),
        name: row.try_get("name")?,
        label: row.try_get("label")?,
        phone: row.try_get("phone")?,
        phone_doubtful_since: row.try_get::<Option<i64>, _>("phone_doubtful_since")?.map(from_ms),
        nhs_number: row.try_get("nhs_number")?,
        date_of_birth: row.try_get("date_of_birth")?,
        language: row.try_get("language")?,
        time_zone: row.try_get("time_zone")?,
        team: row.try_get("team")?,
        consent: row.try_get("consent")?,
        consent_at: from_ms(row.try_get("consent_at")?),
        standing: row.try_get("standing")?,
        created_at: from_ms(row.try_get("created_at")?),
        updated_at: from_ms(row.try_get("updated_at")?),
        devices: json("devices")?,
        protocols: json("protocols")?,
        thresholds: json("thresholds")?,
    })
}

fn device(row: &SqliteRow) -> Result<ShownDevice, StoreError> {
    let instant = |column| row.try_get::<Option<i64>, _>(column).map(|ms| ms.map(from_ms));
    Ok(ShownDevice {
        id: DeviceId::trusted(row.try_get::<String, _>("id")?),
        patient: row.try_get::<Option<String>, _>("patient_id")?.map(PatientId::trusted),
        registered_at: from_ms(row.try_get("registered_at")?),
        registered_by: row.try_get("registered_by")?,
        revoked_at: instant("revoked_at")?,
        online: row.try_get("online")?,
        battery: row.try_get("battery")?,
        status_at: instant("status_at")?,
        clock_offset_ms: row.try_get("clock_offset_ms")?,
        clock_seen_at: instant("clock_seen_at")?,
    })
}
