//! Tells the provider of who has left by ways that it knows nothing of, in words of their own or through staff, and of who
//! is back: its list and ours agree, so nothing is sent into a block and nobody is blocked who wants to be texted.
//!
//! The queue is the database's own, written with the row that says so; a restart loses none of it.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::twilio::{Consent, Told, TwilioCarrier};
use crate::clock::Clock;
use crate::domain::provider::Provider;
use crate::engine::id::IdSource;
use crate::engine::texting::{close_refusal, open_refusal};
use crate::store::texting::ConsentWord;
use crate::store::{Store, StoreError};
use crate::telemetry::Telemetry;

/// Five every five seconds stay below the hundred a minute that Twilio takes.
const EVERY: Duration = Duration::from_secs(5);
const AT_ONCE: u32 = 5;
/// The first wait after a failure; each further one doubles it.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);

/// Works off the queue.
#[derive(Debug)]
pub struct Consents {
    /// Who is told, and where; nothing: nobody is.
    pub told: Option<(TwilioCarrier, String)>,
    pub ids: Arc<IdSource>,
    pub clock: Clock,
    pub store: Store,
    pub telemetry: Telemetry,
}

impl Consents {
    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        if let Err(error) = self.begin().await {
            tracing::error!(%error, "whether the provider is told of who has left could not be stored");
        }
        if self.told.is_none() {
            return stop.cancelled().await;
        }
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                done = self.work() => if let Err(error) = done {
                    tracing::error!(%error, "who has left could not be looked up for the provider");
                },
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Says whether anybody is told from now on.
    pub async fn begin(&self) -> Result<(), StoreError> {
        let providers: &[Provider] = if self.told.is_some() { &[Provider::Twilio] } else { &[] };
        let mut tx = self.store.begin_quietly().await?;
        tx.set_consenting(providers).await?;
        tx.commit().await
    }

    /// Tells what is due.
    pub async fn work(&self) -> Result<(), StoreError> {
        let Some((carrier, accounts_base)) = &self.told else { return Ok(()) };
        for word in self.store.due_consents(self.clock.now(), AT_ONCE).await? {
            let outcome = if word.is_texted == word.leaves {
                // Somebody else is texted at this phone, or who was back has left again: it is true no more.
                self.settle(&word, None).await?;
                "dropped"
            } else {
                let consent =
                    Consent { phone: &word.phone, leaves: word.leaves, source: &word.source, at: word.at };
                let told = carrier.tell_consent(accounts_base, consent).await;
                self.settle(&word, Some(told)).await?;
                match told {
                    Told::Taken => "taken",
                    Told::Later => "later",
                    Told::Refused { .. } => "refused",
                }
            };
            Telemetry::count(&self.telemetry.consents, outcome);
        }
        Ok(())
    }

    async fn settle(&self, word: &ConsentWord, told: Option<Told>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.begin_quietly().await?;
        match told {
            None => tx.note_consent_told(word).await?,
            Some(Told::Taken) => {
                tx.note_consent_told(word).await?;
                close_refusal(&mut tx, now).await?;
            }
            Some(Told::Later) => tx.put_off_consent(word, later(now, word.attempts)).await?,
            Some(Told::Refused { code }) => {
                tx.put_off_consent(word, now.saturating_add(LONGEST_WAIT).unwrap_or(now)).await?;
                open_refusal(&mut tx, &self.ids, code, now).await?;
            }
        }
        tx.commit().await
    }
}

fn later(now: Timestamp, attempts: u32) -> Timestamp {
    let wait = (FIRST_WAIT * (1 << attempts.min(12))).min(LONGEST_WAIT);
    now.saturating_add(wait).unwrap_or(now)
}
