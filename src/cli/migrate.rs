//! `lamplight migrate`: brings the database's schema up to date and ends. `serve` does the same at its start.

use std::io::Write;

use super::config::ConfigFile;
use super::failure::Failure;
use crate::store::{Store, latest_version};

pub async fn run(file: &ConfigFile, out: &mut impl Write) -> Result<(), Failure> {
    let path = file.load()?.store.path;
    let store = Store::open(&path).await.map_err(|error| match Failure::from(error) {
        Failure::Unreachable(why) => Failure::Unreachable(format!("{}: {why}", path.display())),
        other => other,
    })?;
    store.close().await;
    writeln!(out, "{} has schema version {}", path.display(), latest_version())?;
    Ok(())
}
