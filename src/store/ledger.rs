//! The ledger: `received = accepted + duplicate + rejected + held`, held by a check of the database itself.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::event::Edge;

use super::reading::DAY_MS;
use super::{StoreError, Tx, to_ms};

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

impl Tx {
    /// Adds to the ledger of the day `at` lies in.
    pub async fn tally(&mut self, at: Timestamp, tallies: &BTreeMap<Edge, Tally>) -> Result<(), StoreError> {
        let day = to_ms(at).div_euclid(DAY_MS);
        for (edge, tally) in tallies {
            // Two statements: the row that an upsert offers is checked too, and what leaves an end is below nought.
            sqlx::query(
                "insert into ledger (day, edge, received, accepted, duplicate, rejected, held) \
                 values ($1, $2, 0, 0, 0, 0, 0) on conflict (day, edge) do nothing",
            )
            .bind(day)
            .bind(edge.name())
            .execute(&mut *self.inner)
            .await?;
            sqlx::query(
                "update ledger set received = received + $3, accepted = accepted + $4, \
                   duplicate = duplicate + $5, rejected = rejected + $6, held = held + $7 \
                 where day = $1 and edge = $2",
            )
            .bind(day)
            .bind(edge.name())
            .bind(tally.received())
            .bind(tally.accepted)
            .bind(tally.duplicate)
            .bind(tally.rejected)
            .bind(tally.held)
            .execute(&mut *self.inner)
            .await?;
        }
        Ok(())
    }
}
