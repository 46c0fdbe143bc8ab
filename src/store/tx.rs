//! One write transaction, and how its statements cross to SQLite's thread and back. Every crossing costs more than most
//! statements do, so a lone reading's are made together: small writes wait until something must be known, or for the
//! commit; what is wanted at one time is asked in one go.
//!
//! SQLite takes several statements in one string; of sqlx's drivers only that for SQLite does.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Either, Executor, Row, Sqlite, Transaction};
use tokio::sync::Notify;

use crate::domain::audit::Head;

use super::bulk::Values;
use super::{StoreError, audit};

/// Names a state of what decisions rest on: patients, limits, devices, alerts. Equal stamps, equal state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    ours: u64,
    /// SQLite's own count of what other connections committed, which other processes' are.
    others: i64,
}

/// One write transaction. Changes nothing until [`Tx::commit`] returns.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Sqlite>,
    /// Small writes that have not crossed yet, in their order.
    pending: Pending,
    /// Small writes were refused or broken off: nothing is committed any more, whoever overlooks it.
    is_spoilt: bool,
    dirty: Arc<AtomicBool>,
    changes: Arc<AtomicU64>,
    bell: Arc<Notify>,
    /// Whether the commit rings it.
    pub(super) rings: bool,
    /// Where the audit trail ends in this transaction, once somebody has looked.
    pub(super) audit_head: Option<Head>,
}

#[derive(Debug, Default)]
struct Pending {
    statements: String,
    values: Values,
}

/// Queries that are asked in one go. Each `$1` in them is the same list of names, and so is each `$2`.
pub(super) struct Inquiry<const N: usize>(Arc<str>);

impl<const N: usize> Inquiry<N> {
    pub(super) fn of(queries: [&str; N]) -> Self {
        Self(Arc::from(queries.join(";\n")))
    }
}

impl Tx {
    pub(super) fn new(
        inner: Transaction<'static, Sqlite>,
        dirty: Arc<AtomicBool>,
        changes: Arc<AtomicU64>,
        bell: Arc<Notify>,
    ) -> Self {
        let pending = Pending::default();
        Self { inner, pending, is_spoilt: false, dirty, changes, bell, rings: false, audit_head: None }
    }

    /// The way to SQLite, behind every write that has not crossed yet.
    pub(super) async fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        if self.is_spoilt {
            return Err(StoreError::Unreadable { place: "transaction" });
        }
        if !self.pending.statements.is_empty() {
            let Pending { statements, values } = std::mem::take(&mut self.pending);
            self.is_spoilt = true;
            sqlx::query_with(AssertSqlSafe(statements), values.arguments()?)
                .execute(&mut *self.inner)
                .await?;
            self.is_spoilt = false;
        }
        Ok(&mut self.inner)
    }

    /// Writes something small when it next crosses, and before anything else that is asked or written. `statement` has a
    /// nameless placeholder for each value that `put` adds. A fault shows only then.
    pub(super) fn soon(&mut self, statement: &str, put: impl FnOnce(&mut Values)) {
        debug_assert!(
            !statement.contains('$'),
            "numbers would count from the first of all that cross together"
        );
        self.pending.statements.push_str(statement);
        self.pending.statements.push_str(";\n");
        put(&mut self.pending.values);
    }

    /// The rows of each query.
    pub(super) async fn ask<const N: usize, const LISTS: usize>(
        &mut self,
        inquiry: &Inquiry<N>,
        names: [String; LISTS],
    ) -> Result<[Vec<SqliteRow>; N], StoreError> {
        let connection = self.connection().await?;
        let query = sqlx::query(AssertSqlSafe(Arc::clone(&inquiry.0)));
        let query = names.into_iter().fold(query, |query, names| query.bind(names));
        let mut answers = connection.fetch_many(query);
        let mut rows = [const { Vec::new() }; N];
        let mut query = 0;
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Right(row) => rows[query].push(row),
                Either::Left(_) => query += 1,
            }
        }
        Ok(rows)
    }

    /// The state that this transaction has found. Also looks where the audit trail ends.
    pub async fn stamp(&mut self) -> Result<Stamp, StoreError> {
        static FOUND: LazyLock<Inquiry<2>> =
            LazyLock::new(|| Inquiry::of(["pragma data_version", audit::LAST]));
        let [version, head] = self.ask(&FOUND, []).await?;
        let others = version.first().ok_or(StoreError::Unreadable { place: "data_version" })?.try_get(0)?;
        self.audit_head = Some(audit::head(head.first())?);
        Ok(Stamp { ours: self.changes.load(Ordering::SeqCst), others })
    }

    /// The state that this transaction leaves when it is committed: nobody else can write until then.
    pub fn stamp_after(&self, found: Stamp) -> Stamp {
        Stamp { ours: self.changes.load(Ordering::SeqCst), ..found }
    }

    /// Says that what decisions rest on changes here. Needless where it does not; wanting where it does is a wrong
    /// decision.
    pub fn disturb(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    /// Makes everything durable. Only after this may anything be acknowledged or sent.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.connection().await?;
        self.inner.commit().await?;
        self.dirty.store(true, Ordering::Relaxed);
        if self.rings {
            self.bell.notify_one();
        }
        Ok(())
    }
}
