//! Bodies that a carrier has wrapped into base64, as Twilio at times does.

use super::{Context, Outcome, understand};

/// Shorter ones could be a word, or a reading that somebody typed without blanks.
const LEAST: usize = 12;

/// The words inside `body`, if the whole of it is canonical base64 of a text that says something, and `body` itself says
/// nothing. Whatever a patient may have typed stays as it is.
pub fn unwrap(body: &str) -> Option<String> {
    let wrapped = body.trim();
    if wrapped.len() < LEAST || !wrapped.len().is_multiple_of(4) {
        return None;
    }
    let words = String::from_utf8(decode(wrapped.as_bytes())?).ok()?;
    let is_clean = words.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    let has = |is: fn(char) -> bool| words.contains(is);
    if !is_clean || !has(char::is_numeric) || !has(char::is_alphabetic) {
        return None;
    }
    let says_nothing =
        matches!(understand(body, &Context::default()).outcome, Outcome::Unclear | Outcome::Ignored);
    says_nothing.then_some(words)
}

/// The bytes of canonical base64 in its usual alphabet: padded, and without stray bits.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 {
        return None;
    }
    let digits = &text[..text.len() - padding];
    // Bits that are read and in no byte yet, and how many.
    let (mut held, mut count) = (0_u32, 0_u32);
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for digit in digits {
        (held, count) = (held << 6 | value(*digit)?, count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(held >> count).ok()?);
            held &= (1 << count) - 1;
        }
    }
    // One `=` leaves two bits over, two leave four, and all of them are nought.
    let fits = usize::try_from(count).is_ok_and(|count| count == padding * 2);
    (held == 0 && fits).then_some(bytes)
}

fn value(digit: u8) -> Option<u32> {
    Some(u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}
