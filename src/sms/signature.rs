//! Twilio's webhook signature: base64 of HMAC-SHA1 over the URL and the sorted form.
//!
//! Pure. The URL comes from configuration, never from a header that the caller chose. Signers spell it in several
//! ways, so each is tried: with and without a port, with the query as sent and as a browser would write it.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac};
use thiserror::Error;

use super::form::Form;

/// The auth tokens that a signature may be made with: the current one and, while it is being rotated, the one before.
#[derive(Debug, Clone)]
pub struct Verifier {
    keys: Vec<hmac::Key>,
}

/// An empty token would accept what anybody can sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the Twilio auth token is empty; set sms.twilio.auth_token")]
pub struct NoToken;

impl Verifier {
    pub fn new(current: &str, previous: Option<&str>) -> Result<Self, NoToken> {
        let tokens = [Some(current), previous];
        if tokens.iter().flatten().any(|token| token.trim().is_empty()) {
            return Err(NoToken);
        }
        let key = |token: &str| hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
        Ok(Self { keys: tokens.into_iter().flatten().map(key).collect() })
    }

    /// Whether `signature` was made for this request by a holder of a token.
    ///
    /// `url` is the whole public URL. A `bodySHA256` in its query, which is itself signed, says that the body counts
    /// by its hash; any other body counts as a form.
    pub fn verify(&self, url: &str, body: &[u8], form: &Form<'_>, signature: &str) -> bool {
        let Ok(tag) = STANDARD.decode(signature) else { return false };
        let url = url.split_once('#').map_or(url, |(before, _)| before);
        let parameters = match body_hash(url) {
            Some(hash) if hash == sha256_hex(body) => Vec::new(),
            Some(_) => return false,
            None => form.signed_bytes(),
        };
        let mut message = Vec::with_capacity(url.len() + 8 + parameters.len());
        spellings(url).any(|spelling| {
            message.clear();
            message.extend_from_slice(spelling.as_bytes());
            message.extend_from_slice(&parameters);
            self.keys.iter().any(|key| hmac::verify(key, &message, &tag).is_ok())
        })
    }
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut hex = String::with_capacity(64);
    for byte in digest::digest(&digest::SHA256, bytes).as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// The value of `bodySHA256` in a URL's query.
fn body_hash(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("bodySHA256="))
}

/// The ways in which a signer may have written this URL, the likeliest first; later ones are made only if needed.
fn spellings(url: &str) -> impl Iterator<Item = Cow<'_, str>> {
    (0..4).filter_map(move |n| match n {
        0 => Some(Cow::Borrowed(url)),
        1 => other_port(url).map(Cow::Owned),
        2 => browser_query(url).map(Cow::Owned),
        _ => browser_query(url).and_then(|url| other_port(&url)).map(Cow::Owned),
    })
}

/// The URL without its port, or with its scheme's own port when it has none. Edited as text: a URL parser would drop
/// `:443` and rewrite the rest.
fn other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host_at = authority.rfind('@').map_or(0, |at| at + 1);
    let host = &authority[host_at..];
    let port_at = host.rfind(':').filter(|at| host[at + 1..].bytes().all(|b| b.is_ascii_digit()));
    match port_at {
        Some(at) => Some(format!("{scheme}://{}{path}", &authority[..host_at + at])),
        None => {
            let port = match scheme {
                "https" => 443,
                "http" => 80,
                _ => return None,
            };
            Some(format!("{scheme}://{authority}:{port}{path}"))
        }
    }
}

/// The URL with its query percent-encoded as browsers do (the special-query set of the WHATWG URL standard), or nothing
/// when that changes nothing.
fn browser_query(url: &str) -> Option<String> {
    use std::fmt::Write;
    let (before, query) = url.split_once('?')?;
    let must_encode = |b: u8| matches!(b, 0..=0x20 | b'"' | b'#' | b'\'' | b'<' | b'>' | 0x7f..);
    if !query.bytes().any(must_encode) {
        return None;
    }
    let mut written = String::with_capacity(url.len() + 16);
    written.push_str(before);
    written.push('?');
    for byte in query.bytes() {
        if must_encode(byte) {
            // Writing to a string cannot fail.
            let _ = write!(written, "%{byte:02X}");
        } else {
            written.push(char::from(byte));
        }
    }
    Some(written)
}
