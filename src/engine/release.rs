//! Held events, taken in once we know whose they are: replayed from the journal as if they had just come, but with the
//! time they really came at.

use jiff::{SignedDuration, Timestamp};

use crate::domain::decide::{Catalog, Outcome};
use crate::domain::event::{DeviceReading, DeviceStatus, Edge, Event, Origin, TextIn};
use crate::domain::id::DeviceId;
use crate::domain::payload;
use crate::store::{HeldEvent, Store, StoreError, Tally};

use super::batch::{Known, carry_out, messages};

/// How many held events one transaction takes in.
const AT_ONCE: u32 = 200;
/// Answers to texts older than this would only confuse: the nurse sees them, the patient is not texted.
const ANSWER_WITHIN: SignedDuration = SignedDuration::from_hours(6);

/// What a release did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Released {
    pub events: usize,
    pub messages: usize,
}

/// Takes in everything held whose sender is known by now. Idempotent: what was taken in is held no more.
pub async fn release_all(store: &Store, catalog: &Catalog, now: Timestamp) -> Result<Released, StoreError> {
    let mut total = Released::default();
    for (edge, sender) in store.releasable().await? {
        loop {
            let released = release_some(store, catalog, edge, &sender, now).await?;
            total.events += released.events;
            total.messages += released.messages;
            if released.events == 0 {
                break;
            }
        }
    }
    Ok(total)
}

async fn release_some(
    store: &Store,
    catalog: &Catalog,
    edge: Edge,
    sender: &str,
    now: Timestamp,
) -> Result<Released, StoreError> {
    let mut tx = store.begin().await?;
    let events: Vec<Event> = tx.held_from(edge, sender, AT_ONCE).await?.into_iter().map(revive).collect();
    let mut known = Known::load(&mut tx, &events.iter().collect::<Vec<_>>(), now).await?;
    let mut decisions = Vec::with_capacity(events.len());
    for event in &events {
        let mut decision = known.decide(catalog, event, now);
        if decision.outcome == Outcome::Held {
            continue;
        }
        if now.duration_since(event.received_at) > ANSWER_WITHIN {
            decision.messages.clear();
        }
        tx.release(&event.id, &decision).await?;
        let (accepted, rejected) = match decision.outcome {
            Outcome::Accepted => (1, 0),
            Outcome::Rejected | Outcome::Held => (0, 1),
        };
        // The day it was received on stays the day it counts on.
        let moved = Tally { accepted, rejected, duplicate: 0, held: -1 };
        tx.tally(event.received_at, &[(event.edge(), moved)].into()).await?;
        decisions.push(decision);
    }
    carry_out(&mut tx, &known, &decisions.iter().collect::<Vec<_>>(), now).await?;
    tx.commit().await?;
    Ok(Released { events: decisions.len(), messages: messages(&decisions) })
}

/// The event that a journal row was made from.
fn revive(held: HeldEvent) -> Event {
    let device = DeviceId::trusted(held.sender.clone());
    let topic = held.address.clone();
    let origin = match held.kind.as_str() {
        "text" => Origin::Text(TextIn {
            from: held.sender,
            to: held.address,
            body: held.body.unwrap_or_default(),
            provider_id: held.provider_id.unwrap_or_default(),
            opt_out: None,
            media: 0,
        }),
        "status" => Origin::Status(DeviceStatus { device, topic, report: payload::decode_status(&held.raw) }),
        "reading" => Origin::Reading(DeviceReading {
            device,
            topic,
            retained: held.retained,
            payload: payload::decode(&held.raw),
        }),
        _ => Origin::Stray { edge: held.edge, address: topic, why: "it names no device".to_owned() },
    };
    Event { id: held.id, key: held.key, received_at: held.received_at, origin, raw: held.raw }
}
