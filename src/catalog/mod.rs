//! Loads the clinical files into domain types and proves them; faults name file, line and column.
//!
//! Rules stand in `alert_rules/<condition>/<rule>.toml` with their tests beside them; protocols in
//! `protocols/clinical/<protocol>/`, and what all of them say alike in `protocols/clinical/messages.<language>.toml`. A
//! catalog loads whole or not at all: one rule that does not hold, or that has too few tests, keeps the rest from running
//! without it unseen. Nothing here knows a patient or a store.

mod case;
mod device;
mod dialogue;
mod fault;
mod folder;
mod proof;
mod protocol;
mod reading_age;
mod rule;
mod site;
mod soundness;
mod source;
mod table;
mod term;
mod wording;
mod words;

pub use dialogue::Dialogue;
pub use fault::Fault;
pub use site::{parse_site, read_site};
pub use source::Source;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use ring::digest;

use crate::domain::decide::{Catalog, ClinicalFile, FileKind};
use crate::domain::id::ProtocolId;
use crate::domain::organisation::Organisation;
use crate::domain::profile::Book;
use crate::domain::protocol::Protocol;
use crate::domain::rule::Rule;
use crate::domain::wording::Wordings;

use fault::Report;
use protocol::Protocols;
use source::SourceFile;

/// What the site's file is kept as, wherever it lies.
const SITE: &str = "site.toml";

/// A catalog whose tests all hold, and how much was proved.
#[derive(Debug, Clone)]
pub struct Proved {
    pub catalog: Catalog,
    pub cases: usize,
    /// In all languages.
    pub phrases: usize,
    pub dialogues: usize,
    /// What is not wrong, and worth knowing: texts that take two text messages.
    pub notices: Vec<Fault>,
}

/// Reads device profiles and proves each by its samples.
///
/// # Errors
/// Every fault of every file.
pub fn devices(profiles: &Source) -> Result<Book, Vec<Fault>> {
    let mut faults = Vec::new();
    let profiles = device::read_all(profiles, &mut faults);
    if faults.is_empty() {
        return Ok(Book::new(profiles));
    }
    faults.sort();
    Err(faults)
}

/// The clinical files with device profiles beside them: part of what is in force, and of its name.
pub fn with_devices(catalog: Catalog, devices: Book) -> Catalog {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(catalog.fingerprint.as_bytes());
    for profile in devices.profiles() {
        context.update(profile.version.as_bytes());
    }
    let files = devices.profiles().iter().map(|profile| ClinicalFile {
        kind: FileKind::Device,
        name: format!("{}.toml", profile.id),
        hash: profile.version.clone(),
        text: profile.text.clone(),
    });
    let files = catalog.files.iter().cloned().chain(files).collect();
    Catalog { fingerprint: hex(context.finish()), devices: Arc::new(devices), files, ..catalog }
}

/// The device profiles that this binary was built with.
///
/// # Errors
/// None in a binary whose tests passed.
pub fn built_in_devices() -> Result<Book, Vec<Fault>> {
    static PROVED: LazyLock<Result<Book, Vec<Fault>>> = LazyLock::new(|| devices(&Source::BuiltInDevices));
    PROVED.clone()
}

/// Loads rules (`alert_rules/`) and words (`protocols/clinical/`), and runs the rules' tests.
///
/// # Errors
/// Every fault of every file, in the order of files and lines.
pub fn load(rules: &Source, wording: &Source) -> Result<Catalog, Vec<Fault>> {
    prove(rules, wording).map(|proved| proved.catalog)
}

/// The catalog that this binary was built with. Proved once a process: these files do not change under it.
///
/// # Errors
/// None in a binary whose tests passed.
pub fn built_in() -> Result<Catalog, Vec<Fault>> {
    static PROVED: LazyLock<Result<Catalog, Vec<Fault>>> =
        LazyLock::new(|| load(&Source::BuiltInRules, &Source::BuiltInProtocols));
    PROVED.clone()
}

/// As [`load`], and says how much was proved.
///
/// # Errors
/// As [`load`].
pub fn prove(rules: &Source, clinical: &Source) -> Result<Proved, Vec<Fault>> {
    rehearse(rules, clinical).0
}

