//! The gateway under test: the release binary, a data folder and a configuration of its own.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::flow::{device_id, patient_id, phone};
use crate::form::{ACCOUNT, PUBLIC_URL, TO, TOKEN};
use crate::process::{Process, free_port, loopback, wait_until};

const LAMPLIGHT: &str = env!("CARGO_BIN_EXE_lamplight");
const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A data folder that goes when it is not needed any more.
#[derive(Debug)]
pub struct Site {
    folder: PathBuf,
}

/// A running gateway.
#[derive(Debug)]
pub struct Gateway {
    pub process: Process,
    pub port: u16,
    /// From the start of the process to its first yes on `/readyz`.
    pub ready_after: Duration,
}

impl Site {
    /// A folder without a database.
    pub fn empty(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// A folder whose database has this many patients, each with a phone and a device.
    pub fn with_patients(folder: PathBuf, patients: u32) -> Result<Self> {
        let site = Self::empty(folder)?;
        if patients == 0 {
            return Ok(site);
        }
        let mut sheet = "patient_id,phone,devices\n".to_owned();
        for patient in 0..patients {
            writeln!(sheet, "{},{},{}", patient_id(patient), phone(patient), device_id(patient))?;
        }
        let file = site.folder.join("patients.csv");
        fs::write(&file, sheet)?;
        let config = site.configure(0, 0, 0)?;
        let output = Command::new(LAMPLIGHT)
            .args(["patient", "import"])
            .arg(&file)
            .arg("--config")
            .arg(config)
            .output()
            .context("lamplight does not start")?;
        if !output.status.success() {
            bail!("patients could not be enrolled: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(site)
    }

    /// The same in another folder. Only of a site that no gateway runs on.
    pub fn copy(&self, folder: PathBuf) -> Result<Self> {
        let copy = Self::empty(folder)?;
        if fs::metadata(self.log()).is_ok_and(|log| log.len() > 0) {
            bail!("the database to be copied still has a write-ahead log");
        }
        if self.database().exists() {
            fs::copy(self.database(), copy.database())?;
        }
        Ok(copy)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn database(&self) -> PathBuf {
        self.folder.join("lamplight.db")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("lamplight.db-wal")
    }

    /// Starts the gateway on this folder and waits until it is ready.
    pub fn start(&self, broker: u16, sms: u16) -> Result<Gateway> {
        let port = free_port()?;
        let config = self.configure(port, broker, sms)?;
        let journal = self.folder.join("gateway.log");
        let begun = Instant::now();
        let mut process = Process::start(
            Command::new(LAMPLIGHT)
                .arg("serve")
                .arg("--config")
                .arg(config)
                .env("RUST_LOG", "warn")
                .stdout(File::create(self.folder.join("gateway.out"))?)
                .stderr(File::create(&journal)?),
        )?;
        let ready = wait_until(READY_WITHIN, || process.has_ended() || is_ready(port));
        let ready_after = begun.elapsed();
        if ready.is_err() || process.has_ended() {
            return Err(anyhow!("the gateway does not get ready; it said: {}", tail(&journal)));
        }
        Ok(Gateway { process, port, ready_after })
    }

    fn configure(&self, port: u16, broker: u16, sms: u16) -> Result<PathBuf> {
        let file = self.folder.join("lamplight.toml");
        let database = self.database();
        let database = database.display();
        fs::write(
            &file,
            format!(
                "[store]\npath = \"{database}\"\n\
                 [http]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{PUBLIC_URL}\"\n\
                 [mqtt]\nbroker = \"mqtt://127.0.0.1:{broker}\"\n\
                 [sms]\nprovider = \"twilio\"\nsegments_per_second = 0\n\
                 [sms.budget]\nnumber = 0\nday = 0\nburst = 0\n\
                 [sms.twilio]\naccount_sid = \"{ACCOUNT}\"\nauth_token = \"{TOKEN}\"\nfrom = \"{TO}\"\n\
                 api_base = \"http://127.0.0.1:{sms}\"\n\
                 [clinical]\nprotocols = \"{REPOSITORY}/protocols\"\nrules = \"{REPOSITORY}/alert_rules\"\n"
            ),
        )?;
        Ok(file)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("{} stays: {error}", self.folder.display());
        }
    }
}

/// Whether `/readyz` says yes.
fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(loopback(port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok(&head == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

fn tail(journal: &Path) -> String {
    let text = fs::read_to_string(journal).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}
