//! Several providers for one channel: the first for choice, the others while it cannot.
//!
//! Who is handed a text is written down before it is handed over, so that a doubt is settled with the provider that may
//! have it. This room only knows who is there, who rests, and at what pace each goes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::bucket::Bucket;
use super::carrier::{Carrier, OutText, Reconciled, Rejection, SendOutcome};
use super::health::Health;
use crate::clock::Clock;
use crate::domain::delivery::{DueText, Work};
use crate::domain::dispatch::{Budget, Dispatch, Lane};
use crate::domain::line::{Bar, Countries};
use crate::domain::lost::Cause;
use crate::domain::organisation::Address;
use crate::domain::provider::Provider;
use crate::telemetry::{ByProvider, Telemetry};

/// What holds for every provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Whose numbers are texted at all.
    pub countries: Countries,
    /// By each provider; 0 for as many as there are.
    pub segments_per_second: u32,
    pub budget: Budget,
}

/// One carrier a provider, in the order of choice.
#[derive(Debug, Clone)]
pub struct Routes<C> {
    routes: Arc<[(Provider, C)]>,
    /// One for each route.
    ways: Arc<Mutex<Vec<Way>>>,
    rules: Rules,
    clock: Clock,
    telemetry: Telemetry,
}

#[derive(Debug)]
struct Way {
    provider: Provider,
    health: Health,
    bucket: Bucket,
}

impl<C> Routes<C> {
    pub fn new(routes: Vec<(Provider, C)>, rules: Rules, clock: Clock, telemetry: Telemetry) -> Self {
        let ways = routes
            .iter()
            .map(|(provider, _)| Way {
                provider: *provider,
                health: Health::default(),
                bucket: Bucket::new(rules.segments_per_second),
            })
            .collect();
        Self { routes: routes.into(), ways: Arc::new(Mutex::new(ways)), rules, clock, telemetry }
    }

    fn ways(&self) -> MutexGuard<'_, Vec<Way>> {
        self.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The carrier of this provider. Without a name it is the first: there was no other when the text was written down.
    fn route(&self, via: Option<Provider>) -> Option<&(Provider, C)> {
        match via {
            Some(via) => self.routes.iter().find(|(provider, _)| *provider == via),
            None => self.routes.first(),
        }
    }

    fn note(&self, provider: Provider, outcome: &SendOutcome) {
        let now = self.clock.now();
        if let Some(way) = self.ways().iter_mut().find(|way| way.provider == provider) {
            way.health.note(outcome, now);
            self.show(way, now);
        }
    }

    fn show(&self, way: &Way, now: Timestamp) {
        let label = ByProvider { provider: way.provider.name() };
        self.telemetry.provider_resting.get_or_create(&label).set(i64::from(way.health.rests(now)));
    }

    /// What keeps us from texting this number, whoever carries it.
    fn refuse(&self, to: &Address) -> Option<SendOutcome> {
        let Address::Sms(phone) = to else { return None };
        let class = match self.rules.countries.bar(phone)? {
            Bar::Landline => Rejection::Landline,
            Bar::Country | Bar::Premium => Rejection::Barred,
        };
        Some(SendOutcome::Rejected { code: None, class })
    }
}

impl<C: Carrier> Carrier for Routes<C> {
    async fn send(&self, text: &OutText) -> SendOutcome {
        if let Some(refused) = self.refuse(&text.to) {
            return refused;
        }
        let Some((provider, carrier)) = self.route(text.via) else {
            return SendOutcome::Rejected { code: None, class: Rejection::NoCarrier };
        };
        let outcome = carrier.send(text).await;
        self.note(*provider, &outcome);
        outcome
    }

    fn explain(code: Option<u32>) -> Cause {
        C::explain(code)
    }

    fn explain_of(provider: Provider, code: Option<u32>) -> Cause {
        C::explain_of(provider, code)
    }

    /// Whoever rests is left out. If all of them do, nobody rests: a text is worth trying.
    fn dispatch(&self, now: Timestamp) -> Dispatch {
        let mut ways = self.ways();
        let all_rest = ways.iter().all(|way| way.health.rests(now));
        for way in ways.iter() {
            self.show(way, now);
        }
        let lanes = ways
            .iter_mut()
            .filter(|way| all_rest || !way.health.rests(now))
            .map(|way| Lane { provider: way.provider, segments: way.bucket.room(now) })
            .collect();
        Dispatch { lanes, budget: self.rules.budget }
    }

    fn take(&self, texts: &[DueText], now: Timestamp) {
        let mut ways = self.ways();
        for text in texts.iter().filter(|text| text.work == Work::Send) {
            let Some(way) = ways.iter_mut().find(|way| Some(way.provider) == text.provider) else { continue };
            way.bucket.take(text.segments, now);
            let label = ByProvider { provider: way.provider.name() };
            self.telemetry.outbox_segments.get_or_create(&label).inc_by(u64::from(text.segments));
        }
    }

    fn after(&self, provider: Provider, now: Timestamp) -> Option<Provider> {
        let ways = self.ways();
        let mut later = ways.iter().skip_while(|way| way.provider != provider).skip(1);
        later.find(|way| !way.health.rests(now)).map(|way| way.provider)
    }

    fn wait(&self, now: Timestamp) -> Duration {
        let mut ways = self.ways();
        let first = ways.iter().position(|way| !way.health.rests(now)).unwrap_or(0);
        ways.get_mut(first).map_or(Duration::ZERO, |way| Duration::from_millis(way.bucket.wait(now)))
    }

    /// Nobody but the provider that was handed the text can say whether it has it.
    async fn reconcile(&self, text: &OutText, attempted_at: Timestamp) -> Reconciled {
        match self.route(text.via) {
            Some((_, carrier)) => carrier.reconcile(text, attempted_at).await,
            None => Reconciled::Unknown { reason: "the provider that may have it is not set up any more" },
        }
    }
}
