//! Held events, taken in once we know whose they are: replayed from the journal as if they had just come, but with the
//! time they really came at.

use jiff::{SignedDuration, Timestamp};

use crate::domain::decide::{Catalog, Decision, Outcome, poisoned};
use crate::domain::event::{DeviceDoubt, DeviceReading, DeviceStatus, Edge, Event, Origin, TextIn, Way};
use crate::domain::id::{DeviceId, EventId};
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
        // What stays held does not stand in the way of what came after it.
        let mut after = None;
        loop {
            let stretch = Stretch { edge, sender: &sender, after: after.as_ref() };
            let looked = match release.some(stretch, AT_ONCE, false).await {
                Err(StoreError::Refused(_) | StoreError::Unreadable { .. }) => {
                    tracing::warn!("held events were refused together, the first goes in alone");
                    release.first(stretch).await?
                }
                looked => looked?,
            };
            total.events += looked.released.events;
            total.messages += looked.released.messages;
            match looked.last {
                Some(last) => after = Some(last),
                None => break,
            }
        }
    }
    Ok(total)
}

/// What one transaction looks through: the events of a sender after one that has been looked at.
#[derive(Debug, Clone, Copy)]
struct Stretch<'a> {
    edge: Edge,
    sender: &'a str,
    after: Option<&'a EventId>,
}

/// What became of a stretch.
#[derive(Debug)]
struct Looked {
    released: Released,
    /// The last event that was looked at; nothing when there was none.
    last: Option<EventId>,
}

/// One look through what is held.
struct Release<'a> {
    store: &'a Store,
    catalog: &'a Catalog,
    now: Timestamp,
}

impl Release<'_> {
    /// The oldest event of a sender; if it is refused even alone, it stays raw and becomes a task.
    async fn first(&self, stretch: Stretch<'_>) -> Result<Looked, StoreError> {
        match self.some(stretch, 1, false).await {
            Err(error @ (StoreError::Refused(_) | StoreError::Unreadable { .. })) => {
                tracing::error!(%error, "a held event was refused");
                self.some(stretch, 1, true).await
            }
            looked => looked,
        }
    }

    /// Up to `limit` events in one transaction. With `poison` nothing is loaded or decided.
    async fn some(&self, stretch: Stretch<'_>, limit: u32, poison: bool) -> Result<Looked, StoreError> {
        let Stretch { edge, sender, after } = stretch;
        let mut tx = self.store.begin().await?;
        let events: Vec<Event> = tx
            .held_from(edge, sender, after, limit)
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
        tx.tally(&tallies);
        let made: Vec<&Decision> = decisions.iter().collect();
        carry_out(&mut tx, &Plan::of(&mut known, &made), &made, self.now).await?;
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
        Ok(Looked {
            released: Released { events: decisions.len(), messages: messages(&decisions) },
            last: events.last().map(|event| event.id.clone()),
        })
    }

    fn decide(&self, known: &mut Known, event: &Event) -> Decision {
        decide_late(known, self.catalog, event, self.now)
    }
}

/// Decides an event that has been held. What was said too long ago is answered no more.
pub(super) fn decide_late(known: &mut Known, catalog: &Catalog, event: &Event, now: Timestamp) -> Decision {
    let mut decision = known.decide(catalog, event, now);
    if now.duration_since(event.said_at()) > ANSWER_WITHIN {
        decision.keep_quiet(event);
    }
    decision
}

/// The event that a journal row was made from.
pub(super) fn revive(held: HeldEvent, devices: &Book) -> Event {
    let device = DeviceId::trusted(held.sender.clone());
    let topic = held.address.clone();
    let origin = match held.kind.as_str() {
        "text" => Origin::Text(TextIn {
            provider: Provider::of_key(&held.key).unwrap_or(Provider::Twilio),
            way: held.sent_at.map_or(Way::Pushed, |sent_at| Way::Listed { sent_at }),
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
            stream: None,
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
