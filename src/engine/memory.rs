//! What the writer remembers of people and devices from one batch to the next, so that it asks only for those whom it
//! has not met. Never believed when anything else may have changed them since: every transaction but those that say
//! otherwise ([`Store::begin_quietly`](crate::store::Store::begin_quietly)), and every other process, ends it.
//! Nothing in it was worked out by rules or protocols; a change of those is such a transaction all the same.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::alert::OpenAlert;
use crate::domain::carer::Carer;
use crate::domain::decide::{Confirmation, PatientState};
use crate::domain::device::Device;
use crate::domain::history::History;
use crate::domain::id::{DeviceId, PatientId, ProtocolId, QuestionId};
use crate::domain::patient::Patient;
use crate::domain::phone::Phone;
use crate::domain::protocol::{Enrolment, Misses};
use crate::domain::threshold::Thresholds;
use crate::store::{Circumstances, Stamp, StoreError, Tx};

use super::batch::Touched;

/// A few hundred bytes each. A site with more patients than this starts anew now and then.
const MOST_PEOPLE: usize = 20_000;
/// Numbers and answers of the past, about a hundred bytes each. Beyond this they are looked up again.
const MOST_PAST: usize = 200_000;

/// The part of a patient's state that nothing but decisions and nurses change. What is not in here moves with the clock,
/// with a device or with the outbox, and is loaded for every batch that needs it.
#[derive(Debug)]
pub(super) struct Acquaintance {
    patient: Patient,
    thresholds: Thresholds,
    alerts: Vec<OpenAlert>,
    confirmation: Option<Confirmation>,
    unreadable_in_a_row: u32,
    carers: Vec<Carer>,
    enrolments: Vec<Enrolment>,
    follow_counts: BTreeMap<(ProtocolId, String), u32>,
    misses: BTreeMap<QuestionId, Misses>,
    /// Whether a prompt may be open. The prompts themselves are not remembered: how far their texts have come is for the
    /// outbox to say.
    pub(super) asked: bool,
    /// As far as it is known to be whole; else nothing.
    history: History,
}

/// A memory is taken apart by a batch and put together again when the batch is committed; when it is not, it is gone.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The state of the store that this is true of; none at all when nothing is remembered.
    pub(super) stamp: Option<Stamp>,
    devices: HashMap<DeviceId, Device>,
    by_phone: HashMap<Phone, Vec<PatientId>>,
    people: HashMap<PatientId, Acquaintance>,
    /// How much the histories in it hold.
    past: usize,
}

impl Acquaintance {
    pub(super) fn phone(&self) -> Option<Phone> {
        self.patient.phone.clone()
    }
}

impl Memory {
    /// What of this is still true.
    pub(super) fn if_still_true_at(self, stamp: Stamp) -> Self {
        if self.stamp == Some(stamp) { self } else { Self::default() }
    }

    /// Those of `ids` that are registered, and which of `keys` are journalled already.
    pub(super) async fn devices_and_keys(
        &mut self,
        tx: &mut Tx,
        ids: HashSet<DeviceId>,
        keys: &[&str],
    ) -> Result<(HashMap<DeviceId, Device>, HashSet<String>), StoreError> {
        let (mut found, unmet) = self.met(ids);
        if unmet.is_empty() {
            return Ok((found, tx.known_keys(keys).await?));
        }
        let (keys, registered) = tx.known_keys_and_devices(keys, &unmet).await?;
        found.extend(registered);
        Ok((found, keys))
    }

    /// Those of `ids` that are registered.
    pub(super) async fn devices(
        &mut self,
        tx: &mut Tx,
        ids: HashSet<DeviceId>,
    ) -> Result<HashMap<DeviceId, Device>, StoreError> {
        let (mut found, unmet) = self.met(ids);
        if !unmet.is_empty() {
            found.extend(tx.devices(&unmet).await?);
        }
        Ok(found)
    }

