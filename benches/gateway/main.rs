//! How fast Lamplight is, measured beside what limits it: `cargo bench --bench gateway -- --help`.
//!
//! Every rate stands next to the rate of programs that do nothing but one part of the work (the broker, the database,
//! the HTTP server) on the same machine in the same run. The legs take turns within a repetition, so that a noisy
//! minute hits all of them; medians and ratios are printed, because absolute figures are the machine's.
//!
//! The gateway under test is the release binary itself, in a process of its own, with a real mosquitto.

mod broker;
mod cpu;
mod empty_handler;
mod flow;
mod footprint;
mod form;
mod gateway;
mod http;
mod http_load;
mod latency;
mod machine;
mod mqtt;
mod observer;
mod options;
mod process;
mod publisher;
mod report;
mod rows_again;
mod sms_sink;
mod sqlite_limit;
mod stored;
mod subscriber;
mod wire;
mod workbench;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use options::{Leg, Options};
use workbench::Workbench;

fn main() -> ExitCode {
    match run(&Options::parse().settled()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("gateway benchmark: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<ExitCode> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("no tokio runtime")?;
    if options.serve_empty {
        empty_handler::serve()?;
        return Ok(ExitCode::SUCCESS);
    }
    machine::print(options);
    let mut bench = Workbench::new()?;
    let can_mqtt = machine::mosquitto_version().is_some();
    for leg in options.legs() {
        println!();
        if leg.needs_broker() && !can_mqtt {
            println!("{leg}: skipped, install mosquitto (./tests/run does)");
            continue;
        }
        match leg {
            Leg::Mqtt => runtime.block_on(mqtt::compare(options, &mut bench))?,
            Leg::Http => runtime.block_on(http::compare(options, &mut bench))?,
            Leg::Latency => runtime.block_on(latency::measure(options, &mut bench))?,
            Leg::Memory => footprint::measure_memory(options, &mut bench)?,
            Leg::Start => footprint::measure_start(options, &mut bench)?,
            Leg::Stored => runtime.block_on(stored::compare(options, &mut bench))?,
        }
    }
    Ok(if can_mqtt { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
