//! What is due is asked: everybody whose time has come is looked at, decided about, and given the next time.
//!
//! Nothing here remembers anything. Who is to be looked at stands in the agenda, and the agenda moves in the
//! transaction that carries out the decision: a run that is cut off anywhere has done all of a patient's part or none.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::{SignedDuration, Timestamp};

use crate::domain::decide::{Catalog, Decision, stuck};
use crate::domain::id::{EventId, PatientId};
use crate::domain::protocol::due::due;
use crate::store::{Store, StoreError};

use super::batch::{Known, messages, opened};
use super::effect::{Plan, carry_out};
use super::id::IdSource;

/// Patients in one transaction: the intake waits no longer than that.
const AT_ONCE: u32 = 200;
/// A patient about whom nothing can be decided is tried again after so long.
const RETRY: SignedDuration = SignedDuration::from_mins(10);

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ran {
    pub patients: usize,
    pub messages: usize,
    /// The severities of the alerts that were opened.
    pub opened: Vec<&'static str>,
}

/// Asks, reminds, closes windows and speaks of misses, as far as that is due by now. Idempotent.
pub async fn run_due(
    store: &Store,
    catalog: &Catalog,
    ids: &IdSource,
    now: Timestamp,
) -> Result<Ran, StoreError> {
    let run = Run { store, catalog, ids, now };
    let mut total = Ran::default();
    loop {
        let ran = match run.some(AT_ONCE, false).await {
            Err(StoreError::Refused(_) | StoreError::Unreadable { .. }) => {
                tracing::warn!("patients were refused together, the first is looked at alone");
                run.first().await?
            }
            ran => ran?,
        };
        if ran.patients == 0 {
            return Ok(total);
        }
        total.patients += ran.patients;
        total.messages += ran.messages;
        total.opened.extend(ran.opened);
    }
}

/// Puts everybody on the agenda who is on a protocol and is missing from it. How many that were: none, unless something
/// else has written into the database.
pub async fn repair(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    // The agenda says when somebody is looked at, not how they are judged.
    let mut tx = store.begin_quietly().await?;
    let missing = tx.repair_agenda(now).await?;
    tx.commit().await?;
    Ok(missing)
}

struct Run<'a> {
    store: &'a Store,
    catalog: &'a Catalog,
    ids: &'a IdSource,
    now: Timestamp,
}

impl Run<'_> {
    /// The longest overdue patient; refused even alone, the patient becomes a task.
    async fn first(&self) -> Result<Ran, StoreError> {
        match self.some(1, false).await {
            Err(error @ (StoreError::Refused(_) | StoreError::Unreadable { .. })) => {
                tracing::error!(%error, "what is due for a patient was refused");
                self.some(1, true).await
            }
            ran => ran,
        }
    }

    /// Up to `limit` patients in one transaction. With `helpless` nothing is loaded or decided: each becomes a task.
    async fn some(&self, limit: u32, helpless: bool) -> Result<Ran, StoreError> {
        // Most ticks find nobody, and what the writer remembers outlives them.
        let mut tx = self.store.begin_quietly().await?;
        let patients = tx.awake(self.now, limit).await?;
        if patients.is_empty() {
            return Ok(Ran::default());
        }
        tx.disturb();
        let mut known = match helpless {
            true => Known::default(),
            false => Known::of(&mut tx, &patients, self.now).await?,
        };
        // Whoever is not given another time by the decision is off the agenda.
        let mut wakes: Vec<(&PatientId, Option<Timestamp>)> = Vec::with_capacity(patients.len());
        let mut decisions = Vec::with_capacity(patients.len());
        for patient in &patients {
            let tick = self.ids.event(self.now);
            let decision = match helpless {
                true => None,
                false => self.decide(&mut known, patient, &tick),
            };
            let retry = decision.is_none().then(|| self.now.saturating_add(RETRY).unwrap_or(self.now));
            wakes.push((patient, retry));
            decisions.push(decision.unwrap_or_else(|| stuck(patient, &tick)));
        }
        tx.set_wakes(&wakes).await?;
        let made: Vec<_> = decisions.iter().collect();
        carry_out(&mut tx, &Plan::of(&mut known, &made), &made, self.now).await?;
        tx.commit().await?;
        Ok(Ran { patients: patients.len(), messages: messages(&decisions), opened: opened(&decisions) })
    }

    /// What is due for one patient; nothing when it cannot be decided.
    fn decide(&self, known: &mut Known, patient: &PatientId, tick: &EventId) -> Option<Decision> {
        let decided = catch_unwind(AssertUnwindSafe(|| {
            known.decide_about(self.catalog, patient, self.now, |state| {
                Ok::<_, StoreError>(due(state, self.catalog, tick, self.now))
            })
        }));
        match decided {
            Ok(Some(Ok(decision))) => Some(decision),
            Ok(Some(Err(_)) | None) | Err(_) => None,
        }
    }
}
