//! Patients. On the way in a batch reads all its patients with one query; devices and protocols, which deciding
//! does not need, are only filled in for people who look.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, Tx, set, to_ms};
use crate::domain::id::{DeviceId, PatientId};
use crate::domain::patient::{Consent, NhsNumber, Patient, Standing};
use crate::domain::phone::Phone;

macro_rules! select_patient {
    ($rest:literal) => {
        concat!(
            "select id, name, label, phone, nhs_number, date_of_birth, language, time_zone, team, consent, standing, \
             (select c.phone from carer c where c.patient_id = patient.id and c.answers_for = 1 \
              and c.removed_at is null and c.stopped_at is null) as proxy from patient ",
            $rest
        )
    };
}

/// Some patients, without their devices and protocols.
pub(super) const PATIENTS: &str = select_patient!("where id in (select value from json_each($1))");

/// What rows of [`PATIENTS`] say.
pub(super) fn patients(rows: &[SqliteRow]) -> Result<HashMap<PatientId, Patient>, StoreError> {
    rows.iter().map(|row| patient(row).map(|patient| (patient.id.clone(), patient))).collect()
}

impl Tx {
    /// Those of `ids` that are enrolled, without their devices and protocols.
    pub async fn patients_by_id(
        &mut self,
        ids: &[PatientId],
    ) -> Result<HashMap<PatientId, Patient>, StoreError> {
        let rows = sqlx::query(PATIENTS)
            .bind(set::texts(ids.iter().map(PatientId::as_str)))
            .fetch_all(self.connection().await?)
            .await?;
        patients(&rows)
    }

    /// Everybody who is reached at one of `phones`, in the order of their ids; phones may be shared. Without
    /// devices and protocols.
    pub async fn patients_by_phone(
        &mut self,
        phones: &[Phone],
    ) -> Result<HashMap<Phone, Vec<Patient>>, StoreError> {
        let rows =
            sqlx::query(select_patient!("where phone in (select value from json_each($1)) order by id"))
                .bind(set::texts(phones.iter().map(Phone::as_str)))
                .fetch_all(self.connection().await?)
                .await?;
        let mut found: HashMap<Phone, Vec<Patient>> = HashMap::new();
        for row in &rows {
            let patient = patient(row)?;
            if let Some(phone) = patient.phone.clone() {
                found.entry(phone).or_default().push(patient);
            }
        }
        Ok(found)
    }

    /// Writes patients as they now are, new or known. Devices and protocols are written on their own.
    ///
    /// The time of consent moves only when the consent does.
    pub async fn put_patients(&mut self, patients: &[Patient], now: Timestamp) -> Result<(), StoreError> {
        let rows = set::rows(patients.iter().map(|p| {
            json!({
                "id": p.id.as_str(), "name": p.name, "label": p.label, "phone": p.phone, "nhs_number": p.nhs_number,
                "date_of_birth": p.date_of_birth, "language": p.language, "time_zone": p.time_zone,
                "team": p.team, "consent": p.consent.name(), "standing": p.standing.name(),
            })
        }));
        sqlx::query(
            "insert into patient (id, name, label, phone, nhs_number, date_of_birth, language, time_zone, team,
                                  consent, consent_at, standing, created_at, updated_at)
             select value ->> 'id', value ->> 'name', value ->> 'label', value ->> 'phone', value ->> 'nhs_number',
                    value ->> 'date_of_birth', value ->> 'language', value ->> 'time_zone', value ->> 'team',
                    value ->> 'consent', $2, value ->> 'standing', $2, $2
             from json_each($1) where true
             on conflict (id) do update set
               name = excluded.name, label = excluded.label, phone = excluded.phone, nhs_number = excluded.nhs_number,
               date_of_birth = excluded.date_of_birth, language = excluded.language,
               time_zone = excluded.time_zone, team = excluded.team,
               consent_at = case when patient.consent = excluded.consent
                            then patient.consent_at else excluded.consent_at end,
               consent = excluded.consent, standing = excluded.standing, updated_at = excluded.updated_at",
        )
        .bind(rows)
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }
}

impl Store {
    /// One patient with devices in use and running protocols.
    pub async fn patient(&self, id: &PatientId) -> Result<Option<Patient>, StoreError> {
        let row = sqlx::query(select_patient!("where id = $1"))
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut found = vec![patient(&row)?];
        self.fill(&mut found).await?;
        Ok(found.pop())
    }

    /// At most `limit` patients in the order of their ids, those after `after`, with devices in use and running
    /// protocols.
    pub async fn patients(&self, limit: u32, after: Option<&PatientId>) -> Result<Vec<Patient>, StoreError> {
        let rows = sqlx::query(select_patient!("where id > $1 order by id limit $2"))
            .bind(after.map_or("", PatientId::as_str))
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        let mut found = rows.iter().map(patient).collect::<Result<Vec<_>, _>>()?;
        self.fill(&mut found).await?;
        Ok(found)
    }

    async fn fill(&self, patients: &mut [Patient]) -> Result<(), StoreError> {
        let ids = set::texts(patients.iter().map(|p| p.id.as_str()));
        let devices: Vec<(String, String)> = sqlx::query_as(
            "select patient_id, id from device
             where patient_id in (select value from json_each($1)) and revoked_at is null order by id",
        )
        .bind(&ids)
        .fetch_all(&self.readers)
        .await?;
        let protocols: Vec<(String, String)> = sqlx::query_as(
            "select patient_id, protocol_id from enrolment
             where patient_id in (select value from json_each($1)) and state <> 'ended' order by protocol_id",
        )
        .bind(&ids)
        .fetch_all(&self.readers)
        .await?;
        let mut by_id: HashMap<String, &mut Patient> =
            patients.iter_mut().map(|p| (p.id.as_str().to_owned(), p)).collect();
        for (patient, device) in devices {
            if let Some(patient) = by_id.get_mut(&patient) {
                patient.devices.push(DeviceId::trusted(device));
            }
        }
        for (patient, protocol) in protocols {
            if let Some(patient) = by_id.get_mut(&patient) {
                patient.protocols.push(protocol);
            }
        }
        Ok(())
    }
}

/// A row of [`select_patient!`].
fn patient(row: &SqliteRow) -> Result<Patient, StoreError> {
    let nhs_number = match row.try_get::<Option<&str>, _>("nhs_number")? {
        Some(number) => {
            Some(NhsNumber::parse(number).ok_or(StoreError::Unreadable { place: "patient.nhs_number" })?)
        }
        None => None,
    };
    Ok(Patient {
        id: PatientId::trusted(row.try_get::<String, _>("id")?),
        name: row.try_get("name")?,
        label: row.try_get("label")?,
        phone: row.try_get::<Option<String>, _>("phone")?.map(Phone::trusted),
        proxy: row.try_get::<Option<String>, _>("proxy")?.map(Phone::trusted),
        nhs_number,
        date_of_birth: row.try_get("date_of_birth")?,
        language: row.try_get("language")?,
        time_zone: row.try_get("time_zone")?,
        team: row.try_get("team")?,
        consent: Consent::from_name(row.try_get("consent")?)
            .ok_or(StoreError::Unreadable { place: "patient.consent" })?,
        standing: match row.try_get::<&str, _>("standing")? {
            "active" => Standing::Active,
            "stopped" => Standing::Stopped,
            _ => return Err(StoreError::Unreadable { place: "patient.standing" }),
        },
        devices: Vec::new(),
        protocols: Vec::new(),
    })
}
