//! `lamplight simulate`: a made-up fleet of devices that publishes to a real broker.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::check::choose;
use super::failure::Failure;
use crate::catalog::{self, Source};
use crate::clock::Clock;
use crate::domain::event::Origin;
use crate::domain::profile::{Book, hear};
use crate::domain::secret::Secret;
use crate::mqtt::broker::{BrokerConfig, BrokerSettings};
use crate::mqtt::simulator::{Fault, Faults, Fleet, Script, Sum, send};

#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// How many devices there are
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    devices: u32,
    /// Messages a second, of all devices together
    #[arg(long, value_name = "R", default_value_t = 1.0)]
    rate: f64,
    /// How long, in seconds
    #[arg(long, value_name = "S", default_value_t = 60)]
    seconds: u32,
    /// Speak as this device profile has it; its samples are the templates [default: Lamplight's own JSON]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Folder of profiles [default: protocols/devices, else those built in]
    #[arg(long, value_name = "DIR")]
    profiles: Option<PathBuf>,
    /// What goes wrong now and then: all, none, or some of them with commas between
    #[arg(long, value_enum, value_delimiter = ',', default_value = "none")]
    faults: Vec<FaultArg>,
    /// How often, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    fault_share: f64,
    /// Where to publish
    #[arg(long, value_name = "URL", default_value = "mqtt://127.0.0.1:1883")]
    broker: String,
    #[arg(long)]
    username: Option<String>,
    /// A file with the password and nothing else
    #[arg(long, value_name = "FILE", requires = "username")]
    password_file: Option<PathBuf>,
    /// PEM file of the authorities to trust, for mqtts://
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The same number gives the same messages
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Publishes nothing; prints a list that `patient import` takes, with one made-up patient a device
    #[arg(long)]
    people: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FaultArg {
    None,
    All,
    Duplicates,
    Clock,
    Bursts,
    Units,
}

impl FaultArg {
    fn kinds(self) -> Vec<Fault> {
        match self {
            Self::None => Vec::new(),
            Self::All => Fault::ALL.to_vec(),
            Self::Duplicates => vec![Fault::Duplicate],
            Self::Clock => vec![Fault::Clock],
            Self::Bursts => vec![Fault::Burst],
            Self::Units => vec![Fault::Unit],
        }
    }
}

pub async fn run(args: &SimulateArgs, clock: &Clock, out: &mut impl Write) -> Result<(), Failure> {
    let (fleet, book) = fleet(args)?;
    if args.people {
        return people(fleet, &book, args, clock, out);
    }
    if !(args.rate > 0.0 && args.rate <= 100_000.0 && (0.0..=1.0).contains(&args.fault_share)) {
        let why = "--rate lies above 0 and up to 100000, --fault-share from 0 to 1";
        return Err(Failure::Usage(why.to_owned()));
    }
    let kinds: BTreeSet<Fault> = args.faults.iter().flat_map(|fault| fault.kinds()).collect();
    let faults = Faults { kinds: kinds.into_iter().collect(), share: args.fault_share };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "both factors are bounded and positive"
    )]
    let count = (args.rate * f64::from(args.seconds)) as usize;
    let sum = send(&broker(args)?, Script::new(args.seed, fleet, faults), (count, args.rate), clock)
        .await
        .map_err(|unsent| Failure::Unreachable(unsent.to_string()))?;
    print(&sum, out)
}

fn fleet(args: &SimulateArgs) -> Result<(Fleet, Book), Failure> {
    let devices = usize::try_from(args.devices).unwrap_or(usize::MAX);
    let Some(name) = &args.profile else { return Ok((Fleet::native(devices), Book::default())) };
    let source = choose(args.profiles.as_deref(), Path::new("protocols/devices"), Source::BuiltInDevices);
    let book = catalog::devices(&source).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failure::Usage(faults.join("\n"))
    })?;
    let fleet = match book.get(name) {
        Some(profile) => Fleet::of_make(profile, devices)
            .ok_or_else(|| Failure::Usage(format!("no sample of the profile {name} is a reading")))?,
        None => return Err(Failure::Usage(format!("there is no device profile {name}"))),
    };
    Ok((fleet, book))
}

fn broker(args: &SimulateArgs) -> Result<BrokerConfig, Failure> {
    let unreadable = |path: &Path, why: std::io::Error| {
        Failure::Usage(format!("{} cannot be read: {why}", path.display()))
    };
    let password = match &args.password_file {
        Some(path) => {
            Some(Secret::new(fs::read_to_string(path).map_err(|why| unreadable(path, why))?.trim()))
        }
        None => None,
    };
    let settings = BrokerSettings {
        broker: args.broker.clone(),
        username: args.username.clone(),
        password,
        // Two fleets of different seeds do not throw each other off the broker.
        client_id: Some(format!("lamplight-simulate-{}", args.seed)),
        ca_file: args.ca_file.clone(),
        ..BrokerSettings::default()
    };
    BrokerConfig::load(settings)
        .map_err(|bad| Failure::Usage(bad.to_string().replace("mqtt.", "--").replace("ca_file", "ca-file")))
}

fn print(sum: &Sum, out: &mut impl Write) -> Result<(), Failure> {
    writeln!(out, "{:<12}{:>8}", "sent", sum.sent)?;
    let faulty: usize = sum.faulty.values().sum();
    writeln!(out, "{:<12}{:>8}", "faulty", faulty)?;
    for fault in Fault::ALL {
        let count = sum.faulty.get(&fault).copied().unwrap_or(0);
        writeln!(out, "  {:<10}{count:>8}", fault.name())?;
    }
    Ok(())
}

/// A patient a device, under the id by which the gateway will know it.
fn people(
    fleet: Fleet,
    book: &Book,
    args: &SimulateArgs,
    clock: &Clock,
    out: &mut impl Write,
) -> Result<(), Failure> {
    writeln!(out, "patient_id,devices")?;
    let mut told = BTreeSet::new();
    let mut script = Script::new(args.seed, fleet, Faults { kinds: Vec::new(), share: 0.0 });
    for n in 0..usize::try_from(args.devices).unwrap_or(usize::MAX) {
        let Some(message) = script.first_of(n, clock.now()) else { break };
        let native =
            message.topic.strip_prefix("lamplight/v1/").and_then(|rest| rest.strip_suffix("/reading"));
        let device = match native {
            Some(device) => Some(device.to_owned()),
            None => hear(book, &message.topic, &message.payload, false, clock.now()).and_then(|said| {
                said.into_iter().find_map(|said| match said.origin {
                    Origin::Reading(reading) => Some(reading.device.to_string()),
                    _ => None,
                })
            }),
        };
        if let Some(device) = device.filter(|device| told.insert(device.clone())) {
            writeln!(out, "sim-patient-{:04},{device}", n + 1)?;
        }
    }
    Ok(())
}
