//! What deciding must know of the senders of a batch: recalled where it is remembered, loaded where it is not.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::carer::Carer;
use crate::domain::decide::{
    Catalog, Decision, DeviceChange, Earlier, LAST_FEW, Party, PatientState, TOLD_FOR, WINDOW, awaited,
    decide, may_state_weight, poisoned, weigh_repeats,
};
use crate::domain::device::{Device, Owner};
use crate::domain::escalation::StaffPhone;
use crate::domain::event::{Event, Origin, Way};
use crate::domain::id::{DeviceId, EventId, PatientId};
use crate::domain::patient::Patient;
use crate::domain::phone::Phone;
use crate::domain::protocol::due::zone_of;
use crate::domain::wording::Phrase;
use crate::engine::course::{self, Moved};
use crate::engine::memory::{Acquaintance, Memory};
use crate::engine::shared::{self, Sharers};
use crate::engine::staff;
use crate::store::{Store, StoreError, Tx};

use super::Touched;

/// A device's clock offset is written again when it has moved by more than this…
const OFFSET_NEWS_MS: u64 = 30_000;
/// …or was last measured longer ago than this.
const OFFSET_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Everything the store knows of the senders of a batch. Loaded with one query a table.
#[derive(Debug, Default)]
pub(in crate::engine) struct Known {
    pub(in crate::engine) devices: HashMap<DeviceId, Device>,
    pub(super) by_phone: HashMap<Phone, Vec<PatientId>>,
    pub(super) patients: HashMap<PatientId, PatientState>,
    /// By the phone that is no patient's: whom its owner cares for.
    carers: HashMap<Phone, Vec<Carer>>,
    answered: HashSet<String>,
    /// Phones of staff, as far as what they sent may be an answer.
    staff: HashMap<Phone, StaffPhone>,
    /// What is held from phones that several patients share.
    waiting: HashMap<Phone, Vec<Event>>,
    /// Phones whose text may state a weight: only for them the last one is looked up.
    weighing: HashSet<Phone>,
    /// What these senders texted of late, this batch included.
    earlier: HashMap<String, Vec<Earlier>>,
    /// Senders that are numbers of our own.
    ours: HashSet<String>,
    /// How those on protocols stand whom decisions have moved.
    pub(in crate::engine) moved: Moved,
}

impl Known {
    pub(in crate::engine) async fn load(
        tx: &mut Tx,
        catalog: &Catalog,
        events: &[&Event],
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let devices = Memory::default().devices(tx, speaking(events.iter().copied())).await?;
        let known = Self::recall(&mut Memory::default(), tx, catalog, events, devices, None, now).await?;
        Ok(known.unwrap_or_default())
    }

    /// What judging one event needs if its device is as said here, and not as it is stored.
    pub(in crate::engine) async fn load_as(
        tx: &mut Tx,
        catalog: &Catalog,
        event: &Event,
        device: Device,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let devices = HashMap::from([(device.id.clone(), device)]);
        let known = Self::recall(&mut Memory::default(), tx, catalog, &[event], devices, None, now).await?;
        Ok(known.unwrap_or_default())
    }

