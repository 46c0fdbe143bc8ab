//! `lamplight serve`: the daemon.

use crate::clock::Clock;
use crate::daemon::{self, DaemonError};

use super::config::ConfigFile;
use super::failure::Failure;

/// Runs until a signal.
pub async fn run(file: &ConfigFile) -> Result<(), Failure> {
    daemon::serve(file.load()?, Clock::system()).await.map_err(Failure::from)
}

impl From<DaemonError> for Failure {
    fn from(error: DaemonError) -> Self {
        match error {
            DaemonError::Settings(_) | DaemonError::Catalog(_) => Self::Usage(error.to_string()),
            DaemonError::Store { .. } | DaemonError::Listen { .. } => Self::Unreachable(error.to_string()),
            DaemonError::PartDied(_) | DaemonError::CutShort => Self::DoesNotHold(error.to_string()),
        }
    }
}
