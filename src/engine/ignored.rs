//! Messages that a device profile knows and that say nothing of any patient: counted, so that they can be found, and not
//! journalled, because a house's own automation may send thousands a minute.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::{IgnoredCount, Store};

/// How often the counts are written down. A crash costs at most this much of them.
const EVERY: Duration = Duration::from_secs(10);
/// Distinct topics between two writes; what goes beyond is counted under [`OTHERS`].
const TOPICS: usize = 2_000;
const OTHERS: &str = "(others)";

/// What has been ignored since the counts were last written down. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Ignored(Arc<Mutex<HashMap<(String, String), Seen>>>);

#[derive(Debug, Clone, Copy)]
struct Seen {
    count: u64,
    first_at: Timestamp,
    last_at: Timestamp,
}

impl Ignored {
    /// Counts a message on `topic` that `profile` ignores.
    pub fn note(&self, profile: &str, topic: &str, now: Timestamp) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (profile.to_owned(), topic.to_owned());
        if seen.len() >= TOPICS && !seen.contains_key(&key) {
            OTHERS.clone_into(&mut key.1);
        }
        match seen.entry(key) {
            Entry::Occupied(mut entry) => {
                let seen = entry.get_mut();
                seen.count += 1;
                seen.last_at = seen.last_at.max(now);
            }
            Entry::Vacant(entry) => {
                entry.insert(Seen { count: 1, first_at: now, last_at: now });
            }
        }
    }

    /// Writes the counts down now and then until `stop`, and once more at the end.
    pub async fn keep(self, store: Store, clock: Clock, stop: CancellationToken) {
        loop {
            let over = tokio::select! {
                () = stop.cancelled() => true,
                () = tokio::time::sleep(EVERY) => false,
            };
            self.write(&store, clock.now()).await;
            if over {
                return;
            }
        }
    }

    /// Writes the counts down. What cannot be written is counted on.
    pub async fn write(&self, store: &Store, now: Timestamp) {
        let counts: Vec<IgnoredCount> = {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let taken = std::mem::take(&mut *seen).into_iter();
            taken
                .map(|((profile, topic), Seen { count, first_at, last_at })| IgnoredCount {
                    profile,
                    topic,
                    count,
                    first_at,
                    last_at,
                })
                .collect()
        };
        if counts.is_empty() {
            return;
        }
        if let Err(error) = store.add_ignored(&counts, now).await {
            tracing::warn!(%error, "what was ignored could not be counted; it is tried again");
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for IgnoredCount { profile, topic, count, first_at, last_at } in counts {
                let seen = seen.entry((profile, topic)).or_insert(Seen { count: 0, first_at, last_at });
                seen.count += count;
                seen.first_at = seen.first_at.min(first_at);
            }
        }
    }
}
