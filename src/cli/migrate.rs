//! `lamplight migrate`: brings the database's schema up to date and ends. `serve` does the same at its start.

use std::io::Write;

use clap::Args;

use super::config::ConfigFile;
use super::failure::Failure;
use crate::store::{Store, latest_version};

#[derive(Debug, Args)]
pub struct MigrateArgs {
    #[command(flatten)]
    pub file: ConfigFile,
}

pub async fn run(args: &MigrateArgs, out: &mut impl Write) -> Result<(), Failure> {
    let path = args.file.load()?.store.path;
    let store = Store::open(&path).await.map_err(|error| match Failure::from(error) {
        Failure::Unreachable(why) => Failure::Unreachable(format!("{}: {why}", path.display())),
        other => other,
    })?;
    store.close().await;
    writeln!(out, "{} has schema version {}", path.display(), latest_version())?;
    Ok(())
}
