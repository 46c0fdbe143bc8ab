//! `lamplight device add`, `claim`, `pair`, `return`, `list`, `history` and `revoke`.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use jiff::Timestamp;

use super::failure::Failure;
use super::password_file::{BadPasswordFile, PasswordFile};
use crate::domain::id::{DeviceId, PatientId};
use crate::engine::credential::{BrokerLogin, NoLogin};
use crate::engine::custody::{CustodyDesk, Pairing};
use crate::engine::device::{Registration, register_device, revoke_device};
use crate::engine::enrol::Bound;
use crate::engine::id::IdSource;
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
        /// Mosquitto's password file: written instead of printing the line for it
        #[arg(long, value_name = "FILE")]
        mosquitto: Option<PathBuf>,
    },
    /// Issues a code, good for 15 minutes and once, that pairs a device with a patient
    Claim {
        /// The patient's id
        patient: String,
    },
    /// Binds a device to the patient of a code, and takes in what was held of it
    Pair {
        /// The device's id
        id: String,
        /// The code, with or without the space
        code: String,
        /// From when on the patient has had it (RFC 3339), instead of from now on
        #[arg(long, value_name = "TIME")]
        since: Option<Timestamp>,
        /// Takes it from the patient who has it; needs --why
        #[arg(long = "move", requires = "why")]
        moves: bool,
        /// Why, for its history
        #[arg(long)]
        why: Option<String>,
    },
    /// Takes a device back from its patient: what it measured until now stays theirs
    Return {
        /// The device's id
        id: String,
        /// Why, for its history
        #[arg(long)]
        why: String,
    },
    /// Lists the devices: id, patient, state; tabs between
    List,
    /// Who has had a device: since, until, patient, by whom, why; tabs between
    History {
        /// The device's id
        id: String,
    },
    /// Takes a device out of use for good
    Revoke {
        /// The device's id
        id: String,
        /// Mosquitto's password file: the device's line is taken out of it
        #[arg(long, value_name = "FILE")]
        mosquitto: Option<PathBuf>,
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
        DeviceCommand::Add { id, patient, mosquitto } => {
            // Before anything is changed: a file that cannot be used is wrong usage.
            let file = mosquitto.as_deref().map(PasswordFile::open).transpose()?;
            let device = parse(id)?;
            let patient = patient.as_deref().map(PatientId::parse).transpose();
            let patient = patient.map_err(|bad| Failure::Usage(bad.to_string()))?;
            let owner = patient.is_some();
            let registration = register_device(store, now, actor, device.clone(), patient).await?;
            if registration == Registration::Bound && owner {
                bound.devices.push(device.clone());
            }
            give_login(&device, file, mosquitto.as_deref(), out)?;
        }
        DeviceCommand::Claim { patient } => {
            let patient = PatientId::parse(patient).map_err(|bad| Failure::Usage(bad.to_string()))?;
            let ids = IdSource::default();
            let claim = CustodyDesk { store, ids: &ids, actor, now }.issue(&patient).await?;
            let (first, last) = claim.code.split_at(claim.code.len() / 2);
            writeln!(out, "code {first} {last} for {patient}, once, until {}", claim.expires_at)?;
        }
        DeviceCommand::Pair { id, code, since, moves, why } => {
            let device = parse(id)?;
            let pairing = Pairing { since: *since, moves: *moves, why: why.clone() };
            let ids = IdSource::default();
            let desk = CustodyDesk { store, ids: &ids, actor, now };
            let patient = desk.pair(&device, code, &pairing).await?;
            writeln!(out, "device {device} is {patient}'s")?;
            bound.devices.push(device);
        }
        DeviceCommand::Return { id, why } => {
            let device = parse(id)?;
            let ids = IdSource::default();
            CustodyDesk { store, ids: &ids, actor, now }.take_back(&device, why).await?;
            writeln!(out, "device {device} is nobody's")?;
        }
        DeviceCommand::List => list(store, out).await?,
        DeviceCommand::History { id } => history(store, &parse(id)?, out).await?,
        DeviceCommand::Revoke { id, mosquitto } => {
            let file = mosquitto.as_deref().map(PasswordFile::open).transpose()?;
            let device = parse(id)?;
            revoke_device(store, now, actor, &device).await?;
            take_login(&device, file, out)?;
        }
    }
    Ok(bound)
}

fn parse(id: &str) -> Result<DeviceId, Failure> {
    DeviceId::parse(id).map_err(|bad| Failure::Usage(bad.to_string()))
}

async fn history(store: &Store, device: &DeviceId, out: &mut impl Write) -> Result<(), Failure> {
    for binding in store.bindings(device).await? {
        let until = binding.until.map_or_else(|| "-".to_owned(), |until| until.to_string());
        let patient = binding.patient_id.as_ref().map_or("erased", PatientId::as_str);
        let ended = binding.ended_why.map(|why| format!("; {why}")).unwrap_or_default();
        let (since, by, why) = (binding.since, binding.bound_by, binding.why);
        writeln!(out, "{since}\t{until}\t{patient}\t{by}\t{why}{ended}")?;
    }
    Ok(())
}

/// A device that is registered already gets a new log-in: the line replaces the one before.
fn give_login(
    device: &DeviceId,
    file: Option<PasswordFile>,
    path: Option<&Path>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    writeln!(out, "device {device} is registered")?;
    let login = match BrokerLogin::make(device) {
        Ok(login) => login,
        Err(NoLogin::Colon) => {
            let why = "its id holds ':', which no user name at Mosquitto can: it gets no log-in of its own, and HUB:ADDRESS speaks by its hub's";
            writeln!(out, "{why}")?;
            return Ok(());
        }
        Err(why) => {
            writeln!(out, "no log-in was made: {why}")?;
            return Ok(());
        }
    };
    // Written first: a password that is shown works.
    if let Some(mut file) = file {
        file.put(device.as_str(), &login.line)?;
    }
    writeln!(out, "user name: {device}")?;
    writeln!(out, "password:  {}  (shown this once)", login.password)?;
    match path {
        Some(path) => writeln!(out, "{} has its line; reload the broker", path.display())?,
        None => {
            writeln!(out, "line for Mosquitto's password file:")?;
            writeln!(out, "{}", login.line)?;
        }
    }
    writeln!(out, "lines for Mosquitto's ACL file, unless a pattern there says so of every account:")?;
    writeln!(out, "user {device}")?;
    for kind in ["reading", "status"] {
        writeln!(out, "topic write lamplight/v1/{device}/{kind}")?;
    }
    Ok(())
}

fn take_login(device: &DeviceId, file: Option<PasswordFile>, out: &mut impl Write) -> Result<(), Failure> {
    let Some(mut file) = file else {
        return Ok(writeln!(
            out,
            "device {device} is revoked; take its line out of the broker's password file too"
        )?);
    };
    match file.remove(device.as_str())? {
        true => writeln!(out, "device {device} is revoked and its line is gone; reload the broker")?,
        false => writeln!(out, "device {device} is revoked; the password file has no line of it")?,
    }
    Ok(())
}

impl From<BadPasswordFile> for Failure {
    fn from(bad: BadPasswordFile) -> Self {
        Self::Usage(bad.to_string())
    }
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
