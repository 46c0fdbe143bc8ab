//! Logs and metrics, free of names, numbers and words.
//!
//! A log line may hold ids of our own making, counts, durations and error kinds. Never a patient's name, telephone
//! number, text, value or secret.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// One label, `outcome`: what became of a thing that is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Outcome {
    pub outcome: &'static str,
}

/// One label, `provider`: who carries texts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByProvider {
    pub provider: &'static str,
}

type ByOutcome = Family<Outcome, Counter<u64, AtomicU64>>;

/// The metrics and health flags of one daemon. A clone is another handle on the same.
#[derive(Debug, Clone)]
pub struct Telemetry(Arc<Meters>);

/// Every metric and health flag.
#[derive(Debug)]
pub struct Meters {
    registry: Registry,
    /// Events by `accepted`, `duplicate`, `rejected`, `held`, `refused` (not kept, not acknowledged).
    pub intake_events: ByOutcome,
    pub intake_batch_size: Histogram,
    pub intake_commit_seconds: Histogram,
    pub intake_waiting: Gauge<i64, AtomicI64>,
    /// Attempts to send by `accepted`, `retry`, `throttled`, `rejected`, `ambiguous`.
    pub outbox_attempts: ByOutcome,
    pub outbox_exhausted: Counter<u64, AtomicU64>,
    /// Doubtful texts by `doubted`, and how that ended: `found`, `resent`, `human`.
    pub outbox_doubtful: ByOutcome,
    /// Texts that a provider could not take and that go on by the next.
    pub outbox_rerouted: Counter<u64, AtomicU64>,
    /// Texts that met a budget: `held`, or `urgent` and let through.
    pub outbox_over_budget: ByOutcome,
    /// Parts of texts handed to each provider.
    pub outbox_segments: Family<ByProvider, Counter<u64, AtomicU64>>,
    /// 1 while a provider failed too often in a row and rests.
    pub provider_resting: Family<ByProvider, Gauge<i64, AtomicI64>>,
    /// Webhook requests turned away: `signature`, `malformed`, `full`.
    pub webhook_refused: ByOutcome,
    pub alerts_opened: ByOutcome,
    /// Broker sessions by `connected`, `lost`.
    pub broker_sessions: ByOutcome,
    pub stale_acknowledgements: Counter<u64, AtomicU64>,
    /// Reloads of the clinical files by `activated`, `unchanged`, `refused`.
    pub catalog_reloads: ByOutcome,
    /// 1 while changed clinical files are refused and those before are in force.
    pub catalog_refused: Gauge<i64, AtomicI64>,
    /// Commits of the intake's writer.
    pub intake_commits: Counter<u64, AtomicU64>,
    /// Batches that were decided while the one before was being written.
    pub intake_ahead: Counter<u64, AtomicU64>,
    /// What the auditor found and still stands.
    pub auditor_findings: Gauge<i64, AtomicI64>,
    /// Pings of the outside heartbeat by `sent`, `withheld`, `failed`.
    pub heartbeats: ByOutcome,
    /// Views that wait to be put into the audit trail.
    pub views_waiting: Gauge<i64, AtomicI64>,
    /// Looks into providers' lists by `complete`, `incomplete`, `failed`, `none` (it keeps no list).
    pub backfill_looks: ByOutcome,
    /// Texts that were found in a list and nobody brought.
    pub backfill_texts: Counter<u64, AtomicU64>,
    /// Texts that a provider has and we have not, as of the last look.
    pub texts_missing: Gauge<i64, AtomicI64>,
    /// Bodies blanked at the provider by `done`, `later`.
    pub redactions: ByOutcome,
    /// Words for the provider's list of who has left by `taken`, `later`, `refused`, `dropped` (true no more).
    pub consents: ByOutcome,
    /// Rows whose words were kept for long enough and are removed: `journalled`, `message`, `report`.
    pub words_removed: ByOutcome,
    health: Health,
    audits: Audits,
}

