//! Pairing devices with patients by a code, moving them, and taking them back. Every change of hands is on record, with who
//! did it and why; readings go by it.
//!
//! A code stands for one patient, lives a quarter of an hour, and counts once. It is shown where the patient is and typed in
//! where the device is, so that a device is never bound by picking a name from a list. It is no right by itself: whoever
//! types it needs a right to write.

use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use serde_json::json;
use thiserror::Error;

use crate::domain::id::{DeviceId, PatientId};
use crate::store::audit::AuditEntry;
use crate::store::custody::NewBinding;
use crate::store::{Store, StoreError, Tx};

use super::id::IdSource;

/// How long a code can be used.
pub const CODE_LASTS: SignedDuration = SignedDuration::from_mins(15);
/// Out of a hundred million, of which a handful stand for somebody.
const DIGITS: u32 = 8;
/// So many wrong codes lock a device, and whoever tried them…
const MOST_WRONG: u32 = 5;
/// …for so long after the first of them.
const LOCKED_FOR: SignedDuration = SignedDuration::from_mins(15);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Codes an hour for one patient, and by one hand.
const MOST_FOR_ONE: u32 = 5;
const MOST_BY_ONE: u32 = 60;

#[derive(Debug, Error)]
pub enum CustodyError {
    #[error("there is no patient {0}; import or add the patient first")]
    UnknownPatient(PatientId),
    #[error("there is no device {0}; `lamplight device list` shows those there are")]
    UnknownDevice(DeviceId),
    #[error("device {0} was revoked and stays so; give the patient another")]
    Revoked(DeviceId),
    #[error("device {device} is patient {owner}'s; say that it moves, and why")]
    HasPatient { device: DeviceId, owner: PatientId },
    #[error(
        "that is no code that can be used: it may be mistyped, used, or older than 15 minutes; issue a new one"
    )]
    WrongCode,
    #[error("too many wrong codes: wait a quarter of an hour")]
    Locked,
    #[error("too many codes were issued within the hour: use the last one, or wait")]
    TooMany,
    #[error(
        "the patient cannot have had the device since then: it was another's, or the time is yet to come"
    )]
    BadSince,
    #[error("say why, in 1 to 300 characters")]
    NoReason,
    #[error("this machine gives no random numbers, so no code can be made")]
    NoRandomness,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A code to be shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub code: String,
    pub patient: PatientId,
    pub expires_at: Timestamp,
}

/// How a device is paired.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairing {
    /// From when on the patient has had it; nothing: from now on.
    pub since: Option<Timestamp>,
    /// It is taken from whoever has it.
    pub moves: bool,
    pub why: Option<String>,
}

/// Somebody who hands out devices.
#[derive(Debug, Clone, Copy)]
pub struct CustodyDesk<'a> {
    pub store: &'a Store,
    pub ids: &'a IdSource,
    pub actor: &'a str,
    pub now: Timestamp,
}

