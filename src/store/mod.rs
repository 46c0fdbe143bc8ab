//! The only room that names sqlx. It speaks domain types, one file a noun.
//!
//! One writer, many readers: every change goes through [`Store::begin`], which holds the one writing connection
//! from `BEGIN IMMEDIATE` to [`Tx::commit`]; a [`Tx`] that is dropped rolls back. Reads that decide nothing use the
//! pool of read-only connections. `synchronous=FULL`: what is committed survives a power cut.

mod agenda;
mod alert;
mod answer;
pub mod audit;
pub mod auditor;
mod backup;
mod bulk;
pub mod card;
mod carer;
mod checkpoint;
mod circumstance;
mod claim;
mod contact;
pub mod custody;
pub mod deed;
mod device;
mod enrolment;
mod erase;
mod error;
mod figure;
pub mod held;
pub mod history;
mod hub;
mod ignored;
mod inbox;
mod ledger;
pub mod listing;
mod message;
mod migration;
pub mod notice;
mod notification;
mod part;
pub mod past;
mod patient;
mod person;
mod prompt;
pub mod proof;
pub mod queue;
mod reading;
mod record;
mod redaction;
mod reply_code;
mod report;
pub mod retention;
mod roster;
mod rota;
mod sender;
pub mod session;
mod set;
mod streak;
mod synthetic;
mod task;
mod team;
pub mod texting;
mod threshold;
pub mod token;
mod told;
mod tx;
pub mod user;
pub mod view;
pub mod watch;
pub mod worklist;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqliteSynchronous,
};
use sqlx::{Connection, Sqlite, Transaction};
use tokio::sync::Notify;

pub use audit::Audit;
pub use backup::{BackupError, restore};
pub use circumstance::Circumstances;
pub use claim::Claimed;
pub use device::DeviceEntry;
pub use error::StoreError;
pub use ignored::IgnoredCount;
pub use inbox::HeldEvent;
pub use ledger::{Tallies, Tally};
pub use migration::latest_version;
pub use report::{Outgoing, ParkedReport};
pub use roster::RosterFacts;
pub use tx::{Stamp, Tx};

const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const READERS: u32 = 4;
/// The rows of a batch's query come over in one go, not by turns of the two threads.
const ROW_BUFFER: usize = 1024;
/// Every statement of the writer stays prepared: the blocks of each bulk insert are statements of their own.
const PREPARED: usize = 384;
const READER_PREPARED: usize = 64;

/// An open database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    /// One connection that only the writer reads by, beside its own: whoever else reads never keeps it waiting.
    lookout: SqlitePool,
    path: PathBuf,
    /// Whether anything was committed since the last checkpoint.
    dirty: Arc<AtomicBool>,
    /// How often something that decisions rest on may have changed through this store.
    changes: Arc<AtomicU64>,
    /// Rung when a commit has left a watch to be looked at.
    bell: Arc<Notify>,
}

impl Store {
    /// Opens the database, making the file if there is none, and brings its schema up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("cache_size", "-16000")
            .pragma("temp_store", "memory")
            .row_buffer_size(ROW_BUFFER)
            .statement_cache_capacity(PREPARED);
        let changes: Arc<AtomicU64> = Arc::default();
        let renewed = Arc::clone(&changes);
        let writer = PoolOptions::<Sqlite>::new()
            .max_connections(1)
            .min_connections(1)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            // A new connection counts others' commits from the start again.
            .after_connect(move |_, _| {
                renewed.fetch_add(1, Ordering::SeqCst);
                Box::pin(async { Ok(()) })
            })
            .after_release(|connection, _| Box::pin(is_sound(connection)))
            .connect_with(options.clone())
            .await?;
        let options = options
            .read_only(true)
            .create_if_missing(false)
            .statement_cache_capacity(READER_PREPARED)
            .pragma("cache_size", "-4000");
        let reading = |connections| {
            PoolOptions::<Sqlite>::new()
                .max_connections(connections)
                .min_connections(0)
                .test_before_acquire(false)
                .idle_timeout(Duration::from_secs(60))
                .connect_lazy_with(options.clone())
        };
        let (readers, lookout) = (reading(READERS), reading(1));
        let store = Self {
            writer,
            readers,
            lookout,
            path: path.to_owned(),
            dirty: Arc::default(),
            changes,
            bell: Arc::default(),
        };
        store.migrate().await?;
        Ok(store)
    }

    /// Begins the one write transaction there can be; waits for the one before it.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let tx = self.begin_quietly().await?;
        tx.disturb();
        Ok(tx)
    }

    /// [`Self::begin`] for a transaction that changes nothing that decisions rest on, or whose [`Tx::stamp_after`] is
    /// taken by the one who remembers. Whoever is not sure takes [`Self::begin`].
    pub async fn begin_quietly(&self) -> Result<Tx, StoreError> {
        Ok(self.transaction(self.writer.begin_with("BEGIN IMMEDIATE").await?))
    }

    /// A transaction that only reads, beside the one that writes: it sees what is committed by now, as long as it lasts.
    /// For whoever writes, and one at a time.
    pub(crate) async fn look(&self) -> Result<Tx, StoreError> {
        Ok(self.transaction(self.lookout.begin().await?))
    }

    fn transaction(&self, inner: Transaction<'static, Sqlite>) -> Tx {
        Tx::new(inner, Arc::clone(&self.dirty), Arc::clone(&self.changes), Arc::clone(&self.bell))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes every connection; the last one folds the write-ahead log into the database.
    pub async fn close(&self) {
        self.readers.close().await;
        self.lookout.close().await;
        self.writer.close().await;
    }
}

/// Whether the writing connection can be used again. On a full disk SQLite ends a transaction by itself; sqlx goes on
/// counting it, and would refuse every further one for ever.
async fn is_sound(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // Behind the rollback that a dropped transaction has sent.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// Milliseconds since the epoch, as the store keeps time.
pub(crate) fn to_ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The instant of a stored time. Stored times were timestamps once, so nothing is lost.
pub(crate) fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}
