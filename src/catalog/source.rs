//! Where clinical files come from: a folder on disk, or those built into the binary.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::fault::{Fault, position};

static RULES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/alert_rules");
static DEVICES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/protocols/devices");
static PROTOCOLS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/protocols/clinical");

/// Folders inside a source; deeper ones are refused rather than followed.
const DEEPEST: usize = 3;

/// A folder of clinical files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Directory(PathBuf),
    /// `alert_rules/` as it was when this binary was built.
    BuiltInRules,
    /// `protocols/clinical/` as it was when this binary was built.
    BuiltInProtocols,
    /// `protocols/devices/` as it was when this binary was built.
    BuiltInDevices,
}

/// One file, read. `parts` are its folders and name below the source.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub(super) shown: String,
    pub(super) parts: Vec<String>,
    pub(super) text: String,
}

impl SourceFile {
    pub(super) fn name(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    /// The name without `.toml`, if it ends so.
    pub(super) fn stem(&self) -> Option<&str> {
        self.name().strip_suffix(".toml")
    }
}

impl Source {
    /// How faults name the source.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Directory(path) => path.display().to_string(),
            Self::BuiltInRules => "alert_rules".to_owned(),
            Self::BuiltInProtocols => "protocols/clinical".to_owned(),
            Self::BuiltInDevices => "protocols/devices".to_owned(),
        }
    }

    /// Every file that is there, by path. README.md, hidden files and editors' backups (`~`) are passed over.
    pub(super) fn read(&self, faults: &mut Vec<Fault>) -> Vec<SourceFile> {
        let mut files = Vec::new();
        match self {
            Self::Directory(path) => walk(path, &mut Vec::new(), &mut files, faults),
            Self::BuiltInRules => unpack(&self.shown(), &RULES, &mut files, faults),
            Self::BuiltInProtocols => unpack(&self.shown(), &PROTOCOLS, &mut files, faults),
            Self::BuiltInDevices => unpack(&self.shown(), &DEVICES, &mut files, faults),
        }
        files.sort_by(|a, b| a.parts.cmp(&b.parts));
        files
    }
}

fn walk(folder: &Path, parts: &mut Vec<String>, files: &mut Vec<SourceFile>, faults: &mut Vec<Fault>) {
    let shown = folder.display().to_string();
    if parts.len() > DEEPEST {
        faults.push(Fault::whole(shown, "this folder is too deep; move its files up"));
        return;
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return faults.push(Fault::whole(shown, unreadable("folder", &error))),
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                faults.push(Fault::whole(&shown, unreadable("folder", &error)));
                continue;
            }
        };
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_passed_over(&name) {
            continue;
        }
        let path = entry.path();
        parts.push(name);
        if path.is_dir() {
            walk(&path, parts, files, faults);
        } else {
            let shown = path.display().to_string();
            match fs::read(&path) {
                Ok(bytes) => keep(shown, parts.clone(), &bytes, files, faults),
                Err(error) => faults.push(Fault::whole(shown, unreadable("file", &error))),
            }
        }
        parts.pop();
    }
}

fn unpack(root: &str, folder: &Dir<'static>, files: &mut Vec<SourceFile>, faults: &mut Vec<Fault>) {
    for file in folder.files() {
        let parts: Vec<_> =
            file.path().components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        if !parts.iter().any(|part| is_passed_over(part)) {
            keep(format!("{root}/{}", parts.join("/")), parts, file.contents(), files, faults);
        }
    }
    for inner in folder.dirs() {
        unpack(root, inner, files, faults);
    }
}

fn keep(
    shown: String,
    parts: Vec<String>,
    bytes: &[u8],
    files: &mut Vec<SourceFile>,
    faults: &mut Vec<Fault>,
) {
    match std::str::from_utf8(bytes) {
        Ok(text) => files.push(SourceFile { shown, parts, text: text.to_owned() }),
        Err(error) => {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let (line, column) = position(&good, good.len());
            faults.push(Fault {
                file: shown,
                line,
                column,
                why: "this is not UTF-8 text; save it as UTF-8".to_owned(),
            });
        }
    }
}

fn is_passed_over(name: &str) -> bool {
    name == "README.md" || name.starts_with('.') || name.ends_with('~')
}

fn unreadable(what: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no such {what}; name one that exists"),
        io::ErrorKind::PermissionDenied => {
            format!("this {what} may not be read; give Lamplight the right to")
        }
        _ => format!("this {what} cannot be read: {error}"),
    }
}
