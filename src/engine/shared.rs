//! What a batch knows of phones that several patients share.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::domain::carer::Carer;
use crate::domain::decide::{Charge, Decision, Outcome, PatientState};
use crate::domain::event::{Edge, Event, Origin};
use crate::domain::id::PatientId;
use crate::domain::phone::Phone;
use crate::domain::profile::Book;
use crate::domain::task::TaskKind;
use crate::store::{StoreError, Tally, Tx};

use super::release::revive;

/// How many held texts of one phone are looked at: more than a name could be meant for.
const AT_MOST: u32 = 50;
/// Who closes a task that has done itself.
const HOUSE: &str = "lamplight";

/// What is held from those of the phones that several patients share, or that one carer has for several.
pub(super) async fn waiting(
    tx: &mut Tx,
    by_phone: &HashMap<Phone, Vec<PatientId>>,
    carers: &HashMap<Phone, Vec<Carer>>,
) -> Result<HashMap<Phone, Vec<Event>>, StoreError> {
    let mut waiting = HashMap::new();
    let shared = by_phone.iter().filter(|(_, patients)| patients.len() > 1).map(|(phone, _)| phone);
    let cared = carers.iter().filter(|(_, charges)| charges.len() > 1).map(|(phone, _)| phone);
    for phone in shared.chain(cared) {
        let held = tx.held_from(Edge::Text, phone.as_str(), None, AT_MOST).await?;
        waiting.insert(phone.clone(), held.into_iter().map(|held| revive(held, &Book::default())).collect());
    }
    Ok(waiting)
}

/// Those whom a text may be about, in the order of their ids.
#[derive(Debug, Default)]
pub(super) struct Sharers<'a> {
    /// Who share the phone, or are cared for from it; nobody where it is one patient's own.
    pub states: Vec<&'a PatientState>,
    /// Those of them whose carer the phone is.
    pub charges: Vec<Charge<'a>>,
}

impl<'a> Sharers<'a> {
    /// Those of the phone that an event came from.
    pub(super) fn of(
        by_phone: &HashMap<Phone, Vec<PatientId>>,
        carers: &'a HashMap<Phone, Vec<Carer>>,
        patients: &'a HashMap<PatientId, PatientState>,
        event: &Event,
    ) -> Self {
        let Some(phone) = phone_of(event) else { return Self::default() };
        if let Some(ids) = by_phone.get(&phone).filter(|ids| !ids.is_empty()) {
            let shared = ids.iter().filter(|_| ids.len() > 1);
            let mut states: Vec<&PatientState> = shared.filter_map(|id| patients.get(id)).collect();
            states.sort_by(|one, other| one.patient.id.cmp(&other.patient.id));
            return Self { states, charges: Vec::new() };
        }
        let carers = carers.get(&phone).into_iter().flatten();
        let charges: Vec<Charge<'a>> =
            carers.filter_map(|carer| Some(Charge { state: patients.get(&carer.patient)?, carer })).collect();
        Self { states: charges.iter().map(|charge| charge.state).collect(), charges }
    }
}

/// Takes over what a decision holds and releases: the next event of the same batch builds on it.
pub(super) fn note(waiting: &mut HashMap<Phone, Vec<Event>>, event: &Event, decision: &Decision) {
    let Some(texts) = phone_of(event).and_then(|phone| waiting.get_mut(&phone)) else { return };
    texts.retain(|held| !decision.releases.contains(&held.id));
    if decision.outcome == Outcome::Held {
        texts.push(event.clone());
    }
}

/// Writes what became of the texts that decisions release, and closes the tasks about them.
pub(super) async fn release(tx: &mut Tx, decision: &Decision, now: Timestamp) -> Result<(), StoreError> {
    for held in &decision.releases {
        tx.release(held, decision).await?;
        let about = [(TaskKind::SharedPhone, held.as_str())];
        tx.close_tasks(&about, HOUSE, "The patient has said whose it is.", now).await?;
    }
    Ok(())
}

/// What was held is held no more.
pub(super) fn count(tally: &mut Tally, decision: &Decision) {
    for _ in &decision.releases {
        tally.held -= 1;
        match decision.outcome {
            Outcome::Accepted => tally.accepted += 1,
            Outcome::Rejected => tally.rejected += 1,
            Outcome::Held => tally.held += 1,
        }
    }
}

fn phone_of(event: &Event) -> Option<Phone> {
    match &event.origin {
        Origin::Text(text) => Phone::from_carrier(&text.from),
        Origin::Reading(_)
        | Origin::Status(_)
        | Origin::Call(_)
        | Origin::Doubt(_)
        | Origin::Stray { .. } => None,
    }
}
