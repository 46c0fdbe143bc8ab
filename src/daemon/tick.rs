//! The heartbeat: tokio-cron-scheduler only says that time has passed. What is due is worked out from what is stored,
//! so a tick that comes late, twice or not at all changes nothing but the moment.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::retention::RawTexts;
use crate::engine::activation::CatalogInForce;
use crate::engine::auditor::Auditor;
use crate::engine::candour::speak;
use crate::engine::delivery::Nudge;
use crate::engine::id::IdSource;
use crate::engine::intake::Depth;
use crate::engine::part::give_up;
use crate::engine::prompt::{repair, run_due};
use crate::engine::relay::pass_on_lost;
use crate::engine::release::release_all;
use crate::engine::retention;
use crate::engine::synthetic::Rounds;
use crate::store::Store;
use crate::telemetry::{Part, Telemetry};

use super::Ground;

/// Every ten seconds, in UTC.
const HEARTBEAT: &str = "*/10 * * * * *";
/// Every five seconds what is due is asked; between two of them whoever's time comes is not kept waiting.
const ASKING: &str = "*/5 * * * * *";
const ASKING_REACH: Duration = Duration::from_secs(5);
/// Whoever fell off the agenda is put back on it every hour, and at every start.
const REPAIR: &str = "0 0 * * * *";
/// At night, in UTC, words that were kept for long enough are removed.
const REMOVAL: &str = "0 30 2 * * *";

/// Every minute the auditor looks.
const AUDIT: &str = "0 * * * * *";

/// What the heartbeat looks after.
#[derive(Debug, Clone)]
pub(super) struct Housekeeping {
    pub store: Store,
    pub catalog: CatalogInForce,
    pub clock: Clock,
    pub outbox: Nudge,
    pub telemetry: Telemetry,
    pub ids: Arc<IdSource>,
    /// Held while somebody asks what is due: one run at a time is enough.
    asking: Arc<Mutex<()>>,
    /// Held while it looks.
    auditor: Arc<Mutex<Auditor>>,
    synthetic: Option<Rounds>,
    /// Cancelled once what was texted while we were down is taken in.
    caught_up: CancellationToken,
    raw_texts: Option<RawTexts>,
}

impl Housekeeping {
    pub(super) fn of(
        ground: &Ground,
        intake: Depth,
        synthetic: Option<Rounds>,
        caught_up: CancellationToken,
    ) -> Self {
        let auditor =
            Auditor::new(ground.store.clone(), ground.clock.clone(), ground.telemetry.clone(), Some(intake));
        Self {
            auditor: Arc::new(Mutex::new(auditor)),
            synthetic,
            caught_up,
            store: ground.store.clone(),
            catalog: ground.catalog.clone(),
            clock: ground.clock.clone(),
            outbox: ground.outbox.clone(),
            telemetry: ground.telemetry.clone(),
            ids: Arc::clone(&ground.ids),
            asking: Arc::default(),
            raw_texts: None,
        }
    }

    /// Has the words of texts removed that need not be kept any longer.
    pub(super) fn removing(self, raw_texts: Option<RawTexts>) -> Self {
        Self { raw_texts, ..self }
    }

