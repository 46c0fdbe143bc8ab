//! How people are reached.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::domain::id::{ContactId, UserName};
use crate::domain::organisation::{Address, Channel, Contact};
use crate::domain::phone::Phone;

use super::reply_code::MOST_TRIES;
use super::{Store, StoreError, Tx, from_ms, to_ms};

impl Store {
    /// Every way to everybody, in the order of people, without those that were taken away.
    pub async fn contacts(&self) -> Result<Vec<Contact>, StoreError> {
        contacts(&mut *self.readers.acquire().await?).await
    }
}

impl Tx {
    /// As [`Store::contacts`], as this transaction sees them.
    pub async fn contacts(&mut self) -> Result<Vec<Contact>, StoreError> {
        contacts(self.connection().await?).await
    }
}

/// A code that was sent to prove a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentCode {
    pub hash: String,
    pub until: Timestamp,
    /// It has been tried too often.
    pub spent: bool,
}

impl Store {
    /// One way to somebody, if it was not taken away.
    pub async fn contact(&self, id: &ContactId) -> Result<Option<Contact>, StoreError> {
        contact(&mut *self.readers.acquire().await?, id).await
    }
}

impl Tx {
    /// As [`Store::contact`], as this transaction sees it.
    pub async fn contact(&mut self, id: &ContactId) -> Result<Option<Contact>, StoreError> {
        contact(self.connection().await?, id).await
    }

    /// Adds a way to somebody, not proved yet; false when they have it already.
    pub async fn add_contact(
        &mut self,
        id: &ContactId,
        person: &UserName,
        address: &Address,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "insert into contact (id, user_name, channel, address, created_at) values ($1, $2, $3, $4, $5)
             on conflict do nothing",
        )
        .bind(id.as_str())
        .bind(person.as_str())
        .bind(address.channel().name())
        .bind(address.as_str())
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Waits for this code to come back until then. One that was sent before counts no more.
    pub async fn expect_code(
        &mut self,
        id: &ContactId,
        hash: &str,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("update contact set code_hash = $2, code_until = $3, code_tries = 0 where id = $1")
            .bind(id.as_str())
            .bind(hash)
            .bind(to_ms(until))
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    /// How long a contact waits for a code, if it waits for one.
    pub async fn code_until(&mut self, id: &ContactId) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("select code_until from contact where id = $1 and removed_at is null")
            .bind(id.as_str())
            .fetch_optional(self.connection().await?)
            .await?;
        let until = row.map(|row| row.try_get::<Option<i64>, _>(0)).transpose()?.flatten();
        Ok(until.map(from_ms))
    }

    /// The code that a contact waits for, which counts as tried by this.
    pub async fn try_code(&mut self, id: &ContactId) -> Result<Option<SentCode>, StoreError> {
        let row = sqlx::query(
            "update contact set code_tries = code_tries + 1
             where id = $1 and code_hash is not null and removed_at is null
             returning code_hash, code_until, code_tries",
        )
        .bind(id.as_str())
        .fetch_optional(self.connection().await?)
        .await?;
        row.map(|row| {
            Ok(SentCode {
                hash: row.try_get("code_hash")?,
                until: from_ms(row.try_get("code_until")?),
                spent: row.try_get::<i64, _>("code_tries")? > MOST_TRIES,
            })
        })
        .transpose()
    }

    /// The code came back: this way works.
    pub async fn mark_verified(&mut self, id: &ContactId, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "update contact set verified_at = $2, failed_at = null, code_hash = null, code_until = null, code_tries = 0
             where id = $1",
        )
        .bind(id.as_str())
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Somebody answered from this phone with a code of theirs: it reaches them. `person`: whose code it was.
    pub async fn mark_phone_verified(
        &mut self,
        phone: &Phone,
        person: Option<&UserName>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update contact set verified_at = $3, failed_at = null
             where channel = 'sms' and address = $1 and user_name = $2 and removed_at is null",
        )
        .bind(phone.as_str())
        .bind(person.map(UserName::as_str))
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Nobody is reached at this phone any more, until it is proved anew.
    pub async fn fail_phone(&mut self, phone: &Phone, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "update contact set failed_at = $2 where channel = 'sms' and address = $1 and removed_at is null",
        )
        .bind(phone.as_str())
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Takes a way to somebody away; false when there is none such.
    pub async fn remove_contact(&mut self, id: &ContactId, now: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update contact set removed_at = $2, code_hash = null where id = $1 and removed_at is null",
        )
        .bind(id.as_str())
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

async fn contact(connection: &mut SqliteConnection, id: &ContactId) -> Result<Option<Contact>, StoreError> {
    let row = sqlx::query(
        "select id, user_name, channel, address, verified_at, failed_at from contact
         where removed_at is null and id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(read).transpose()
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
