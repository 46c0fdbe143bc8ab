//! Carers: who looks after a patient from a phone of their own. Each deed and its audit row are one transaction.

use jiff::Timestamp;
use serde_json::json;
use thiserror::Error;

use crate::domain::carer::{Carer, CarerConsent, Copies};
use crate::domain::id::PatientId;
use crate::domain::phone::{BadPhone, Phone};
use crate::store::audit::AuditEntry;
use crate::store::{Store, StoreError};

/// Longer than any name.
const LONGEST_NAME: usize = 100;

/// A carer as a form has them.
#[derive(Debug, Clone, Default)]
pub struct NewCarer {
    pub phone: String,
    pub name: String,
    pub may_report: bool,
    pub gets_copies: Option<Copies>,
    pub answers_for: bool,
    /// Who agreed that this person is told.
    pub consent_by: String,
}

/// Why a carer was not added or removed.
#[derive(Debug, Error)]
pub enum CarerError {
    #[error("there is no such patient")]
    UnknownPatient,
    #[error("the patient has no carer with that phone")]
    UnknownCarer,
    #[error("phone: {0}")]
    Phone(#[from] BadPhone),
    #[error("phone: it is the patient's own")]
    OwnPhone,
    #[error("{0}: give 1 to {LONGEST_NAME} letters")]
    Words(&'static str),
    #[error("another carer answers for this patient; remove them first, or let this one not answer")]
    TwoProxies,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds a carer, or brings one up to date. One who has texted STOP stays stopped: only their START restores texts.
pub async fn add_carer(
    store: &Store,
    patient: &PatientId,
    new: &NewCarer,
    actor: &str,
    now: Timestamp,
) -> Result<Carer, CarerError> {
    let carer = Carer {
        patient: patient.clone(),
        phone: Phone::for_texts(&new.phone)?,
        name: words("name", &new.name)?,
        may_report: new.may_report || new.answers_for,
        gets_copies: new.gets_copies.unwrap_or(Copies::None),
        answers_for: new.answers_for,
        consent: CarerConsent { by: words("consent_by", &new.consent_by)?, at: now },
        stopped: false,
    };
    let mut tx = store.begin().await?;
    let known = tx.patients_by_id(std::slice::from_ref(patient)).await?;
    let known = known.get(patient).ok_or(CarerError::UnknownPatient)?;
    if known.phone.as_ref() == Some(&carer.phone) {
        return Err(CarerError::OwnPhone);
    }
    let others = tx.carers_of(&[patient]).await?.remove(patient).unwrap_or_default();
    if carer.answers_for && others.iter().any(|other| other.answers_for && other.phone != carer.phone) {
        return Err(CarerError::TwoProxies);
    }
    tx.put_carer(&carer, actor, now).await?;
    let how = json!({
        "may_report": carer.may_report, "gets_copies": carer.gets_copies.name(), "answers_for": carer.answers_for,
    });
    tx.audit(&AuditEntry::new(now, actor, "carer.added", patient.as_str(), how)).await?;
    tx.commit().await?;
    let stored = store.carers(patient).await?;
    Ok(stored.into_iter().find(|stored| stored.phone == carer.phone).unwrap_or(carer))
}

/// Takes a carer off: what they text is a stranger's from now on.
pub async fn remove_carer(
    store: &Store,
    patient: &PatientId,
    phone: &str,
    actor: &str,
    now: Timestamp,
) -> Result<(), CarerError> {
    let phone = Phone::from_human(phone)?;
    let mut tx = store.begin().await?;
    if !tx.remove_carer(patient, &phone, actor, now).await? {
        return Err(CarerError::UnknownCarer);
    }
    tx.audit(&AuditEntry::new(now, actor, "carer.removed", patient.as_str(), json!({}))).await?;
    tx.commit().await?;
    Ok(())
}

/// The carers of a patient.
pub async fn carers(store: &Store, patient: &PatientId) -> Result<Vec<Carer>, CarerError> {
    if store.patient(patient).await?.is_none() {
        return Err(CarerError::UnknownPatient);
    }
    Ok(store.carers(patient).await?)
}

fn words(column: &'static str, given: &str) -> Result<String, CarerError> {
    let given = given.trim();
    let fits = !given.is_empty() && given.chars().count() <= LONGEST_NAME;
    fits.then(|| given.to_owned()).ok_or(CarerError::Words(column))
}
