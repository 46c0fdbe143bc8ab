//! What one transaction does with a batch of events: read what is known, decide each, write everything.

mod past;

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::{SignedDuration, Timestamp};

use crate::domain::alert::AlertChange;
use crate::domain::decide::{
    Catalog, Decision, DeviceChange, Outcome, Party, PatientState, decide, may_state_weight, poisoned,
};
use crate::domain::device::Device;
use crate::domain::event::{Event, Origin};
use crate::domain::id::{DeviceId, PatientId};
use crate::domain::patient::Patient;
use crate::domain::phone::Phone;
use crate::store::{Store, StoreError, Tallies, Tx};

use super::course::{self, Moved};
use super::effect::carry_out;
use super::intake::Settled;
use super::memory::{Acquaintance, Memory};
use super::shared;

/// A device's clock offset is written again when it has moved by more than this…
const OFFSET_NEWS_MS: u64 = 30_000;
/// …or was last measured longer ago than this.
const OFFSET_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Everything the store knows of the senders of a batch. Loaded with one query a table.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) devices: HashMap<DeviceId, Device>,
    by_phone: HashMap<Phone, Vec<PatientId>>,
    patients: HashMap<PatientId, PatientState>,
    answered: HashSet<String>,
    /// What is held from phones that several patients share.
    waiting: HashMap<Phone, Vec<Event>>,
    /// Phones whose text may state a weight: only for them the last one is looked up.
    weighing: HashSet<Phone>,
    /// How those on protocols stand whom decisions have moved.
    pub(super) moved: Moved,
}

impl Known {
    pub(super) async fn load(
        tx: &mut Tx,
        catalog: &Catalog,
        events: &[&Event],
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        Self::recall(&mut Memory::default(), tx, catalog, events, now).await
    }

    /// Loads what `memory` does not hold.
    pub(super) async fn recall(
        memory: &mut Memory,
        tx: &mut Tx,
        catalog: &Catalog,
        events: &[&Event],
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut devices: HashSet<DeviceId> = HashSet::new();
        let mut phones: HashSet<Phone> = HashSet::new();
        let mut known = Self::default();
        for event in events {
            match &event.origin {
                Origin::Reading(reading) => drop(devices.insert(reading.device.clone())),
                Origin::Status(status) => drop(devices.insert(status.device.clone())),
                Origin::Text(text) => {
                    let phone = Phone::from_carrier(&text.from);
                    known.weighing.extend(phone.clone().filter(|_| may_state_weight(&text.body)));
                    phones.extend(phone);
                }
                Origin::Stray { .. } => {}
            }
        }
        let mut loaded: HashMap<PatientId, Patient> = HashMap::new();
        if !devices.is_empty() {
            known.devices = memory.devices(tx, devices).await?;
        }
        if !phones.is_empty() {
            let senders: Vec<Phone> = phones.into_iter().collect();
            (known.by_phone, loaded) = memory.at_phones(tx, &senders).await?;
            let strangers: Vec<&str> = senders
                .iter()
                .filter(|phone| !known.by_phone.contains_key(*phone))
                .map(Phone::as_str)
                .collect();
            if !strangers.is_empty() {
                known.answered = tx.answered_unknown(&strangers).await?;
            }
        }
        known.waiting = shared::waiting(tx, &known.by_phone).await?;
        let owners = known.devices.values().filter_map(|device| device.patient.clone());
        let people: HashSet<PatientId> = owners.chain(known.by_phone.values().flatten().cloned()).collect();
        let people = memory.people(tx, people, loaded).await?;
        known.load_states(tx, people, now).await?;
        known.recollect(tx, catalog, events).await?;
        Ok(known)
    }

    /// What is known of these patients when nothing has come in from them.
    pub(super) async fn of(tx: &mut Tx, patients: &[PatientId], now: Timestamp) -> Result<Self, StoreError> {
        let ids = patients.iter().cloned().collect();
        let people = Memory::default().people(tx, ids, HashMap::new()).await?;
        let mut known = Self::default();
        known.load_states(tx, people, now).await?;
        let mut confirmations = tx.confirmations(&patients.iter().collect::<Vec<_>>()).await?;
        for (id, state) in &mut known.patients {
            state.confirmation = confirmations.remove(id);
        }
        Ok(known)
    }

    /// Hands on what the next batch can go on from, once this one is committed.
    fn remember(self, memory: &mut Memory) {
        let people = self.patients.into_iter().map(|(id, state)| {
            let PatientState { patient, thresholds, alerts, .. } = state;
            (id, Acquaintance { patient, thresholds, alerts })
        });
        memory.keep(self.devices, self.by_phone, people);
    }

