//! `lamplight profile check`, `try` and `suggest`: tools for whoever brings a new make of device.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use jiff::Timestamp;

use super::check::choose;
use super::decode::{self, DecodeArgs, DecodeError};
use crate::catalog::{self, Source};
use crate::clock::Clock;
use crate::domain::profile::suggest;

#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// Reads device profiles and runs their samples; every fault as file:line:column and a sentence
    Check {
        /// Folder of profiles [default: protocols/devices, else those built in]
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Shows what a profile makes of a payload on standard input, as one JSON line
    Try {
        /// The profile's id: the name of its file without .toml
        profile: String,
        /// Folder of profiles [default: protocols/devices, else those built in]
        #[arg(long, value_name = "DIR")]
        profiles: Option<PathBuf>,
        /// The topic that it arrived on
        #[arg(long)]
        topic: Option<String>,
        /// When it arrived (RFC 3339), instead of now
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
    },
    /// Drafts a profile from a payload on standard input
    Suggest {
        /// The topic that it arrived on
        #[arg(long)]
        topic: String,
    },
}

/// Says whether all is good.
pub fn run(
    command: ProfileCommand,
    clock: &Clock,
    mut stdin: impl Read,
    out: &mut impl Write,
) -> Result<bool, DecodeError> {
    match command {
        ProfileCommand::Check { folder } => check(folder.as_deref(), out),
        ProfileCommand::Try { profile, profiles, topic, at } => {
            let at = at.map(|at| at.to_string());
            let args = DecodeArgs { topic, profile: Some(profile), profiles, at, ..DecodeArgs::default() };
            decode::run(&args, clock, stdin, out)?;
            Ok(true)
        }
        ProfileCommand::Suggest { topic } => {
            let mut payload = Vec::new();
            stdin.read_to_end(&mut payload)?;
            out.write_all(suggest(&topic, &payload).as_bytes())?;
            Ok(true)
        }
    }
}

fn check(folder: Option<&Path>, out: &mut impl Write) -> Result<bool, DecodeError> {
    let source = choose(folder, Path::new("protocols/devices"), Source::BuiltInDevices);
    match catalog::devices(&source) {
        Ok(book) => {
            writeln!(out, "{} device profiles: all good", book.profiles().len())?;
            Ok(true)
        }
        Err(faults) => {
            for fault in faults {
                writeln!(out, "{fault}")?;
            }
            Ok(false)
        }
    }
}
