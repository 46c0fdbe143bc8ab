//! Who has which device: bindings with their history, and the codes that begin one.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, Tx, from_ms, set, to_ms};
use crate::domain::id::{DeviceId, PatientId};

/// One stretch of a device's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Binding {
    /// Nothing: somebody who has been erased.
    pub patient_id: Option<PatientId>,
    pub since: Timestamp,
    /// Nothing: they still have it.
    pub until: Option<Timestamp>,
    pub bound_by: String,
    pub ended_by: Option<String>,
    pub why: String,
    pub ended_why: Option<String>,
}

/// From when on a patient has a device, and on whose word.
#[derive(Debug, Clone, Copy)]
pub struct NewBinding<'a> {
    pub device: &'a DeviceId,
    pub patient: &'a PatientId,
    pub since: Timestamp,
    pub by: &'a str,
    pub why: &'a str,
}

/// A code that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedClaim {
    pub patient: PatientId,
    pub expires_at: Timestamp,
    pub is_used: bool,
}

impl Tx {
    /// Gives a device to a patient. Whoever had it until then has it no more from that moment on.
    pub async fn bind_device(&mut self, new: NewBinding<'_>) -> Result<(), StoreError> {
        sqlx::query("update device set patient_id = $2 where id = $1")
            .bind(new.device.as_str())
            .bind(new.patient.as_str())
            .execute(self.connection().await?)
            .await?;
        self.begin_bindings(std::slice::from_ref(new.device), new.since, new.by, new.why).await
    }

