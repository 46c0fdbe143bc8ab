//! What programs call the API with. Only the hash of a token's secret is stored.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, Tx, from_ms, to_ms};

/// What a token may do. Write holds read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Read,
    Write,
}

impl Scope {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Read, Self::Write].into_iter().find(|scope| scope.name() == name)
    }
}

/// A bearer token as it is listed: never its secret.
#[derive(Debug, Clone)]
pub struct Token {
    pub name: String,
    pub scope: Scope,
    /// Whose hand its calls count as.
    pub user_name: Option<String>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// A token to add.
#[derive(Debug)]
pub struct NewToken<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub token_hash: &'a str,
    pub scope: Scope,
    pub user_name: Option<&'a str>,
}

impl Store {
    /// All tokens, revoked ones too, by name.
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        let rows = sqlx::query("select * from token order by name").fetch_all(&self.readers).await?;
        rows.iter().map(read).collect()
    }

    /// The token under this hash, unless it is revoked or its user is disabled.
    pub async fn token(&self, token_hash: &str) -> Result<Option<Token>, StoreError> {
        let row = sqlx::query(
            "select token.* from token left join user on user.name = token.user_name
             where token.token_hash = $1 and token.revoked_at is null and user.disabled_at is null",
        )
        .bind(token_hash)
        .fetch_optional(&self.readers)
        .await?;
        row.as_ref().map(read).transpose()
    }
}

impl Tx {
    /// Adds a token; false when the name is taken.
    pub async fn add_token(&mut self, token: &NewToken<'_>, now: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "insert into token (id, name, token_hash, scope, user_name, created_at)
             values ($1, $2, $3, $4, $5, $6) on conflict (name) do nothing",
        )
        .bind(token.id)
        .bind(token.name)
        .bind(token.token_hash)
        .bind(token.scope.name())
        .bind(token.user_name)
        .bind(to_ms(now))
        .execute(self.connection().await?)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Revokes for ever; false when there is no such token in force.
    pub async fn revoke_token(&mut self, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query("update token set revoked_at = $2 where name = $1 and revoked_at is null")
            .bind(name)
            .bind(to_ms(now))
            .execute(self.connection().await?)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

fn read(row: &SqliteRow) -> Result<Token, StoreError> {
    let scope: String = row.try_get("scope")?;
    Ok(Token {
        name: row.try_get("name")?,
        scope: Scope::from_name(&scope).ok_or(StoreError::Unreadable { place: "token.scope" })?,
        user_name: row.try_get("user_name")?,
        created_at: from_ms(row.try_get("created_at")?),
        revoked_at: row.try_get::<Option<i64>, _>("revoked_at")?.map(from_ms),
    })
}