impl Deref for Telemetry {
    type Target = Meters;

    fn deref(&self) -> &Meters {
        &self.0
    }
}

/// When the auditor last looked, and when it last found nothing that withholds the heartbeat. Epoch milliseconds.
#[derive(Debug)]
struct Audits {
    looked_at: AtomicI64,
    clean_at: AtomicI64,
}

impl Default for Audits {
    fn default() -> Self {
        Self { looked_at: AtomicI64::new(i64::MIN), clean_at: AtomicI64::new(i64::MIN) }
    }
}

/// An audit that is older proves nothing any more.
pub const AUDIT_HOLDS: SignedDuration = SignedDuration::from_mins(2);

/// What readiness rests on.
#[derive(Debug, Default)]
struct Health {
    store: AtomicBool,
    broker: AtomicBool,
    outbox: AtomicBool,
}

/// A part of the daemon that `/readyz` reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Store,
    Broker,
    Outbox,
}

impl Part {
    pub const ALL: [Self; 3] = [Self::Store, Self::Broker, Self::Outbox];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Broker => "broker",
            Self::Outbox => "outbox",
        }
    }
}

impl Telemetry {
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("lamplight");
        let seconds = || Histogram::new(exponential_buckets(0.000_5, 2.0, 14));
        let mut meters = Meters {
            registry: Registry::default(),
            intake_events: Family::default(),
            intake_batch_size: Histogram::new(exponential_buckets(1.0, 2.0, 12)),
            intake_commit_seconds: seconds(),
            intake_waiting: Gauge::default(),
            outbox_attempts: Family::default(),
            outbox_exhausted: Counter::default(),
            outbox_doubtful: Family::default(),
            outbox_rerouted: Counter::default(),
            outbox_over_budget: Family::default(),
            outbox_segments: Family::default(),
            provider_resting: Family::default(),
            webhook_refused: Family::default(),
            alerts_opened: Family::default(),
            broker_sessions: Family::default(),
            stale_acknowledgements: Counter::default(),
            catalog_reloads: Family::default(),
            catalog_refused: Gauge::default(),
            intake_commits: Counter::default(),
            intake_ahead: Counter::default(),
            auditor_findings: Gauge::default(),
            heartbeats: Family::default(),
            views_waiting: Gauge::default(),
            backfill_looks: Family::default(),
            backfill_texts: Counter::default(),
            texts_missing: Gauge::default(),
            redactions: Family::default(),
            consents: Family::default(),
            words_removed: Family::default(),
            health: Health::default(),
            audits: Audits::default(),
        };
        let t = &meters;
        registry.register("intake_events", "Events by what became of them", t.intake_events.clone());
        registry.register("intake_batch_size", "Events in one transaction", t.intake_batch_size.clone());
        registry.register("intake_commit_seconds", "From batch to commit", t.intake_commit_seconds.clone());
        registry.register("intake_waiting", "Events in the queue", t.intake_waiting.clone());
        registry.register("outbox_attempts", "Attempts to send a text", t.outbox_attempts.clone());
        registry.register("outbox_exhausted", "Texts given up, each an alert", t.outbox_exhausted.clone());
        registry.register(
            "outbox_doubtful",
            "Texts that may have left, and how that ended",
            t.outbox_doubtful.clone(),
        );
        registry.register("outbox_rerouted", "Texts passed to the next provider", t.outbox_rerouted.clone());
        registry.register("outbox_over_budget", "Texts that met a budget", t.outbox_over_budget.clone());
        registry.register("outbox_segments", "Parts of texts by provider", t.outbox_segments.clone());
        registry.register(
            "provider_resting",
            "1 while a provider failed too often and rests",
            t.provider_resting.clone(),
        );
        registry.register("webhook_refused", "Webhook requests turned away", t.webhook_refused.clone());
        registry.register("alerts_opened", "Alerts opened by severity", t.alerts_opened.clone());
        registry.register("broker_sessions", "Broker sessions begun and lost", t.broker_sessions.clone());
        registry.register(
            "stale_acknowledgements",
            "Acknowledgements dropped because their connection is gone",
            t.stale_acknowledgements.clone(),
        );
        registry.register("catalog_reloads", "Reloads of the clinical files", t.catalog_reloads.clone());
        registry.register(
            "catalog_refused",
            "1 while changed clinical files are refused",
            t.catalog_refused.clone(),
        );
        registry.register("intake_commits", "Commits of the intake", t.intake_commits.clone());
        let about = "Batches decided while the one before was written";
        registry.register("intake_ahead", about, t.intake_ahead.clone());
        registry.register(
            "auditor_findings",
            "What the auditor found and still stands",
            t.auditor_findings.clone(),
        );
        registry.register("heartbeats", "Pings of the outside heartbeat", t.heartbeats.clone());
        registry.register("backfill_looks", "Looks into providers' lists", t.backfill_looks.clone());
        registry.register("backfill_texts", "Texts found in a list", t.backfill_texts.clone());
        registry.register("redactions", "Texts blanked at the provider", t.redactions.clone());
        registry.register("consents", "What the provider was told of who has left", t.consents.clone());
        registry.register(
            "words_removed",
            "Rows whose words were removed for their age",
            t.words_removed.clone(),
        );
        registry.register("texts_missing", "Texts that only a provider has", t.texts_missing.clone());
        registry.register("views_waiting", "Views that are not audited yet", t.views_waiting.clone());
        meters.registry = registry;
        Self(Arc::new(meters))
    }

    /// Everything in Prometheus' text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// Counts one thing that had `outcome`.
    pub fn count(family: &ByOutcome, outcome: &'static str) {
        family.get_or_create(&Outcome { outcome }).inc();
    }

    /// As [`Self::count`], for so many.
    pub fn count_many(family: &ByOutcome, outcome: &'static str, count: u64) {
        family.get_or_create(&Outcome { outcome }).inc_by(count);
    }

    pub fn set_health(&self, part: Part, well: bool) {
        self.flag(part).store(well, Ordering::Relaxed);
    }

    pub fn is_well(&self, part: Part) -> bool {
        self.flag(part).load(Ordering::Relaxed)
    }

    /// Notes that the auditor has looked, and whether anything withholds the heartbeat.
    pub fn note_audit(&self, now: Timestamp, clean: bool) {
        let now = now.as_millisecond();
        self.audits.looked_at.store(now, Ordering::Relaxed);
        self.audits.clean_at.store(if clean { now } else { i64::MIN }, Ordering::Relaxed);
    }

    /// When the auditor last looked; nothing before it has.
    pub fn audited_at(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.audits.looked_at.load(Ordering::Relaxed)).ok()
    }

    /// Whether the auditor has looked lately.
    pub fn is_audited(&self, now: Timestamp) -> bool {
        is_fresh(&self.audits.looked_at, now)
    }

    /// Whether the auditor has looked lately and found nothing that withholds the heartbeat.
    pub fn is_clean(&self, now: Timestamp) -> bool {
        is_fresh(&self.audits.clean_at, now)
    }

    fn flag(&self, part: Part) -> &AtomicBool {
        match part {
            Part::Store => &self.health.store,
            Part::Broker => &self.health.broker,
            Part::Outbox => &self.health.outbox,
        }
    }
}

/// A time that lies ahead is of a clock that has gone back since: it proves nothing either.
fn is_fresh(at: &AtomicI64, now: Timestamp) -> bool {
    let Ok(at) = Timestamp::from_millisecond(at.load(Ordering::Relaxed)) else { return false };
    now.duration_since(at).abs() <= AUDIT_HOLDS
}

impl Default for Telemetry {
    fn default() -> Self {
        Self::new()
    }
}
