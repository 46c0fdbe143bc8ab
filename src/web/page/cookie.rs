//! The two cookies: who is signed in, and the sign-in form's own token.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

use crate::engine::account::{SESSION_LIFE, Secret};

/// The session's secret.
pub(super) const SESSION: &str = "lamplight_session";
/// Proves that a sign-in comes from our own form: there is no session yet to hold its token.
pub(super) const FORM: &str = "lamplight_form";

/// The value of a cookie that the browser sent.
pub(super) fn read(headers: &HeaderMap, name: &str) -> Option<Secret> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(other, value)| *other == name && !value.is_empty())
        .map(|(_, value)| Secret::new(value))
}

/// A `Set-Cookie` value that scripts cannot read and other sites cannot use.
pub(super) fn set(name: &str, value: &Secret, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    let value = value.expose();
    let age = SESSION_LIFE.as_secs();
    format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={age}{secure}")
}

/// A `Set-Cookie` value that makes the browser forget.
pub(super) fn clear(name: &str, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0{secure}")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        for (header, found) in [
            ("lamplight_session=abc", Some("abc")),
            ("a=b; lamplight_session=abc; c=d", Some("abc")),
            ("not_lamplight_session=abc", None),
            ("lamplight_session=", None),
            ("lamplight_session", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(header))]);
            assert_eq!(read(&headers, SESSION), found.map(Secret::new), "{header}");
        }
    }
}