impl CustodyDesk<'_> {
    /// Issues a code for a patient; one that was issued before can be used no more.
    pub async fn issue(&self, patient: &PatientId) -> Result<Claim, CustodyError> {
        // A code decides nothing until it is used.
        let mut tx = self.store.begin_quietly().await?;
        if tx.patients_by_id(std::slice::from_ref(patient)).await?.is_empty() {
            return Err(CustodyError::UnknownPatient(patient.clone()));
        }
        let hour_ago = self.now.saturating_sub(HOUR).unwrap_or(self.now);
        let (for_one, by_one) = tx.claims_since(patient, self.actor, hour_ago).await?;
        if for_one >= MOST_FOR_ONE || by_one >= MOST_BY_ONE {
            return Err(CustodyError::TooMany);
        }
        let expires_at = self.now.saturating_add(CODE_LASTS).unwrap_or(self.now);
        let code = self.ids.digits(DIGITS).ok_or(CustodyError::NoRandomness)?;
        if !tx.issue_claim(&hash(&code), patient, (self.now, expires_at), self.actor).await? {
            // Somebody has drawn the very same number: whoever asks again gets another.
            return Err(CustodyError::TooMany);
        }
        self.record(&mut tx, "device.claim", patient.as_str(), json!({ "expires_at": expires_at })).await?;
        tx.commit().await?;
        Ok(Claim { code, patient: patient.clone(), expires_at })
    }

    /// Binds a device to the patient for whom `code` was issued. A device that nobody has registered is registered.
    pub async fn pair(
        &self,
        device: &DeviceId,
        code: &str,
        pairing: &Pairing,
    ) -> Result<PatientId, CustodyError> {
        let mut tx = self.store.begin().await?;
        let hash = hash(code);
        let patient = self.check(&mut tx, device, &hash).await?;
        let Some(patient) = patient else {
            // The count stays, whatever else is undone.
            tx.commit().await?;
            return Err(CustodyError::WrongCode);
        };
        let why = reason(pairing.why.as_deref().unwrap_or("paired by code"))?;
        let known = tx.devices(std::slice::from_ref(device)).await?.remove(device);
        if let Some(known) = &known {
            if known.revoked {
                return Err(CustodyError::Revoked(device.clone()));
            }
            if let Some(owner) = &known.patient
                && *owner != patient
                && (!pairing.moves || pairing.why.is_none())
            {
                return Err(CustodyError::HasPatient { device: device.clone(), owner: owner.clone() });
            }
        }
        let before = known.as_ref().and_then(|known| known.patient.clone());
        let last = known.as_ref().and_then(|known| known.holdings.last());
        let since = pairing.since.unwrap_or(self.now);
        let free_from = last.map(|last| last.until.unwrap_or(last.since));
        if since > self.now || free_from.is_some_and(|free_from| since < free_from) {
            return Err(CustodyError::BadSince);
        }
        tx.use_claim(&hash, device, self.now).await?;
        if before.as_ref() != Some(&patient) {
            if known.is_none() {
                tx.put_devices(&[(device.clone(), None)], self.now, self.actor).await?;
            }
            let new = NewBinding { device, patient: &patient, since, by: self.actor, why };
            tx.bind_device(new).await?;
        }
        let detail = json!({ "patient": patient, "from": before, "since": since });
        self.record(&mut tx, "device.paired", device.as_str(), detail).await?;
        tx.commit().await?;
        Ok(patient)
    }

    /// Takes a device back: it is nobody's from now on, and what it measured until now stays its patient's.
    pub async fn take_back(&self, device: &DeviceId, why: &str) -> Result<(), CustodyError> {
        let why = reason(why)?;
        let mut tx = self.store.begin().await?;
        let known = tx.devices(std::slice::from_ref(device)).await?.remove(device);
        let known = known.ok_or_else(|| CustodyError::UnknownDevice(device.clone()))?;
        if known.patient.is_some() {
            tx.unbind_device(device, self.now, (self.actor, why)).await?;
            let detail = json!({ "patient": known.patient });
            self.record(&mut tx, "device.returned", device.as_str(), detail).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Whose code this is; nothing when it is nobody's, which is counted.
    async fn check(
        &self,
        tx: &mut Tx,
        device: &DeviceId,
        hash: &str,
    ) -> Result<Option<PatientId>, CustodyError> {
        let subjects = [format!("device:{device}"), format!("hand:{}", self.actor)];
        if tx.wrong_claims(&subjects, self.now, LOCKED_FOR).await? >= MOST_WRONG {
            return Err(CustodyError::Locked);
        }
        let claim = tx.claim(hash).await?.filter(|claim| !claim.is_used && claim.expires_at > self.now);
        if claim.is_none() {
            tx.count_wrong_claim(&subjects, self.now, LOCKED_FOR).await?;
            self.record(tx, "device.wrong_code", device.as_str(), json!({})).await?;
        }
        Ok(claim.map(|claim| claim.patient))
    }

    async fn record(
        &self,
        tx: &mut Tx,
        action: &str,
        subject: &str,
        detail: serde_json::Value,
    ) -> Result<(), StoreError> {
        tx.audit(&AuditEntry::new(self.now, self.actor, action, subject, detail)).await
    }
}

/// Codes are read out and typed in, in groups or not.
fn hash(code: &str) -> String {
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    let hash = digest(&SHA256, format!("device claim {digits}").as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn reason(why: &str) -> Result<&str, CustodyError> {
    let why = why.trim();
    if (1..=300).contains(&why.chars().count()) { Ok(why) } else { Err(CustodyError::NoReason) }
}
