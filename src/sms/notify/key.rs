//! Notify's API key, and the token that it signs for each request.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::hmac;
use serde_json::json;
use thiserror::Error;

/// How long a UUID is in words.
const UUID: usize = 36;

/// A key as Notify shows it once: a name, the service's id and the secret, parted by hyphens.
#[derive(Clone)]
pub struct ApiKey {
    service_id: String,
    secret: hmac::Key,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is not a key of GOV.UK Notify: it ends in two UUIDs, as in name-<service id>-<secret>")]
pub struct BadKey;

impl ApiKey {
    pub fn parse(key: &str) -> Result<Self, BadKey> {
        let secret_at = key.len().checked_sub(UUID).ok_or(BadKey)?;
        let (rest, secret) = key.split_at_checked(secret_at).ok_or(BadKey)?;
        let rest = rest.strip_suffix('-').ok_or(BadKey)?;
        let service_at = rest.len().checked_sub(UUID).ok_or(BadKey)?;
        let (_, service_id) = rest.split_at_checked(service_at).ok_or(BadKey)?;
        if !is_uuid(secret) || !is_uuid(service_id) {
            return Err(BadKey);
        }
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        Ok(Self { service_id: service_id.to_owned(), secret })
    }

    /// A JSON Web Token (RFC 7519, HS256) that Notify believes for half a minute around `now`.
    pub fn token(&self, now: Timestamp) -> String {
        let header = json!({ "typ": "JWT", "alg": "HS256" });
        let claims = json!({ "iss": self.service_id, "iat": now.as_second() });
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let signed =
            format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = hmac::sign(&self.secret, signed.as_bytes());
        format!("{signed}.{}", encode(signature.as_ref()))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == UUID
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "26785a09-ab16-4eb0-8407-a37497a57506";
    const SECRET: &str = "3d844edf-8d35-48ac-975b-e847b4f122b0";

    #[test]
    fn a_key_is_read_from_its_end() {
        for name in ["lamplight", "a-b-c", "26785a09", ""] {
            let key = ApiKey::parse(&format!("{name}-{SERVICE}-{SECRET}")).unwrap();
            assert_eq!(key.service_id, SERVICE, "{name}");
        }
        for bad in
            ["", "key", SECRET, &format!("key-{SERVICE}{SECRET}"), &format!("key-{SERVICE}-{SECRET}\u{e9}")]
        {
            assert!(ApiKey::parse(bad).is_err(), "{bad}");
        }
    }
}
