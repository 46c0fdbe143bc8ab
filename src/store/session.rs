//! Who is signed in. Only the hash of a session's secret is stored.

use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, Tx, to_ms};

/// A session that holds right now, with whose it is.
#[derive(Debug, Clone)]
pub struct Session {
    pub token_hash: String,
    pub user_name: String,
    pub full_name: String,
    /// Must come back with every form.
    pub form_token: String,
}

impl Store {
    /// The session under this hash, unless it has run out or its user is disabled.
    pub async fn session(&self, token_hash: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let row = sqlx::query(
            "select session.token_hash, session.form_token, user.name, user.full_name
             from session join user on user.name = session.user_name
             where session.token_hash = $1 and session.expires_at > $2 and user.disabled_at is null",
        )
        .bind(token_hash)
        .bind(to_ms(now))
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Session {
            token_hash: row.try_get("token_hash")?,
            user_name: row.try_get("name")?,
            full_name: row.try_get("full_name")?,
            form_token: row.try_get("form_token")?,
        }))
    }
}

impl Tx {
    pub async fn add_session(
        &mut self,
        token_hash: &str,
        user_name: &str,
        form_token: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into session (token_hash, user_name, form_token, created_at, expires_at)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(token_hash)
        .bind(user_name)
        .bind(form_token)
        .bind(to_ms(now))
        .bind(to_ms(expires_at))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    pub async fn end_session(&mut self, token_hash: &str) -> Result<(), StoreError> {
        sqlx::query("delete from session where token_hash = $1")
            .bind(token_hash)
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    pub async fn end_sessions_of(&mut self, user_name: &str) -> Result<(), StoreError> {
        sqlx::query("delete from session where user_name = $1")
            .bind(user_name)
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    /// Forgets sessions that ran out.
    pub async fn end_stale_sessions(&mut self, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("delete from session where expires_at <= $1")
            .bind(to_ms(now))
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }
}
