//! Reads `protocols/clinical/<protocol>/`: what is asked and when, what is said, and the conversations that prove it.

mod draft;
mod follow_up;
mod head;
mod messages;
mod question;
mod schedule;
mod soundness;

use std::collections::BTreeMap;
use std::sync::Arc;

use ring::digest;

use crate::domain::id::ProtocolId;
use crate::domain::protocol::Protocol;
use crate::domain::rule::Rule;

use super::dialogue::Unproved;
use super::fault::{Fault, Report};
use super::rule::is_name;
use super::source::SourceFile;
use super::words::ENGLISH;

use draft::Draft;

const PROTOCOL: &str = "protocol.toml";

/// The protocols of a folder, and what was counted on the way.
#[derive(Debug, Default)]
pub(super) struct Protocols<'f> {
    pub(super) protocols: BTreeMap<ProtocolId, Arc<Protocol>>,
    pub(super) unproved: Vec<Unproved<'f>>,
    pub(super) notices: Vec<Fault>,
}

/// The files of one protocol.
#[derive(Debug, Default)]
struct Folder<'f> {
    /// How faults name it.
    shown: String,
    protocol: Option<&'f SourceFile>,
    messages: BTreeMap<&'f str, &'f SourceFile>,
    tests: Vec<&'f SourceFile>,
}

/// Reads every folder among `files`. `rules` are those that protocols may name; nothing when they did not load, and then
/// names of rules are not held against them.
///
/// Files outside a folder are another reader's. Inside, whatever is not read is a fault, so that a misspelt language is
/// never one that patients silently do not get.
pub(super) fn read<'f>(
    files: &'f [SourceFile],
    rules: Option<&[Rule]>,
    faults: &mut Vec<Fault>,
) -> Protocols<'f> {
    let mut folders: BTreeMap<&str, Folder<'f>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.parts.len() > 1) {
        if let Err(why) = place(file, &mut folders) {
            faults.push(Fault::whole(&file.shown, why));
        }
    }
    let mut loaded = Protocols::default();
    let mut keywords: BTreeMap<String, &str> = BTreeMap::new();
    for (name, folder) in &folders {
        let Some(file) = folder.protocol else {
            let why = format!("{PROTOCOL} is missing from this folder; add it or take the folder out");
            faults.push(Fault::whole(&folder.shown, why));
            continue;
        };
        let mut report = Report::new(&file.shown, &file.text);
        if !is_name(name) {
            report.add(0..0, format!("its folder '{name}' is not a name; use a to z, 0 to 9 and '_'"));
        }
        let draft = head::read(name, &file.text, &mut report);
        if let Some(draft) = &draft {
            soundness::check(draft, rules, &mut report);
            if let Some(word) = &draft.protocol.keyword
                && let Some(owner) = keywords.insert(word.clone(), name)
            {
                report.add(draft.marks.at("keyword"), format!("'{word}' enrols on '{owner}' already"));
            }
        }
        loaded.add(folder, file, draft, report, faults);
    }
    loaded
}

/// Puts a file where its folder expects it.
fn place<'f>(file: &'f SourceFile, folders: &mut BTreeMap<&'f str, Folder<'f>>) -> Result<(), String> {
    let [name, file_name] = file.parts.as_slice() else {
        return Err(
            "nothing reads this file; a protocol's files stand in one folder, without others".to_owned()
        );
    };
    let folder = folders.entry(name).or_default();
    folder.shown = file.shown.strip_suffix(&format!("/{file_name}")).unwrap_or(&file.shown).to_owned();
    let language = file_name.strip_prefix("messages.").and_then(|rest| rest.strip_suffix(".toml"));
    if file_name == PROTOCOL {
        folder.protocol = Some(file);
    } else if let Some(language) = language {
        if language.len() != 2 || !language.bytes().all(|b| b.is_ascii_lowercase()) {
            return Err(format!(
                "'{language}' is not a language's two letters (ISO 639-1), such as cy or ur"
            ));
        }
        folder.messages.insert(language, file);
    } else if file_name.ends_with("_test.toml") {
        folder.tests.push(file);
    } else {
        return Err(format!(
            "nothing reads this file; a protocol has {PROTOCOL}, messages.<language>.toml and <any>_test.toml"
        ));
    }
    Ok(())
}

impl<'f> Protocols<'f> {
    /// Holds the messages against the protocol and each other, and keeps it if nothing is wrong.
    fn add(
        &mut self,
        folder: &Folder<'f>,
        file: &'f SourceFile,
        draft: Option<Draft>,
        mut report: Report<'_>,
        faults: &mut Vec<Fault>,
    ) {
        let before = faults.len();
        if !folder.messages.contains_key(ENGLISH) {
            report.add(0..0, "messages.en.toml is missing beside it; the texts stand there");
        }
        let needs = draft.as_ref().map(|draft| messages::Needs::of(&draft.protocol));
        let mut spoken = BTreeMap::new();
        let english = folder.messages.get_key_value(ENGLISH).into_iter();
        let others = folder.messages.iter().filter(|(language, _)| **language != ENGLISH);
        let mut english_texts: Option<BTreeMap<String, String>> = None;
        for (language, file) in english.chain(others) {
            let mut told = Report::new(&file.shown, &file.text);
            if let Some(read) = messages::read(&file.text, language, &mut told) {
                if let Some(needs) = &needs {
                    messages::hold(&read, needs, english_texts.as_ref(), &mut told, &mut self.notices);
                }
                if *language == ENGLISH {
                    english_texts = Some(read.texts());
                }
                spoken.insert((*language).to_owned(), read.into_messages());
            }
            faults.extend(told.into_faults());
        }
        let is_sound = report.is_clean() && faults.len() == before;
        faults.extend(report.into_faults());
        if let (Some(draft), true) = (draft, is_sound) {
            let version = version(folder);
            let protocol = Protocol { version, messages: spoken, ..draft.protocol };
            let protocol = Arc::new(protocol);
            let (tests, unproved) = (folder.tests.clone(), Arc::clone(&protocol));
            self.unproved.push(Unproved { protocol: unproved, file, tests });
            self.protocols.insert(protocol.id.clone(), protocol);
        }
    }
}

/// What prompts and messages name as the protocol's version: the first 16 hex digits of the SHA-256 of its files, each
/// with its name, in the order of names. Its tests change nothing for a patient and are left out.
fn version(folder: &Folder<'_>) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for file in folder.messages.values().copied().chain(folder.protocol) {
        for part in [file.name(), &file.text] {
            context.update(part.as_bytes());
            context.update(&[0]);
        }
    }
    context.finish().as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
