//! Parses the arguments, runs the command, turns what went wrong into one sentence and an exit code.

use std::process::ExitCode;

use clap::Parser;
use lamplight::cli::{self, Cli};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("lamplight: {:#}", error.source);
            ExitCode::from(error.exit)
        }
    }
}
