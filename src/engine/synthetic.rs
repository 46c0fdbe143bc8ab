//! The synthetic patient: nobody, whose red reading comes in by the real way every so often and must become an alert in
//! time. That proves what no look at the store can: that the way in is open, and that rules still judge.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use thiserror::Error;

use crate::domain::id::{DeviceId, PatientId};
use crate::domain::phone::Phone;
use crate::store::audit::AuditEntry;
use crate::store::auditor::NewFinding;
use crate::store::{Store, StoreError};

use super::auditor::house;

/// Whose hand closes its alerts, and with which outcome.
const HOUSE: &str = "lamplight";
const OUTCOME: &str = "synthetic";
/// A round that begins so much too late does not happen any more.
const LATE_START: SignedDuration = SignedDuration::from_mins(2);

/// Who it is, and what is expected of it.
#[derive(Debug, Clone)]
pub struct Synthetic {
    pub patient: PatientId,
    /// From which its readings come, on the way of texts.
    pub phone: Option<Phone>,
    /// On the way of devices.
    pub device: Option<DeviceId>,
    pub every: SignedDuration,
    /// Within which its alert must be there.
    pub within: SignedDuration,
}

/// Somebody real is in its place.
#[derive(Debug, Error)]
pub enum NotPrepared {
    #[error("the synthetic patient's id, phone or device is somebody else's: give it its own in [synthetic]")]
    Taken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How its last rounds went. Clones share it.
#[derive(Debug, Clone)]
pub struct Rounds {
    every: SignedDuration,
    within: SignedDuration,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// When the last round began; until one has, when we started.
    begun_at: Timestamp,
    /// The round whose alert is awaited.
    awaited: Option<Timestamp>,
    /// The last round that began and whose alert never came in time, until one comes.
    missed: Option<Timestamp>,
}

impl Synthetic {
    /// Makes it, or brings it up to date. Nobody real is ever made synthetic.
    pub async fn prepare(&self, store: &Store, now: Timestamp) -> Result<(), NotPrepared> {
        let mut tx = store.begin().await?;
        if !tx.put_synthetic(&self.patient, self.phone.as_ref(), self.device.as_ref(), now).await? {
            return Err(NotPrepared::Taken);
        }
        Ok(tx.commit().await?)
    }

    /// Whether its alert has fired since then.
    pub async fn has_fired(&self, store: &Store, since: Timestamp) -> Result<bool, StoreError> {
        Ok(store.synthetic_fired(&self.patient).await?.is_some_and(|fired| fired >= since))
    }

    /// Closes whatever alerts it has, so that the next round opens its own.
    pub async fn close(&self, store: &Store, now: Timestamp) -> Result<usize, StoreError> {
        let mut tx = store.begin().await?;
        let alerts = tx.synthetic_alerts(&self.patient).await?;
        for alert in &alerts {
            tx.mark_resolved(alert, HOUSE, Some(OUTCOME), None, now).await?;
            let how = json!({ "outcome": OUTCOME });
            tx.audit(&AuditEntry::new(now, HOUSE, "alert.resolve", alert.as_str(), how)).await?;
        }
        tx.commit().await?;
        Ok(alerts.len())
    }

    /// The record of its rounds, of which none has begun.
    pub fn rounds(&self, now: Timestamp) -> Rounds {
        let state = State { begun_at: now, awaited: None, missed: None };
        Rounds { every: self.every, within: self.within, state: Arc::new(Mutex::new(state)) }
    }
}

impl Rounds {
    /// A reading is being sent.
    pub fn begin(&self, now: Timestamp) {
        self.with(|state| {
            if let Some(before) = state.awaited {
                state.missed = Some(before);
            }
            state.begun_at = now;
            state.awaited = Some(now);
        });
    }

    /// Its alert is there. One that came too late is no proof for its own round, and says that the way is open again.
    pub fn seen(&self, now: Timestamp) {
        self.with(|state| {
            let in_time = state.awaited.is_some_and(|begun| now.duration_since(begun) <= self.within);
            state.missed = if in_time { None } else { state.awaited };
            state.awaited = None;
        });
    }

    /// What the auditor must know of.
    pub fn finding(&self, now: Timestamp) -> Option<NewFinding> {
        self.with(|state| {
            let overdue = state.awaited.filter(|begun| now.duration_since(*begun) > self.within);
            if let Some(since) = overdue.or(state.missed) {
                let within = self.within.as_secs();
                let detail = format!("the reading sent at {since} was no alert within {within} seconds");
                return Some(house("synthetic_overdue", detail));
            }
            let latest = self.every.saturating_add(self.within).saturating_add(LATE_START);
            (now.duration_since(state.begun_at) > latest)
                .then(|| house("synthetic_overdue", format!("no reading was sent since {}", state.begun_at)))
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
