//! What one transaction does with a batch of events: read what is known, decide each, write everything.

mod known;
mod past;

use std::collections::HashSet;

use jiff::Timestamp;

use crate::domain::alert::AlertChange;
use crate::domain::decide::{Catalog, Decision, Outcome, poisoned};
use crate::domain::event::Event;
use crate::store::{StoreError, Tallies, Tx};

use super::effect::carry_out;
use super::intake::Settled;
use super::memory::Memory;
use super::part::{self, Gathered};
use super::shared;
use super::staff;

pub(super) use known::Known;
pub use known::known_state;

/// What a batch came to.
#[derive(Debug)]
pub(super) struct Committed {
    /// One an event, in their order.
    pub settled: Vec<Settled>,
    pub messages: usize,
    pub opened: Vec<&'static str>,
}

/// Journals, decides and writes `events` in the open transaction. With `poison` nothing is loaded or decided: they have
/// failed before and are only kept, each with a task.
///
/// `memory` must be true of this transaction, and is true of nothing unless the transaction is committed.
pub(super) async fn settle(
    tx: &mut Tx,
    catalog: &Catalog,
    memory: &mut Memory,
    events: &[&Event],
    poison: bool,
    now: Timestamp,
) -> Result<Committed, StoreError> {
    let keys: Vec<&str> = events.iter().map(|event| event.key.as_str()).collect();
    let mut seen: HashSet<String> = tx.known_keys(&keys).await?;
    let mut copies: Vec<&str> = Vec::new();
    let mut fresh: Vec<&Event> = Vec::with_capacity(events.len());
    let is_fresh: Vec<bool> = events
        .iter()
        .map(|event| {
            let first = seen.insert(event.key.clone());
            if first {
                fresh.push(event)
            } else {
                copies.push(&event.key)
            }
            first
        })
        .collect();
    let gathered = if poison { Gathered::default() } else { part::gather(tx, &fresh).await? };
    let fresh: Vec<&Event> = fresh.into_iter().map(|event| gathered.of(event)).collect();
    let mut known = match poison {
        true => Known::default(),
        false => Known::recall(memory, tx, catalog, &fresh, now).await?,
    };
    let decisions: Vec<Decision> = fresh
        .iter()
        .map(|event| if poison { poisoned(event) } else { known.decide(catalog, event, now) })
        .collect();

    let journal: Vec<(&Event, &Decision)> = fresh.iter().copied().zip(&decisions).collect();
    tx.journal(&journal).await?;
    let mut tallies = Tallies::default();
    gathered.keep(tx, &mut tallies).await?;
    if !copies.is_empty() {
        tx.count_copies(&copies, now).await?;
    }
    let made: Vec<&Decision> = decisions.iter().collect();
    carry_out(tx, &mut known, catalog, &made, now).await?;
    if staff::carry_out(tx, &catalog.site, &made, now).await? {
        // What staff did to alerts is nothing that the batch knew of: the next one looks it up.
        *memory = Memory::default();
    } else {
        known.remember(memory);
    }

    let mut outcomes = decisions.iter().map(|decision| decision.outcome);
    for (event, decision) in fresh.iter().zip(&decisions) {
        shared::count(tallies.of(event), decision);
    }
    let settled = events
        .iter()
        .zip(is_fresh)
        .map(|(event, fresh)| {
            let tally = tallies.of(event);
            match fresh.then(|| outcomes.next()).flatten() {
                None => {
                    tally.duplicate += 1;
                    Settled::Duplicate
                }
                Some(Outcome::Accepted) => {
                    tally.accepted += 1;
                    Settled::Accepted
                }
                Some(Outcome::Rejected) => {
                    tally.rejected += 1;
                    Settled::Rejected
                }
                Some(Outcome::Held) => {
                    tally.held += 1;
                    Settled::Held
                }
            }
        })
        .collect();
    tx.tally(&tallies).await?;
    Ok(Committed { settled, messages: messages(&decisions), opened: opened(&decisions) })
}

pub(super) fn messages(decisions: &[Decision]) -> usize {
    decisions.iter().map(|decision| decision.messages.len()).sum()
}

/// The severities of the alerts that were opened.
pub(super) fn opened(decisions: &[Decision]) -> Vec<&'static str> {
    decisions
        .iter()
        .flat_map(|decision| &decision.alerts)
        .filter_map(|change| match change {
            AlertChange::Open(new) => Some(new.severity.name()),
            AlertChange::Join(_) | AlertChange::Recover(_) => None,
        })
        .collect()
}
