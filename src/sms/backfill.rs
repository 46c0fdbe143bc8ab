//! Takes in what patients texted and no webhook brought: every few minutes the provider's list is held against the
//! journal. What is missing goes the way of every text, at the time it was sent.
//!
//! Nothing here decides what a text means, and nothing is forgotten: the cursor moves only when everything before it is
//! durable. A list that cannot be read costs a task, never the start.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::carrier::TextCarrier;
use super::listing::ListedText;
use crate::clock::Clock;
use crate::engine::id::IdSource;
use crate::engine::intake::{Asker, Intake, NotKept, Settled};
use crate::engine::listing::{Looked, note_failed_look, note_look};
use crate::store::listing::{ListedDay, beginning_of, day_of};
use crate::store::{Store, StoreError};
use crate::telemetry::Telemetry;

/// How far back the very first look goes.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(24);
/// A list may show a message only after those that were sent after it.
const OVERLAP: SignedDuration = SignedDuration::from_hours(1);
/// How many are handed to the intake before their answers are awaited.
const AT_ONCE: usize = 256;
/// How many keys are looked up at once.
const KEYS_AT_ONCE: usize = 1000;

/// How often, and how patiently.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two looks.
    pub every: Duration,
    /// What is younger may still be on its way to the webhook: Twilio tries for 15 seconds, once more, and at the
    /// fallback address.
    pub grace: SignedDuration,
    /// Before a full intake is tried again.
    pub rest: Duration,
}

impl Pace {
    pub const fn every(every: Duration) -> Self {
        Self { every, grace: SignedDuration::from_secs(60), rest: Duration::from_millis(200) }
    }
}

/// Looks into the lists of the providers that have one.
#[derive(Debug)]
pub struct Backfill {
    pub carriers: Vec<TextCarrier>,
    pub intake: Intake,
    pub ids: Arc<IdSource>,
    pub clock: Clock,
    pub store: Store,
    pub telemetry: Telemetry,
    pub pace: Pace,
    /// Cancelled once the first look is over, however it ended.
    pub caught_up: CancellationToken,
}

