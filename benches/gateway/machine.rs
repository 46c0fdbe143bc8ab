//! What the figures were measured on.

use std::fs;
use std::process::Command;
use std::thread;

use crate::options::Options;

pub fn print(options: &Options) {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|total| total.trim_end_matches(" kB").parse::<u64>().ok())
        .map_or_else(String::new, |kb| format!(", {} GB memory", kb.div_ceil(1024 * 1024)));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let broker = mosquitto_version().unwrap_or_else(|| "no mosquitto".to_owned());
    println!("Lamplight {}, {} repetition(s), medians", env!("CARGO_PKG_VERSION"), options.reps);
    println!("machine: {cores} cores of {model}{memory}, Linux {}, {broker}", kernel.trim());
    println!("everything shares these cores: load tool, broker and gateway");
}

/// `mosquitto version 2.0.11`, if it is installed.
pub fn mosquitto_version() -> Option<String> {
    // Its help goes to standard output and starts with the version, whatever the exit code.
    let help = Command::new(mosquitto()).arg("-h").output().ok()?;
    String::from_utf8_lossy(&help.stdout).lines().next().map(str::to_owned)
}

/// Debian keeps it out of a user's PATH.
pub fn mosquitto() -> &'static str {
    if fs::exists("/usr/sbin/mosquitto").unwrap_or(false) { "/usr/sbin/mosquitto" } else { "mosquitto" }
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
