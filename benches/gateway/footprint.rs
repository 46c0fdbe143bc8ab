//! What the gateway costs while nothing happens: memory, and the time until it is ready.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::broker::Broker;
use crate::options::Options;
use crate::report::{Aim, Series};
use crate::workbench::Workbench;

const SETTLES_IN: Duration = Duration::from_secs(3);
const MANY_PATIENTS: u32 = 100_000;

pub fn measure_memory(options: &Options, bench: &mut Workbench) -> Result<()> {
    println!("Memory: resident, {} s after it is ready, nothing to do", SETTLES_IN.as_secs());
    for patients in [0, 10_000] {
        let mut memory = Series::new(format!("with {patients} patients"), "MB", 1);
        for _ in 0..options.reps {
            let site = bench.site(patients)?;
            let broker = Broker::start(site.folder())?;
            let gateway = site.start(broker.port, bench.sms.port)?;
            sleep(SETTLES_IN);
            memory.push(resident_mb(gateway.process.id())?);
            gateway.process.stop()?;
        }
        memory.print_against(Aim::Below(30.0));
    }
    Ok(())
}

pub fn measure_start(options: &Options, bench: &mut Workbench) -> Result<()> {
    println!("Start: from the process's first moment to a yes on /readyz");
    let site = bench.site(MANY_PATIENTS)?;
    let mut start = Series::new(format!("with {MANY_PATIENTS} patients"), "s", 3);
    for _ in 0..options.reps {
        let broker = Broker::start(site.folder())?;
        let gateway = site.start(broker.port, bench.sms.port)?;
        start.push(gateway.ready_after.as_secs_f64());
        gateway.process.stop()?;
    }
    start.print_against(Aim::Below(1.0));
    Ok(())
}

fn resident_mb(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let kb: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
        .context("the kernel does not tell the gateway's memory")?;
    Ok(kb / 1024.0)
}
