//! Held readings, settled by hand: somebody who knows gives one to a patient, and it is judged as of when it was taken, by the
//! same decision that every reading goes through; or it is put aside. Nothing is guessed, both are on record, and doing it
//! twice does nothing.

use jiff::Timestamp;
use serde_json::json;
use thiserror::Error;

use crate::domain::decide::{Catalog, DISMISSED, Decision, Gift, NotGiven, Outcome};
use crate::domain::device::Device;
use crate::domain::event::{Event, Origin};
use crate::domain::id::{DeviceId, EventId, PatientId};
use crate::domain::payload::Payload;
use crate::domain::profile::Book;
use crate::domain::task::TaskKind;
use crate::store::held::Journalled;
use crate::store::{Store, StoreError, Tallies, Tx};

use super::batch::Known;
use super::effect::{Plan, carry_out};
use super::nurse::Hand;
use super::release::{decide_late, revive};

#[derive(Debug, Error)]
pub enum HeldError {
    #[error("there is no such held reading")]
    Unknown,
    #[error("there is no patient {0}")]
    UnknownPatient(PatientId),
    #[error("say who does this: only a named person can")]
    Nameless,
    #[error("say why, in 1 to 300 characters")]
    NoReason,
    #[error("this is settled already: {0}")]
    Settled(String),
    #[error(transparent)]
    NotGiven(#[from] NotGiven),
    #[error("it could not be judged, and stays held: {0}")]
    NotJudged(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Something that is or was held, and what it says to the profiles of now.
#[derive(Debug, Clone)]
pub struct HeldReading {
    pub kept: Journalled,
    /// Nothing: what was measured cannot be read from it.
    pub says: Option<Payload>,
}

/// Somebody who settles what is held.
#[derive(Debug, Clone, Copy)]
pub struct HeldDesk<'a> {
    pub store: &'a Store,
    pub catalog: &'a Catalog,
    pub hand: &'a Hand,
    pub now: Timestamp,
}

/// What is held of devices, oldest first.
pub async fn held_readings(
    store: &Store,
    devices: &Book,
    after: Option<&EventId>,
    limit: u32,
) -> Result<Vec<HeldReading>, StoreError> {
    let rows = store.held_of_devices(after, limit).await?;
    Ok(rows.into_iter().map(|kept| HeldReading::of(kept, devices)).collect())
}

/// One thing that a device sent, held or not.
pub async fn held_reading(
    store: &Store,
    devices: &Book,
    id: &EventId,
) -> Result<Option<HeldReading>, StoreError> {
    Ok(store.journalled(id).await?.map(|kept| HeldReading::of(kept, devices)))
}

impl HeldReading {
    fn of(kept: Journalled, devices: &Book) -> Self {
        let says = match revive(kept.event.clone(), devices).origin {
            Origin::Reading(reading) => reading.payload.ok(),
            _ => None,
        };
        Self { kept, says }
    }
}

impl HeldDesk<'_> {
    /// Gives a held reading to a patient. Returns how many texts are to be sent.
    pub async fn give(&self, id: &EventId, gift: &Gift, why: &str) -> Result<usize, HeldError> {
        let why = self.check(why)?;
        let mut tx = self.store.begin().await?;
        let kept = tx.journalled(id).await?.ok_or(HeldError::Unknown)?;
        if !kept.is_held() {
            let is_theirs =
                kept.outcome == Outcome::Accepted.name() && kept.patient.as_ref() == Some(&gift.patient);
            return if is_theirs { Ok(0) } else { Err(HeldError::Settled(kept.reason)) };
        }
        if tx.patients_by_id(std::slice::from_ref(&gift.patient)).await?.is_empty() {
            return Err(HeldError::UnknownPatient(gift.patient.clone()));
        }
        let device = DeviceId::trusted(&kept.event.sender);
        let event = gift.applied_to(revive(kept.event, &self.catalog.devices))?;
        let lent = Device::only_of(device.clone(), gift.patient.clone());
        let mut known = Known::load_as(&mut tx, self.catalog, &event, lent, self.now).await?;
        let decision = decide_late(&mut known, self.catalog, &event, self.now);
        if decision.outcome != Outcome::Accepted {
            return Err(HeldError::NotJudged(decision.reason));
        }
        let decision = decision.given(why);
        let how = json!({
            "patient": gift.patient,
            "device": device,
            "time_by_hand": gift.taken_at.is_some(),
            "values_by_hand": !gift.measurements.is_empty(),
        });
        self.settle(&mut tx, &mut known, &event, &decision, "reading.give", how).await?;
        tx.commit().await?;
        Ok(decision.messages.len())
    }

    /// Puts a held reading aside: it is kept, and becomes nobody's.
    pub async fn dismiss(&self, id: &EventId, why: &str) -> Result<(), HeldError> {
        let why = self.check(why)?;
        let mut tx = self.store.begin().await?;
        let kept = tx.journalled(id).await?.ok_or(HeldError::Unknown)?;
        if !kept.is_held() {
            let is_done = kept.reason.starts_with(DISMISSED);
            return if is_done { Ok(()) } else { Err(HeldError::Settled(kept.reason)) };
        }
        let how = json!({ "device": kept.event.sender });
        let event = revive(kept.event, &self.catalog.devices);
        let decision = Decision::dismissed(why);
        self.settle(&mut tx, &mut Known::default(), &event, &decision, "reading.dismiss", how).await?;
        Ok(tx.commit().await?)
    }

    fn check<'w>(&self, why: &'w str) -> Result<&'w str, HeldError> {
        let why = why.trim();
        match why.chars().count() {
            _ if self.hand.is_nameless() => Err(HeldError::Nameless),
            1..=300 => Ok(why),
            _ => Err(HeldError::NoReason),
        }
    }

    /// Writes what became of it, and closes the task about its device when nothing more of that is held.
    async fn settle(
        &self,
        tx: &mut Tx,
        known: &mut Known,
        event: &Event,
        decision: &Decision,
        action: &str,
        how: serde_json::Value,
    ) -> Result<(), StoreError> {
        let mut tallies = Tallies::default();
        let tally = tallies.of(event);
        tally.held -= 1;
        match decision.outcome {
            Outcome::Accepted => tally.accepted += 1,
            Outcome::Rejected => tally.rejected += 1,
            Outcome::Held => tally.held += 1,
        }
        tx.release(&event.id, decision).await?;
        tx.tally(&tallies);
        let made = [decision];
        carry_out(tx, &Plan::of(known, &made), &made, self.now).await?;
        tx.audit(&self.hand.entry(self.now, action, event.id.as_str(), how)).await?;
        let device = event.sender();
        if !tx.holds_of(device).await? {
            let whose = format!("{device}/whose");
            let about = [(TaskKind::UnknownDevice, device), (TaskKind::UnknownDevice, whose.as_str())];
            tx.close_tasks(&about, &self.hand.actor, "Nothing of it is held any more.", self.now).await?;
        }
        Ok(())
    }
}
