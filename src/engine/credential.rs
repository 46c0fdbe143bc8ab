//! A device's log-in at the broker: a password that is shown once, and what the broker keeps of it.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::pbkdf2::{PBKDF2_HMAC_SHA512, derive};
use ring::rand::{SecureRandom, SystemRandom};
use thiserror::Error;

use crate::domain::id::DeviceId;

/// What `mosquitto_passwd` 2.0 writes by itself. The password below is random, so that more would guard nothing.
const ITERATIONS: NonZeroU32 = NonZeroU32::MIN.saturating_add(100);
const SALT_BYTES: usize = 12;
const KEY_BYTES: usize = 64;
/// 192 random bits: beyond guessing, and 32 characters to carry to the device.
const PASSWORD_BYTES: usize = 24;

/// A fresh log-in. Lamplight keeps neither half.
pub struct BrokerLogin {
    pub password: String,
    /// The line for Mosquitto's password file.
    pub line: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoLogin {
    #[error("Mosquitto's user names cannot hold ':', so the broker needs another log-in for this device")]
    Colon,
    #[error("this machine gives no random numbers, so no password was made")]
    NoRandomness,
}

impl BrokerLogin {
    /// A log-in whose user name is the device's id.
    pub fn make(device: &DeviceId) -> Result<Self, NoLogin> {
        if device.as_str().contains(':') {
            return Err(NoLogin::Colon);
        }
        let random = SystemRandom::new();
        let mut secret = [0; PASSWORD_BYTES];
        let mut salt = [0; SALT_BYTES];
        random.fill(&mut secret).map_err(|_| NoLogin::NoRandomness)?;
        random.fill(&mut salt).map_err(|_| NoLogin::NoRandomness)?;
        let password = URL_SAFE_NO_PAD.encode(secret);
        let line = password_line(device.as_str(), &password, &salt);
        Ok(Self { password, line })
    }
}

/// `user:$7$iterations$salt$key`, PBKDF2 with HMAC-SHA512, as `mosquitto_passwd` writes it.
fn password_line(user: &str, password: &str, salt: &[u8]) -> String {
    let mut key = [0; KEY_BYTES];
    derive(PBKDF2_HMAC_SHA512, ITERATIONS, salt, password.as_bytes(), &mut key);
    format!("{user}:$7${ITERATIONS}${}${}", STANDARD.encode(salt), STANDARD.encode(key))
}

impl std::fmt::Debug for BrokerLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BrokerLogin(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by `mosquitto_passwd -b -c FILE user pass` of Mosquitto 2.0.11.
    const LINE: &str = "user:$7$101$ZJCTfCzsMzz0olHh$UFIxTPC4pm0YH+7E6sm/xfeWJCutzC8A4YswuzBDo3/EY6Okjs7skCKQexoapphwiUz7PkvYZ84QtXsF1X5klA==";

    #[test]
    fn lines_are_as_mosquitto_writes_them() {
        let salt = STANDARD.decode("ZJCTfCzsMzz0olHh").unwrap();
        assert_eq!(password_line("user", "pass", &salt), LINE);
    }

    #[test]
    fn every_login_is_another() {
        let device = DeviceId::trusted("d1");
        let (one, two) = (BrokerLogin::make(&device).unwrap(), BrokerLogin::make(&device).unwrap());
        assert!(one.password != two.password && one.line != two.line);
        assert_eq!(one.password.len(), 32);
        assert!(!format!("{one:?}").contains(&one.password));
        assert_eq!(BrokerLogin::make(&DeviceId::trusted("00:1a")).unwrap_err(), NoLogin::Colon);
    }
}