    /// Loads what `memory` does not hold; `devices` are those that speak. Nothing if that would be older than what the batch before leaves: `ahead_of` is
    /// what that touches, whose writing `tx` may not see yet.
    pub(super) async fn recall(
        memory: &mut Memory,
        tx: &mut Tx,
        catalog: &Catalog,
        events: &[&Event],
        devices: HashMap<DeviceId, Device>,
        ahead_of: Option<&Touched>,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let mut phones: HashSet<Phone> = HashSet::new();
        let mut known = Self { devices, ..Self::default() };
        for event in events {
            if let Origin::Text(text) = &event.origin {
                let phone = Phone::from_carrier(&text.from);
                known.weighing.extend(phone.clone().filter(|_| may_state_weight(&text.body)));
                phones.extend(phone);
            }
        }
        let mut loaded: HashMap<PatientId, Patient> = HashMap::new();
        if ahead_of.is_some_and(|before| !memory.is_ahead(&known.devices, before)) {
            known.remember(memory);
            return Ok(None);
        }
        if !phones.is_empty() {
            let senders: Vec<Phone> = phones.into_iter().collect();
            (known.by_phone, loaded) = memory.at_phones(tx, &senders).await?;
            if ahead_of.is_some_and(|before| !known.is_apart(events, before)) {
                known.remember(memory);
                return Ok(None);
            }
            let strangers: Vec<&str> = senders
                .iter()
                .filter(|phone| !known.by_phone.contains_key(*phone))
                .map(Phone::as_str)
                .collect();
            if !strangers.is_empty() {
                known.answered = tx.answered_unknown(&strangers).await?;
                known.carers = tx.carers_at(&strangers).await?;
            }
        }
        known.load_senders(tx, events).await?;
        known.staff = staff::phones(tx, events, &known.by_phone, now).await?;
        known.waiting = shared::waiting(tx, &known.by_phone, &known.carers).await?;
        let owners = known.devices.values().flat_map(|device| device.holders().cloned());
        let cared = known.carers.values().flatten().map(|carer| carer.patient.clone());
        let own = known.by_phone.values().flatten().cloned();
        let people: HashSet<PatientId> = owners.chain(own).chain(cared).collect();
        let people = memory.people(tx, people, loaded).await?;
        known.load_states(tx, people, now).await?;
        let is_whole = known.recollect(tx, catalog, events, ahead_of).await?
            && known.resume_streams(tx, events, ahead_of).await?;
        if !is_whole {
            known.remember(memory);
            return Ok(None);
        }
        if events.iter().any(|event| is_listed(event)) {
            known.recall_told(tx, now).await?;
        }
        Ok(Some(known))
    }

    /// What a batch that is decided may change.
    pub(super) fn touched(&self, keys: HashSet<String>) -> Touched {
        Touched { keys, patients: self.patients.keys().cloned().collect() }
    }

    /// Whom we have told that texts of theirs came late.
    async fn recall_told(&mut self, tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
        let patients: Vec<&PatientId> = self.patients.keys().collect();
        let since = now.saturating_sub(TOLD_FOR).unwrap_or(now);
        for patient in tx.told_since(&patients, Phrase::Late.key(), since).await? {
            self.patients.entry(patient).and_modify(|state| state.told_late = true);
        }
        Ok(())
    }

