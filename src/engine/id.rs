//! Where new ids come from: time-ordered, so that tables grow at their end.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

use crate::domain::id::EventId;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Makes ids of 20 characters: 44 bits of milliseconds, then 56 bits that start at random in each millisecond and
/// count up within it. Ids of one source are strictly increasing while its clock does not go back.
#[derive(Debug)]
pub struct IdSource {
    last: Mutex<(u64, u64)>,
    random: SystemRandom,
}

impl Default for IdSource {
    fn default() -> Self {
        Self { last: Mutex::new((0, 0)), random: SystemRandom::new() }
    }
}

impl IdSource {
    /// A new event id at `now`.
    pub fn event(&self, now: Timestamp) -> EventId {
        let ms = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = if last.0 == ms { (ms, last.1 + 1) } else { (ms, self.fresh()) };
        let (ms, low) = *last;
        drop(last);
        let bits = (u128::from(ms) << 56) | u128::from(low & ((1 << 56) - 1));
        EventId::trusted(written(bits))
    }

    /// Where the ids of `at` begin: all that were made before sort before it.
    pub fn first_of(at: Timestamp) -> String {
        written(u128::from(u64::try_from(at.as_millisecond()).unwrap_or(0)) << 56)
    }

    /// Four digits at random, for somebody to type. Nothing when the machine has no randomness: a code that can be guessed
    /// is none.
    pub fn code(&self) -> Option<String> {
        self.digits(4)
    }

    /// As [`Self::code`], so many of them.
    pub fn digits(&self, count: u32) -> Option<String> {
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes).ok()?;
        let width = usize::try_from(count).ok()?;
        Some(format!("{:0width$}", u64::from_le_bytes(bytes) % 10_u64.checked_pow(count)?))
    }

    /// 55 random bits: the top bit stays free to count into.
    fn fresh(&self) -> u64 {
        let mut bytes = [0; 8];
        if self.random.fill(&mut bytes).is_err() {
            // No randomness at all: time and counting still keep the ids of this process apart.
            return 0;
        }
        u64::from_le_bytes(bytes) >> 9
    }
}

/// 100 bits in 20 characters, the highest first.
fn written(bits: u128) -> String {
    let letter = |place: u32| ALPHABET[usize::try_from((bits >> (place * 5)) & 31).unwrap_or(0)];
    (0..20).rev().map(|place| char::from(letter(place))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_in_the_order_they_were_made() {
        let source = IdSource::default();
        let mut ids: Vec<_> = (0..10_000)
            .map(|n| source.event(Timestamp::from_millisecond(1_700_000_000_000 + n / 100).unwrap()))
            .collect();
        assert!(ids.iter().all(|id| id.as_str().len() == 20));
        let made = ids.clone();
        ids.sort();
        ids.dedup();
        assert_eq!(ids, made);
    }
}
