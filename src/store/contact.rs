//! How people are reached.

use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::domain::id::{ContactId, UserName};
use crate::domain::organisation::{Address, Channel, Contact};

use super::{Store, StoreError, Tx, from_ms};

impl Store {
    /// Every way to everybody, in the order of people, without those that were taken away.
    pub async fn contacts(&self) -> Result<Vec<Contact>, StoreError> {
        contacts(&mut *self.readers.acquire().await?).await
    }
}

impl Tx {
    /// As [`Store::contacts`], as this transaction sees them.
    pub async fn contacts(&mut self) -> Result<Vec<Contact>, StoreError> {
        contacts(&mut self.inner).await
    }
}

pub(super) async fn contacts(connection: &mut SqliteConnection) -> Result<Vec<Contact>, StoreError> {
    let rows = sqlx::query(
        "select id, user_name, channel, address, verified_at, failed_at from contact
         where removed_at is null order by user_name, created_at, id",
    )
    .fetch_all(connection)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &SqliteRow) -> Result<Contact, StoreError> {
    let channel: String = row.try_get("channel")?;
    let address: String = row.try_get("address")?;
    Ok(Contact {
        id: ContactId::trusted(row.try_get::<String, _>("id")?),
        person: UserName::trusted(row.try_get::<String, _>("user_name")?),
        address: Channel::from_name(&channel)
            .and_then(|channel| Address::stored(channel, &address))
            .ok_or(StoreError::Unreadable { place: "contact.address" })?,
        verified_at: row.try_get::<Option<i64>, _>("verified_at")?.map(from_ms),
        failed_at: row.try_get::<Option<i64>, _>("failed_at")?.map(from_ms),
    })
}
