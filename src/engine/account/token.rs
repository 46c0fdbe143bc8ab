use jiff::Timestamp;
use serde_json::json;

use super::{AccountError, Secret, check_name, hash, random_token};
use crate::engine::id::IdSource;
use crate::store::audit::AuditEntry;
use crate::store::token::{NewToken, Scope, Token};
use crate::store::{Store, StoreError};

/// Makes a bearer token. Its secret is returned once and can never be shown again.
pub async fn add_token(
    store: &Store,
    ids: &IdSource,
    actor: &str,
    name: &str,
    scope: Scope,
    user_name: Option<&str>,
    now: Timestamp,
) -> Result<Secret, AccountError> {
    check_name(name)?;
    let secret = random_token("lamp_");
    let id = ids.event(now);
    let mut tx = store.begin().await?;
    if let Some(user) = user_name
        && tx.user(user).await?.is_none()
    {
        return Err(AccountError::Unknown { kind: "user", name: user.to_owned() });
    }
    let token = NewToken { id: id.as_str(), name, token_hash: &hash(&secret), scope, user_name };
    if !tx.add_token(&token, now).await? {
        return Err(AccountError::Taken { kind: "a token", name: name.to_owned() });
    }
    let detail = json!({ "scope": scope.name(), "user": user_name });
    tx.audit(&AuditEntry::new(now, actor, "token.add", name, detail)).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Revokes a token: the next call with it is refused.
pub async fn revoke_token(
    store: &Store,
    actor: &str,
    name: &str,
    now: Timestamp,
) -> Result<(), AccountError> {
    let mut tx = store.begin().await?;
    if !tx.revoke_token(name, now).await? {
        let name = name.chars().take(80).collect();
        return Err(AccountError::Unknown { kind: "token in force", name });
    }
    tx.audit(&AuditEntry::new(now, actor, "token.revoke", name, json!({}))).await?;
    Ok(tx.commit().await?)
}

/// The token that this secret is, if it is in force.
pub async fn bearer(store: &Store, secret: &Secret) -> Result<Option<Token>, StoreError> {
    store.token(&hash(secret)).await
}
