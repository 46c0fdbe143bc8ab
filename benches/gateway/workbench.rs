//! Where the benchmark works: a folder on a real disk, databases to copy, and a provider of text messages that takes
//! everything.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::gateway::Site;
use crate::sms_sink::SmsSink;

#[derive(Debug)]
pub struct Workbench {
    pub sms: SmsSink,
    // Goes before its folder does.
    templates: BTreeMap<u32, Site>,
    folder: Folder,
    next: u32,
}

#[derive(Debug)]
struct Folder(PathBuf);

impl Workbench {
    pub fn new() -> Result<Self> {
        // Beside the build, not in /tmp: that may be memory, where a commit costs nothing.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("gateway-{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(Self { sms: SmsSink::start()?, templates: BTreeMap::new(), folder: Folder(folder), next: 0 })
    }

    /// The folder for what is needed once.
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// A site of its own with this many patients, enrolled once in a run and copied.
    pub fn site(&mut self, patients: u32) -> Result<Site> {
        if !self.templates.contains_key(&patients) {
            let site = Site::with_patients(self.folder.0.join(format!("template-{patients}")), patients)?;
            self.templates.insert(patients, site);
        }
        let template = &self.templates[&patients];
        self.next += 1;
        template.copy(self.folder.0.join(format!("site-{}", self.next)))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A site that outlived us has its files in there; they are of no more use either.
        let _ = fs::remove_dir_all(&self.0);
    }
}
