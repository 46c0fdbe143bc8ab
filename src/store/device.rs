//! Registered devices.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::tx::Inquiry;
use super::{Store, StoreError, Tx, from_ms, inbox, set, to_ms};
use crate::domain::device::{Device, Holding};
use crate::domain::id::{DeviceId, PatientId};
use crate::domain::protocol::MissCause;

/// In per cent. A device that has said so little of its battery is taken for empty when nothing comes from it.
const EMPTY_BATTERY: f64 = 5.0;

/// A device as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeviceEntry {
    #[serde(flatten)]
    pub device: Device,
    pub registered_at: Timestamp,
    pub registered_by: String,
    pub revoked_at: Option<Timestamp>,
    pub online: Option<bool>,
    /// As the device reports it, in per cent.
    pub battery: Option<f64>,
    pub status_at: Option<Timestamp>,
}

macro_rules! select_device {
    ($rest:literal) => {
        concat!(
            "select id, patient_id, revoked_at, clock_offset_ms, clock_seen_at,
               (select json_group_array(json_array(patient_id, since, until) order by since)
                from device_binding where device_id = device.id) as holdings
             from device where ",
            $rest
        )
    };
}

fn by_id(rows: &[SqliteRow]) -> Result<HashMap<DeviceId, Device>, StoreError> {
    rows.iter().map(|row| device(row).map(|device| (device.id.clone(), device))).collect()
}

impl Tx {
    /// Those of `ids` that are registered, revoked ones included.
    pub async fn devices(&mut self, ids: &[DeviceId]) -> Result<HashMap<DeviceId, Device>, StoreError> {
        let rows = sqlx::query(select_device!("id in (select value from json_each($1))"))
            .bind(set::texts(ids.iter().map(DeviceId::as_str)))
            .fetch_all(self.connection().await?)
            .await?;
        by_id(&rows)
    }

    /// [`Self::known_keys`] and [`Self::devices`] in one go.
    pub async fn known_keys_and_devices(
        &mut self,
        keys: &[&str],
        ids: &[DeviceId],
    ) -> Result<(HashSet<String>, HashMap<DeviceId, Device>), StoreError> {
        static BOTH: LazyLock<Inquiry<2>> = LazyLock::new(|| {
            Inquiry::of([inbox::KNOWN_KEYS, select_device!("id in (select value from json_each($2))")])
        });
        let names = [set::texts(keys), set::texts(ids.iter().map(DeviceId::as_str))];
        let [keys, devices] = self.ask(&BOTH, names).await?;
        Ok((inbox::keys(&keys)?, by_id(&devices)?))
    }

    /// Why readings of these patients' devices cannot come just now, as far as their last words tell: a hub that is off
    /// line stands before a battery.
    pub async fn device_troubles(
        &mut self,
        patients: &[&PatientId],
    ) -> Result<HashMap<PatientId, MissCause>, StoreError> {
        let rows = sqlx::query(
            "select device.patient_id, max(device.online = 0 or hub.online = 0) as offline
             from device left join hub on hub.id = substr(device.id, 1, instr(device.id, ':') - 1)
             where device.patient_id in (select value from json_each($1)) and device.revoked_at is null
               and (device.online = 0 or hub.online = 0 or device.battery <= $2)
             group by device.patient_id",
        )
        .bind(set::texts(patients.iter().map(|patient| patient.as_str())))
        .bind(EMPTY_BATTERY)
        .fetch_all(self.connection().await?)
        .await?;
        rows.iter()
            .map(|row| {
                let offline = row.try_get::<Option<i64>, _>("offline")? == Some(1);
                let cause = if offline { MissCause::HubOffline } else { MissCause::Battery };
                Ok((PatientId::trusted(row.try_get::<String, _>("patient_id")?), cause))
            })
            .collect()
    }

