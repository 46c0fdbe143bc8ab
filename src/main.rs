//! Parses the arguments, runs the command, turns what went wrong into sentences and an exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use lamplight::cli::{self, Cli};

fn main() -> ExitCode {
    cli::run(Cli::parse()).unwrap_or_else(|failure| {
        if failure.exit_code() != 0 {
            // Where stderr cannot be written, the exit code still says it.
            let _ = writeln!(io::stderr(), "lamplight: {failure}");
        }
        ExitCode::from(failure.exit_code())
    })
}
