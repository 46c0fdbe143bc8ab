//! Placeholder with the agreed shape; the enrolment room replaces this file.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::id::IdSource;
use crate::domain::id::{DeviceId, PatientId};
use crate::store::Store;

/// One patient by import columns.
pub type Row = BTreeMap<String, String>;

/// What is wrong with a row, and in which column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub column: Option<String>,
    pub why: String,
}

pub async fn register_patient(
    _store: &Store,
    _ids: &IdSource,
    _now: Timestamp,
    _actor: &str,
    _row: Row,
) -> Result<PatientId, Vec<Fault>> {
    Err(vec![Fault { column: None, why: "enrolment is not part of this build".to_owned() }])
}

pub async fn register_device(
    _store: &Store,
    _ids: &IdSource,
    _now: Timestamp,
    _actor: &str,
    _device: &DeviceId,
    _patient: Option<&PatientId>,
) -> Result<DeviceId, Vec<Fault>> {
    Err(vec![Fault { column: None, why: "enrolment is not part of this build".to_owned() }])
}
