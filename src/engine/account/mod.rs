//! Who may come in: people with passwords, programs with tokens.
//!
//! Nothing here says whether a name exists, is locked or is disabled: whoever is turned away gets one sentence.

mod password;
mod secret;
mod session;
mod token;
mod user;

use thiserror::Error;

use crate::store::StoreError;

pub use crate::domain::secret::Secret;
pub use password::{MIN_PASSWORD_CHARS, Passwords, WeakPassword};
pub use secret::{hash, random_password, random_token, same};
pub use session::{SESSION_LIFE, SignedIn, sign_in, sign_out, signed_in};
pub use token::{add_token, bearer, revoke_token};
pub use user::{NewUser, add_user, disable_user, reset_password};

/// Why an account is not as it was asked to be.
#[derive(Debug, Error)]
pub enum AccountError {
    #[error("'{0}' is not a usable name: use 1 to 64 lower-case letters, digits, '.', '_', '@' or '-'")]
    BadName(String),
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    #[error("there is already {kind} named '{name}': choose another name")]
    Taken { kind: &'static str, name: String },
    #[error("there is no {kind} named '{name}'")]
    Unknown { kind: &'static str, name: String },
    #[error("the password could not be hashed: free some memory and try again")]
    Unhashed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Names are compared as they are stored, so they are only ever lower case.
fn check_name(name: &str) -> Result<(), AccountError> {
    let fits = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._@-".contains(&b));
    if fits { Ok(()) } else { Err(AccountError::BadName(name.chars().take(80).collect())) }
}
