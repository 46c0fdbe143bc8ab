//! `lamplight migrate`: brings the database to the schema that this program speaks. A start does the same.

use std::io::Write;

use super::config::ConfigFile;
use super::failure::Failure;
use crate::store::latest_version;

pub async fn run(file: &ConfigFile, out: &mut impl Write) -> Result<(), Failure> {
    let store = file.open_store().await?;
    store.close().await;
    writeln!(out, "{} has schema version {}", store.path().display(), latest_version())?;
    Ok(())
}
