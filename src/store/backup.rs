//! Copies of the whole database: made while it is in use, put back only where there is none.

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use thiserror::Error;

use super::{Store, StoreError};

/// Why there is no copy.
#[derive(Debug, Error)]
pub enum BackupError {
    #[error("{0} is there already; nothing is overwritten, name another file")]
    InTheWay(PathBuf),
    #[error("{0} is no Lamplight database, or a damaged one")]
    Damaged(PathBuf),
    #[error("{path} cannot be used: {source}")]
    Unusable { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Writes a consistent copy of everything committed so far, while others go on reading and writing.
    pub async fn backup(&self, to: &Path) -> Result<(), BackupError> {
        if to.exists() {
            return Err(BackupError::InTheWay(to.to_owned()));
        }
        let mut connection =
            SqliteConnectOptions::new().filename(self.path()).connect().await.map_err(StoreError::from)?;
        sqlx::query("vacuum into $1")
            .bind(to.to_string_lossy().into_owned())
            .execute(&mut connection)
            .await
            .map_err(StoreError::from)?;
        connection.close().await.map_err(StoreError::from)?;
        check(to).await
    }
}

/// Puts the copy `from` where no database is, and brings its schema up to date.
pub async fn restore(from: &Path, to: &Path) -> Result<(), BackupError> {
    if to.exists() {
        return Err(BackupError::InTheWay(to.to_owned()));
    }
    check(from).await?;
    let unusable = |source| BackupError::Unusable { path: to.to_owned(), source };
    // Under another name first: a restore that breaks off leaves no half database to start on.
    let mut half = to.as_os_str().to_owned();
    half.push(".restoring");
    let half = PathBuf::from(half);
    tokio::fs::copy(from, &half).await.map_err(unusable)?;
    tokio::fs::File::open(&half).await.map_err(unusable)?.sync_all().await.map_err(unusable)?;
    tokio::fs::rename(&half, to).await.map_err(unusable)?;
    Store::open(to).await?.close().await;
    Ok(())
}

/// A copy is worth having only if it is whole.
async fn check(file: &Path) -> Result<(), BackupError> {
    let damaged = |_| BackupError::Damaged(file.to_owned());
    let mut connection =
        SqliteConnectOptions::new().filename(file).read_only(true).connect().await.map_err(damaged)?;
    let integrity: String =
        sqlx::query_scalar("pragma integrity_check").fetch_one(&mut connection).await.map_err(damaged)?;
    let version: i64 =
        sqlx::query_scalar("pragma user_version").fetch_one(&mut connection).await.map_err(damaged)?;
    connection.close().await.map_err(damaged)?;
    if integrity == "ok" && version > 0 { Ok(()) } else { Err(BackupError::Damaged(file.to_owned())) }
}
