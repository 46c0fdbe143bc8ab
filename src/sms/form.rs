//! `application/x-www-form-urlencoded` bodies, decoded once, to bytes: what is signed is bytes, and whether they are
//! words is a later question.

use std::borrow::Cow;

type Bytes<'a> = Cow<'a, [u8]>;

/// A decoded form, sorted by key and then value. Blank values are kept; nothing is borrowed that need not be copied.
#[derive(Debug, Clone)]
pub struct Form<'a> {
    pairs: Vec<(Bytes<'a>, Bytes<'a>)>,
}

/// A field whose value is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotWords;

impl<'a> Form<'a> {
    pub fn decode(body: &'a [u8]) -> Self {
        let mut pairs = Vec::with_capacity(24);
        for pair in body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            let (key, value) = match pair.iter().position(|b| *b == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &pair[pair.len()..]),
            };
            pairs.push((decode(key), decode(value)));
        }
        pairs.sort_unstable();
        Self { pairs }
    }

    /// The value of a field, nothing when it is absent. Of several, the first in sorted order.
    pub fn get(&self, key: &str) -> Result<Option<&str>, NotWords> {
        let at = self.pairs.partition_point(|(name, _)| name.as_ref() < key.as_bytes());
        match self.pairs.get(at) {
            Some((name, value)) if name.as_ref() == key.as_bytes() => {
                str::from_utf8(value).map(Some).map_err(|_| NotWords)
            }
            _ => Ok(None),
        }
    }

    /// The value of a field that must say something.
    pub fn get_filled(&self, key: &str) -> Result<Option<&str>, NotWords> {
        Ok(self.get(key)?.filter(|value| !value.is_empty()))
    }

    /// What a signature covers after the URL: each key, followed by each of its distinct values, in sorted order.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let length = self.pairs.iter().map(|(key, value)| key.len() + value.len()).sum();
        let mut bytes = Vec::with_capacity(length);
        for (n, pair) in self.pairs.iter().enumerate() {
            if n > 0 && self.pairs[n - 1] == *pair {
                continue;
            }
            bytes.extend_from_slice(&pair.0);
            bytes.extend_from_slice(&pair.1);
        }
        bytes
    }
}

/// `+` is a space and `%XX` a byte; a `%` that begins no byte stands for itself.
fn decode(encoded: &[u8]) -> Bytes<'_> {
    let Some(first) = encoded.iter().position(|b| matches!(b, b'+' | b'%')) else {
        return Cow::Borrowed(encoded);
    };
    let mut bytes = Vec::with_capacity(encoded.len());
    bytes.extend_from_slice(&encoded[..first]);
    let mut rest = &encoded[first..];
    while let [byte, after @ ..] = rest {
        let (decoded, left) = match (byte, after) {
            (b'+', _) => (b' ', after),
            (b'%', [high, low, left @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, left),
                _ => (b'%', after),
            },
            _ => (*byte, after),
        };
        bytes.push(decoded);
        rest = left;
    }
    Cow::Owned(bytes)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
