//! Recalls what the windows of streaming devices hold already: nothing for devices that do not stream.

use std::collections::{BTreeSet, HashMap};

use crate::domain::decide::{Party, when_taken};
use crate::domain::event::{Event, Origin};
use crate::domain::id::PatientId;
use crate::store::{StoreError, Tx};

use super::{Known, Touched};

impl Known {
    /// Loads what is on record of the windows that `events` fall into, with one query for all of them or none. False when
    /// the batch before may have more for them, and is not written yet.
    pub(super) async fn resume_streams(
        &mut self,
        tx: &mut Tx,
        events: &[&Event],
        ahead_of: Option<&Touched>,
    ) -> Result<bool, StoreError> {
        let mut patients: BTreeSet<PatientId> = BTreeSet::new();
        let (mut from, mut until) = (i64::MAX, i64::MIN);
        for event in events {
            let Origin::Reading(reading) = &event.origin else { continue };
            let (Some(stream), Ok(payload)) = (reading.stream, &reading.payload) else { continue };
            let sharers = self.sharers(event);
            let Party::Patient(state) = self.party(event, &sharers) else { continue };
            let window = stream.window_of(when_taken(payload, &state.patient, event.received_at));
            (from, until) = (from.min(window.0), until.max(window.1));
            patients.insert(state.patient.id.clone());
        }
        if patients.is_empty() {
            return Ok(true);
        }
        if ahead_of.is_some_and(|before| patients.iter().any(|patient| before.patients.contains(patient))) {
            return Ok(false);
        }
        let mut samples: HashMap<PatientId, Vec<_>> = HashMap::new();
        for (patient, sample) in tx.device_samples(&patients, (from, until)).await? {
            samples.entry(patient).or_default().push(sample);
        }
        for (patient, samples) in samples {
            self.patients.entry(patient).and_modify(|state| state.samples = samples);
        }
        Ok(true)
    }
}
