//! What is done with a batch of events: read what is known, decide each, then write everything in one transaction.

mod ahead;
mod copy;
mod known;
mod past;
mod stream;

use std::collections::HashMap;

use jiff::Timestamp;

use crate::crash::{Point, reach};
use crate::domain::alert::AlertChange;
use crate::domain::decide::{Catalog, Decision, Outcome, poisoned};
use crate::domain::event::Event;
use crate::store::{StoreError, Tallies, Tx};

use super::effect::{Plan, carry_out};
use super::intake::Settled;
use super::memory::Memory;
use super::part::{self, Gathered};
use super::shared;
use super::staff;

pub(super) use ahead::{Touched, may_be_ahead};
pub(super) use known::Known;
pub use known::known_state;
use known::speaking;

/// What a batch came to.
#[derive(Debug)]
pub(super) struct Committed {
    /// One an event, in their order.
    pub settled: Vec<Settled>,
    pub messages: usize,
    pub opened: Vec<&'static str>,
}

/// A batch that is decided and not yet written.
#[derive(Debug)]
pub(super) struct Decided {
    /// Of each event, whether it is new; the others are copies.
    is_fresh: Vec<bool>,
    gathered: Gathered,
    /// One a new event, in their order.
    decisions: Vec<Decision>,
    plan: Plan,
    now: Timestamp,
}

/// How far deciding may rely on what it reads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mode<'a> {
    /// In the transaction that the batch is written in.
    Usual,
    /// While the batch before is being written. Only what [`may_be_ahead`].
    Ahead(&'a Touched),
    /// Nothing is loaded or decided: the events have failed before and are only kept, each with a task.
    Poison,
}

/// Decides `events`. Nothing if that must wait until the batch before is written.
///
/// `memory` must be true of the state that `tx` reads, or of what the batch before leaves; it is of what this one leaves,
/// and true of nothing unless that is committed.
pub(super) async fn decide(
    tx: &mut Tx,
    catalog: &Catalog,
    memory: &mut Memory,
    events: &[Event],
    mode: Mode<'_>,
    now: Timestamp,
) -> Result<Option<(Decided, Touched)>, StoreError> {
    let before = match mode {
        Mode::Ahead(before) => Some(before),
        Mode::Usual | Mode::Poison => None,
    };
    let keys: Vec<&str> = events.iter().map(|event| event.key.as_str()).collect();
    let (devices, mut seen) = match mode {
        Mode::Poison => (HashMap::new(), tx.known_keys(&keys).await?),
        Mode::Usual | Mode::Ahead(_) => memory.devices_and_keys(tx, speaking(events.iter()), &keys).await?,
    };
    let is_written = |key: &String| before.is_some_and(|before| before.keys.contains(key));
    let is_fresh: Vec<bool> =
        events.iter().map(|event| !is_written(&event.key) && seen.insert(event.key.clone())).collect();
    let fresh: Vec<&Event> = fresh(events, &is_fresh).collect();
    let gathered = match mode {
        Mode::Poison => Gathered::default(),
        Mode::Usual | Mode::Ahead(_) => part::gather(tx, &fresh).await?,
    };
    let fresh: Vec<&Event> = fresh.into_iter().map(|event| gathered.of(event)).collect();
    let known = match mode {
        Mode::Poison => Some(Known::default()),
        Mode::Usual | Mode::Ahead(_) => {
            Known::recall(memory, tx, catalog, &fresh, devices, before, now).await?
        }
    };
    let Some(mut known) = known else { return Ok(None) };
    let decisions: Vec<Decision> = fresh
        .iter()
        .map(|event| match mode {
            Mode::Poison => poisoned(event),
            Mode::Usual | Mode::Ahead(_) => known.decide(catalog, event, now),
        })
        .collect();
    known.foresee(tx, catalog, &fresh, &decisions, before).await?;
    let plan = Plan::of(&mut known, &decisions.iter().collect::<Vec<_>>());
    let touched = known.touched(seen);
    if decisions.iter().any(|decision| !decision.deeds.is_empty()) {
        // What staff do to alerts is nothing that the batch knows of: the next one looks it up.
        *memory = Memory::default();
    } else {
        known.remember(memory);
    }
    Ok(Some((Decided { is_fresh, gathered, decisions, plan, now }, touched)))
}

/// Journals and writes a batch in the open transaction.
pub(super) async fn write(
    tx: &mut Tx,
    catalog: &Catalog,
    events: &[Event],
    decided: &Decided,
) -> Result<Committed, StoreError> {
    let Decided { is_fresh, gathered, decisions, plan, now } = decided;
    let journal: Vec<(&Event, &Decision)> =
        fresh(events, is_fresh).map(|event| gathered.of(event)).zip(decisions).collect();
    tx.journal(&journal).await?;
    reach(Point::Journalled);
    let mut tallies = Tallies::default();
    gathered.keep(tx, &mut tallies).await?;
    let copies = events.iter().zip(is_fresh).filter(|(_, fresh)| !**fresh);
    let copies: Vec<&str> = copies.map(|(event, _)| event.key.as_str()).collect();
    if !copies.is_empty() {
        tx.count_copies(&copies, *now).await?;
    }
    let made: Vec<&Decision> = decisions.iter().collect();
    carry_out(tx, plan, &made, *now).await?;
    staff::carry_out(tx, &catalog.site, &made, *now).await?;
    for (event, decision) in &journal {
        shared::count(tallies.of(event), decision);
    }
    let mut outcomes = decisions.iter().map(|decision| decision.outcome);
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
    tx.tally(&tallies);
    Ok(Committed { settled, messages: messages(decisions), opened: opened(decisions) })
}

fn fresh<'a>(events: &'a [Event], is_fresh: &'a [bool]) -> impl Iterator<Item = &'a Event> {
    events.iter().zip(is_fresh).filter(|(_, fresh)| **fresh).map(|(event, _)| event)
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
