//! Devices come and go: registered for a patient or for nobody yet, and revoked for good.

use jiff::Timestamp;
use serde_json::json;
use thiserror::Error;

use crate::domain::id::{DeviceId, PatientId};
use crate::store::audit::AuditEntry;
use crate::store::{Audit, Store, StoreError};

/// What registering changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// The device is new, or was nobody's: what is held of it can be replayed now.
    Bound,
    /// It was registered so before.
    Unchanged,
}

#[derive(Debug, Error)]
pub enum DeviceError {
    #[error("there is no device {0}; `lamplight device list` shows those there are")]
    Unknown(DeviceId),
    #[error("there is no patient {0}; import or add the patient first")]
    UnknownPatient(PatientId),
    #[error(
        "device {device} belongs to patient {owner}; revoke it, or move it with a code: `lamplight device claim`"
    )]
    BelongsTo { device: DeviceId, owner: PatientId },
    #[error("device {0} was revoked and stays so; register it under a new id")]
    Revoked(DeviceId),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Registers a device, for a patient or for nobody yet. Doing it twice changes nothing.
pub async fn register_device(
    store: &Store,
    now: Timestamp,
    actor: &str,
    device: DeviceId,
    patient: Option<PatientId>,
) -> Result<Registration, DeviceError> {
    let mut tx = store.begin().await?;
    if let Some(patient) = &patient
        && tx.patients_by_id(std::slice::from_ref(patient)).await?.is_empty()
    {
        return Err(DeviceError::UnknownPatient(patient.clone()));
    }
    if let Some(known) = tx.devices(std::slice::from_ref(&device)).await?.remove(&device) {
        if known.revoked {
            return Err(DeviceError::Revoked(device));
        }
        if let (Some(owner), Some(wanted)) = (known.patient, &patient)
            && owner != *wanted
        {
            return Err(DeviceError::BelongsTo { device, owner });
        }
    }
    let detail = json!({ "patient": patient });
    let entry = Audit { action: "device.registered", subject: device.to_string(), detail };
    if tx.put_devices(&[(device, patient)], now, actor).await?.is_empty() {
        return Ok(Registration::Unchanged);
    }
    tx.audit_all(now, actor, &[entry]).await?;
    tx.commit().await?;
    Ok(Registration::Bound)
}

/// Takes a device out of use: what it sends from now on is nobody's. Doing it twice changes nothing.
pub async fn revoke_device(
    store: &Store,
    now: Timestamp,
    actor: &str,
    device: &DeviceId,
) -> Result<(), DeviceError> {
    let mut tx = store.begin().await?;
    let known = tx.devices(std::slice::from_ref(device)).await?;
    let Some(known) = known.get(device) else { return Err(DeviceError::Unknown(device.clone())) };
    if tx.revoke_device(device, now, actor).await? {
        let detail = json!({ "patient": known.patient });
        tx.audit(&AuditEntry::new(now, actor, "device.revoked", device.as_str(), detail)).await?;
    }
    tx.commit().await?;
    Ok(())
}
