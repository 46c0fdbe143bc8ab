//! Mosquitto's password file: one line an account, rewritten whole, so that the broker never reads half of one.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// For its owner alone, where there was none before.
const MODE: u32 = 0o600;

/// A password file that can be read, and what stands in it.
#[derive(Debug)]
pub(super) struct PasswordFile {
    path: PathBuf,
    lines: Vec<String>,
}

#[derive(Debug, Error)]
pub(super) enum BadPasswordFile {
    #[error("{path} cannot be read: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{path} cannot be written: {source}")]
    Unwritable { path: PathBuf, source: io::Error },
    /// Whatever else it may be, it is not overwritten.
    #[error("{path}, line {line}: this is no line of a Mosquitto password file, so the file stays as it is")]
    Foreign { path: PathBuf, line: usize },
}

impl PasswordFile {
    /// Reads it. One that is not there yet is empty.
    pub fn open(path: &Path) -> Result<Self, BadPasswordFile> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|source| BadPasswordFile::Unreadable { path: path.to_owned(), source })?,
        };
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let fits = |line: &String| line.trim().is_empty() || line.starts_with('#') || line.contains(":$");
        match lines.iter().position(|line| !fits(line)) {
            Some(place) => Err(BadPasswordFile::Foreign { path: path.to_owned(), line: place + 1 }),
            None => Ok(Self { path: path.to_owned(), lines }),
        }
    }

    /// Puts the line of `user` in place of the one before.
    pub fn put(&mut self, user: &str, line: &str) -> Result<(), BadPasswordFile> {
        self.forget(user);
        self.lines.push(line.to_owned());
        self.write()
    }

    /// Takes the line of `user` out. Whether there was one.
    pub fn remove(&mut self, user: &str) -> Result<bool, BadPasswordFile> {
        let there = self.forget(user);
        if there {
            self.write()?;
        }
        Ok(there)
    }

    fn forget(&mut self, user: &str) -> bool {
        let before = self.lines.len();
        self.lines.retain(|line| line.split_once(':').is_none_or(|(name, _)| name != user));
        self.lines.len() < before
    }

    fn write(&self) -> Result<(), BadPasswordFile> {
        self.replace().map_err(|source| BadPasswordFile::Unwritable { path: self.path.clone(), source })
    }

    /// Beside the old file, with its owner and mode, and then in its place.
    fn replace(&self) -> io::Result<()> {
        let mut beside = self.path.clone().into_os_string();
        beside.push(format!(".{}", std::process::id()));
        let beside = PathBuf::from(beside);
        let written = self.fill(&beside).and_then(|()| fs::rename(&beside, &self.path));
        if written.is_err() {
            // It never came into force; nobody misses it.
            let _ = fs::remove_file(&beside);
        }
        written
    }

    fn fill(&self, beside: &Path) -> io::Result<()> {
        let mut file = File::options().write(true).create_new(true).mode(MODE).open(beside)?;
        for line in &self.lines {
            writeln!(file, "{line}")?;
        }
        if let Ok(before) = fs::metadata(&self.path) {
            file.set_permissions(Permissions::from_mode(before.mode() & 0o777))?;
            let own = file.metadata()?;
            if (own.uid(), own.gid()) != (before.uid(), before.gid()) {
                chown(beside, Some(before.uid()), Some(before.gid()))?;
            }
        }
        file.sync_all()
    }
}
