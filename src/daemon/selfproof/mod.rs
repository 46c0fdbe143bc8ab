//! The proof that nothing is lost, made on the very machine that is to keep it: a daemon dies at every point on which a
//! promise hangs, starts again on what it left, and everything that was promised is looked for.
//!
//! Each point has a folder, a database and daemons of its own. Texts come through the signed webhook, and as a provider
//! does, all of them are handed over once more after the crash.

mod drawer;
mod life;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use self::drawer::Drawer;
use self::life::{DATABASE, DOOR, DRAWER, database, open};
use super::DaemonError;
use crate::clock::Clock;
use crate::crash::Point;
use crate::domain::phone::Phone;
use crate::domain::secret::Secret;
use crate::engine::enrol::import;
use crate::sms::probe::TextProbe;
use crate::store::Store;
use crate::store::proof::Kept;

pub use self::life::live;

const ACCOUNT: &str = "AC5e1f0000000000000000000000000000";
const TOKEN: &str = "nobody but this machine hears it";
const NUMBER: &str = "+447700900456";
const SITE: &str = include_str!("site.toml");
/// Two that must be told of, one that is only high, one as it should be. Each from a phone of its own.
const TEXTS: [&str; 4] = ["BP 190 99", "BP 118 76", "sugar 3.1", "BP 136 84"];

/// Tells a daemon where to die. Only the daemon of the self-proof looks for it.
pub const AT: &str = "LAMPLIGHT_SELFPROOF_AT";

/// A daemon that is up after so long never will be.
const STARTS: Duration = Duration::from_secs(60);
/// A daemon that has all its texts comes to every point within this time.
const DIES: Duration = Duration::from_secs(30);
/// What a dead daemon had claimed is left alone for a minute, in case that it is on its way.
const SETTLES: Duration = Duration::from_secs(150);
const GLANCE: Duration = Duration::from_millis(20);

/// What came of one point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    pub point: Point,
    /// Texts that were answered 200 before the crash.
    pub promised: usize,
    /// Texts out: answers to patients, and what staff are told.
    pub sent: usize,
    /// What does not hold, in sentences. Empty is the proof.
    pub broken: Vec<String>,
}

/// Dies at `point` in a fresh folder under `base`, comes back, and looks. `program` is what is run as
/// `PROGRAM selfproof-life FOLDER`.
pub async fn prove(program: &Path, base: &Path, point: Point, clock: Clock) -> Result<Proof, DaemonError> {
    let folder = base.join(point.name());
    let cannot = |error: std::io::Error| DaemonError::Settings(format!("{}: {error}", folder.display()));
    tokio::fs::create_dir_all(&folder).await.map_err(cannot)?;
    set_up(&folder, clock).await?;
    let mut proof = Proof { point, promised: 0, sent: 0, broken: Vec::new() };

    let mut first = Life::begin(program, &folder, Some(point)).await.map_err(cannot)?;
    let promised = first.text_all().await;
    proof.promised = promised.iter().filter(|taken| **taken).count();
    if first.end(DIES).await.is_none_or(|status| !was_aborted(status)) {
        proof.broken.push("the daemon never came to this point".to_owned());
    }
    drop(first);

    let mut second = Life::begin(program, &folder, None).await.map_err(cannot)?;
    if second.text_all().await.iter().any(|taken| !taken) {
        proof.broken.push("a text was refused after the crash".to_owned());
    }
    let path = database(&folder);
    let store = Store::open(&path).await.map_err(|source| DaemonError::Store { path, source })?;
    let looked = look(&store, &folder, &mut proof).await;
    store.close().await;
    looked.map_err(|source| DaemonError::Store { path: folder.join(DATABASE), source })?;
    second.kill();
    Ok(proof)
}

/// Enrols who texts.
async fn set_up(folder: &Path, clock: Clock) -> Result<(), DaemonError> {
    let ground = open(folder, clock).await?;
    let mut list = "patient_id,phone,consent\n".to_owned();
    for n in 0..TEXTS.len() {
        list.push_str(&format!("p{n},{},given\n", phone(n)));
    }
    let catalog = ground.catalog.hold().await;
    let done = import(&ground.store, ground.clock.now(), "selfproof", &catalog, list.as_bytes()).await;
    done.map_err(|error| DaemonError::Settings(error.to_string()))?;
    drop(catalog);
    ground.store.close().await;
    Ok(())
}

