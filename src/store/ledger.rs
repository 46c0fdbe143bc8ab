//! The ledger: `received = accepted + duplicate + rejected + held`, held by a check of the database itself.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::event::{Edge, Event};

use super::reading::DAY_MS;
use super::{Tx, to_ms};

/// Before a row is added to, it is there. Not an upsert: SQLite checks the row to be inserted before it finds that the row
/// is there, and what is taken from `held` is negative.
const BEGIN: &str = "
insert into ledger (day, edge, received, accepted, duplicate, rejected, held) values (?, ?, 0, 0, 0, 0, 0)
on conflict do nothing";

const ADD: &str = "
update ledger set received = received + ?, accepted = accepted + ?, duplicate = duplicate + ?, rejected = rejected + ?,
                  held = held + ?
where day = ? and edge = ?";

/// How many events came to what end. Negative where an event leaves an end: a release takes one from `held`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub accepted: i64,
    pub duplicate: i64,
    pub rejected: i64,
    pub held: i64,
}

impl Tally {
    pub fn received(self) -> i64 {
        self.accepted + self.duplicate + self.rejected + self.held
    }
}

/// What is to be added to the ledger, by the day on which the events came and the edge that they came through.
///
/// The day is that of the receipt and not of the commit: what is released later leaves the very row it was put in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tallies(BTreeMap<(i64, Edge), Tally>);

impl Tallies {
    /// The tally that an event counts in.
    pub fn of(&mut self, event: &Event) -> &mut Tally {
        self.at(event.received_at, event.edge())
    }

    /// The tally of what was received then.
    pub fn at(&mut self, received_at: Timestamp, edge: Edge) -> &mut Tally {
        self.0.entry((to_ms(received_at).div_euclid(DAY_MS), edge)).or_default()
    }
}

impl Tx {
    /// Adds to the ledger. Takes nothing from a row that does not hold it: the database refuses that.
    pub fn tally(&mut self, tallies: &Tallies) {
        for ((day, edge), tally) in &tallies.0 {
            self.soon(BEGIN, |values| {
                values.add(*day).add(edge.name());
            });
            self.soon(ADD, |values| {
                values
                    .add(tally.received())
                    .add(tally.accepted)
                    .add(tally.duplicate)
                    .add(tally.rejected)
                    .add(tally.held)
                    .add(*day)
                    .add(edge.name());
            });
        }
    }
}
