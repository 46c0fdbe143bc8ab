//! Enrolment, one patient or a whole list: all of it or none of it, every fault named.
//!
//! A patient who is already enrolled is brought up to date by what the row says; what it leaves open stays. A list
//! never ends a protocol, frees a device or lifts a limit: leaving something out of a spreadsheet is no decision.

mod list;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use thiserror::Error;

pub use self::list::LineFault;
use crate::domain::decide::Catalog;
use crate::domain::device::Device;
pub use crate::domain::enrolment::{Fault, Row};
use crate::domain::enrolment::{NewPatient, changed_columns};
use crate::domain::id::{DeviceId, PatientId};
use crate::domain::patient::Patient;
use crate::domain::phone::Phone;
use crate::domain::protocol::moves::Refusal;
use crate::domain::threshold::Threshold;
use crate::store::{Audit, Store, StoreError, Tx};

use super::enrolment::start_all;
use super::id::IdSource;
use super::team::{self, StrayTeam};

/// Patients in one statement: bounds what one statement's parameters weigh.
const BATCH: usize = 1_000;

/// What is newly somebody's. The journal may hold messages of these, which can be replayed now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bound {
    pub devices: Vec<DeviceId>,
    pub phones: Vec<Phone>,
}

/// What a list changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Patients who were not enrolled before.
    pub enrolled: usize,
    /// Enrolled before, and something changed.
    pub updated: usize,
    pub unchanged: usize,
    /// Courses that began, or of which the patient is asked first.
    pub started: usize,
    pub bound: Bound,
    /// Teams that patients' records name, of this list and of others, and that the site does not have.
    pub stray_teams: Vec<StrayTeam>,
}

/// What registering one patient changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    pub patient: PatientId,
    /// Whether the patient was not enrolled before.
    pub is_new: bool,
    pub bound: Bound,
}

