//! `lamplight backup` and `lamplight restore`: the whole database in one file, and back.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::config::ConfigFile;
use super::failure::Failure;
use crate::store::{BackupError, restore};

#[derive(Debug, Args)]
pub struct BackupFile {
    /// The copy; `backup` writes it, `restore` reads it
    file: PathBuf,
}

pub async fn back_up(copy: &BackupFile, file: &ConfigFile, out: &mut impl Write) -> Result<(), Failure> {
    let store = file.open_store().await?;
    store.backup(&copy.file).await?;
    store.close().await;
    writeln!(out, "{} is a whole copy of {}", copy.file.display(), store.path().display())?;
    Ok(())
}

pub async fn put_back(copy: &BackupFile, file: &ConfigFile, out: &mut impl Write) -> Result<(), Failure> {
    let path = file.store_path()?;
    restore(&copy.file, &path).await?;
    writeln!(out, "{} is restored from {}", path.display(), copy.file.display())?;
    Ok(())
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::InTheWay(_) | BackupError::Damaged(_) => Self::DoesNotHold(error.to_string()),
            BackupError::Unusable { .. } => Self::Unreachable(error.to_string()),
            BackupError::Store(error) => error.into(),
        }
    }
}
