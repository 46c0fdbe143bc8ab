//! What has been committed, seen from outside: a read-only connection to the gateway's database.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Row};

const LOOK_AGAIN: Duration = Duration::from_millis(20);
const WITHIN: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub struct Observer(SqliteConnection);

/// The ledger, all days and edges together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ledger {
    pub received: i64,
    pub accepted: i64,
    pub others: i64,
}

impl Observer {
    pub async fn open(database: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new().filename(database).read_only(true);
        Ok(Self(options.connect().await.context("the gateway's database does not open")?))
    }

    pub async fn ledger(&mut self) -> Result<Ledger> {
        let row = sqlx::query(
            "select coalesce(sum(received), 0), coalesce(sum(accepted), 0), \
             coalesce(sum(duplicate + rejected + held), 0) from ledger",
        )
        .fetch_one(&mut self.0)
        .await?;
        Ok(Ledger { received: row.try_get(0)?, accepted: row.try_get(1)?, others: row.try_get(2)? })
    }

    /// Waits until `messages` more than `before` are committed; returns the moment. Fails unless all were accepted.
    pub async fn wait_for(&mut self, before: Ledger, messages: usize) -> Result<Instant> {
        let begun = Instant::now();
        let due = before.received + messages as i64;
        let done = loop {
            let ledger = self.ledger().await?;
            if ledger.received >= due {
                break Instant::now();
            }
            if begun.elapsed() > WITHIN {
                bail!("{} of {messages} messages were never taken in", due - ledger.received);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        let after = self.ledger().await?;
        ensure!(after.received == after.accepted + after.others, "the ledger is out of balance: {after:?}");
        ensure!(
            after.received == due && after.others == before.others,
            "not every message was accepted once: {before:?}, then {after:?}"
        );
        Ok(done)
    }

    /// Patients of alerts that were opened after the one named `last`, which moves on.
    pub async fn new_alerts(&mut self, last: &mut String) -> Result<Vec<String>> {
        let rows = sqlx::query("select id, patient_id from alert where id > $1 order by id")
            .bind(last.as_str())
            .fetch_all(&mut self.0)
            .await?;
        let mut patients = Vec::with_capacity(rows.len());
        for row in rows {
            *last = row.try_get(0)?;
            patients.push(row.try_get(1)?);
        }
        Ok(patients)
    }
}