    /// Puts on record that these devices are whose their rows say, from `since` on.
    pub(super) async fn begin_bindings(
        &mut self,
        devices: &[DeviceId],
        since: Timestamp,
        by: &str,
        why: &str,
    ) -> Result<(), StoreError> {
        let ids = set::texts(devices.iter().map(DeviceId::as_str));
        sqlx::query(
            "update device_binding set until = max(since, $2), ended_by = $3, ended_why = $4
             where until is null and device_id in (select value from json_each($1))",
        )
        .bind(&ids)
        .bind(to_ms(since))
        .bind(by)
        .bind(why)
        .execute(self.connection().await?)
        .await?;
        sqlx::query(
            "insert into device_binding (device_id, since, patient_id, bound_by, why)
             select id, $2, patient_id, $3, $4 from device
             where id in (select value from json_each($1)) and patient_id is not null
             -- A stretch that began at the very same instant never was one.
             on conflict (device_id, since) do update
               set until = null, ended_by = null, ended_why = null, patient_id = excluded.patient_id,
                   bound_by = excluded.bound_by, why = excluded.why",
        )
        .bind(&ids)
        .bind(to_ms(since))
        .bind(by)
        .bind(why)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Ends the stretch that goes on, if one does.
    pub async fn end_binding(
        &mut self,
        device: &DeviceId,
        until: Timestamp,
        (by, why): (&str, &str),
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update device_binding set until = max(since, $2), ended_by = $3, ended_why = $4
             where device_id = $1 and until is null",
        )
        .bind(device.as_str())
        .bind(to_ms(until))
        .bind(by)
        .bind(why)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Takes a device back from its patient: it is nobody's, and stays registered.
    pub async fn unbind_device(
        &mut self,
        device: &DeviceId,
        now: Timestamp,
        (by, why): (&str, &str),
    ) -> Result<(), StoreError> {
        self.end_binding(device, now, (by, why)).await?;
        sqlx::query("update device set patient_id = null where id = $1")
            .bind(device.as_str())
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    /// How many codes were issued since then for this patient, and by this hand.
    pub async fn claims_since(
        &mut self,
        patient: &PatientId,
        by: &str,
        since: Timestamp,
    ) -> Result<(u32, u32), StoreError> {
        let row = sqlx::query(
            "select count(*) filter (where patient_id = $1), count(*) filter (where issued_by = $2)
             from device_claim where issued_at > $3",
        )
        .bind(patient.as_str())
        .bind(by)
        .bind(to_ms(since))
        .fetch_one(self.connection().await?)
        .await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }

    /// Puts a code into force for a patient; those before it are out of date. False when it stands for somebody already.
    pub async fn issue_claim(
        &mut self,
        hash: &str,
        patient: &PatientId,
        (now, expires_at): (Timestamp, Timestamp),
        by: &str,
    ) -> Result<bool, StoreError> {
        sqlx::query("update device_claim set expires_at = min(expires_at, $2) where patient_id = $1")
            .bind(patient.as_str())
            .bind(to_ms(now))
            .execute(self.connection().await?)
            .await?;
        let done = sqlx::query(
            "insert into device_claim (hash, patient_id, issued_at, issued_by, expires_at)
             values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(hash)
        .bind(patient.as_str())
        .bind(to_ms(now))
        .bind(by)
        .bind(to_ms(expires_at))
        .execute(self.connection().await?)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn claim(&mut self, hash: &str) -> Result<Option<IssuedClaim>, StoreError> {
        let row = sqlx::query("select patient_id, expires_at, used_at from device_claim where hash = $1")
            .bind(hash)
            .fetch_optional(self.connection().await?)
            .await?;
        row.map(|row| {
            Ok(IssuedClaim {
                patient: PatientId::trusted(row.try_get::<String, _>("patient_id")?),
                expires_at: from_ms(row.try_get("expires_at")?),
                is_used: row.try_get::<Option<i64>, _>("used_at")?.is_some(),
            })
        })
        .transpose()
    }

    pub async fn use_claim(
        &mut self,
        hash: &str,
        device: &DeviceId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("update device_claim set used_at = $3, device_id = $2 where hash = $1")
            .bind(hash)
            .bind(device.as_str())
            .bind(to_ms(now))
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    /// The most wrong codes that any of `subjects` has had lately.
    pub async fn wrong_claims(
        &mut self,
        subjects: &[String; 2],
        now: Timestamp,
        window: SignedDuration,
    ) -> Result<u32, StoreError> {
        let since = to_ms(now) - i64::try_from(window.as_millis()).unwrap_or(i64::MAX);
        let row = sqlx::query(
            "select coalesce(max(wrong), 0) from device_claim_try where subject in ($1, $2) and since > $3",
        )
        .bind(&subjects[0])
        .bind(&subjects[1])
        .bind(since)
        .fetch_one(self.connection().await?)
        .await?;
        Ok(row.try_get(0)?)
    }

    /// Counts a wrong code; the first after a while begins a new count.
    pub async fn count_wrong_claim(
        &mut self,
        subjects: &[String; 2],
        now: Timestamp,
        window: SignedDuration,
    ) -> Result<(), StoreError> {
        let since = to_ms(now) - i64::try_from(window.as_millis()).unwrap_or(i64::MAX);
        for subject in subjects {
            sqlx::query(
                "insert into device_claim_try (subject, wrong, since) values ($1, 1, $2)
                 on conflict (subject) do update
                   set wrong = iif(since > $3, wrong + 1, 1), since = iif(since > $3, since, $2)",
            )
            .bind(subject)
            .bind(to_ms(now))
            .bind(since)
            .execute(self.connection().await?)
            .await?;
        }
        Ok(())
    }
}

impl Store {
    /// Who has had a device, the earliest first.
    pub async fn bindings(&self, device: &DeviceId) -> Result<Vec<Binding>, StoreError> {
        let rows = sqlx::query("select * from device_binding where device_id = $1 order by since")
            .bind(device.as_str())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(binding).collect()
    }
}

fn binding(row: &SqliteRow) -> Result<Binding, StoreError> {
    Ok(Binding {
        patient_id: row.try_get::<Option<String>, _>("patient_id")?.map(PatientId::trusted),
        since: from_ms(row.try_get("since")?),
        until: row.try_get::<Option<i64>, _>("until")?.map(from_ms),
        bound_by: row.try_get("bound_by")?,
        ended_by: row.try_get("ended_by")?,
        why: row.try_get("why")?,
        ended_why: row.try_get("ended_why")?,
    })
}
