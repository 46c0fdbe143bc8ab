//! Folding the write-ahead log into the database beside the writer, not inside its commits: an inline checkpoint is
//! what makes the slowest answers slow.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row};
use tokio_util::sync::CancellationToken;

use super::{Store, StoreError};

/// Starting the log over holds the writer up while it waits for readers, so it hardly waits.
const PATIENCE: Duration = Duration::from_millis(20);
/// Often enough that one is short; seldom enough that a page which many commits touch is folded in once for all of them.
const EVERY: Duration = Duration::from_millis(400);
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// As SQLite makes them unless told otherwise.
const PAGE_BYTES: u64 = 4096;
const PASSIVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";
/// A reader that never ends keeps the log from being begun anew; past this size it is waited for.
const MOST_LOG_BYTES: u64 = 256 * 1024 * 1024;
/// The log is begun anew in the same file when it has grown this large: what is written over costs a fraction of what
/// makes a file longer. It is cut when it is larger and nothing is written.
const ENOUGH_LOG_BYTES: u64 = 16 * 1024 * 1024;

impl Store {
    /// Takes checkpoints until `stop`. The writer leaves them to us from the first one on; when we fail, as on a full
    /// disk, it takes its own until we have recovered.
    pub async fn checkpoint(self, stop: CancellationToken) {
        while let Err(error) = self.checkpoint_until(&stop).await {
            tracing::error!(%error, "background checkpoints failed, the writer takes its own for a while");
            let _ = self.leave_checkpoints_to_writer(true).await;
            // What the failed one was to fold in is still there.
            self.dirty.store(true, Ordering::Relaxed);
            tokio::select! {
                () = tokio::time::sleep(REST_AFTER_FAILURE) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn checkpoint_until(&self, stop: &CancellationToken) -> Result<(), StoreError> {
        let mut connection = SqliteConnectOptions::new()
            .filename(&self.path)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE)
            .pragma("cache_size", "-256")
            .connect()
            .await?;
        self.leave_checkpoints_to_writer(false).await?;
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = stop.cancelled() => break,
            }
            let dirty = self.dirty.swap(false, Ordering::Relaxed);
            let log = self.log_bytes().await;
            if log > MOST_LOG_BYTES || (!dirty && log > ENOUGH_LOG_BYTES) {
                run(&mut connection, "PRAGMA wal_checkpoint(TRUNCATE)").await?;
            } else if dirty {
                let frames = run(&mut connection, PASSIVE).await?;
                if frames.saturating_mul(PAGE_BYTES) >= ENOUGH_LOG_BYTES {
                    // The writer has gone on meanwhile. What is left is little, and on its own connection nobody adds to
                    // it: then the log is folded in whole, and the next commit begins it anew. Never waits for readers.
                    run(&mut *self.writer.acquire().await?, PASSIVE).await?;
                }
            }
        }
        Ok(connection.close().await?)
    }

    async fn leave_checkpoints_to_writer(&self, writer: bool) -> Result<(), StoreError> {
        let pragma =
            if writer { "PRAGMA wal_autocheckpoint = 1000" } else { "PRAGMA wal_autocheckpoint = 0" };
        sqlx::query(pragma).execute(&self.writer).await?;
        Ok(())
    }

    async fn log_bytes(&self) -> u64 {
        let mut log = PathBuf::from(&self.path).into_os_string();
        log.push("-wal");
        tokio::fs::metadata(log).await.map_or(0, |file| file.len())
    }
}

/// How many frames the log holds. A checkpoint that finds the database busy reports so in its row and does nothing: the
/// next one will.
async fn run(connection: &mut SqliteConnection, checkpoint: &'static str) -> Result<u64, StoreError> {
    match sqlx::query(checkpoint).fetch_one(connection).await {
        Ok(row) => Ok(u64::try_from(row.try_get::<i64, _>("log")?).unwrap_or(0)),
        Err(sqlx::Error::Database(error)) if error.message().contains("locked") => Ok(0),
        Err(error) => Err(error.into()),
    }
}
