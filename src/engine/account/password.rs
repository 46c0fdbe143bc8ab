//! Passwords at rest: argon2id, off the async threads, a few at a time.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::secret::random_bytes;
use super::{AccountError, Secret};

pub const MIN_PASSWORD_CHARS: usize = 12;
/// Enough for any passphrase; longer input is refused before it costs anything.
const MAX_PASSWORD_BYTES: usize = 1024;
/// Hashes at once: each takes 19 MiB and one core.
const AT_ONCE: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WeakPassword {
    #[error("the password is too short: use at least {MIN_PASSWORD_CHARS} characters")]
    TooShort,
    #[error("the password is too long: use at most {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
}

/// Hashes and checks passwords. Cheap to clone; clones share the same few places.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    places: Arc<Semaphore>,
    /// Checked when there is no such user, so that an unknown name takes as long as a known one.
    nobody: Arc<str>,
}

impl Passwords {
    /// argon2id with 19 MiB and two passes: OWASP's Password Storage Cheat Sheet.
    pub fn new() -> Self {
        Self::with_cost(19 * 1024, 2)
    }

    /// A cost of one's own choosing. Below the default it only fits tests.
    pub fn with_cost(memory_kib: u32, passes: u32) -> Self {
        let params = Params::new(memory_kib, passes, 1, Some(32)).unwrap_or_default();
        let nobody = format!(
            "$argon2id$v=19$m={},t={},p=1${}${}",
            params.m_cost(),
            params.t_cost(),
            STANDARD_NO_PAD.encode([0; 16]),
            STANDARD_NO_PAD.encode([0; 32]),
        );
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            nobody: nobody.into(),
        }
    }

    /// A PHC string to store.
    pub async fn hash(&self, password: &Secret) -> Result<String, AccountError> {
        if password.expose().chars().count() < MIN_PASSWORD_CHARS {
            return Err(WeakPassword::TooShort.into());
        }
        if password.expose().len() > MAX_PASSWORD_BYTES {
            return Err(WeakPassword::TooLong.into());
        }
        let salt = SaltString::encode_b64(&random_bytes::<16>()).map_err(|_| AccountError::Unhashed)?;
        let (argon2, password) = (self.argon2.clone(), password.clone());
        let _place = self.places.acquire().await.map_err(|_| AccountError::Unhashed)?;
        spawn_blocking(move || {
            argon2.hash_password(password.expose().as_bytes(), &salt).map(|hash| hash.to_string())
        })
        .await
        .map_err(|_| AccountError::Unhashed)?
        .map_err(|_| AccountError::Unhashed)
    }

    /// Whether `password` is the one behind `stored`. Without a stored hash the answer is no, and takes as long.
    pub async fn verify(&self, stored: Option<&str>, password: &Secret) -> bool {
        if password.expose().len() > MAX_PASSWORD_BYTES {
            return false;
        }
        let known = stored.is_some();
        let (argon2, password) = (self.argon2.clone(), password.clone());
        let stored = stored.unwrap_or(&self.nobody).to_owned();
        let Ok(_place) = self.places.acquire().await else { return false };
        let right = spawn_blocking(move || {
            PasswordHash::new(&stored)
                .and_then(|hash| argon2.verify_password(password.expose().as_bytes(), &hash))
                .is_ok()
        })
        .await
        .unwrap_or(false);
        known && right
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> Passwords {
        Passwords::with_cost(64, 1)
    }

    #[tokio::test]
    async fn a_password_opens_only_its_own_hash() {
        let right = Secret::new("correct horse battery");
        let hash = cheap().hash(&right).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert!(cheap().verify(Some(&hash), &right).await);
        assert!(!cheap().verify(Some(&hash), &Secret::new("correct horse batterz")).await);
        assert!(!cheap().verify(Some("not a hash"), &right).await);
    }

    #[tokio::test]
    async fn the_hash_for_nobody_is_well_formed_so_that_checking_it_takes_as_long() {
        let passwords = Passwords::new();
        let nobody = PasswordHash::new(&passwords.nobody).unwrap();
        assert_eq!(nobody.params.to_string(), "m=19456,t=2,p=1");
        assert!(nobody.hash.is_some() && nobody.salt.is_some());
        assert!(!cheap().verify(None, &Secret::new("whatever it may be")).await);
    }

    #[tokio::test]
    async fn short_passwords_are_refused_by_characters_not_bytes() {
        for (password, fits) in
            [("", false), ("elevenchars", false), ("ééééééééééé", false), ("twelve chars", true)]
        {
            assert_eq!(cheap().hash(&Secret::new(password)).await.is_ok(), fits, "{password}");
        }
    }
}
