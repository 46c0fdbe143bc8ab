//! Why a command did not do what it was asked, by its exit code.

use thiserror::Error;

use super::decode::DecodeError;
use crate::config::ConfigError;
use crate::engine::custody::CustodyError;
use crate::engine::device::DeviceError;
use crate::store::StoreError;

/// Each prints as sentences for the person at the terminal.
#[derive(Debug, Error)]
pub enum Failure {
    /// What was checked does not hold.
    #[error("{0}")]
    DoesNotHold(String),
    /// Wrong usage or configuration.
    #[error("{0}")]
    Usage(String),
    /// Whoever read the answer has gone away with what they wanted: no fault of anybody.
    #[error("nobody reads the answer any more")]
    Unheard,
    /// The database, or another thing that we stand on, cannot be reached.
    #[error("{0}")]
    Unreachable(String),
}

impl Failure {
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Unheard => 0,
            Self::DoesNotHold(_) => 1,
            Self::Usage(_) => 2,
            Self::Unreachable(_) => 3,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match std::error::Error::source(&error) {
            Some(source) => Self::Unreachable(format!("{error}: {source}")),
            None => Self::Unreachable(error.to_string()),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::Store(error) => error.into(),
            refused => Self::DoesNotHold(refused.to_string()),
        }
    }
}

impl From<CustodyError> for Failure {
    fn from(error: CustodyError) -> Self {
        match error {
            CustodyError::Store(error) => error.into(),
            refused => Self::DoesNotHold(refused.to_string()),
        }
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::DoesNotHold(format!("{error:#}"))
    }
}

impl From<std::io::Error> for Failure {
    /// Of writing the answer: files that a command reads are named where they are read.
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::Unheard,
            _ => Self::Unreachable(format!("the answer cannot be written: {error}")),
        }
    }
}
