//! Who may sign in.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, Tx, from_ms, to_ms};

/// What somebody is employed to do here. Both may act on alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Nurse,
    Admin,
}

impl Role {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nurse => "nurse",
            Self::Admin => "admin",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Nurse, Self::Admin].into_iter().find(|role| role.name() == name)
    }
}

/// A person with a password.
#[derive(Debug, Clone)]
pub struct User {
    pub name: String,
    pub full_name: String,
    pub role: Role,
    /// PHC string; it carries its own salt and cost.
    pub password_hash: String,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
    pub locked_until: Option<Timestamp>,
}

impl User {
    pub fn may_sign_in(&self, now: Timestamp) -> bool {
        self.disabled_at.is_none() && self.locked_until.is_none_or(|until| until <= now)
    }
}

impl Store {
    /// Everybody, by name.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows = sqlx::query("select * from user order by name").fetch_all(&self.readers).await?;
        rows.iter().map(read).collect()
    }

    pub async fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        let row = sqlx::query("select * from user where name = $1")
            .bind(name)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Full names by user name, to show who did what.
    pub async fn full_names(&self) -> Result<HashMap<String, String>, StoreError> {
        let rows = sqlx::query("select name, full_name from user").fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok((row.try_get("name")?, row.try_get("full_name")?))).collect()
    }
}

impl Tx {
    /// Adds somebody; false when the name is taken.
    pub async fn add_user(
        &mut self,
        name: &str,
        full_name: &str,
        role: Role,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "insert into user (name, full_name, role, password_hash, created_at) values ($1, $2, $3, $4, $5)
             on conflict (name) do nothing",
        )
        .bind(name)
        .bind(full_name)
        .bind(role.name())
        .bind(password_hash)
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The user as this transaction sees it: what a sign-in is decided on.
    pub async fn user(&mut self, name: &str) -> Result<Option<User>, StoreError> {
        let row = sqlx::query("select * from user where name = $1")
            .bind(name)
            .fetch_optional(self.connection().await?)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Shuts somebody out; false when there is no such user.
    pub async fn disable_user(&mut self, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query("update user set disabled_at = coalesce(disabled_at, $2) where name = $1")
            .bind(name)
            .bind(to_ms(now))
            .execute(self.connection().await?)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// A new password lets a locked or disabled user back in; false when there is no such user.
    pub async fn set_password(&mut self, name: &str, password_hash: &str) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update user set password_hash = $2, failures = 0, locked_until = null, disabled_at = null
             where name = $1",
        )
        .bind(name)
        .bind(password_hash)
        .execute(self.connection().await?)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Counts a wrong password. The `limit`th in a row locks the account until `until` and starts the count again.
    /// Answers whether it is locked now.
    pub async fn count_failure(
        &mut self,
        name: &str,
        limit: i64,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "update user set locked_until = case when failures + 1 >= $2 then $3 else locked_until end,
                             failures = case when failures + 1 >= $2 then 0 else failures + 1 end
             where name = $1 returning failures = 0",
        )
        .bind(name)
        .bind(limit)
        .bind(to_ms(until))
        .fetch_optional(self.connection().await?)
        .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(false))
    }

    /// A right password forgets the wrong ones before it.
    pub async fn clear_failures(&mut self, name: &str) -> Result<(), StoreError> {
        sqlx::query("update user set failures = 0, locked_until = null where name = $1")
            .bind(name)
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }
}

fn read(row: &SqliteRow) -> Result<User, StoreError> {
    let role: String = row.try_get("role")?;
    Ok(User {
        name: row.try_get("name")?,
        full_name: row.try_get("full_name")?,
        role: Role::from_name(&role).ok_or(StoreError::Unreadable { place: "user.role" })?,
        password_hash: row.try_get("password_hash")?,
        created_at: from_ms(row.try_get("created_at")?),
        disabled_at: row.try_get::<Option<i64>, _>("disabled_at")?.map(from_ms),
        locked_until: row.try_get::<Option<i64>, _>("locked_until")?.map(from_ms),
    })
}
