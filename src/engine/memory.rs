//! What the writer remembers of people and devices from one batch to the next, so that it asks only for those whom it
//! has not met. Never believed when anything else may have changed them since: every transaction but those that say
//! otherwise ([`Store::begin_quietly`](crate::store::Store::begin_quietly)), and every other process, ends it.
//! Nothing in it was worked out by rules or protocols; a change of those is such a transaction all the same.

use std::collections::{HashMap, HashSet};

use crate::domain::alert::OpenAlert;
use crate::domain::device::Device;
use crate::domain::id::{DeviceId, PatientId};
use crate::domain::patient::Patient;
use crate::domain::phone::Phone;
use crate::domain::threshold::Thresholds;
use crate::store::{Stamp, StoreError, Tx};

/// A few hundred bytes each. A site with more patients than this starts anew now and then.
const MOST_PEOPLE: usize = 20_000;

/// The part of a patient's state that seldom changes. What is not in here is loaded for every batch.
#[derive(Debug)]
pub(super) struct Acquaintance {
    pub(super) patient: Patient,
    pub(super) thresholds: Thresholds,
    pub(super) alerts: Vec<OpenAlert>,
}

/// A memory is taken apart by a batch and put together again when the batch is committed; when it is not, it is gone.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The state of the store that this is true of; none at all when nothing is remembered.
    pub(super) stamp: Option<Stamp>,
    devices: HashMap<DeviceId, Device>,
    by_phone: HashMap<Phone, Vec<PatientId>>,
    people: HashMap<PatientId, Acquaintance>,
}

impl Memory {
    /// What of this is still true.
    pub(super) fn if_still_true_at(self, stamp: Stamp) -> Self {
        if self.stamp == Some(stamp) { self } else { Self::default() }
    }

    /// Those of `ids` that are registered.
    pub(super) async fn devices(
        &mut self,
        tx: &mut Tx,
        ids: HashSet<DeviceId>,
    ) -> Result<HashMap<DeviceId, Device>, StoreError> {
        let mut unmet = Vec::new();
        let mut found = HashMap::with_capacity(ids.len());
        for id in ids {
            match self.devices.remove(&id) {
                Some(device) => drop(found.insert(id, device)),
                None => unmet.push(id),
            }
        }
        if !unmet.is_empty() {
            found.extend(tx.devices(&unmet).await?);
        }
        Ok(found)
    }

    /// Who is reached at each of `phones`, in the order of their ids, and those of them who had to be loaded.
    pub(super) async fn at_phones(
        &mut self,
        tx: &mut Tx,
        phones: &[Phone],
    ) -> Result<(HashMap<Phone, Vec<PatientId>>, HashMap<PatientId, Patient>), StoreError> {
        let mut unmet = Vec::new();
        let mut found = HashMap::with_capacity(phones.len());
        for phone in phones {
            match self.by_phone.remove_entry(phone) {
                Some((phone, people)) => drop(found.insert(phone, people)),
                None => unmet.push(phone.clone()),
            }
        }
        let mut loaded = HashMap::new();
        if !unmet.is_empty() {
            for (phone, patients) in tx.patients_by_phone(&unmet).await? {
                found.insert(phone, patients.iter().map(|patient| patient.id.clone()).collect());
                loaded.extend(patients.into_iter().map(|patient| (patient.id.clone(), patient)));
            }
        }
        Ok((found, loaded))
    }

    /// Those of `ids` that are enrolled, and everybody in `loaded`.
    pub(super) async fn people(
        &mut self,
        tx: &mut Tx,
        ids: HashSet<PatientId>,
        mut loaded: HashMap<PatientId, Patient>,
    ) -> Result<HashMap<PatientId, Acquaintance>, StoreError> {
        let mut unmet = Vec::new();
        let mut met = HashMap::with_capacity(ids.len());
        for id in ids {
            let known = self.people.remove(&id);
            if loaded.contains_key(&id) {
                continue;
            }
            match known {
                Some(acquaintance) => drop(met.insert(id, acquaintance)),
                None => unmet.push(id),
            }
        }
        if !unmet.is_empty() {
            loaded.extend(tx.patients_by_id(&unmet).await?);
        }
        if !loaded.is_empty() {
            let ids: Vec<PatientId> = loaded.keys().cloned().collect();
            let mut thresholds = tx.thresholds(&ids).await?;
            let mut alerts = tx.open_alerts(&ids).await?;
            met.extend(loaded.into_iter().map(|(id, patient)| {
                let thresholds = thresholds.remove(&id).unwrap_or_default();
                let alerts = alerts.remove(&id).unwrap_or_default();
                (id, Acquaintance { patient, thresholds, alerts })
            }));
        }
        Ok(met)
    }

    /// Takes in what a batch knew and made true.
    pub(super) fn keep(
        &mut self,
        devices: HashMap<DeviceId, Device>,
        by_phone: HashMap<Phone, Vec<PatientId>>,
        people: impl Iterator<Item = (PatientId, Acquaintance)>,
    ) {
        if self.people.len() > MOST_PEOPLE || self.devices.len() > MOST_PEOPLE {
            *self = Self::default();
        }
        self.devices.extend(devices);
        self.by_phone.extend(by_phone);
        self.people.extend(people);
    }
}
