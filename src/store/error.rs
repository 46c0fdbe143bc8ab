//! What went wrong with the store, by what the caller does next.

use thiserror::Error;

#[derive(Debug, Error)]
pub enum StoreError {
    /// Locked, full, gone: nothing was written, the same may work later.
    #[error("the database cannot be written or read just now")]
    Unavailable(#[source] sqlx::Error),
    /// The database refuses these values and always will.
    #[error("the database refuses these values")]
    Refused(#[source] sqlx::Error),
    /// A stored value that Lamplight could not have written.
    #[error("the database holds something unreadable in {place}")]
    Unreadable { place: &'static str },
    /// The file was written by a newer Lamplight.
    #[error(
        "the database has schema version {found}, newer than this program's {known}; install the newer Lamplight"
    )]
    TooNew { found: i64, known: i64 },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) if inner.kind() != sqlx::error::ErrorKind::Other => {
                Self::Refused(error)
            }
            // SQLITE_MISMATCH, SQLITE_TOOBIG, SQLITE_ERROR from a malformed value: never better on a retry.
            sqlx::Error::Database(inner) if matches!(inner.code().as_deref(), Some("20" | "18" | "1")) => {
                Self::Refused(error)
            }
            // A row that cannot be read today cannot be read tomorrow.
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::Encode(_) => {
                Self::Refused(error)
            }
            _ => Self::Unavailable(error),
        }
    }
}
