//! A mosquitto of our own for every leg, so that no session or backlog is handed on.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::machine::mosquitto;
use crate::process::{Process, accepts_connections, free_port, wait_until};

#[derive(Debug)]
pub struct Broker {
    pub process: Process,
    pub port: u16,
}

impl Broker {
    pub fn start(folder: &Path) -> Result<Self> {
        let port = free_port()?;
        let config = folder.join("mosquitto.conf");
        // Queues must hold a whole repetition: beyond its limit mosquitto drops without a word to anybody.
        fs::write(
            &config,
            format!(
                "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n\
                 max_queued_messages 1000000\nmax_inflight_messages 0\nlog_type error\n"
            ),
        )?;
        let log = File::create(folder.join("mosquitto.log"))?;
        let process = Process::start(Command::new(mosquitto()).arg("-c").arg(&config).stderr(log))?;
        wait_until(Duration::from_secs(5), || accepts_connections(port))
            .context("mosquitto does not listen")?;
        Ok(Self { process, port })
    }
}