    /// Starts the heartbeat; it beats until the scheduler is shut down.
    pub(super) async fn start(self) -> Result<JobScheduler, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        self.repair().await;
        self.audit().await;
        let asking = self.clone();
        let repairing = self.clone();
        let auditing = self.clone();
        let removing = self.clone();
        let jobs = [
            Job::new_async(HEARTBEAT, move |_, _| {
                let housekeeping = self.clone();
                Box::pin(async move { housekeeping.beat().await })
            })?,
            Job::new_async(ASKING, move |_, _| {
                let housekeeping = asking.clone();
                Box::pin(async move { housekeeping.ask().await })
            })?,
            Job::new_async(REPAIR, move |_, _| {
                let housekeeping = repairing.clone();
                Box::pin(async move { housekeeping.repair().await })
            })?,
            Job::new_async(AUDIT, move |_, _| {
                let housekeeping = auditing.clone();
                Box::pin(async move { housekeeping.audit().await })
            })?,
            Job::new_async(REMOVAL, move |_, _| {
                let housekeeping = removing.clone();
                Box::pin(async move { housekeeping.remove_words().await })
            })?,
        ];
        for job in jobs {
            scheduler.add(job).await?;
        }
        scheduler.start().await?;
        Ok(scheduler)
    }

    /// Asks what is due, and again for whoever's time comes before the next tick.
    async fn ask(&self) {
        if !self.caught_up.is_cancelled() {
            return;
        }
        let Ok(_alone) = self.asking.try_lock() else { return };
        self.run_due().await;
        self.speak().await;
        self.pass_on().await;
        let now = self.clock.now();
        let soon = match self.store.next_wake().await {
            Ok(Some(at)) => Duration::try_from(at.duration_since(now)).ok(),
            Ok(None) | Err(_) => None,
        };
        if let Some(wait) = soon.filter(|wait| *wait < ASKING_REACH) {
            tokio::time::sleep(wait).await;
            self.run_due().await;
        }
    }

    async fn run_due(&self) {
        let catalog = self.catalog.hold().await;
        match run_due(&self.store, &catalog, &self.ids, self.clock.now()).await {
            Ok(ran) => {
                for severity in &ran.opened {
                    Telemetry::count(&self.telemetry.alerts_opened, severity);
                }
                if ran.messages > 0 {
                    self.outbox.nudge();
                }
            }
            Err(error) => tracing::error!(%error, "what is due could not be asked"),
        }
    }

    /// Tells patients what became of their readings.
    async fn speak(&self) {
        let catalog = self.catalog.hold().await;
        match speak(&self.store, &catalog, &self.ids, self.clock.now()).await {
            Ok(0) => {}
            Ok(_) => self.outbox.nudge(),
            Err(error) => tracing::error!(%error, "patients could not be told what became of their readings"),
        }
    }

    /// Asks carers to pass on what did not reach the patient.
    async fn pass_on(&self) {
        let catalog = self.catalog.hold().await;
        match pass_on_lost(&self.store, &catalog, self.clock.now()).await {
            Ok(0) => {}
            Ok(_) => self.outbox.nudge(),
            Err(error) => tracing::error!(%error, "carers could not be asked to pass on what was lost"),
        }
    }

    async fn repair(&self) {
        match repair(&self.store, self.clock.now()).await {
            Ok(0) => {}
            Ok(missing) => tracing::warn!(missing, "patients on protocols were put back on the agenda"),
            Err(error) => tracing::error!(%error, "the agenda could not be looked through"),
        }
    }

    /// Removes the words of texts that were kept for long enough.
    async fn remove_words(&self) {
        let Some(rule) = self.raw_texts else { return };
        // The files are not held: a reload need not wait until all is removed.
        let years = retention::years(&*self.catalog.hold().await);
        match retention::run(&self.store, &years, rule, self.clock.now()).await {
            Ok(removed) => {
                for (what, count) in [
                    ("journalled", removed.journalled),
                    ("message", removed.messages),
                    ("report", removed.parked),
                ] {
                    Telemetry::count_many(&self.telemetry.words_removed, what, count);
                }
                tracing::info!(
                    journalled = removed.journalled,
                    messages = removed.messages,
                    "words of texts were removed that need not be kept any longer"
                );
            }
            Err(error) => tracing::error!(%error, "words that need not be kept could not be removed"),
        }
    }

    /// Compares what should be with what is. One that fails leaves the last to grow old, and the heartbeat stops.
    async fn audit(&self) {
        let Ok(mut auditor) = self.auditor.try_lock() else { return };
        let now = self.clock.now();
        let besides = self.synthetic.as_ref().and_then(|rounds| rounds.finding(now));
        if let Err(error) = auditor.look(besides.into_iter().collect()).await {
            tracing::error!(%error, "the auditor could not look");
        }
    }

    /// Takes in what was held and need not be any more; wakes the outbox, which looks for what is due.
    async fn beat(&self) {
        let now = self.clock.now();
        // Who is not ready may be sent nothing, so nothing but ourselves would find out that it is better.
        if !self.telemetry.is_well(Part::Store) && self.store.try_writing().await.is_ok() {
            tracing::info!("the store takes commits again");
            self.telemetry.set_health(Part::Store, true);
        }
        let released = release_all(&self.store, &*self.catalog.hold().await, now).await;
        match released {
            Ok(released) if released.events > 0 => {
                tracing::info!(events = released.events, "held events were taken in");
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "held events could not be looked through"),
        }
        match give_up(&self.store, &*self.catalog.hold().await, now).await {
            Ok(0) => {}
            Ok(texts) => tracing::info!(texts, "texts of which a piece never came were given up"),
            Err(error) => tracing::error!(%error, "texts in pieces could not be looked through"),
        }
        self.outbox.nudge();
    }
}