/// Waits until nothing is under way any more, and says what does not hold.
async fn look(store: &Store, folder: &Path, proof: &mut Proof) -> Result<(), crate::store::StoreError> {
    let sids: Vec<String> = (0..TEXTS.len()).map(sid).collect();
    let deadline = Instant::now() + SETTLES;
    let kept: Kept = loop {
        let kept = store.kept(&sids).await?;
        if kept.under_way == 0 || Instant::now() > deadline {
            break kept;
        }
        sleep(GLANCE * 10).await;
    };
    proof.sent = kept.sent.len();
    let broken = &mut proof.broken;
    let mut must = |holds: bool, why: &str| {
        if !holds {
            broken.push(why.to_owned());
        }
    };
    must(kept.under_way == 0, "something is under way for ever");
    must(kept.texts.iter().all(|text| text.journalled == 1), "a text is not in the journal exactly once");
    must(kept.texts.iter().all(|text| text.numbers > 0), "a text's reading is missing");
    must(kept.texts.iter().all(|text| text.answers == 1), "a text does not have exactly one answer");
    must(kept.given_up == 0, "a text out was given up");
    must(kept.untold == 0, "nobody is told of an alert");
    must(kept.is_balanced, "the ledger does not balance");
    must(store.verify_audit(None).await?.is_ok(), "the audit trail does not hold");
    let mut given: BTreeMap<String, usize> = BTreeMap::new();
    for id in Drawer(folder.join(DRAWER)).given().await {
        *given.entry(id).or_default() += 1;
    }
    must(kept.sent.iter().all(|id| given.contains_key(id)), "a text out never left");
    must(given.values().all(|times| *times == 1), "a text out left twice");
    must(given.len() == kept.sent.len(), "a text left that is not on record");
    Ok(())
}

/// A daemon under way; killed at the latest when it is dropped.
struct Life {
    child: Child,
    url: String,
}

impl Life {
    async fn begin(program: &Path, folder: &Path, point: Option<Point>) -> std::io::Result<Self> {
        let door: PathBuf = folder.join(DOOR);
        // What the life before left is no door any more.
        let _ = tokio::fs::remove_file(&door).await;
        let log = File::options().create(true).append(true).open(folder.join("log"))?;
        let mut command = Command::new(program);
        command.arg("selfproof-life").arg(folder).current_dir(folder).env_remove(AT);
        if let Some(point) = point {
            command.env(AT, point.name());
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?;
        let mut life = Self { child, url: String::new() };
        let deadline = Instant::now() + STARTS;
        loop {
            if let Ok(url) = tokio::fs::read_to_string(&door).await {
                life.url = url;
                return Ok(life);
            }
            if life.child.try_wait()?.is_some() || Instant::now() > deadline {
                return Err(std::io::Error::other("a daemon did not start; see the log there"));
            }
            sleep(GLANCE).await;
        }
    }

    /// Hands over every text once, as the provider does. Which of them were answered 200.
    async fn text_all(&self) -> Vec<bool> {
        let mut taken = Vec::new();
        for (n, body) in TEXTS.iter().enumerate() {
            let (secret, to) = (Secret::new(TOKEN.to_owned()), NUMBER.to_owned());
            let sent = match TextProbe::new(&self.url, ACCOUNT.to_owned(), secret, phone(n), to) {
                Ok(probe) => probe.send(&sid(n), body).await,
                Err(error) => Err(error),
            };
            taken.push(sent.is_ok());
        }
        taken
    }

    /// How it ended, if it did within `patience`.
    async fn end(&mut self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            sleep(GLANCE).await;
        }
        None
    }

    fn kill(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.kill();
    }
}

fn phone(n: usize) -> Phone {
    Phone::trusted(format!("+44770090010{n}"))
}

fn sid(n: usize) -> String {
    format!("SM{n:032x}")
}

#[cfg(unix)]
fn was_aborted(status: ExitStatus) -> bool {
    const SIGABRT: i32 = 6;
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(SIGABRT)
}

#[cfg(not(unix))]
fn was_aborted(status: ExitStatus) -> bool {
    !status.success()
}
