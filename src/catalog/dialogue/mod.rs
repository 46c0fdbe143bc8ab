//! Proves protocols by conversations: what stands in `*_test.toml` is played under a virtual clock, in every language.

mod case;
mod play;

use std::sync::Arc;

use crate::domain::decide::Catalog;
use crate::domain::id::ProtocolId;
use crate::domain::protocol::Protocol;
use crate::domain::segment;

use super::case::Kind;
use super::fault::{Fault, Report};
use super::source::SourceFile;

use case::Case;

/// Text messages, in plain letters, that the parts of one text may take together before it is worth a notice.
const USUAL_SEGMENTS: u32 = 2;

/// A conversation as it went, with every text in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialogue {
    pub protocol: ProtocolId,
    pub name: String,
    /// `fires`, `quiet` or `boundary`.
    pub kind: &'static str,
    /// Whether it went as its file says.
    pub as_written: bool,
    pub transcript: String,
}

/// A protocol that was read, and the files that must prove it.
#[derive(Debug)]
pub(super) struct Unproved<'f> {
    pub(super) protocol: Arc<Protocol>,
    pub(super) file: &'f SourceFile,
    pub(super) tests: Vec<&'f SourceFile>,
}

/// Plays the conversations of every protocol.
pub(super) fn prove(
    catalog: &Catalog,
    unproved: &[Unproved<'_>],
    faults: &mut Vec<Fault>,
    notices: &mut Vec<Fault>,
) -> Vec<Dialogue> {
    let mut dialogues = Vec::new();
    for Unproved { protocol, file, tests } in unproved {
        let mut kinds = Vec::new();
        for test in tests {
            let mut report = Report::new(&test.shown, &test.text);
            let cases = case::read(&test.text, catalog, &mut report);
            kinds.extend(cases.iter().map(|case| case.kind));
            for case in &cases {
                dialogues.extend(prove_case(catalog, protocol, case, &mut report, notices));
            }
            faults.extend(report.into_faults());
        }
        let mut report = Report::new(&file.shown, &file.text);
        for kind in Kind::ALL.into_iter().filter(|kind| !kinds.contains(kind)) {
            let why = format!("no conversation of the kind '{}' stands beside it; it needs one", kind.name());
            report.add(0..0, why);
        }
        faults.extend(report.into_faults());
    }
    dialogues
}

/// A case is played in its own language first; the others must come to the same.
fn prove_case(
    catalog: &Catalog,
    protocol: &Protocol,
    case: &Case,
    report: &mut Report<'_>,
    notices: &mut Vec<Fault>,
) -> Option<Dialogue> {
    let languages = protocol.messages.keys().map(String::as_str).filter(|code| *code != case.language);
    let mut dialogue = None;
    for language in std::iter::once(case.language.as_str()).chain(languages) {
        let whose = if language == case.language { String::new() } else { format!(" in '{language}'") };
        let (house, difference) = match play::play(catalog, protocol, case, language) {
            Ok((house, difference)) => (Some(house), difference),
            Err(difference) => (None, Some(difference)),
        };
        if let Some(house) = &house {
            dialogue.get_or_insert_with(|| Dialogue {
                protocol: protocol.id.clone(),
                name: case.name.clone(),
                kind: case.kind.name(),
                as_written: difference.is_none(),
                transcript: house.transcript(),
            });
        }
        if let Some(difference) = difference {
            report.add(difference.place, format!("'{}'{whose}: {}", case.name, difference.why));
            break;
        }
        if case.kind == Kind::Boundary
            && language == case.language
            && house.as_ref().is_some_and(|house| !house.came_to_an_edge())
        {
            let why = "nothing here stands on an edge: send a number that is exactly a limit, or in the last minute of a \
                       window, or let a window pass; or call it fires or quiet";
            report.add(case.kind_mark.clone(), why);
        }
        for (line, expected) in house.iter().flat_map(|house| house.lines()).zip(&case.lines) {
            let Some(counted) = line.body.as_ref().map(|body| segment::count(body)) else { continue };
            if !counted.fits(USUAL_SEGMENTS) {
                let segments = counted.segments;
                let why = format!("in '{language}' this text takes {segments} text messages");
                notices.push(report.fault(expected.place.clone(), why));
            }
        }
    }
    dialogue
}
