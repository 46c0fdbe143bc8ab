use std::path::Path;

use jiff::Timestamp;
use lamplight::catalog::{self, Source};
use lamplight::domain::alert::Severity;
use lamplight::domain::chart::Chart;
use lamplight::domain::decide::Catalog;
use lamplight::domain::history::History;
use lamplight::domain::id::EventId;
use lamplight::domain::reading::{Beyond, Measurement};
use lamplight::domain::threshold::Thresholds;
use lamplight::domain::vital::Vital;
use lamplight::domain::wording::Phrase;

pub fn shipped() -> Catalog {
    catalog::built_in().unwrap_or_else(|faults| {
        let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

#[test]
fn the_built_in_files_are_those_on_disk() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let disk = catalog::load(
        &Source::Directory(root.join("alert_rules")),
        &Source::Directory(root.join("protocols/clinical")),
    )
    .unwrap();
    let built_in = shipped();
    assert_eq!(built_in.rules, disk.rules);
    assert_eq!(built_in.wording, disk.wording);
}

#[test]
fn the_shipped_rules_are_these_and_each_says_where_its_numbers_come_from() {
    let catalog = shipped();
    let mut ids: Vec<_> = catalog.rules.iter().map(|rule| rule.id.as_str()).collect();
    ids.sort_unstable();
    // Patients' own limits and past alerts point to these names: none may vanish unnoticed.
    insta::assert_snapshot!(ids.join("\n"));
    for rule in &catalog.rules {
        assert!(rule.evidence.contains("for a clinician to confirm"), "{}", rule.id);
        assert_eq!(rule.version.len(), 16, "{}", rule.id);
        assert!(rule.bands.windows(2).all(|pair| pair[0].severity > pair[1].severity), "{}", rule.id);
    }
}

#[test]
fn the_readme_lists_every_rule_with_the_questions_it_listens_to() {
    let readme = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/alert_rules/README.md"));
    for rule in shipped().rules {
        let name = format!("| `{}` ({}) | {} |", rule.id, rule.condition, rule.figure.kind());
        let line = readme.lines().find(|line| line.starts_with(&name));
        let line = line.unwrap_or_else(|| panic!("{name} is not in the table"));
        for question in rule.questions() {
            assert!(line.contains(&format!("`{question}`")), "{question} is not in: {line}");
        }
    }
}

#[test]
fn every_red_reply_says_what_to_do_in_an_emergency() {
    for rule in shipped().rules {
        for band in rule.bands.iter().filter(|band| band.severity == Severity::Red) {
            assert!(band.reply.contains("999"), "{}: {}", rule.id, band.reply);
        }
    }
}

#[test]
fn a_changed_byte_is_another_version() {
    let versions: std::collections::BTreeSet<_> =
        shipped().rules.into_iter().map(|rule| rule.version).collect();
    assert_eq!(versions.len(), shipped().rules.len());
}

#[test]
fn a_meter_that_shows_lo_or_hi_reaches_the_worst_band() {
    for (side, id) in [(Beyond::Low, "glucose_low"), (Beyond::High, "glucose_high")] {
        let catalog = shipped();
        let rule = catalog.rules.iter().find(|rule| rule.id.as_str() == id).unwrap();
        let measured = [Measurement::off_scale(Vital::Glucose, side)];
        let (set, history) = (EventId::trusted("e"), History::default());
        let chart = Chart::of(&set, Timestamp::UNIX_EPOCH, &measured, &history);
        let finding = rule.judge(&chart, &Thresholds::default()).unwrap().unwrap();
        assert_eq!(finding.band.severity, Severity::Red, "{id}");
    }
}

#[test]
fn a_value_in_a_phrase_is_never_taken_for_a_placeholder() {
    let said =
        shipped().wording.english().say(Phrase::Breach, &[("readings", "{advice}"), ("advice", "Rest.")]);
    assert_eq!(said, "We have your reading: {advice}. Rest.");
}

#[test]
fn the_line_to_an_unknown_number_gives_no_advice() {
    let said = shipped().wording.english().say(Phrase::UnknownSender, &[]);
    assert_eq!(said, "Sorry, we do not know this phone number, so we cannot answer your text.");
}
