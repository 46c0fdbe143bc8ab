//! Held events, taken in once we know whose they are: replayed from the journal as if they had just come, but with the
//! time they really came at.

use jiff::{SignedDuration, Timestamp};

use crate::domain::decide::{Catalog, Decision, Outcome, poisoned};
use crate::domain::event::{DeviceDoubt, DeviceReading, DeviceStatus, Edge, Event, Origin, TextIn, Way};
use crate::domain::id::DeviceId;
use crate::domain::payload;
use crate::domain::profile::{Book, hear};
use crate::domain::provider::Provider;
use crate::domain::task::TaskKind;
use crate::store::{HeldEvent, Store, StoreError, Tallies};

use super::batch::{Known, messages};
use super::effect::{Plan, carry_out};
use super::staff;

/// How many held events one transaction takes in.
const AT_ONCE: u32 = 200;
/// Answers to texts older than this would only confuse: the nurse sees them, the patient is not texted.
const ANSWER_WITHIN: SignedDuration = SignedDuration::from_hours(6);
/// Who closes a task that has done itself.
const HOUSE: &str = "lamplight";

/// What a release did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Released {
    pub events: usize,
    pub messages: usize,
}

/// Takes in everything held whose sender is known by now. Idempotent: what was taken in is held no more.
pub async fn release_all(store: &Store, catalog: &Catalog, now: Timestamp) -> Result<Released, StoreError> {
    let release = Release { store, catalog, now };
    let mut total = Released::default();
    for (edge, sender) in store.releasable().await? {
        loop {
            let released = match release.some(edge, &sender, AT_ONCE, false).await {
                Err(StoreError::Refused(_) | StoreError::Unreadable { .. }) => {
                    tracing::warn!("held events were refused together, the first goes in alone");
                    release.first(edge, &sender).await?
                }
                released => released?,
            };
            total.events += released.events;
            total.messages += released.messages;
            if released.events == 0 {
                break;
            }
        }
    }
    Ok(total)
}

/// One look through what is held.
struct Release<'a> {
    store: &'a Store,
    catalog: &'a Catalog,
    now: Timestamp,
}

impl Release<'_> {
    /// The oldest event of a sender; if it is refused even alone, it stays raw and becomes a task.
    async fn first(&self, edge: Edge, sender: &str) -> Result<Released, StoreError> {
        match self.some(edge, sender, 1, false).await {
            Err(error @ (StoreError::Refused(_) | StoreError::Unreadable { .. })) => {
                tracing::error!(%error, "a held event was refused");
                self.some(edge, sender, 1, true).await
            }
            released => released,
        }
    }

    /// Up to `limit` events of a sender in one transaction. With `poison` nothing is loaded or decided.
    async fn some(&self, edge: Edge, sender: &str, limit: u32, poison: bool) -> Result<Released, StoreError> {
        let mut tx = self.store.begin().await?;
        let events: Vec<Event> = tx
            .held_from(edge, sender, limit)
            .await?
            .into_iter()
            .map(|held| revive(held, &self.catalog.devices))
            .collect();
        let mut known = match poison {
            true => Known::default(),
            false => Known::load(&mut tx, self.catalog, &events.iter().collect::<Vec<_>>(), self.now).await?,
        };
        let mut tallies = Tallies::default();
        let mut decisions = Vec::with_capacity(events.len());
        let mut answered = vec![(TaskKind::UnknownSender, sender), (TaskKind::UnknownDevice, sender)];
        for event in &events {
            let decision = match poison {
                true => poisoned(event),
                false => self.decide(&mut known, event),
            };
            let tally = tallies.of(event);
            match decision.outcome {
                Outcome::Accepted => tally.accepted += 1,
                Outcome::Rejected => tally.rejected += 1,
                Outcome::Held => continue,
            }
            tally.held -= 1;
            tx.release(&event.id, &decision).await?;
            answered.push((TaskKind::SharedPhone, event.id.as_str()));
            decisions.push(decision);
        }
        tx.tally(&tallies).await?;
        let made: Vec<&Decision> = decisions.iter().collect();
        carry_out(&mut tx, &Plan::of(&mut known, &made), self.catalog, &made, self.now).await?;
        staff::carry_out(&mut tx, &self.catalog.site, &made, self.now).await?;
        if !decisions.is_empty() {
            tx.close_tasks(
                &answered,
                HOUSE,
                "The sender is known now, and what was held is taken in.",
                self.now,
            )
            .await?;
        }
        tx.commit().await?;
        Ok(Released { events: decisions.len(), messages: messages(&decisions) })
    }

    fn decide(&self, known: &mut Known, event: &Event) -> Decision {
        let mut decision = known.decide(self.catalog, event, self.now);
        if self.now.duration_since(event.received_at) > ANSWER_WITHIN {
            decision.keep_quiet(event);
        }
        decision
    }
}

/// The event that a journal row was made from.
pub(super) fn revive(held: HeldEvent, devices: &Book) -> Event {
    let device = DeviceId::trusted(held.sender.clone());
    let topic = held.address.clone();
    let origin = match held.kind.as_str() {
        "text" => Origin::Text(TextIn {
            provider: Provider::Twilio,
            way: Way::Pushed,
            part: None,
            from: held.sender,
            to: held.address,
            body: held.body.unwrap_or_default(),
            provider_id: held.provider_id.unwrap_or_default(),
            opt_out: None,
            media: 0,
        }),
        "status" => Origin::Status(DeviceStatus {
            device,
            topic,
            hub: false,
            report: payload::decode_status(&held.raw),
        }),
        // As the profiles in force read it now: a better one may be sure of it.
        "reading" if !is_native(&topic) => heard_again(&held, devices).unwrap_or_else(|| {
            let why = "No device profile reads it any more.".to_owned();
            Origin::Doubt(DeviceDoubt { device, topic, why })
        }),
        "reading" => Origin::Reading(DeviceReading {
            device,
            topic,
            retained: held.retained,
            battery: None,
            payload: payload::decode(&held.raw),
        }),
        _ => Origin::Stray { edge: held.edge, address: topic, why: "it names no device".to_owned() },
    };
    Event { id: held.id, key: held.key, received_at: held.received_at, origin, raw: held.raw }
}

fn is_native(topic: &str) -> bool {
    topic.starts_with("lamplight/v1/")
}

/// What a message says to the profiles of now. Of several things the one that this row was written for; if the profile has
/// changed, the only one there is.
fn heard_again(held: &HeldEvent, devices: &Book) -> Option<Origin> {
    let mut said = hear(devices, &held.address, &held.raw, held.retained, held.received_at)?;
    let place = said.iter().position(|one| one.key.as_ref() == Some(&held.key));
    match (place, said.len()) {
        (Some(place), _) => Some(said.swap_remove(place).origin),
        (None, 1) => said.pop().map(|one| one.origin),
        (None, _) => None,
    }
}
