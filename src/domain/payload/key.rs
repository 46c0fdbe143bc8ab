//! Under which key an arrival is journalled: the same arrival twice has the same key, two arrivals never share one.
//!
//! A reading's key is `{instant}:{device}:{message id}:{hash}`. The instant comes first so that the unique index
//! grows at its end. The hash covers what was measured, so that a device that restarts its counter has no new reading
//! swallowed as a duplicate.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ring::digest::{Context, SHA256};

use super::{Payload, Refusal, is_believed};
use crate::domain::event::RAW_LIMIT;
use crate::domain::id::{DeviceId, EventId};

/// A message with neither an id nor a time that can be right is told from its own redelivery by when it came: equal messages within one
/// such window are one. A redelivery in the next window counts again, which errs towards one reading too many.
pub const WINDOW_MS: i64 = 10 * 60 * 1000;

/// How long a battery's charge is the same word.
const HOUR_MS: i64 = 60 * 60 * 1000;

/// The key of a publish on a reading topic. `raw` is the whole payload, `retained` the broker's mark that it is a copy
/// kept for late subscribers.
pub fn reading(
    device: &DeviceId,
    payload: &Result<Payload, Refusal>,
    raw: &[u8],
    retained: bool,
    received_at: Timestamp,
) -> String {
    reading_within(device, payload, Copy { raw, retained, window_ms: WINDOW_MS }, received_at)
}

/// How a publish may be a copy of an earlier one.
#[derive(Debug, Clone, Copy)]
pub struct Copy<'a> {
    pub raw: &'a [u8],
    pub retained: bool,
    /// Within which equal messages without an id and a time are one.
    pub window_ms: i64,
}

/// [`reading`], of a device that says the same more often than others.
pub fn reading_within(
    device: &DeviceId,
    payload: &Result<Payload, Refusal>,
    Copy { raw, retained, window_ms }: Copy<'_>,
    received_at: Timestamp,
) -> String {
    let Ok(payload) = payload else {
        let hash = fingerprint(b"raw", &[text(device), cut(raw), &(raw.len() as u64).to_le_bytes()]);
        return assemble(window(received_at, WINDOW_MS), device, "", &hash);
    };
    let id = payload.message_id.as_deref().unwrap_or_default();
    // A wall is any wall here: the key needs no more than to tell two times apart.
    let said_at = payload.claimed_at(|| TimeZone::UTC);
    let claimed = said_at.map_or(0, Timestamp::as_millisecond);
    let instant = match said_at.filter(|at| is_believed(*at, received_at)) {
        Some(taken_at) => taken_at.as_millisecond(),
        None if !id.is_empty() => claimed,
        // The broker sends its kept copy at every new subscription, for ever: it counts once.
        None if retained => claimed,
        // A clock that says the same at every start tells no two days apart.
        None => window(received_at, window_ms),
    };
    let mut meaning = Vec::with_capacity(payload.measurements.len() * 18);
    for measurement in &payload.measurements {
        let amount = measurement.amount();
        meaning.extend_from_slice(measurement.vital().name().as_bytes());
        meaning.push(b'=');
        meaning.extend_from_slice(&amount.value().unwrap_or_default().to_bits().to_le_bytes());
        meaning.extend_from_slice(amount.beyond().map_or("exactly", super::Beyond::name).as_bytes());
        meaning.push(b';');
    }
    let said = [text(device), id.as_bytes(), &claimed.to_le_bytes(), &instant.to_le_bytes(), &meaning];
    let hash = fingerprint(b"reading", &said);
    assemble(instant, device, id, &hash)
}

/// The key of a publish on a status topic. Every one counts: `online` twice is two facts.
pub fn status(event: &EventId) -> String {
    format!("status:{event}")
}

/// The key of a battery's charge that nothing else is said with: as full within one hour, it was said once.
pub fn battery(device: &DeviceId, percent: f64, received_at: Timestamp) -> String {
    let ms = received_at.as_millisecond();
    format!("{:013}:{device}:battery:{percent}", ms - ms.rem_euclid(HOUR_MS))
}

/// The key of a publish on any other topic.
pub fn stray(topic: &str, raw: &[u8], received_at: Timestamp) -> String {
    let hash = fingerprint(b"stray", &[topic.as_bytes(), cut(raw), &(raw.len() as u64).to_le_bytes()]);
    format!("{:013}:::{hash}", window(received_at, WINDOW_MS))
}

fn assemble(instant: i64, device: &DeviceId, id: &str, hash: &str) -> String {
    format!("{instant:013}:{device}:{id}:{hash}")
}

/// What is too large to be kept whole is named by its length and by what is kept of it.
fn cut(raw: &[u8]) -> &[u8] {
    &raw[..raw.len().min(RAW_LIMIT)]
}

fn text(device: &DeviceId) -> &[u8] {
    device.as_str().as_bytes()
}

fn window(received_at: Timestamp, window_ms: i64) -> i64 {
    let ms = received_at.as_millisecond();
    ms - ms.rem_euclid(window_ms)
}

/// The first 64 bits of SHA-256 over the parts and their lengths, in hex: stable across versions and machines.
fn fingerprint(kind: &[u8], parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    context.update(kind);
    for part in parts {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part);
    }
    let digest = context.finish();
    let hex = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    digest.as_ref().iter().take(8).flat_map(|byte| [hex(byte >> 4), hex(byte & 15)]).collect()
}
