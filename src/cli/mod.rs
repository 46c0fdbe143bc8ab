//! The command line: one file a command.
//!
//! Exit codes: 0 done; 1 what was checked does not hold; 2 wrong usage or configuration; 3 a dependency is
//! unreachable.

pub mod audit;
pub mod backtest;
pub mod backup;
mod carer;
pub mod check;
pub mod config;
pub mod contact;
pub mod coverage;
pub mod decode;
pub mod demo;
pub mod device;
pub mod explain;
pub mod failure;
pub mod migrate;
pub mod parse;
mod password_file;
pub mod patient;
pub mod profile;
pub mod selfproof;
pub mod serve;
pub mod simulate;
pub mod token;
pub mod user;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::clock::Clock;
use crate::engine::release::release_all;
use crate::store::Store;
use crate::web::api::OPENAPI;

use self::check::CheckSubject;
use self::config::ConfigFile;
pub use self::failure::Failure;

/// Whose deeds these are in the audit trail: whoever may open the database file.
const ACTOR: &str = "command line";

/// A telehealth gateway: texts and home devices in, plain answers and alert queues out
#[derive(Debug, Parser)]
#[command(name = "lamplight", version)]
pub struct Cli {
    #[command(flatten)]
    file: ConfigFile,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything in one process, no set-up: broker, phones, devices, a ward, the queue
    Demo(demo::DemoArgs),
    /// The daemon
    Serve,
    /// Validates all clinical files, runs their tests and plays their conversations
    Check(check::CheckArgs),
    /// Tries rules over past readings: one JSON line an alert
    Backtest(backtest::BacktestArgs),
    /// Shows how a text message is understood, as one JSON line
    Parse(parse::ParseArgs),
    /// Shows how a device's payload is understood, as one JSON line
    Decode(decode::DecodeArgs),
    /// Publishes what made-up devices measure to a broker, with faults if wanted, and prints what it sent
    Simulate(simulate::SimulateArgs),
    /// Tools for whoever brings a new make of device
    #[command(subcommand)]
    Profile(profile::ProfileCommand),
    /// Enrols patients, or prints all that is held on one
    #[command(subcommand)]
    Patient(patient::PatientCommand),
    /// Registers home devices
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Who may sign in
    #[command(subcommand)]
    User(user::UserCommand),
    /// What programs call the API with
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Brings the database's schema up to date; `serve` does so too
    Migrate,
    /// Copies the whole database to a new file, while the daemon runs
    Backup(backup::BackupFile),
    /// Puts a copy back where no database is
    Restore(backup::BackupFile),
    /// Proves that what was done is still on record, unchanged
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Kills itself at every point on which a promise hangs, and shows that nothing was lost
    Selfproof(selfproof::SelfproofArgs),
    /// One life of a daemon that `selfproof` starts
    #[command(hide = true)]
    SelfproofLife(selfproof::LifeArgs),
    /// Shows why an alert was raised, judged anew from what is kept, and what was done since
    Explain(explain::ExplainArgs),
    /// Prints the API's description (OpenAPI 3.1)
    Openapi,
    /// Prints completions for a shell
    Completions {
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Looks at the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Runs one command to its end.
pub fn run(cli: Cli) -> Result<ExitCode, Failure> {
    log_to_stderr(matches!(cli.command, Command::Serve));
    keep_words_out_of_panics();
    // One crypto provider for the whole process; only a second call could fail.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Unreachable(format!("the machine gives no threads: {error}")))?;
    runtime.block_on(dispatch(cli))
}

async fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    let (file, clock) = (cli.file, Clock::system());
    let mut out = io::stdout().lock();
    match cli.command {
        Command::Demo(args) => demo::run(args).await?,
        Command::Serve => serve::run(&file).await?,
        Command::Check(args) => {
            let good = match &args.subject {
                Some(CheckSubject::Coverage(args)) => coverage::run(args, &file, &clock, &mut out).await?,
                None => check::run(&args, &mut out)?,
            };
            return Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
        Command::Backtest(args) => {
            let mut out = io::BufWriter::new(&mut out);
            let good = backtest::run(&args, &clock, &mut out).await?;
            out.flush()?;
            return Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
        Command::Parse(args) => return parse::run(&args, &file, &mut out).await,
        Command::Decode(args) => decode::run(&args, &clock, io::stdin().lock(), &mut out)?,
        Command::Simulate(args) => simulate::run(&args, &clock, &mut out).await?,
        Command::Profile(command) => {
            let good = profile::run(command, &clock, io::stdin().lock(), &mut out)?;
            return Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
        Command::Patient(command) => {
            let (store, catalog) = file.open_house().await?;
            patient::run(&command, &store, &catalog, clock.now(), ACTOR, &mut out).await?;
            take_in_held(&store, &catalog, &clock).await?;
        }
        Command::Device(command) => {
            let (store, catalog) = file.open_house().await?;
            device::run(&command, &store, clock.now(), ACTOR, &mut out).await?;
            take_in_held(&store, &catalog, &clock).await?;
        }
        Command::User(command) => user::run(command, &file.open_store().await?, &clock, &mut out).await?,
        Command::Token(command) => token::run(command, &file.open_store().await?, &clock, &mut out).await?,
        Command::Migrate => migrate::run(&file, &mut out).await?,
        Command::Backup(copy) => backup::back_up(&copy, &file, &mut out).await?,
        Command::Restore(copy) => backup::put_back(&copy, &file, &mut out).await?,
        Command::Audit(command) => {
            let good = audit::run(&command, &file.open_store().await?, &mut out).await?;
            return Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
        Command::Selfproof(args) => {
            let good = selfproof::run(args, &clock, &mut out).await?;
            return Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
        Command::SelfproofLife(args) => selfproof::live_once(args, clock).await?,
        Command::Explain(args) => {
            let good = explain::run(&args, &file.open_store().await?, &mut out).await?;
            return Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
        Command::Openapi => writeln!(out, "{}", OPENAPI.trim_end())?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "lamplight", &mut script);
            out.write_all(&script)?;
        }
        Command::Config(command) => config::run(&command, &file, &mut out).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What the journal holds of people and devices that are known by now is taken in at once, daemon or no daemon.
async fn take_in_held(
    store: &Store,
    catalog: &crate::domain::decide::Catalog,
    clock: &Clock,
) -> Result<(), Failure> {
    // What is judged here must be explainable later, whatever files the daemon was started with.
    let mut tx = store.begin_quietly().await?;
    tx.keep_files(&catalog.files, clock.now()).await?;
    tx.commit().await?;
    let released = release_all(store, catalog, clock.now()).await?;
    if released.events > 0 {
        eprintln!("{} held messages were taken in.", released.events);
    }
    store.close().await;
    Ok(())
}

/// A panic's message may quote what a patient wrote; only its place is told.
fn keep_words_out_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a part of the program panicked");
    }));
}

/// Logs go to stderr: JSON for the daemon unless a person watches it, plain words otherwise.
fn log_to_stderr(daemon: bool) {
    let usual = if daemon { "info" } else { "warn" };
    let filter = EnvFilter::try_from_env("LAMPLIGHT_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    // A log that cannot be written, on a full disk, is no reason to end: told of it, the subscriber would panic.
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).log_internal_errors(false);
    // A second subscriber cannot be set in one process, which only tests do.
    let _ = if daemon && !io::stderr().is_terminal() {
        builder.json().try_init()
    } else {
        builder.without_time().with_target(false).try_init()
    };
}
