//! Blanks at the provider what is durable here: who breaks in there finds numbers and times, and no words.
//!
//! The queue is the database's own; a restart loses none of it. A text that was sent is blanked once it is final, so that
//! a doubtful one can be looked up by its words until then.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::carrier::TextCarrier;
use crate::clock::Clock;
use crate::domain::provider::Provider;
use crate::store::{Store, StoreError};
use crate::telemetry::Telemetry;

/// Nobody waits for it.
const EVERY: Duration = Duration::from_secs(5);
const AT_ONCE: u32 = 100;
/// The first wait after a failure; each further one doubles it.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);

/// What came of blanking one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blanking {
    /// Its words are gone, or it is.
    Done,
    /// The provider could not, or does not want to yet.
    Later,
}

/// Works off the queue.
#[derive(Debug)]
pub struct Redactor {
    /// Those whose texts are to be blanked; nobody else's are.
    pub carriers: Vec<TextCarrier>,
    pub clock: Clock,
    pub store: Store,
    pub telemetry: Telemetry,
}

impl Redactor {
    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        if let Err(error) = self.begin().await {
            tracing::error!(%error, "which texts are to be blanked could not be stored");
        }
        if self.carriers.is_empty() {
            return stop.cancelled().await;
        }
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                done = self.work() => if let Err(error) = done {
                    tracing::error!(%error, "texts to be blanked could not be looked up");
                },
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Says whose texts are to be blanked from now on.
    pub async fn begin(&self) -> Result<(), StoreError> {
        let providers: Vec<Provider> = self.carriers.iter().map(TextCarrier::provider).collect();
        let mut tx = self.store.begin_quietly().await?;
        tx.set_redacting(&providers).await?;
        tx.commit().await
    }

    /// Blanks what is due.
    pub async fn work(&self) -> Result<(), StoreError> {
        for carrier in &self.carriers {
            let provider = carrier.provider();
            for (id, attempts) in self.store.due_redactions(provider, self.clock.now(), AT_ONCE).await? {
                let outcome = carrier.blank(&id).await;
                let mut tx = self.store.begin_quietly().await?;
                match outcome {
                    Blanking::Done => tx.note_blanked(provider, &id).await?,
                    Blanking::Later => {
                        tx.put_off_blanking(provider, &id, later(self.clock.now(), attempts)).await?;
                    }
                }
                tx.commit().await?;
                let name = if outcome == Blanking::Done { "done" } else { "later" };
                Telemetry::count(&self.telemetry.redactions, name);
            }
        }
        Ok(())
    }
}

fn later(now: Timestamp, attempts: u32) -> Timestamp {
    let wait = (FIRST_WAIT * (1 << attempts.min(12))).min(LONGEST_WAIT);
    now.saturating_add(wait).unwrap_or(now)
}
