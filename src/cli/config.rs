//! `lamplight config check` and `lamplight config schema`.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::failure::Failure;
use crate::catalog;
use crate::config::{Config, ConfigError, Housekeeping, PREFIX, schema};
use crate::daemon::load_catalog;
use crate::domain::decide::Catalog;
use crate::engine::activation::{missing, why_missing};
use crate::engine::team::stray;
use crate::store::Store;

/// Where the configuration is: stands once, beside the commands, and is taken before or after any of them.
#[derive(Debug, Clone, Args)]
pub struct ConfigFile {
    /// The configuration file; LAMPLIGHT__SECTION__KEY variables win over it
    #[arg(long, global = true, value_name = "FILE", default_value = "config.toml")]
    pub config: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Says whether the daemon would start with this configuration
    Check,
    /// Prints the JSON Schema of the configuration file
    Schema,
}

impl ConfigFile {
    /// The configuration of the file and of this process's environment.
    pub fn load(&self) -> Result<Config, Failure> {
        Ok(Config::open(&self.config, environment())?)
    }

    /// Where the database is, or is to be.
    pub fn store_path(&self) -> Result<PathBuf, Failure> {
        Ok(Config::open_housekeeping(&self.config, environment())?.store.path)
    }

    /// What housekeeping knows, for a command that can do without: nothing where there is no configuration at all.
    pub fn house(&self) -> Result<Option<Housekeeping>, Failure> {
        match Config::open_housekeeping(&self.config, environment()) {
            Ok(house) => Ok(Some(house)),
            Err(ConfigError::Unreadable { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The database, for a command that needs nothing else.
    pub async fn open_store(&self) -> Result<Store, Failure> {
        open(&self.store_path()?).await
    }

    /// The database and the clinical files.
    pub async fn open_house(&self) -> Result<(Store, Catalog), Failure> {
        let house = Config::open_housekeeping(&self.config, environment())?;
        let catalog = load_catalog(&house.clinical)?;
        Ok((open(&house.store.path).await?, catalog))
    }
}

pub(super) async fn open(path: &Path) -> Result<Store, Failure> {
    Store::open(path).await.map_err(|error| match Failure::from(error) {
        Failure::Unreachable(why) => Failure::Unreachable(format!("{}: {why}", path.display())),
        other => other,
    })
}

/// The clinical files that this binary was built with.
pub fn built_in() -> Result<Catalog, Failure> {
    catalog::built_in().map_err(|faults| {
        Failure::DoesNotHold(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

/// This process's variables that are meant for us. One that is no text becomes a text that no key accepts.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .filter(|(name, _)| name.starts_with(PREFIX))
}

pub async fn run(command: &ConfigCommand, file: &ConfigFile, out: &mut impl Write) -> Result<(), Failure> {
    match command {
        ConfigCommand::Check => {
            let config = file.load()?;
            check_surroundings(&config)?;
            let catalog = load_catalog(&config.clinical)?;
            check_protocols(&config, &catalog).await?;
            for team in stray(Store::named_teams_in(&config.store.path).await?, &catalog.site) {
                writeln!(out, "warning: {}", team.why(&catalog.site))?;
            }
            writeln!(out, "{} is in order", file.config.display())?;
        }
        ConfigCommand::Schema => writeln!(out, "{:#}", schema())?,
    }
    Ok(())
}

/// What a start needs and the configuration only names.
fn check_surroundings(config: &Config) -> Result<(), Failure> {
    need_folder("clinical.protocols", &config.clinical.protocols)?;
    need_folder("clinical.rules", &config.clinical.rules)?;
    if let Some(site) = &config.clinical.site {
        fs::File::open(site).map_err(|why| {
            Failure::Usage(format!("clinical.site: {} cannot be read: {why}", site.display()))
        })?;
    }
    match config.store.path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => need_folder("store.path", parent)?,
        _ => {}
    }
    let mut files = Vec::new();
    if let Some(mqtt) = &config.mqtt {
        files.extend([
            ("mqtt.ca_file", &mqtt.ca_file),
            ("mqtt.client_cert_file", &mqtt.client_cert_file),
            ("mqtt.client_key_file", &mqtt.client_key_file),
        ]);
    }
    files.extend(config.email.as_ref().map(|email| ("email.ca_file", &email.ca_file)));
    for (key, file) in files {
        let Some(file) = file else { continue };
        fs::File::open(file)
            .map_err(|why| Failure::Usage(format!("{key}: {} cannot be read: {why}", file.display())))?;
    }
    Ok(())
}

/// Whether everybody on a protocol would be asked what it asks.
async fn check_protocols(config: &Config, catalog: &Catalog) -> Result<(), Failure> {
    let running = Store::running_protocols_in(&config.store.path).await?;
    let missing = missing(running, catalog);
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::DoesNotHold(missing.iter().map(why_missing).collect::<Vec<_>>().join("\n")))
}

fn need_folder(key: &str, folder: &Path) -> Result<(), Failure> {
    match fs::read_dir(folder) {
        Ok(_) => Ok(()),
        Err(why) => Err(Failure::Usage(format!("{key}: {} is no folder to read: {why}", folder.display()))),
    }
}
