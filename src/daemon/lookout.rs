//! Looks after the watches: a moment after a commit has left one to be looked at, and every five seconds for those whose
//! time has come.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::engine::escalation::{repair, run_watches};

use super::Ground;

/// A chain waits for minutes; nobody notices seconds.
const AT_LATEST: Duration = Duration::from_secs(5);

/// How long marks are gathered before they are looked at together: every look is a transaction that the intake waits for.
const GATHER: Duration = Duration::from_millis(100);

/// Runs until `stop`. What it was doing then is done whole or not at all.
pub(super) async fn run(ground: Ground, stop: CancellationToken) {
    match repair(&ground.store).await {
        Ok(0) => {}
        Ok(missing) => tracing::warn!(missing, "patients with alerts were put back under watch"),
        Err(error) => tracing::error!(%error, "the watches could not be looked through"),
    }
    loop {
        look(&ground).await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = ground.store.watch_marked() => tokio::time::sleep(GATHER).await,
            () = tokio::time::sleep(AT_LATEST) => {}
        }
    }
}

/// Looks once at every watch that is due.
pub(super) async fn look(ground: &Ground) {
    let catalog = ground.catalog.hold().await;
    match run_watches(&ground.store, &catalog, &ground.ids, ground.clock.now()).await {
        Ok(looked) if looked.messages > 0 => ground.outbox.nudge(),
        Ok(_) => {}
        Err(error) => tracing::error!(%error, "the watches could not be looked at"),
    }
}
