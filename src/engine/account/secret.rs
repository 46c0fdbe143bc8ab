//! Secrets: made at random, told once, kept as hashes.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

/// Letters and digits that are told apart when read aloud or copied from paper.
const READABLE: &[u8; 32] = b"23456789abcdefghijkmnpqrstuvwxyz";

/// A password, token or session secret. It has no `Display`, and its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// 256 random bits, base64url after `prefix`.
    pub fn random(prefix: &str) -> Self {
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>())))
    }

    /// 100 random bits in four groups that a person can copy.
    pub fn random_password() -> Self {
        let letters: Vec<char> =
            random_bytes::<20>().iter().map(|byte| char::from(READABLE[usize::from(byte % 32)])).collect();
        Self(letters.chunks(5).map(String::from_iter).collect::<Vec<_>>().join("-"))
    }

    /// SHA-256 in hexadecimal: enough at rest for what is random to begin with. Passwords need more.
    pub fn hash(&self) -> String {
        digest(&SHA256, self.0.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The secret itself, to show once or to compare.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Compares without telling, by its time, where two strings differ. What is compared are hashes of both.
pub fn same(a: &str, b: &str) -> bool {
    let hash = |text: &str| digest(&SHA256, text.as_bytes());
    hash(a).as_ref() == hash(b).as_ref()
}

/// Bytes from the operating system. A machine that has none cannot make secrets, so nothing may go on.
pub(super) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "a guessable secret would be worse than a stop")]
    SystemRandom::new().fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_never_show_themselves() {
        let (a, b) = (Secret::random("lamp_"), Secret::random("lamp_"));
        assert_ne!(a, b);
        assert_eq!(a.expose().len(), "lamp_".len() + 43);
        assert_eq!(a.hash().len(), 64);
        assert!(!format!("{a:?}").contains(a.expose()));
    }

    #[test]
    fn a_made_up_password_is_long_enough_and_readable() {
        let password = Secret::random_password();
        assert_eq!(password.expose().len(), 23);
        assert!(!password.expose().contains(['0', '1', 'l', 'o']));
    }
}
