//! The heartbeat: tokio-cron-scheduler only says that time has passed. What is due is worked out from what is stored,
//! so a tick that comes late, twice or not at all changes nothing but the moment.

use std::sync::Arc;

use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::clock::Clock;
use crate::domain::decide::Catalog;
use crate::engine::chase::chase;
use crate::engine::delivery::Nudge;
use crate::engine::release::release_all;
use crate::store::Store;
use crate::telemetry::{Part, Telemetry};

use super::Ground;

/// Every ten seconds, in UTC.
const HEARTBEAT: &str = "*/10 * * * * *";

/// What the heartbeat looks after.
#[derive(Debug, Clone)]
pub(super) struct Housekeeping {
    pub store: Store,
    pub catalog: Arc<Catalog>,
    pub clock: Clock,
    pub outbox: Nudge,
    pub telemetry: Telemetry,
}

impl Housekeeping {
    pub(super) fn of(ground: &Ground) -> Self {
        Self {
            store: ground.store.clone(),
            catalog: Arc::clone(&ground.catalog),
            clock: ground.clock.clone(),
            outbox: ground.outbox.clone(),
            telemetry: ground.telemetry.clone(),
        }
    }

    /// Starts the heartbeat; it beats until the scheduler is shut down.
    pub(super) async fn start(self) -> Result<JobScheduler, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        let job = Job::new_async(HEARTBEAT, move |_, _| {
            let housekeeping = self.clone();
            Box::pin(async move { housekeeping.beat().await })
        })?;
        scheduler.add(job).await?;
        scheduler.start().await?;
        Ok(scheduler)
    }

    /// Takes in what was held and need not be any more; tells a human of readings that nobody confirmed; wakes the
    /// outbox, which looks for what is due.
    async fn beat(&self) {
        let now = self.clock.now();
        // Who is not ready may be sent nothing, so nothing but ourselves would find out that it is better.
        if !self.telemetry.is_well(Part::Store) && self.store.try_writing().await.is_ok() {
            tracing::info!("the store takes commits again");
            self.telemetry.set_health(Part::Store, true);
        }
        match release_all(&self.store, &self.catalog, now).await {
            Ok(released) if released.events > 0 => {
                tracing::info!(events = released.events, "held events were taken in");
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "held events could not be looked through"),
        }
        if let Err(error) = chase(&self.store, now).await {
            tracing::error!(%error, "unconfirmed readings could not be looked through");
        }
        self.outbox.nudge();
    }
}
