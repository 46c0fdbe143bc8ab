//! Secrets: made at random, told once, kept as hashes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use crate::domain::secret::Secret;

/// Letters and digits that are told apart when read aloud or copied from paper.
const READABLE: &[u8; 32] = b"23456789abcdefghijkmnpqrstuvwxyz";

/// 256 random bits, base64url after `prefix`.
pub fn random_token(prefix: &str) -> Secret {
    Secret::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>())))
}

/// 100 random bits in four groups that a person can copy.
pub fn random_password() -> Secret {
    let letters: Vec<char> =
        random_bytes::<20>().iter().map(|byte| char::from(READABLE[usize::from(byte % 32)])).collect();
    Secret::new(letters.chunks(5).map(String::from_iter).collect::<Vec<_>>().join("-"))
}

/// SHA-256 in hexadecimal: enough at rest for what is random to begin with. Passwords need more.
pub fn hash(secret: &Secret) -> String {
    digest(&SHA256, secret.expose().as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
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
        let (a, b) = (random_token("lamp_"), random_token("lamp_"));
        assert_ne!(a, b);
        assert_eq!(a.expose().len(), "lamp_".len() + 43);
        assert_eq!(hash(&a).len(), 64);
        assert!(!format!("{a:?}").contains(a.expose()));
    }

    #[test]
    fn a_made_up_password_is_long_enough_and_readable() {
        let password = random_password();
        assert_eq!(password.expose().len(), 23);
        assert!(!password.expose().contains(['0', '1', 'l', 'o']));
    }
}
