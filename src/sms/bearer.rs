//! A secret that a provider shows us with each request: the current one and, while it is being rotated, the one before.

use ring::hmac;

use crate::domain::secret::Secret;

/// Knows the right tokens when it sees them.
#[derive(Debug, Clone)]
pub struct Bearer {
    tokens: Vec<(hmac::Key, hmac::Tag)>,
}

impl Bearer {
    pub fn new(current: &Secret, previous: Option<&Secret>) -> Self {
        let tokens = std::iter::once(current).chain(previous).map(|token| {
            let token = token.expose().as_bytes();
            let key = hmac::Key::new(hmac::HMAC_SHA256, token);
            let tag = hmac::sign(&key, token);
            (key, tag)
        });
        Self { tokens: tokens.collect() }
    }

    /// Whether this is one of the tokens. It takes as long for a near miss as for a wide one: what is compared are tags
    /// that nobody without the token can steer.
    pub fn knows(&self, token: &str) -> bool {
        self.tokens.iter().any(|(key, tag)| hmac::verify(key, token.as_bytes(), tag.as_ref()).is_ok())
    }

    /// Whether an `Authorization` header holds one of the tokens. Its scheme may be spelt in any case.
    pub fn admits(&self, authorization: Option<&str>) -> bool {
        authorization
            .and_then(|header| header.split_once(' '))
            .is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && self.knows(token.trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tokens_of_a_rotation_are_known_and_nothing_else_is() {
        let bearer = Bearer::new(&Secret::new("token of today"), Some(&Secret::new("token of yesterday")));
        for header in ["Bearer token of today", "bearer token of yesterday", "BEARER  token of today"] {
            assert!(bearer.admits(Some(header)), "{header}");
        }
        for header in
            ["", "Bearer", "Bearer ", "token of today", "Basic token of today", "Bearer token of toda"]
        {
            assert!(!bearer.admits(Some(header)), "{header}");
        }
        assert!(!bearer.admits(None));
    }
}
