use sqlx::Row;

use super::super::{Store, StoreError};
use crate::domain::event::Edge;

/// What became of everything that arrived at one edge, over all days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    pub received: i64,
    pub accepted: i64,
    pub duplicate: i64,
    pub rejected: i64,
    pub held: i64,
}

/// The intake ledger: nothing that arrived is missing from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ledger {
    pub text: Balance,
    pub device: Balance,
}

impl Balance {
    pub fn is_balanced(self) -> bool {
        self.received == self.accepted + self.duplicate + self.rejected + self.held
    }
}

impl Ledger {
    pub fn total(self) -> Balance {
        let (a, b) = (self.text, self.device);
        Balance {
            received: a.received + b.received,
            accepted: a.accepted + b.accepted,
            duplicate: a.duplicate + b.duplicate,
            rejected: a.rejected + b.rejected,
            held: a.held + b.held,
        }
    }
}

impl Store {
    pub async fn intake_ledger(&self) -> Result<Ledger, StoreError> {
        let rows = sqlx::query(
            "select edge, sum(received) as received, sum(accepted) as accepted,
                    sum(duplicate) as duplicate, sum(rejected) as rejected, sum(held) as held
             from ledger group by edge",
        )
        .fetch_all(&self.readers)
        .await?;
        let mut ledger = Ledger::default();
        for row in &rows {
            let edge: String = row.try_get("edge")?;
            let tally = Balance {
                received: row.try_get("received")?,
                accepted: row.try_get("accepted")?,
                duplicate: row.try_get("duplicate")?,
                rejected: row.try_get("rejected")?,
                held: row.try_get("held")?,
            };
            if edge == Edge::Text.name() {
                ledger.text = tally;
            } else if edge == Edge::Device.name() {
                ledger.device = tally;
            } else {
                return Err(StoreError::Unreadable { place: "ledger.edge" });
            }
        }
        Ok(ledger)
    }
}
