//! Folding the write-ahead log into the database beside the writer, not inside its commits: an inline checkpoint is
//! what makes the slowest answers slow.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use tokio_util::sync::CancellationToken;

use super::{Store, StoreError};

/// Starting the log over holds the writer up while it waits for readers, so it hardly waits.
const PATIENCE: Duration = Duration::from_millis(20);
/// Often enough that one is short; seldom enough that a page which many commits touch is folded in once for all of them.
const EVERY: Duration = Duration::from_millis(400);
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Under load a passive checkpoint never gets to start the log over; past this size it is made to.
const MOST_LOG_BYTES: u64 = 256 * 1024 * 1024;
/// The log is started over when it has grown this large and nobody reads it, to keep the file small.
const IDLE_LOG_BYTES: u64 = 4 * 1024 * 1024;

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
            if log > MOST_LOG_BYTES || (!dirty && log > IDLE_LOG_BYTES) {
                run(&mut connection, "PRAGMA wal_checkpoint(TRUNCATE)").await?;
            } else if dirty {
                run(&mut connection, "PRAGMA wal_checkpoint(PASSIVE)").await?;
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

/// A checkpoint that finds the database busy reports so in its row and does nothing: the next one will.
async fn run(connection: &mut SqliteConnection, checkpoint: &'static str) -> Result<(), StoreError> {
    match sqlx::query(checkpoint).execute(connection).await {
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(error)) if error.message().contains("locked") => Ok(()),
        Err(error) => Err(error.into()),
    }
}