    async fn load_states(
        &mut self,
        tx: &mut Tx,
        people: HashMap<PatientId, Acquaintance>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if people.is_empty() {
            return Ok(());
        }
        // Only a text can answer a question or jump in weight.
        let texting: Vec<&PatientId> = self.by_phone.values().flatten().collect();
        let (mut confirmations, weights, unreadable) = if texting.is_empty() {
            (HashMap::new(), HashMap::new(), HashMap::new())
        } else {
            let weighed: Vec<&PatientId> = self
                .by_phone
                .iter()
                .filter(|(phone, _)| self.weighing.contains(*phone))
                .flat_map(|(_, patients)| patients)
                .collect();
            (
                tx.confirmations(&texting).await?,
                tx.last_weights(&weighed, now.as_millisecond()).await?,
                tx.unreadable_in_a_row(&texting).await?,
            )
        };
        self.patients = people
            .into_iter()
            .map(|(id, Acquaintance { patient, thresholds, alerts })| {
                let state = PatientState {
                    thresholds,
                    alerts,
                    last_weight_kg: weights.get(&id).copied(),
                    confirmation: confirmations.remove(&id),
                    unreadable_in_a_row: unreadable.get(&id).copied().unwrap_or(0),
                    ..PatientState::of(patient)
                };
                (id, state)
            })
            .collect();
        course::load(tx, &mut self.patients, now).await
    }

    fn party<'a>(&'a self, event: &Event, states: &'a [&'a PatientState]) -> Party<'a> {
        let patient = |id: &PatientId| self.patients.get(id).map(Party::Patient);
        match &event.origin {
            Origin::Text(text) => {
                let phone = Phone::from_carrier(&text.from);
                match phone.as_ref().and_then(|phone| self.by_phone.get(phone)).map(Vec::as_slice) {
                    Some([one]) => patient(one).unwrap_or(Party::UnknownSender { answered: true }),
                    Some([_, _, ..]) => {
                        let waiting = phone.as_ref().and_then(|phone| self.waiting.get(phone));
                        Party::Shared { states, waiting: waiting.map(Vec::as_slice).unwrap_or_default() }
                    }
                    // A word or a short code is no phone: it is never answered.
                    Some([]) | None => Party::UnknownSender {
                        answered: phone.is_none_or(|phone| self.answered.contains(phone.as_str())),
                    },
                }
            }
            Origin::Reading(reading) => self.owner(&reading.device).unwrap_or(Party::UnknownDevice),
            Origin::Status(status) => self.owner(&status.device).unwrap_or(Party::UnknownDevice),
            Origin::Stray { .. } => Party::UnknownDevice,
        }
    }

    fn owner(&self, device: &DeviceId) -> Option<Party<'_>> {
        let device = self.devices.get(device).filter(|device| !device.revoked)?;
        self.patients.get(device.patient.as_ref()?).map(Party::Patient)
    }

    /// Decides one event and remembers what that changes. A decision that panics is a poisoned event.
    pub(super) fn decide(&mut self, catalog: &Catalog, event: &Event, now: Timestamp) -> Decision {
        let sharers = shared::sharers(&self.by_phone, &self.patients, event);
        let party = AssertUnwindSafe(|| decide(self.party(event, &sharers), catalog, event, now));
        let decision = catch_unwind(party).unwrap_or_else(|_| poisoned(event));
        if decision.patient.is_none() {
            // What may be of several patients is known of each.
            let sharers: Vec<PatientId> = sharers.iter().map(|state| state.patient.id.clone()).collect();
            for id in sharers {
                self.patients.entry(id).and_modify(|state| state.apply(&decision));
            }
        }
        if let Some(state) = decision.patient.as_ref().and_then(|patient| self.patients.get_mut(patient)) {
            state.apply(&decision);
            course::note(&mut self.moved, state, &decision, catalog, now);
        }
        shared::note(&mut self.waiting, event, &decision);
        if let Some(phone) = &decision.answered_unknown {
            self.answered.insert(phone.as_str().to_owned());
        }
        decision
    }

    /// Decides about a patient without an event and remembers what that changes. Nothing for an unknown patient.
    pub(super) fn decide_about<E>(
        &mut self,
        catalog: &Catalog,
        patient: &PatientId,
        now: Timestamp,
        decide: impl FnOnce(&PatientState) -> Result<Decision, E>,
    ) -> Option<Result<Decision, E>> {
        let state = self.patients.get_mut(patient)?;
        let decision = decide(state);
        if let Ok(decision) = &decision {
            state.apply(decision);
            course::note(&mut self.moved, state, decision, catalog, now);
        }
        Some(decision)
    }

    /// Whether a device's change is worth a write.
    pub(super) fn is_news(&self, change: &DeviceChange) -> bool {
        let Some(device) = self.devices.get(&change.device) else { return false };
        if change.online.is_some() || change.battery.is_some() {
            return true;
        }
        let Some(offset) = change.clock_offset_ms else { return false };
        let moved = device.clock_offset_ms.is_none_or(|known| known.abs_diff(offset) > OFFSET_NEWS_MS);
        moved || device.clock_seen_at.is_none_or(|seen| change.at.duration_since(seen) > OFFSET_AGE)
    }
}

