//! `lamplight check`: validates the clinical files and runs the rules' tests.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::coverage::CoverageArgs;
use crate::catalog::{self, Dialogue, Proved, Source};
use crate::domain::organisation::Organisation;
use crate::domain::profile::Book;

const PROTOCOLS: &str = "protocols";
const RULES: &str = "alert_rules";

/// Which folders to check. Where neither is named and the usual one does not exist, the files built into this binary
/// are checked.
#[derive(Debug, Clone, Default, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct CheckArgs {
    #[command(subcommand)]
    pub subject: Option<CheckSubject>,
    /// Folder of protocols, with `clinical/` in it [default: protocols, else those built in]
    #[arg(long, value_name = "DIR")]
    pub protocols: Option<PathBuf>,
    /// Folder of alert rules [default: alert_rules, else those built in]
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// The site's file: teams, chains and rotas. It is only checked if it is named
    #[arg(long, value_name = "FILE")]
    pub site: Option<PathBuf>,
    /// Print the conversations of a protocol, or of all, as they went, with every text in full
    #[arg(long, value_name = "PROTOCOL", num_args = 0..=1, default_missing_value = "")]
    pub dialogues: Option<String>,
}

/// What can be checked besides the clinical files.
#[derive(Debug, Clone, Subcommand)]
pub enum CheckSubject {
    /// Proves that an amber and a red alert reach somebody at every instant of the days ahead
    Coverage(CoverageArgs),
}

/// Prints each fault as `file:line:column: sentence`, or one line when there is none. Says whether all is good.
///
/// # Errors
/// When `out` cannot be written to.
pub fn run(args: &CheckArgs, out: &mut impl Write) -> io::Result<bool> {
    let rules = choose(args.rules.as_deref(), Path::new(RULES), Source::BuiltInRules);
    let wording = choose(args.protocols.as_deref(), Path::new(PROTOCOLS), Source::BuiltInProtocols);
    // The messages have a room of their own beside the device profiles.
    let wording = match wording {
        Source::Directory(folder) => Source::Directory(folder.join("clinical")),
        built_in => built_in,
    };
    let devices = match &wording {
        // The profiles stand beside the clinical files; a site without devices of its own need not have the folder.
        Source::Directory(clinical) => match clinical.with_file_name("devices") {
            folder if folder.is_dir() => catalog::devices(&Source::Directory(folder)),
            _ => Ok(Book::default()),
        },
        _ => catalog::built_in_devices(),
    };
    let (proved, dialogues) = catalog::rehearse(&rules, &wording);
    if let Some(wanted) = &args.dialogues {
        if !wanted.is_empty() && dialogues.iter().all(|dialogue| dialogue.protocol.as_str() != wanted) {
            let known: BTreeSet<_> = dialogues.iter().map(|dialogue| dialogue.protocol.as_str()).collect();
            let known: Vec<_> = known.into_iter().collect();
            writeln!(
                out,
                "there are no conversations of '{wanted}'; there are those of: {}",
                known.join(", ")
            )?;
            return Ok(false);
        }
        let is_wanted = |dialogue: &&Dialogue| wanted.is_empty() || dialogue.protocol.as_str() == wanted;
        for Dialogue { protocol, name, kind, as_written, transcript } in dialogues.iter().filter(is_wanted) {
            let verdict = if *as_written { "" } else { ", NOT AS WRITTEN" };
            writeln!(out, "# {protocol}: {name} ({kind}{verdict})\n\n{transcript}")?;
        }
    }
    let site = args.site.as_deref().map(catalog::read_site).transpose();
    match (proved, devices, site) {
        (Ok(proved), Ok(devices), Ok(site)) => {
            for notice in &proved.notices {
                writeln!(out, "{notice} (a notice)")?;
            }
            // Whoever checks in the wrong folder must not take the built-in rules for their own.
            let whose =
                if rules == Source::BuiltInRules { " (the rules built into this binary)" } else { "" };
            let profiles = devices.profiles().len();
            let site = site.as_ref().map(site_counts).unwrap_or_default();
            writeln!(out, "{}, {profiles} device profiles{site}: all good{whose}", counts(&proved))?;
            Ok(true)
        }
        (proved, devices, site) => {
            for fault in proved.err().into_iter().chain(devices.err()).chain(site.err()).flatten() {
                writeln!(out, "{fault}")?;
            }
            Ok(false)
        }
    }
}

/// How much was proved, in one line.
fn counts(proved: &Proved) -> String {
    let protocols = &proved.catalog.protocols;
    let spoken: Vec<_> = protocols.values().flat_map(|protocol| &protocol.messages).collect();
    let common = || proved.catalog.wording.others();
    let mut languages: BTreeSet<_> = spoken.iter().map(|(language, _)| language.as_str()).collect();
    languages.extend(common().map(|(language, _)| language));
    let unsigned = spoken.iter().filter(|(_, messages)| !messages.signed_off).count()
        + common().filter(|(_, wording)| !wording.signed_off).count();
    let texts: usize = spoken.iter().map(|(_, messages)| messages.texts.len()).sum::<usize>()
        + common().map(|(_, wording)| wording.replies().count()).sum::<usize>();
    format!(
        "{} rules, {} cases, {} phrases, {} protocols, {} dialogues, {} languages, {texts} texts, {unsigned} translations not signed off, {} notices",
        proved.catalog.rules.len(),
        proved.cases,
        proved.phrases,
        protocols.len(),
        proved.dialogues,
        languages.len(),
        proved.notices.len(),
    )
}

fn site_counts(site: &Organisation) -> String {
    format!(", {} teams, {} rotas, {} services", site.teams.len(), site.rotas.len(), site.services.len())
}

pub(super) fn choose(named: Option<&Path>, usual: &Path, built_in: Source) -> Source {
    match named {
        Some(folder) => Source::Directory(folder.to_owned()),
        None if usual.is_dir() => Source::Directory(usual.to_owned()),
        None => built_in,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_files_stand_in_only_where_nothing_is_named_and_nothing_is_there() {
        let (here, gone) = (Path::new("src"), Path::new("no/such/folder"));
        let choose = |named, usual| choose(named, usual, Source::BuiltInRules);
        assert_eq!(choose(None, gone), Source::BuiltInRules);
        assert_eq!(choose(None, here), Source::Directory(here.to_owned()));
        assert_eq!(choose(Some(gone), here), Source::Directory(gone.to_owned()));
    }
}
