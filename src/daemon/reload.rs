//! SIGHUP: changed clinical files are read, proved, and put in force; or refused as a whole, and those before stay.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::ClinicalConfig;
use crate::engine::activation::{Activated, ActivationError, tell_refusal};
use crate::telemetry::Telemetry;

use super::wire::missing_profiles;
use super::{DaemonError, Ground, load_catalog};

/// Who put files in force, as the audit names them. Who sent the signal the kernel does not tell us.
const BY_SIGNAL: &str = "signal";

/// Listens for SIGHUP from now on. One that comes before [`run`] does is heard by it.
pub(super) fn hangups() -> Result<Signal, DaemonError> {
    signal(SignalKind::hangup())
        .map_err(|error| DaemonError::Settings(format!("SIGHUP cannot be listened for: {error}")))
}

/// Who starts this process, as the audit names them.
pub(super) fn os_user() -> String {
    ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
        .unwrap_or_else(|| "start".to_owned())
}

/// Reloads at every SIGHUP until `stop`. `profiles` are the device profiles in use, which must stay there. Signals that come meanwhile count as one.
pub(super) async fn run(
    ground: Ground,
    clinical: ClinicalConfig,
    profiles: Vec<String>,
    mut hangups: Signal,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            heard = hangups.recv() => if heard.is_none() { return },
        }
        let outcome = match reload(&ground, &clinical, &profiles).await {
            Ok(Activated::Changed) => {
                tracing::info!("changed clinical files are in force");
                "activated"
            }
            Ok(Activated::Unchanged) => {
                tracing::info!("the clinical files have not changed");
                "unchanged"
            }
            Err(faults) => {
                refuse(&ground, &faults).await;
                "refused"
            }
        };
        ground.telemetry.catalog_refused.set(i64::from(outcome == "refused"));
        Telemetry::count(&ground.telemetry.catalog_reloads, outcome);
    }
}

async fn reload(
    ground: &Ground,
    clinical: &ClinicalConfig,
    profiles: &[String],
) -> Result<Activated, Vec<String>> {
    let clinical = clinical.clone();
    // Every test and conversation is run: seconds of work, which must not keep readings waiting.
    let catalog = match tokio::task::spawn_blocking(move || load_catalog(&clinical)).await {
        Ok(Ok(catalog)) => catalog,
        Ok(Err(DaemonError::Catalog(faults))) => return Err(faults),
        Ok(Err(error)) => return Err(vec![error.to_string()]),
        Err(_) => return Err(vec!["reading the clinical files failed; see the log".to_owned()]),
    };
    let missing = missing_profiles(profiles, &catalog.devices);
    if !missing.is_empty() {
        return Err(missing);
    }
    let replaced = ground.catalog.replace(&ground.store, catalog, BY_SIGNAL, ground.clock.now()).await;
    replaced.map_err(|error| match error {
        ActivationError::Missing(faults) => faults,
        ActivationError::Store(error) => vec![format!("the change could not be recorded: {error}")],
    })
}

async fn refuse(ground: &Ground, faults: &[String]) {
    tracing::error!(faults = faults.len(), "changed clinical files were refused; those before stay in force");
    for fault in faults {
        tracing::error!("{fault}");
    }
    if let Err(error) = tell_refusal(&ground.store, &ground.ids, faults, ground.clock.now()).await {
        tracing::error!(%error, "no task could be opened for the refused files");
    }
}