/// What a batch came to.
#[derive(Debug)]
pub(super) struct Committed {
    /// One an event, in their order.
    pub settled: Vec<Settled>,
    pub messages: usize,
    pub opened: Vec<&'static str>,
}

/// Journals, decides and writes `events` in the open transaction. With `poison` nothing is loaded or decided: they have
/// failed before and are only kept, each with a task.
///
/// `memory` must be true of this transaction, and is true of nothing unless the transaction is committed.
pub(super) async fn settle(
    tx: &mut Tx,
    catalog: &Catalog,
    memory: &mut Memory,
    events: &[&Event],
    poison: bool,
    now: Timestamp,
) -> Result<Committed, StoreError> {
    let keys: Vec<&str> = events.iter().map(|event| event.key.as_str()).collect();
    let mut seen: HashSet<String> = tx.known_keys(&keys).await?;
    let mut copies: Vec<&str> = Vec::new();
    let mut fresh: Vec<&Event> = Vec::with_capacity(events.len());
    let is_fresh: Vec<bool> = events
        .iter()
        .map(|event| {
            let first = seen.insert(event.key.clone());
            if first {
                fresh.push(event)
            } else {
                copies.push(&event.key)
            }
            first
        })
        .collect();
    let mut known = match poison {
        true => Known::default(),
        false => Known::recall(memory, tx, catalog, &fresh, now).await?,
    };
    let decisions: Vec<Decision> = fresh
        .iter()
        .map(|event| if poison { poisoned(event) } else { known.decide(catalog, event, now) })
        .collect();

    let journal: Vec<(&Event, &Decision)> = fresh.iter().copied().zip(&decisions).collect();
    tx.journal(&journal).await?;
    if !copies.is_empty() {
        tx.count_copies(&copies, now).await?;
    }
    carry_out(tx, &mut known, &decisions.iter().collect::<Vec<_>>(), now).await?;
    known.remember(memory);

    let mut outcomes = decisions.iter().map(|decision| decision.outcome);
    let mut tallies = Tallies::default();
    for (event, decision) in fresh.iter().zip(&decisions) {
        shared::count(tallies.of(event), decision);
    }
    let settled = events
        .iter()
        .zip(is_fresh)
        .map(|(event, fresh)| {
            let tally = tallies.of(event);
            match fresh.then(|| outcomes.next()).flatten() {
                None => {
                    tally.duplicate += 1;
                    Settled::Duplicate
                }
                Some(Outcome::Accepted) => {
                    tally.accepted += 1;
                    Settled::Accepted
                }
                Some(Outcome::Rejected) => {
                    tally.rejected += 1;
                    Settled::Rejected
                }
                Some(Outcome::Held) => {
                    tally.held += 1;
                    Settled::Held
                }
            }
        })
        .collect();
    tx.tally(&tallies).await?;
    Ok(Committed { settled, messages: messages(&decisions), opened: opened(&decisions) })
}

pub(super) fn messages(decisions: &[Decision]) -> usize {
    decisions.iter().map(|decision| decision.messages.len()).sum()
}

/// The severities of the alerts that were opened.
pub(super) fn opened(decisions: &[Decision]) -> Vec<&'static str> {
    decisions
        .iter()
        .flat_map(|decision| &decision.alerts)
        .filter_map(|change| match change {
            AlertChange::Open(new) => Some(new.severity.name()),
            AlertChange::Join(_) | AlertChange::Recover(_) => None,
        })
        .collect()
}

/// What deciding would know of one patient now; nothing is changed.
pub async fn known_state(
    store: &Store,
    patient: &PatientId,
    now: Timestamp,
) -> Result<Option<PatientState>, StoreError> {
    let mut tx = store.begin_quietly().await?;
    let people = Memory::default().people(&mut tx, [patient.clone()].into(), HashMap::new()).await?;
    let mut known = Known::default();
    if let Some(phone) = people.get(patient).and_then(|known| known.patient.phone.clone()) {
        known.weighing.insert(phone.clone());
        known.by_phone.insert(phone, vec![patient.clone()]);
    }
    known.load_states(&mut tx, people, now).await?;
    Ok(known.patients.remove(patient))
}