/// Why a list changed nothing.
#[derive(Debug, Error)]
pub enum ImportError {
    #[error("the list has faults, so nothing of it was imported")]
    Faults(Vec<LineFault>),
    #[error("the list cannot be read")]
    Unreadable(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a patient was not registered.
#[derive(Debug, Error)]
pub enum EnrolError {
    #[error("the patient's details have faults")]
    Faults(Vec<Fault>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Imports a CSV list in one transaction. The list is read and checked before the database is locked.
pub async fn import(
    store: &Store,
    now: Timestamp,
    actor: &str,
    catalog: &Catalog,
    csv: impl Read,
) -> Result<ImportReport, ImportError> {
    let (listed, mut faults) = list::read(csv, catalog, now.to_zoned(TimeZone::UTC).date())?;
    let mut tx = store.begin().await?;
    for batch in listed.chunks(BATCH) {
        let known = known_devices(&mut tx, batch.iter().map(|row| &row.patient)).await?;
        for row in batch {
            let refused = refused_devices(&row.patient, &known);
            faults.extend(refused.into_iter().map(|fault| LineFault::at(row.line, fault)));
        }
    }
    if !faults.is_empty() {
        faults.sort_by_key(|fault| fault.line);
        return Err(ImportError::Faults(faults));
    }
    let mut report = ImportReport::default();
    let desk = Desk { catalog, ids: IdSource::default(), now, actor };
    for batch in listed.chunks(BATCH) {
        let patients: Vec<_> = batch.iter().map(|row| &row.patient).collect();
        let refused = desk.take_over(&mut tx, "patient import", &patients, &mut report).await?;
        for (patient, fault) in refused {
            let line = batch.iter().find(|row| row.patient.id == patient).map_or(1, |row| row.line);
            faults.push(LineFault::at(line, fault));
        }
    }
    if !faults.is_empty() {
        // Dropped, the transaction undoes what it has done so far.
        faults.sort_by_key(|fault| fault.line);
        return Err(ImportError::Faults(faults));
    }
    report.stray_teams = team::settle(&mut tx, &catalog.site, &desk.ids, now).await?;
    tx.commit().await?;
    Ok(report)
}

/// Registers one patient, or brings one up to date, from the same columns as the import's.
pub async fn register_patient(
    store: &Store,
    now: Timestamp,
    actor: &str,
    catalog: &Catalog,
    row: &Row,
) -> Result<Registered, EnrolError> {
    let patient =
        NewPatient::parse(row, catalog, now.to_zoned(TimeZone::UTC).date()).map_err(EnrolError::Faults)?;
    let mut tx = store.begin().await?;
    let known = known_devices(&mut tx, [&patient]).await?;
    let refused = refused_devices(&patient, &known);
    if !refused.is_empty() {
        return Err(EnrolError::Faults(refused));
    }
    let mut report = ImportReport::default();
    let desk = Desk { catalog, ids: IdSource::default(), now, actor };
    let refused = desk.take_over(&mut tx, "patient registered", &[&patient], &mut report).await?;
    if !refused.is_empty() {
        return Err(EnrolError::Faults(refused.into_iter().map(|(_, fault)| fault).collect()));
    }
    team::settle(&mut tx, &catalog.site, &desk.ids, now).await?;
    tx.commit().await?;
    Ok(Registered { patient: patient.id, is_new: report.enrolled == 1, bound: report.bound })
}

async fn known_devices(
    tx: &mut Tx,
    patients: impl IntoIterator<Item = &NewPatient>,
) -> Result<HashMap<DeviceId, Device>, StoreError> {
    let ids: Vec<_> = patients.into_iter().flat_map(|patient| patient.devices.iter().cloned()).collect();
    tx.devices(&ids).await
}

/// A device is never moved from one patient to another by a list: readings would be judged by the wrong limits.
fn refused_devices(patient: &NewPatient, known: &HashMap<DeviceId, Device>) -> Vec<Fault> {
    let why = |device: &Device| match &device.patient {
        _ if device.revoked => Some(format!("{} was revoked; register it under a new id", device.id)),
        Some(owner) if *owner != patient.id => {
            Some(format!("{} belongs to patient {owner}; revoke it there first", device.id))
        }
        _ => None,
    };
    let listed = patient.devices.iter().filter_map(|id| known.get(id));
    listed.filter_map(why).map(|why| Fault::of("devices", why)).collect()
}

/// Where patients are taken over, and by whom.
struct Desk<'a> {
    catalog: &'a Catalog,
    ids: IdSource,
    now: Timestamp,
    actor: &'a str,
}

impl Desk<'_> {
    /// Writes checked patients, one statement a table, and adds what changed to the report.
    /// A patient whom a protocol refuses is a fault: then nothing of this may be committed.
    async fn take_over(
        &self,
        tx: &mut Tx,
        reason: &str,
        listed: &[&NewPatient],
        report: &mut ImportReport,
    ) -> Result<Vec<(PatientId, Fault)>, StoreError> {
        let (now, actor) = (self.now, self.actor);
        let ids: Vec<_> = listed.iter().map(|patient| patient.id.clone()).collect();
        let before = tx.patients_by_id(&ids).await?;
        let mut trail = Vec::new();
        let mut touched = BTreeSet::new();
        let mut changed = Vec::new();
        for patient in listed.iter().map(|listed| listed.onto(before.get(&listed.id))) {
            let known = before.get(&patient.id);
            if let Some(entry) = entry_for(known, &patient) {
                if known.is_none_or(|known| known.phone != patient.phone) {
                    report.bound.phones.extend(patient.phone.clone());
                }
                touched.insert(patient.id.clone());
                trail.push(entry);
                changed.push(patient);
            }
        }
        tx.put_patients(&changed, now).await?;

        let owners: BTreeMap<&DeviceId, &PatientId> =
            listed.iter().flat_map(|p| p.devices.iter().map(|device| (device, &p.id))).collect();
        let devices: Vec<_> = owners.iter().map(|(d, p)| ((*d).clone(), Some((*p).clone()))).collect();
        for device in tx.put_devices(&devices, now, actor).await? {
            let owner = owners.get(&device).copied();
            touched.extend(owner.cloned());
            let detail = json!({ "patient": owner });
            trail.push(Audit { action: "device.registered", subject: device.to_string(), detail });
            report.bound.devices.push(device);
        }

        let enrolments: Vec<_> = listed
            .iter()
            .flat_map(|p| p.protocols.iter().map(|protocol| (p.id.clone(), protocol.clone())))
            .collect();
        let started = match start_all(tx, self.catalog, &self.ids, actor, &enrolments, now).await? {
            Ok(started) => started,
            Err(refused) => {
                let fault = |why: Refusal| Fault::of("protocols", format!("cannot be kept: {why}"));
                return Ok(refused.into_iter().map(|(patient, why)| (patient, fault(why))).collect());
            }
        };
        report.started += started.len();
        for (patient, protocol) in started {
            let detail = json!({ "protocol": protocol });
            trail.push(Audit { action: "enrolment.started", subject: patient.to_string(), detail });
            touched.insert(patient);
        }

        let in_force = tx.thresholds(&ids).await?;
        let mut limits = Vec::new();
        for (patient, limit) in listed.iter().flat_map(|p| p.limits.iter().map(|limit| (&p.id, limit))) {
            let own = in_force.get(patient).and_then(|own| own.get(&limit.rule, &limit.parameter));
            if own.is_some_and(|own| own.value == limit.value) {
                continue;
            }
            let detail = json!({ "rule": limit.rule, "parameter": limit.parameter });
            trail.push(Audit { action: "threshold.set", subject: patient.to_string(), detail });
            touched.insert(patient.clone());
            let threshold = Threshold {
                rule: limit.rule.clone(),
                parameter: limit.parameter.clone(),
                value: limit.value,
                author: actor.to_owned(),
                reason: reason.to_owned(),
                since: now,
            };
            limits.push((patient.clone(), threshold));
        }
        tx.put_thresholds(&limits).await?;
        tx.audit_all(now, actor, &trail).await?;

        report.enrolled += listed.len() - before.len();
        let updated = touched.iter().filter(|id| before.contains_key(*id)).count();
        report.updated += updated;
        report.unchanged += before.len() - updated;
        Ok(Vec::new())
    }
}

/// The audit entry of a patient who is new or changed; none when the row says what is known.
fn entry_for(known: Option<&Patient>, patient: &Patient) -> Option<Audit> {
    let subject = patient.id.to_string();
    let Some(known) = known else {
        return Some(Audit { action: "patient.enrolled", subject, detail: json!({}) });
    };
    let columns = changed_columns(known, patient);
    let detail = json!({ "columns": columns });
    (!columns.is_empty()).then_some(Audit { action: "patient.updated", subject, detail })
}
