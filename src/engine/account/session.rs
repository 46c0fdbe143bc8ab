use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Passwords, Secret, hash, random_token};
use crate::store::audit::AuditEntry;
use crate::store::session::Session;
use crate::store::{Store, StoreError};

/// How long somebody stays signed in: one shift.
pub const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(12);
/// Wrong passwords in a row that lock an account, and for how long.
const FAILURES: i64 = 5;
const LOCK: SignedDuration = SignedDuration::from_mins(15);

/// A session that has just begun. Its secret goes into the browser's cookie and nowhere else.
#[derive(Debug)]
pub struct SignedIn {
    pub secret: Secret,
    pub session: Session,
}

/// Signs somebody in, or answers nothing: wrong name, wrong password, locked and disabled look and last alike.
pub async fn sign_in(
    store: &Store,
    passwords: &Passwords,
    name: &str,
    password: &Secret,
    now: Timestamp,
) -> Result<Option<SignedIn>, StoreError> {
    let name = name.trim().to_lowercase();
    let seen = store.user(&name).await?;
    let right = passwords.verify(seen.as_ref().map(|user| user.password_hash.as_str()), password).await;

    // The password took a while. What it opens is decided on how things stand now, so that guesses made side by
    // side cannot slip past the lock.
    let mut tx = store.begin().await?;
    let user = tx.user(&name).await?;
    let unchanged = |hash: &str| seen.as_ref().is_some_and(|seen| seen.password_hash == hash);
    match user {
        Some(user) if right && user.may_sign_in(now) && unchanged(&user.password_hash) => {
            let secret = random_token("");
            let session = Session {
                token_hash: hash(&secret),
                user_name: user.name,
                full_name: user.full_name,
                form_token: random_token("").expose().to_owned(),
            };
            tx.clear_failures(&name).await?;
            tx.end_stale_sessions(now).await?;
            let expires_at = now.saturating_add(SESSION_LIFE).unwrap_or(now);
            tx.add_session(&session.token_hash, &name, &session.form_token, now, expires_at).await?;
            tx.audit(&AuditEntry::new(now, &name, "session.begin", &name, json!({}))).await?;
            tx.commit().await?;
            Ok(Some(SignedIn { secret, session }))
        }
        refused => {
            // What was typed as an unknown name may be a password: it is not written down.
            let subject = refused.as_ref().map_or("unknown", |user| user.name.as_str());
            let until = now.saturating_add(LOCK).unwrap_or(now);
            let locked = match &refused {
                Some(user) if user.may_sign_in(now) => tx.count_failure(&name, FAILURES, until).await?,
                _ => false,
            };
            let detail = json!({ "locks": locked });
            tx.audit(&AuditEntry::new(now, "nobody", "session.refuse", subject, detail)).await?;
            tx.commit().await?;
            Ok(None)
        }
    }
}

/// Whose session this secret opens, if it still does.
pub async fn signed_in(
    store: &Store,
    secret: &Secret,
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    store.session(&hash(secret), now).await
}

/// Ends a session, for good.
pub async fn sign_out(store: &Store, session: &Session, now: Timestamp) -> Result<(), StoreError> {
    let name = &session.user_name;
    let mut tx = store.begin().await?;
    tx.end_session(&session.token_hash).await?;
    tx.audit(&AuditEntry::new(now, name, "session.end", name, json!({}))).await?;
    tx.commit().await
}
