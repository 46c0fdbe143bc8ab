//! Red advice that did not reach the patient tries whoever looks after them.
//!
//! Nothing here remembers anything: which advice was lost and not passed on follows from the texts themselves.

use jiff::{SignedDuration, Timestamp};

use crate::domain::carer::{Undelivered, pass_on};
use crate::domain::decide::Catalog;
use crate::store::{Store, StoreError};

/// Advice that is older is for another day: a nurse has its alert.
const WITHIN: SignedDuration = SignedDuration::from_hours(4);

/// Asks carers to tell the patient what was lost, as far as they agreed to hear it; how many texts that were. Idempotent.
pub async fn pass_on_lost(store: &Store, catalog: &Catalog, now: Timestamp) -> Result<usize, StoreError> {
    let since = now.saturating_sub(WITHIN).unwrap_or(now);
    // Nearly always nothing, and finding that out holds nobody up.
    if store.lost_red_advice(since).await?.is_empty() {
        return Ok(0);
    }
    let mut tx = store.begin_quietly().await?;
    let lost = tx.lost_red_advice(since).await?;
    let patients: Vec<_> = lost.iter().map(|lost| lost.patient.clone()).collect();
    let people = tx.patients_by_id(&patients).await?;
    let carers = tx.carers_of(&patients.iter().collect::<Vec<_>>()).await?;
    let mut texts = Vec::new();
    for lost in &lost {
        let (Some(patient), Some(carers)) = (people.get(&lost.patient), carers.get(&lost.patient)) else {
            continue;
        };
        let undelivered = Undelivered { id: &lost.id, to: &lost.to, body: &lost.body, purpose: lost.purpose };
        texts.extend(pass_on(carers, patient, catalog.words_for(patient), undelivered, now));
    }
    tx.queue_messages(&texts).await?;
    tx.commit().await?;
    Ok(texts.len())
}