/// As [`prove`], with the conversations of all protocols as they went, in the order of folders and files.
pub fn rehearse(rules: &Source, clinical: &Source) -> (Result<Proved, Vec<Fault>>, Vec<Dialogue>) {
    let mut faults = Vec::new();
    let files = clinical.read(&mut faults);
    let wording = wording::read(&clinical.shown(), &files, &mut faults);
    let before = faults.len();
    let rules = folder::read(rules, wording.as_ref(), &mut faults);
    // Of rules that did not load no name can be told right from wrong.
    let known = (faults.len() == before).then_some(rules.rules.as_slice());
    let wording = wording.map(|english| {
        let others = wording::read_others(&files, &english, known, &mut faults);
        Wordings::new(english, others)
    });
    let loaded = protocol::read(&files, known, &mut faults);
    let Protocols { protocols, unproved, mut notices } = loaded;
    let are_rules_sound = known.is_some();
    let cases = rules.cases;
    let mut kept = rules.files;
    kept.extend(files.iter().filter_map(keep));
    let fingerprint = fingerprint(&rules.rules, &protocols, &files);
    let catalog = wording.map(|wording| Catalog {
        rules: rules.rules,
        wording,
        protocols,
        devices: Arc::default(),
        site: Arc::new(Organisation::unwritten()),
        fingerprint,
        files: kept.into(),
    });
    let mut dialogues = Vec::new();
    // With half of the rules or words every conversation would go otherwise, and say nothing of its protocol.
    if let (Some(catalog), true) = (&catalog, are_rules_sound) {
        dialogues = dialogue::prove(catalog, &unproved, &mut faults, &mut notices);
    }
    let proved = match catalog {
        Some(catalog) if faults.is_empty() => Ok(Proved {
            cases,
            phrases: catalog.wording.all().map(|wording| wording.templates().count()).sum(),
            dialogues: dialogues.len(),
            notices,
            catalog,
        }),
        _ => {
            faults.sort();
            faults.dedup();
            Err(faults)
        }
    };
    (proved, dialogues)
}

/// A catalog with the site's file in place of the unwritten site. It is another one to the audit: a change of the site
/// alone is a change of the files in force.
pub fn at_site(catalog: Catalog, site: Organisation) -> Catalog {
    let fingerprint = hash([catalog.fingerprint.as_str(), site.version.as_str()]);
    let file = site.is_written().then(|| ClinicalFile {
        kind: FileKind::Site,
        name: SITE.to_owned(),
        hash: site.version.clone(),
        text: site.text.clone(),
    });
    let files = catalog.files.iter().cloned().chain(file).collect();
    Catalog { site: Arc::new(site), fingerprint, files, ..catalog }
}

/// Reads a rule as it once was, from the text that was kept of it. Its tests held then, and are not run again.
///
/// # Errors
/// When this version of Lamplight understands the text no more.
pub fn reread(name: &str, text: &str) -> Result<Rule, Vec<Fault>> {
    let mut report = Report::new(name, text);
    let (condition, file) = name.split_once('/').unwrap_or_default();
    let draft = rule::read(file.trim_end_matches(".toml"), condition, text, &mut report);
    match draft {
        Some(draft) if report.is_clean() => Ok(draft.rule),
        _ => Err(report.into_faults()),
    }
}

/// A file of words or of a protocol that patients may have met. Tests and conversations are none.
fn keep(file: &SourceFile) -> Option<ClinicalFile> {
    let kind = match file.parts.len() {
        1 => FileKind::Wording,
        _ if file.name() == "protocol.toml" || file.name().starts_with("messages.") => FileKind::Protocol,
        _ => return None,
    };
    Some(ClinicalFile {
        kind,
        name: file.parts.join("/"),
        hash: rule::version(&file.text),
        text: file.text.clone(),
    })
}

/// What the audit names as the clinical files in force: the SHA-256 of the versions of all rules and protocols and of the
/// words that protocols share. Tests change nothing for a patient and are left out.
fn fingerprint(
    rules: &[Rule],
    protocols: &BTreeMap<ProtocolId, Arc<Protocol>>,
    files: &[SourceFile],
) -> String {
    let rules =
        rules.iter().flat_map(|rule| [rule.condition.as_str(), rule.id.as_str(), rule.version.as_str()]);
    let protocols = protocols.iter().flat_map(|(id, protocol)| [id.as_str(), protocol.version.as_str()]);
    let shared = files.iter().filter(|file| file.parts.len() == 1);
    let shared = shared.flat_map(|file| [file.name(), file.text.as_str()]);
    hash(rules.chain(protocols).chain(shared))
}

fn hash<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part.as_bytes());
        context.update(&[0]);
    }
    hex(context.finish())
}

fn hex(hash: digest::Digest) -> String {
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
