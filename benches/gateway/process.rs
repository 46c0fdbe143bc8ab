//! Child processes that never outlive the benchmark.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const LOOK_AGAIN: Duration = Duration::from_millis(2);
const STOPS_WITHIN: Duration = Duration::from_secs(20);

/// A child that is killed when it goes out of scope.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    pub fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null());
        Ok(Self(command.spawn().with_context(|| format!("{name} does not start"))?))
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    pub fn has_ended(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(Some(_)))
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        let asked = Command::new("kill").arg("-TERM").arg(self.id().to_string()).status()?;
        if !asked.success() {
            bail!("process {} could not be asked to stop", self.id());
        }
        wait_until(STOPS_WITHIN, || self.has_ended()).context("it does not stop when asked to")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only if it has ended already, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port on loopback that nobody listens on at this moment.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

pub fn accepts_connections(port: u16) -> bool {
    TcpStream::connect(loopback(port)).is_ok()
}

/// Looks every other millisecond until `done` or the deadline.
pub fn wait_until(within: Duration, mut done: impl FnMut() -> bool) -> Result<()> {
    let begun = Instant::now();
    while !done() {
        if begun.elapsed() > within {
            bail!("waited {} s in vain", within.as_secs());
        }
        sleep(LOOK_AGAIN);
    }
    Ok(())
}
