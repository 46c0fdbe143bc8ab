//! `lamplight device add`, `list` and `revoke`.

use std::io::Write;

use clap::Subcommand;
use jiff::Timestamp;

use super::failure::Failure;
use crate::domain::id::{DeviceId, PatientId};
use crate::engine::credential::BrokerLogin;
use crate::engine::device::{Registration, register_device, revoke_device};
use crate::engine::enrol::Bound;
use crate::store::Store;

const PAGE: u32 = 500;

#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// Registers a device and prints, this once, a log-in for it at the broker
    Add {
        /// The device's id: the level of its topic that names it
        id: String,
        /// Whose readings it sends; it can be given to a patient later
        #[arg(long, value_name = "ID")]
        patient: Option<String>,
    },
    /// Lists the devices: id, patient, state; tabs between
    List,
    /// Takes a device out of use for good
    Revoke {
        /// The device's id
        id: String,
    },
}

/// Gives what is newly bound, so that the caller can replay what the journal holds of it.
pub async fn run(
    command: &DeviceCommand,
    store: &Store,
    now: Timestamp,
    actor: &str,
    out: &mut impl Write,
) -> Result<Bound, Failure> {
    let mut bound = Bound::default();
    match command {
        DeviceCommand::Add { id, patient } => {
            let device = DeviceId::parse(id).map_err(|bad| Failure::Usage(bad.to_string()))?;
            let patient = patient.as_deref().map(PatientId::parse).transpose();
            let patient = patient.map_err(|bad| Failure::Usage(bad.to_string()))?;
            let owner = patient.is_some();
            let registration = register_device(store, now, actor, device.clone(), patient).await?;
            if registration == Registration::Bound && owner {
                bound.devices.push(device.clone());
            }
            print_login(&device, out)?;
        }
        DeviceCommand::List => list(store, out).await?,
        DeviceCommand::Revoke { id } => {
            let device = DeviceId::parse(id).map_err(|bad| Failure::Usage(bad.to_string()))?;
            revoke_device(store, now, actor, &device).await?;
            writeln!(out, "device {device} is revoked; take its line out of the broker's password file too")?;
        }
    }
    Ok(bound)
}

/// A device that is registered already gets a new log-in: the line replaces the one before.
fn print_login(device: &DeviceId, out: &mut impl Write) -> Result<(), Failure> {
    writeln!(out, "device {device} is registered")?;
    match BrokerLogin::make(device) {
        Ok(login) => {
            writeln!(out, "user name: {device}")?;
            writeln!(out, "password:  {}  (shown this once)", login.password)?;
            writeln!(out, "line for Mosquitto's password file:")?;
            writeln!(out, "{}", login.line)?;
        }
        Err(why) => writeln!(out, "no log-in was made: {why}")?,
    }
    Ok(())
}

async fn list(store: &Store, out: &mut impl Write) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let page = store.devices(PAGE, after.as_ref()).await?;
        for entry in &page {
            let patient = entry.device.patient.as_ref().map_or("-", PatientId::as_str);
            let state = if entry.device.revoked { "revoked" } else { "in use" };
            writeln!(out, "{}\t{patient}\t{state}", entry.device.id)?;
        }
        match page.into_iter().last() {
            Some(last) => after = Some(last.device.id),
            None => return Ok(()),
        }
    }
}