    /// Registers devices, or gives those that are nobody's to a patient. Returns the ones that this changed.
    ///
    /// A device that is another patient's, or revoked, stays as it is: the caller has refused it before.
    pub async fn put_devices(
        &mut self,
        devices: &[(DeviceId, Option<PatientId>)],
        now: Timestamp,
        actor: &str,
    ) -> Result<Vec<DeviceId>, StoreError> {
        let rows =
            set::rows(devices.iter().map(|(device, patient)| json!({"id": device, "patient": patient})));
        let changed: Vec<(String,)> = sqlx::query_as(
            "insert into device (id, patient_id, registered_at, registered_by)
             select value ->> 'id', value ->> 'patient', $2, $3 from json_each($1) where true
             on conflict (id) do update set patient_id = excluded.patient_id
               where device.patient_id is null and excluded.patient_id is not null and device.revoked_at is null
             returning id",
        )
        .bind(rows)
        .bind(to_ms(now))
        .bind(actor)
        .fetch_all(self.connection().await?)
        .await?;
        let changed: Vec<DeviceId> = changed.into_iter().map(|(id,)| DeviceId::trusted(id)).collect();
        if !changed.is_empty() {
            self.begin_bindings(&changed, now, actor, "registered").await?;
        }
        Ok(changed)
    }

    /// Takes a device out of use, and so from whoever has it. Returns whether it was in use.
    pub async fn revoke_device(
        &mut self,
        id: &DeviceId,
        now: Timestamp,
        actor: &str,
    ) -> Result<bool, StoreError> {
        self.end_binding(id, now, (actor, "revoked")).await?;
        let done = sqlx::query("update device set revoked_at = $2 where id = $1 and revoked_at is null")
            .bind(id.as_str())
            .bind(to_ms(now))
            .execute(self.connection().await?)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

impl Store {
    /// At most `limit` devices in the order of their ids, those after `after`, revoked ones included.
    pub async fn devices(
        &self,
        limit: u32,
        after: Option<&DeviceId>,
    ) -> Result<Vec<DeviceEntry>, StoreError> {
        let rows = sqlx::query(
            "select id, patient_id, registered_at, registered_by, revoked_at, clock_offset_ms, clock_seen_at,
                    online, battery, status_at,
                    (select json_group_array(json_array(patient_id, since, until) order by since)
                     from device_binding where device_id = device.id) as holdings
             from device where id > $1 order by id limit $2",
        )
        .bind(after.map_or("", DeviceId::as_str))
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(entry).collect()
    }
}

fn device(row: &SqliteRow) -> Result<Device, StoreError> {
    Ok(Device {
        id: DeviceId::trusted(row.try_get::<String, _>("id")?),
        patient: row.try_get::<Option<String>, _>("patient_id")?.map(PatientId::trusted),
        revoked: row.try_get::<Option<i64>, _>("revoked_at")?.is_some(),
        clock_offset_ms: row.try_get("clock_offset_ms")?,
        clock_seen_at: time(row, "clock_seen_at")?,
        holdings: holdings(row)?,
    })
}

/// Patient, begin and end of each stretch, as one column has them.
fn holdings(row: &SqliteRow) -> Result<Vec<Holding>, StoreError> {
    let listed: Vec<(Option<String>, i64, Option<i64>)> =
        serde_json::from_str(&row.try_get::<String, _>("holdings")?)
            .map_err(|_| StoreError::Unreadable { place: "device_binding" })?;
    let holding = |(patient, since, until): (Option<String>, i64, Option<i64>)| Holding {
        patient: patient.map(PatientId::trusted),
        since: from_ms(since),
        until: until.map(from_ms),
    };
    Ok(listed.into_iter().map(holding).collect())
}

fn entry(row: &SqliteRow) -> Result<DeviceEntry, StoreError> {
    Ok(DeviceEntry {
        device: device(row)?,
        registered_at: from_ms(row.try_get("registered_at")?),
        registered_by: row.try_get("registered_by")?,
        revoked_at: time(row, "revoked_at")?,
        online: row.try_get::<Option<i64>, _>("online")?.map(|online| online != 0),
        battery: row.try_get("battery")?,
        status_at: time(row, "status_at")?,
    })
}

fn time(row: &SqliteRow, column: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(from_ms))
}