impl Backfill {
    /// Looks at once and then again and again, until `stop`. What it was doing then is done anew the next time.
    pub async fn run(self, stop: CancellationToken) {
        let begun = self.clock.now();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.look(begun) => self.caught_up.cancel(),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.pace.every) => {}
            }
        }
    }

    /// Looks once. Nobody brought us anything that was sent before `up_since`, so of that nothing is on its way.
    pub async fn look(&self, up_since: Timestamp) {
        for carrier in &self.carriers {
            let outcome = match self.look_at(carrier, up_since).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    tracing::error!(%error, "what the provider lists cannot be held against the journal");
                    "failed"
                }
            };
            Telemetry::count(&self.telemetry.backfill_looks, outcome);
        }
    }

    async fn look_at(&self, carrier: &TextCarrier, up_since: Timestamp) -> Result<&'static str, StoreError> {
        let (now, provider) = (self.clock.now(), carrier.provider());
        let first = || now.saturating_sub(FIRST_LOOK).unwrap_or(now);
        let from = self.store.listing_cursor(provider).await?.map_or_else(first, |cursor| cursor.until);
        // Whole days, so that they can be counted.
        let since = beginning_of(day_of(from.saturating_sub(OVERLAP).unwrap_or(from)));
        let mut listed = match carrier.list_inbound(since, now).await {
            None => return Ok("none"),
            Some(Ok(listed)) => listed,
            Some(Err(why)) => {
                tracing::warn!(provider = provider.name(), %why, "texts that did not reach us cannot be looked for");
                note_failed_look(&self.store, &self.ids, provider, from, &why.to_string(), now).await?;
                return Ok("failed");
            }
        };
        // In the order in which they were said.
        listed.sort_by(|one, other| (one.sent_at, &one.key).cmp(&(other.sent_at, &other.key)));
        let known = self.known(&listed).await?;
        let settled_by = now.saturating_sub(self.pace.grace).unwrap_or(now);
        let is_under_way = |text: &ListedText| text.sent_at > settled_by && text.sent_at >= up_since;
        let (under_way, missed): (Vec<&ListedText>, Vec<&ListedText>) =
            listed.iter().filter(|text| !known.contains_key(&text.key)).partition(|text| is_under_way(text));
        let until = under_way.iter().map(|text| text.sent_at).min().map_or(now, |first| first.min(now));
        let taken = self.take_in(&missed).await;
        let kept = if missed.is_empty() { known } else { self.known(&listed).await? };
        let awaited: Vec<&str> = under_way.iter().map(|text| text.key.as_str()).collect();
        let days =
            listed.iter().filter(|text| kept.contains_key(&text.key) || !awaited.contains(&&*text.key));
        let looked = Looked {
            provider,
            until: if taken { until } else { from },
            days: days_of(provider, days, &kept, now),
        };
        note_look(&self.store, &self.ids, &looked, now).await?;
        self.telemetry.backfill_texts.inc_by(u64::try_from(missed.len()).unwrap_or(0));
        self.telemetry.texts_missing.set(looked.missing());
        if !missed.is_empty() {
            tracing::warn!(
                provider = provider.name(),
                texts = missed.len(),
                "texts were taken in that nobody brought"
            );
        }
        Ok(if taken && looked.missing() == 0 { "complete" } else { "incomplete" })
    }

    async fn known(&self, listed: &[ListedText]) -> Result<HashMap<String, bool>, StoreError> {
        let keys: Vec<&str> = listed.iter().map(|text| text.key.as_str()).collect();
        let mut known = HashMap::new();
        for keys in keys.chunks(KEYS_AT_ONCE) {
            known.extend(self.store.kept_keys(keys).await?);
        }
        Ok(known)
    }

    /// Hands these to the intake in their order. Whether all of them are durable now.
    async fn take_in(&self, missed: &[&ListedText]) -> bool {
        let mut all = true;
        for texts in missed.chunks(AT_ONCE) {
            let mut answers = Vec::with_capacity(texts.len());
            for text in texts {
                answers.push(self.offer(text).await);
            }
            for answer in answers {
                let kept = match answer {
                    Ok(answer) => answer.await.unwrap_or(Err(NotKept::Unavailable)),
                    Err(refused) => Err(refused),
                };
                all &= kept.is_ok();
            }
        }
        all
    }

    /// Waits while the intake is full: those at the webhook come first, and nobody waits for this.
    async fn offer(&self, text: &ListedText) -> Result<oneshot::Receiver<Result<Settled, NotKept>>, NotKept> {
        loop {
            let (sender, answer) = oneshot::channel();
            let event = text.clone().into_event(&self.ids, self.clock.now());
            match self.intake.offer(event, Asker::One(sender)) {
                Ok(()) => return Ok(answer),
                Err(NotKept::Full) => tokio::time::sleep(self.pace.rest).await,
                Err(NotKept::Unavailable) => return Err(NotKept::Unavailable),
            }
        }
    }
}

fn days_of<'t>(
    provider: crate::domain::provider::Provider,
    listed: impl Iterator<Item = &'t ListedText>,
    kept: &HashMap<String, bool>,
    now: Timestamp,
) -> Vec<ListedDay> {
    let mut days: BTreeMap<i64, ListedDay> = BTreeMap::new();
    for text in listed {
        let day = day_of(text.sent_at);
        let none = ListedDay { provider, day, listed: 0, kept: 0, late: 0, looked_at: now };
        let counted = days.entry(day).or_insert(none);
        counted.listed += 1;
        if let Some(late) = kept.get(&text.key) {
            counted.kept += 1;
            counted.late += i64::from(*late);
        }
    }
    days.into_values().collect()
}
