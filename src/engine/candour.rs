//! Closes the loop with patients: says who has looked, or honestly that nobody has.
//!
//! Nothing here remembers anything: what is due follows from what is stored, and that it was said is written in the
//! transaction of the text.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::domain::candour::{Listener, Tell, Word};
use crate::domain::decide::Catalog;
use crate::domain::id::PatientId;
use crate::domain::message::{NewMessage, Purpose};
use crate::store::audit::AuditEntry;
use crate::store::{Store, StoreError};

use super::id::IdSource;

/// Who says it, for the audit trail.
const ITSELF: &str = "lamplight";
/// Patients in one transaction: the intake waits no longer than that.
const AT_ONCE: usize = 200;
/// Kind words that come later than this are odd.
const SEEN_FOR: SignedDuration = SignedDuration::from_hours(2);
/// Where help is stays true for longer.
const UNSEEN_FOR: SignedDuration = SignedDuration::from_hours(6);

/// Says whatever is due to be said by now; how many texts that were. Idempotent.
pub async fn speak(
    store: &Store,
    catalog: &Catalog,
    ids: &IdSource,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let site = &catalog.site;
    if !site.teams.values().any(|team| team.tells_seen || team.tells_unseen) {
        return Ok(0);
    }
    // Most of the time there is nothing to say, and finding that out holds nobody up.
    let due: Vec<PatientId> = store
        .listeners(now)
        .await?
        .into_iter()
        .filter(|listener| listener.is_to_be_told(site, now).is_some())
        .map(|listener| listener.patient)
        .collect();
    let mut texts = 0;
    for patients in due.chunks(AT_ONCE) {
        // A text to a patient is nothing that readings are judged by.
        let mut tx = store.begin_quietly().await?;
        for listener in tx.listeners(patients, now).await? {
            let Some(tell) = listener.is_to_be_told(site, now) else { continue };
            let message = text(&listener, &tell, catalog, ids, now);
            tx.record_told(&listener.patient, &tell, &message.id, now).await?;
            if listener.is_in_peace(now) {
                let detail =
                    json!({ "message": message.id, "severity": tell.severity, "word": tell.word.name() });
                let entry =
                    AuditEntry::new(now, ITSELF, "patient.told_at_night", listener.patient.as_str(), detail);
                tx.audit(&entry).await?;
            }
            tx.queue_messages(&[message]).await?;
            texts += 1;
        }
        tx.commit().await?;
    }
    Ok(texts)
}

fn text(listener: &Listener, tell: &Tell, catalog: &Catalog, ids: &IdSource, now: Timestamp) -> NewMessage {
    let (purpose, lasts) = match tell.word {
        Word::Seen => (Purpose::Notice, SEEN_FOR),
        // It holds the emergency line: that it is lost is as bad as losing the advice itself.
        Word::Unseen => (Purpose::Reply(Some(tell.severity)), UNSEEN_FOR),
    };
    NewMessage {
        pinned: false,
        id: ids.event(now).message(0),
        patient: Some(listener.patient.clone()),
        to: listener.phone.clone(),
        body: catalog.wording.of(&listener.language).say(tell.word.phrase(), &[]),
        purpose,
        says: vec![tell.word.name().to_owned()],
        basis: Vec::new(),
        created_at: now,
        not_after: now.saturating_add(lasts).unwrap_or(now),
    }
}
