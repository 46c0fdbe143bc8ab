//! Lamplight's own patient: a row like any, marked as nobody.

use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, Tx, from_ms, to_ms};
use crate::domain::id::{AlertId, DeviceId, PatientId};
use crate::domain::phone::Phone;

impl Tx {
    /// Makes the synthetic patient, or brings it up to date. False when somebody real has this id, phone or device: then
    /// nothing is changed.
    pub async fn put_synthetic(
        &mut self,
        patient: &PatientId,
        phone: Option<&Phone>,
        device: Option<&DeviceId>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let taken = sqlx::query(
            "select (select count(*) from patient where synthetic = 0 and (id = $1 or phone = $2))
                  + (select count(*) from device where id = $3 and (patient_id is not $1 or revoked_at is not null)) as n",
        )
        .bind(patient.as_str())
        .bind(phone.map(Phone::as_str))
        .bind(device.map(DeviceId::as_str))
        .fetch_one(self.connection().await?)
        .await?;
        if taken.try_get::<i64, _>("n")? > 0 {
            return Ok(false);
        }
        self.disturb();
        sqlx::query(
            "insert into patient (id, phone, language, time_zone, consent, consent_at, standing, created_at, updated_at,
               synthetic)
             values ($1, $2, 'en', 'Europe/London', 'given', $3, 'active', $3, $3, 1)
             on conflict (id) do update set phone = excluded.phone, standing = 'active'",
        )
        .bind(patient.as_str())
        .bind(phone.map(Phone::as_str))
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        if let Some(device) = device {
            sqlx::query(
                "insert into device (id, patient_id, registered_at, registered_by) values ($1, $2, $3, 'lamplight')
                 on conflict (id) do nothing",
            )
            .bind(device.as_str())
            .bind(patient.as_str())
            .bind(to_ms(now))
            .execute(self.connection().await?)
            .await?;
        }
        Ok(true)
    }

    /// The synthetic patient's alerts that are not resolved.
    pub async fn synthetic_alerts(&mut self, patient: &PatientId) -> Result<Vec<AlertId>, StoreError> {
        let rows = sqlx::query(
            "select a.id from alert a join patient p on p.id = a.patient_id
             where a.patient_id = $1 and p.synthetic = 1 and a.state <> 'resolved' order by a.id",
        )
        .bind(patient.as_str())
        .fetch_all(self.connection().await?)
        .await?;
        rows.iter().map(|row| Ok(AlertId::trusted(row.try_get::<String, _>(0)?))).collect()
    }
}

impl Store {
    /// When the synthetic patient's newest red alert fired; nothing while none is unresolved.
    pub async fn synthetic_fired(&self, patient: &PatientId) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(
            "select max(last_at) from alert where patient_id = $1 and severity = 'red' and state <> 'resolved'",
        )
        .bind(patient.as_str())
        .fetch_one(&self.readers)
        .await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(from_ms))
    }
}
