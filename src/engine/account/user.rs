use jiff::Timestamp;
use serde_json::json;

use super::{AccountError, Passwords, Secret, check_name};
use crate::store::Store;
use crate::store::audit::AuditEntry;
use crate::store::user::Role;

/// Somebody to add.
#[derive(Debug)]
pub struct NewUser<'a> {
    pub name: &'a str,
    pub full_name: &'a str,
    pub role: Role,
    pub password: &'a Secret,
}

/// Adds somebody who may sign in.
pub async fn add_user(
    store: &Store,
    passwords: &Passwords,
    actor: &str,
    user: &NewUser<'_>,
    now: Timestamp,
) -> Result<(), AccountError> {
    let NewUser { name, full_name, role, password } = *user;
    check_name(name)?;
    let hash = passwords.hash(password).await?;
    let mut tx = store.begin().await?;
    if !tx.add_user(name, full_name, role, &hash, now).await? {
        return Err(AccountError::Taken { kind: "a user", name: name.to_owned() });
    }
    tx.audit(&AuditEntry::new(now, actor, "user.add", name, json!({ "role": role.name() }))).await?;
    Ok(tx.commit().await?)
}

/// Shuts somebody out at once: sessions end, and tokens bound to them stop working.
pub async fn disable_user(
    store: &Store,
    actor: &str,
    name: &str,
    now: Timestamp,
) -> Result<(), AccountError> {
    let mut tx = store.begin().await?;
    if !tx.disable_user(name, now).await? {
        return Err(unknown(name));
    }
    tx.end_sessions_of(name).await?;
    tx.audit(&AuditEntry::new(now, actor, "user.disable", name, json!({}))).await?;
    Ok(tx.commit().await?)
}

/// Gives somebody a new password. Their sessions end; a locked or disabled account opens again.
pub async fn reset_password(
    store: &Store,
    passwords: &Passwords,
    actor: &str,
    name: &str,
    password: &Secret,
    now: Timestamp,
) -> Result<(), AccountError> {
    let hash = passwords.hash(password).await?;
    let mut tx = store.begin().await?;
    if !tx.set_password(name, &hash).await? {
        return Err(unknown(name));
    }
    tx.end_sessions_of(name).await?;
    tx.audit(&AuditEntry::new(now, actor, "user.reset_password", name, json!({}))).await?;
    Ok(tx.commit().await?)
}

fn unknown(name: &str) -> AccountError {
    AccountError::Unknown { kind: "user", name: name.chars().take(80).collect() }
}