    /// The devices that are remembered, and which are not.
    fn met(&mut self, ids: HashSet<DeviceId>) -> (HashMap<DeviceId, Device>, Vec<DeviceId>) {
        let mut unmet = Vec::new();
        let mut found = HashMap::with_capacity(ids.len());
        for id in ids {
            match self.devices.remove(&id) {
                Some(device) => drop(found.insert(id, device)),
                None => unmet.push(id),
            }
        }
        (found, unmet)
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
            self.past -= known.as_ref().map_or(0, |known| known.history.len());
            if loaded.contains_key(&id) {
                continue;
            }
            match known {
                Some(acquaintance) => drop(met.insert(id, acquaintance)),
                None => unmet.push(id),
            }
        }
        let circumstances = if !unmet.is_empty() {
            let everybody: Vec<&PatientId> = unmet.iter().chain(loaded.keys()).collect();
            let (found, circumstances) = tx.people(&everybody).await?;
            loaded.extend(found);
            circumstances
        } else if !loaded.is_empty() {
            tx.circumstances(&loaded.keys().collect::<Vec<_>>()).await?
        } else {
            return Ok(met);
        };
        met.extend(meet(tx, loaded, circumstances).await?);
        Ok(met)
    }

    /// Whether all that is known of the owners of these devices is as it will be when the batch before is written: of
    /// whom that touches, everything is remembered and nothing moves with a protocol.
    pub(super) fn is_ahead(&self, devices: &HashMap<DeviceId, Device>, before: &Touched) -> bool {
        let owners = devices.values().flat_map(Device::holders);
        owners
            .filter(|owner| before.patients.contains(*owner))
            .all(|owner| self.people.get(owner).is_some_and(|known| known.enrolments.is_empty()))
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
        for (id, acquaintance) in people {
            self.past += acquaintance.history.len();
            self.people.insert(id, acquaintance);
        }
        if self.past > MOST_PAST {
            self.people.values_mut().for_each(|known| known.history = History::default());
            self.past = 0;
        }
    }
}

impl From<Acquaintance> for PatientState {
    fn from(known: Acquaintance) -> Self {
        Self {
            thresholds: known.thresholds,
            alerts: known.alerts,
            confirmation: known.confirmation,
            unreadable_in_a_row: known.unreadable_in_a_row,
            carers: known.carers,
            enrolments: known.enrolments,
            follow_counts: known.follow_counts,
            misses: known.misses,
            history: known.history,
            ..Self::of(known.patient)
        }
    }
}

impl From<PatientState> for Acquaintance {
    fn from(state: PatientState) -> Self {
        let PatientState {
            patient,
            thresholds,
            alerts,
            confirmation,
            unreadable_in_a_row,
            carers,
            mut enrolments,
            follow_counts,
            misses,
            prompts,
            // Named one by one: whoever adds to the state says here whether it may be remembered.
            last_weight_kg: _,
            last_taken: _,
            device_trouble: _,
            course_readings: _,
            samples: _,
            history,
            rules_added: _,
            rules_replaced: _,
            told_late: _,
        } = state;
        let met = Self {
            patient,
            thresholds,
            alerts,
            confirmation,
            unreadable_in_a_row,
            carers,
            enrolments: Vec::new(),
            follow_counts: BTreeMap::new(),
            misses: BTreeMap::new(),
            asked: false,
            history: if history.reach().is_some() { history } else { History::default() },
        };
        if enrolments.is_empty() {
            // What is left of courses that are over is looked up no more.
            return met;
        }
        // In the order in which they are stored.
        enrolments.sort_by(|one, other| one.protocol.cmp(&other.protocol));
        Self { enrolments, follow_counts, misses, asked: !prompts.is_empty(), ..met }
    }
}

/// What there is to remember of these patients; of those on protocols, how far these are is still loaded.
async fn meet(
    tx: &mut Tx,
    patients: HashMap<PatientId, Patient>,
    circumstances: Circumstances,
) -> Result<HashMap<PatientId, Acquaintance>, StoreError> {
    let Circumstances {
        mut thresholds,
        mut alerts,
        mut confirmations,
        unreadable,
        mut enrolments,
        mut carers,
    } = circumstances;
    let enrolled: Vec<&PatientId> = patients.keys().filter(|id| enrolments.contains_key(*id)).collect();
    let (mut counts, mut misses) = match enrolled.is_empty() {
        true => Default::default(),
        false => (tx.follow_counts(&enrolled).await?, tx.misses(&enrolled).await?),
    };
    let met = patients.into_iter().map(|(id, patient)| {
        let acquaintance = Acquaintance {
            patient,
            thresholds: thresholds.remove(&id).unwrap_or_default(),
            alerts: alerts.remove(&id).unwrap_or_default(),
            confirmation: confirmations.remove(&id),
            unreadable_in_a_row: unreadable.get(&id).copied().unwrap_or(0),
            carers: carers.remove(&id).unwrap_or_default(),
            asked: enrolments.contains_key(&id),
            enrolments: enrolments.remove(&id).unwrap_or_default(),
            follow_counts: counts.remove(&id).unwrap_or_default(),
            misses: misses.remove(&id).unwrap_or_default(),
            history: History::default(),
        };
        (id, acquaintance)
    });
    Ok(met.collect())
}