    /// What the senders of texts sent before. The events of the batch themselves are not among it, even where they are
    /// journalled already.
    async fn load_senders(&mut self, tx: &mut Tx, events: &[&Event]) -> Result<(), StoreError> {
        let texts = || events.iter().filter(|event| matches!(event.origin, Origin::Text(_)));
        let Some(first) = texts().map(|event| event.received_at).min() else { return Ok(()) };
        let senders: HashSet<&str> = texts().map(|event| event.sender()).collect();
        let senders: Vec<&str> = senders.into_iter().collect();
        let lately = tx.lately(&senders, first.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN)).await?;
        let own: HashSet<&EventId> = texts().map(|event| &event.id).collect();
        self.ours = lately.ours;
        for (sender, texts) in lately.texts {
            let others = texts.into_iter().filter(|earlier| !own.contains(&earlier.id));
            self.earlier.insert(sender, others.collect());
        }
        Ok(())
    }

    /// What is known of these patients when nothing has come in from them.
    pub(in crate::engine) async fn of(
        tx: &mut Tx,
        patients: &[PatientId],
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let ids = patients.iter().cloned().collect();
        let people = Memory::default().people(tx, ids, HashMap::new()).await?;
        let mut known = Self::default();
        known.load_states(tx, people, now).await?;
        Ok(known)
    }

    /// Hands on what the next batch can go on from, once this one is committed.
    pub(super) fn remember(self, memory: &mut Memory) {
        let people = self.patients.into_iter().map(|(id, state)| (id, Acquaintance::from(state)));
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
        let asked: Vec<PatientId> =
            people.iter().filter(|(_, known)| known.asked).map(|(id, _)| id.clone()).collect();
        self.patients = people.into_iter().map(|(id, known)| (id, PatientState::from(known))).collect();
        course::load(tx, &mut self.patients, &asked, now).await?;
        // Only a text can jump in weight: an answer to a question, or one that says so.
        let mut weighed: Vec<&PatientId> = Vec::new();
        for (phone, patients) in &self.by_phone {
            let says_so = self.weighing.contains(phone);
            let asked = |id: &PatientId| self.patients.get(id).is_some_and(|state| !state.prompts.is_empty());
            weighed.extend(patients.iter().filter(|id| says_so || asked(id)));
        }
        // Carers are few: of whom they care for it is always looked up.
        weighed.extend(self.carers.values().flatten().map(|carer| &carer.patient));
        for (id, kg) in tx.last_weights(&weighed, now.as_millisecond()).await? {
            self.patients.entry(id).and_modify(|state| state.last_weight_kg = Some(kg));
        }
        Ok(())
    }

    pub(in crate::engine) fn party<'a>(&'a self, event: &Event, sharers: &'a Sharers<'a>) -> Party<'a> {
        let patient = |id: &PatientId| self.patients.get(id).map(Party::Patient);
        match &event.origin {
            Origin::Text(text) if text.from == text.to || self.ours.contains(&text.from) => Party::Ourselves,
            Origin::Text(text) => {
                let phone = Phone::from_carrier(&text.from);
                let patients = phone.as_ref().and_then(|phone| self.by_phone.get(phone)).map(Vec::as_slice);
                let staff = phone.as_ref().and_then(|phone| self.staff.get(phone));
                // Nurses are patients too, and carers: of such a phone only what bears a code of its own is an answer.
                let is_nobodys = patients.is_none_or(<[_]>::is_empty) && sharers.charges.is_empty();
                if let Some(staff) = staff
                    && (is_nobodys || staff.is_answered_by(&text.body))
                {
                    return Party::Staff(staff);
                }
                let waiting = phone.as_ref().and_then(|phone| self.waiting.get(phone));
                let waiting = waiting.map(Vec::as_slice).unwrap_or_default();
                match patients {
                    Some([one]) => patient(one).unwrap_or(Party::UnknownSender { answered: true }),
                    Some([_, _, ..]) => Party::Shared { states: &sharers.states, waiting },
                    Some([]) | None if !sharers.charges.is_empty() => {
                        Party::Carer { charges: &sharers.charges, waiting }
                    }
                    // A word or a short code is no phone: it is never answered.
                    Some([]) | None => Party::UnknownSender {
                        answered: phone.is_none_or(|phone| self.answered.contains(phone.as_str())),
                    },
                }
            }
            Origin::Reading(reading) => {
                let zone_of = |id: &PatientId| self.patient(id).map_or(TimeZone::UTC, zone_of);
                let owner = |device: &'a Device| device.owner_of(reading, event.received_at, zone_of);
                self.owned(self.devices.get(&reading.device).map(owner))
            }
            Origin::Status(status) => self.owned(self.devices.get(&status.device).map(Device::holder)),
            Origin::Call(call) => self.owned(self.devices.get(&call.device).map(Device::holder)),
            Origin::Doubt(doubt) => self.owned(self.devices.get(&doubt.device).map(Device::holder)),
            Origin::Stray { .. } => Party::UnknownDevice,
        }
    }

    pub(in crate::engine) fn sharers(&self, event: &Event) -> Sharers<'_> {
        Sharers::of(&self.by_phone, &self.carers, &self.patients, event)
    }

    fn owned(&self, owner: Option<Owner<'_>>) -> Party<'_> {
        match owner {
            Some(Owner::Patient(id)) => self.patients.get(id).map_or(Party::UnknownDevice, Party::Patient),
            Some(Owner::Doubtful(why)) => Party::DoubtfulDevice { why },
            Some(Owner::Nobody) | None => Party::UnknownDevice,
        }
    }

    /// Decides one event and remembers what that changes. A decision that panics is a poisoned event.
    pub(in crate::engine) fn decide(&mut self, catalog: &Catalog, event: &Event, now: Timestamp) -> Decision {
        if matches!(&event.origin, Origin::Text(text) if text.part.is_some()) {
            return awaited();
        }
        let sharers = self.sharers(event);
        let party = AssertUnwindSafe(|| decide(self.party(event, &sharers), catalog, event, now));
        let mut decision = catch_unwind(party).unwrap_or_else(|_| poisoned(event));
        let sharing: Vec<PatientId> = sharers.states.iter().map(|state| state.patient.id.clone()).collect();
        self.note_repeats(catalog, event, &mut decision);
        self.copy_to_carers(catalog, &mut decision);
        if decision.patient.is_none() {
            // What may be of several patients is known of each.
            for id in sharing {
                let Some(state) = self.patients.get_mut(&id) else { continue };
                state.apply(&decision);
                state.history.doubt();
                if !decision.standings.is_empty() || !decision.carers.is_empty() {
                    course::note(&mut self.moved, state, &decision, catalog, now);
                }
            }
        }
        for change in &decision.carers {
            let carers = self.carers.get_mut(&change.phone).into_iter().flatten();
            carers.filter(|carer| carer.patient == change.patient).for_each(|c| c.stopped = change.stopped);
        }
        if let Some(state) = decision.patient.as_ref().and_then(|patient| self.patients.get_mut(patient)) {
            state.apply(&decision);
            course::note(&mut self.moved, state, &decision, catalog, now);
        }
        for deed in &decision.deeds {
            self.staff.values_mut().for_each(|phone| phone.apply(deed));
        }
        shared::note(&mut self.waiting, event, &decision);
        if let Some(phone) = &decision.answered_unknown {
            self.answered.insert(phone.as_str().to_owned());
        }
        decision
    }

    /// Holds a text against what its sender sent before, and remembers it for the next.
    fn note_repeats(&mut self, catalog: &Catalog, event: &Event, decision: &mut Decision) {
        if !matches!(event.origin, Origin::Text(_)) {
            return;
        }
        let earlier = self.earlier.entry(event.sender().to_owned()).or_default();
        weigh_repeats(decision, catalog, event, earlier);
        earlier.extend(Earlier::of(event, decision));
        // As many as are looked up: it makes no difference in which batch they came.
        earlier.drain(..earlier.len().saturating_sub(LAST_FEW));
    }

    /// Decides about a patient without an event and remembers what that changes. Nothing for an unknown patient.
    pub(in crate::engine) fn decide_about<E>(
        &mut self,
        catalog: &Catalog,
        patient: &PatientId,
        now: Timestamp,
        decide: impl FnOnce(&PatientState) -> Result<Decision, E>,
    ) -> Option<Result<Decision, E>> {
        let mut decision = decide(self.patients.get(patient)?);
        if let Ok(decision) = &mut decision {
            self.copy_to_carers(catalog, decision);
            let state = self.patients.get_mut(patient)?;
            state.apply(decision);
            course::note(&mut self.moved, state, decision, catalog, now);
        }
        Some(decision)
    }

    pub(in crate::engine) fn patient(&self, id: &PatientId) -> Option<&Patient> {
        self.patients.get(id).map(|state| &state.patient)
    }

    /// Whether a device's change is worth a write.
    pub(in crate::engine) fn is_news(&self, change: &DeviceChange) -> bool {
        let Some(device) = self.devices.get(&change.device) else { return false };
        if change.online.is_some() || change.battery.is_some() {
            return true;
        }
        let Some(offset) = change.clock_offset_ms else { return false };
        let moved = device.clock_offset_ms.is_none_or(|known| known.abs_diff(offset) > OFFSET_NEWS_MS);
        moved || device.clock_seen_at.is_none_or(|seen| change.at.duration_since(seen) > OFFSET_AGE)
    }
}

/// The devices that speak in these events.
pub(super) fn speaking<'a>(events: impl Iterator<Item = &'a Event>) -> HashSet<DeviceId> {
    events.filter_map(Event::device).cloned().collect()
}

fn is_listed(event: &Event) -> bool {
    matches!(&event.origin, Origin::Text(text) if text.way != Way::Pushed)
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
    if let Some(phone) = people.get(patient).and_then(Acquaintance::phone) {
        known.weighing.insert(phone.clone());
        known.by_phone.insert(phone, vec![patient.clone()]);
    }
    known.load_states(&mut tx, people, now).await?;
    Ok(known.patients.remove(patient))
}
