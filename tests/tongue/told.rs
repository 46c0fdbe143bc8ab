//! What patients are told in Welsh, Polish and Urdu.

use std::sync::LazyLock;

use jiff::Timestamp;
use lamplight::catalog;
use lamplight::domain::alert::Severity;
use lamplight::domain::decide::{Catalog, describe};
use lamplight::domain::id::{PatientId, ProtocolId};
use lamplight::domain::patient::Patient;
use lamplight::domain::reading::{Beyond, Measurement};
use lamplight::domain::rehearsal::Rehearsal;
use lamplight::domain::segment;
use lamplight::domain::vital::Vital;
use lamplight::domain::wording::{Phrase, Term, fill};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| catalog::built_in().unwrap());

const LANGUAGES: [&str; 3] = ["cy", "pl", "ur"];
/// Those that are spoken in every language.
const SPOKEN: [&str; 6] =
    ["bp_poor_control", "bp_stable", "copd", "diabetes_glucose", "home_bp_diagnosis", "medication_reminder"];

fn minute(text: &str) -> Timestamp {
    format!("{text}:00Z").parse().unwrap()
}

/// A patient of this language on a protocol from the second of March on.
fn rehearse(language: &str, protocol: &str) -> Rehearsal<'static> {
    let patient = Patient {
        name: Some("Ada Lovelace".to_owned()),
        language: language.to_owned(),
        ..Patient::unknown(PatientId::trusted("ada"))
    };
    let mut rehearsal = Rehearsal::new(&CATALOG, patient, minute("2026-03-01T12:00"));
    rehearsal.enrol(&ProtocolId::trusted(protocol), "2026-03-02".parse().unwrap(), None).unwrap();
    rehearsal
}

/// Texts at their minutes, and then the whole conversation.
fn talk(language: &str, protocol: &str, texts: &[(&str, &str)], until: &str) -> String {
    let mut rehearsal = rehearse(language, protocol);
    for (at, text) in texts {
        rehearsal.pass_to(minute(at));
        rehearsal.text(text);
    }
    rehearsal.pass_to(minute(until));
    rehearsal.transcript()
}

/// A week at home: fine, too high and measured again, a slip that is confirmed, what cannot be read, and an emergency.
fn week(language: &str, yes: &str, cry: &str) -> String {
    let texts = [
        ("2026-03-02T08:10", "BP 126 74"),
        ("2026-03-02T18:10", "BP 158 96 pulse 88"),
        ("2026-03-02T18:45", "BP 138 88"),
        ("2026-03-03T08:05", "BP 235 120"),
        ("2026-03-03T08:08", yes),
        ("2026-03-03T18:05", "128 over 76 over 9 over 12"),
        ("2026-03-03T18:15", "HELP"),
        ("2026-03-03T19:00", cry),
    ];
    talk(language, "home_bp_diagnosis", &texts, "2026-03-03T19:30")
}

#[test]
fn a_week_in_welsh() {
    insta::assert_snapshot!(week("cy", "Ydy", "Mae poen yn fy mrest"));
}

#[test]
fn a_week_in_polish() {
    insta::assert_snapshot!(week("pl", "Tak", "nie mogę oddychać"));
}

#[test]
fn a_week_in_urdu() {
    insta::assert_snapshot!(week("ur", "جی ہاں", "سینے میں درد ہے"));
}

#[test]
fn a_chest_that_is_worse_in_each_language() {
    let unwell = [("cy", "Ydw"), ("pl", "Tak"), ("ur", "جی")];
    for (language, yes) in unwell {
        let told = talk(language, "copd", &[("2026-03-02T10:45", yes)], "2026-03-02T11:00");
        insta::assert_snapshot!(format!("a_chest_that_is_worse_in_{language}"), told);
    }
}

#[test]
fn a_language_without_a_file_is_spoken_to_in_english() {
    let texts = [("2026-03-02T08:10", "BP 158 96")];
    let told = |language| talk(language, "home_bp_diagnosis", &texts, "2026-03-02T09:00");
    assert_eq!(told("xx"), told("en"));
    assert_ne!(told("cy"), told("en"));
}

/// Values as long as they usually get.
const VALUES: [(&str, &str); 7] = [
    ("when", "21/11 23:10"),
    ("readings", "BP 184/121"),
    ("advice", "."),
    ("example", "BP 128 76"),
    ("names", "Ada, Ben"),
    ("name", "Ada"),
    ("average", "BP 142/88"),
];

#[test]
fn every_text_of_every_language_is_rendered_whole() {
    for language in LANGUAGES {
        let wording = CATALOG.wording.of(language);
        assert_ne!(wording, CATALOG.wording.english(), "{language}");
        for phrase in Phrase::ALL {
            let said = wording.say(phrase, &VALUES);
            assert!(!said.is_empty() && !said.contains(['{', '}']), "{language} {}: {said}", phrase.key());
            assert_ne!(said, CATALOG.wording.english().say(phrase, &VALUES), "{language} {}", phrase.key());
        }
        for protocol in SPOKEN {
            let protocol = &CATALOG.protocols[&ProtocolId::trusted(protocol)];
            let english = &protocol.messages["en"].texts;
            let texts = &protocol.messages[language].texts;
            assert!(texts.keys().eq(english.keys()), "{language} {}", protocol.id);
            for (key, text) in texts {
                let said = fill(text, &VALUES);
                assert!(!said.contains(['{', '}']), "{language} {} {key}: {said}", protocol.id);
                assert_ne!(text, &english[key], "{language} {} {key}", protocol.id);
                assert!(segment::count(&said).fits(1), "{language} {} {key}: {said}", protocol.id);
            }
        }
    }
}

#[test]
fn every_reading_is_told_back_in_words_of_the_language() {
    let mut told = String::new();
    for language in ["en", "cy", "pl", "ur"] {
        let wording = CATALOG.wording.of(language);
        for term in Term::all() {
            assert!(!wording.term(term).is_empty(), "{language} {}", term.key());
        }
        let exactly = |vital, value| Measurement::exactly(vital, value).unwrap();
        let all = [
            exactly(Vital::Systolic, 141.0),
            exactly(Vital::Diastolic, 80.0),
            exactly(Vital::Pulse, 72.0),
            exactly(Vital::Spo2, 96.0),
            exactly(Vital::RespiratoryRate, 16.0),
            exactly(Vital::Temperature, 37.2),
            exactly(Vital::Weight, 80.4),
            Measurement::off_scale(Vital::Glucose, Beyond::High),
            exactly(Vital::PeakFlow, 400.0),
            exactly(Vital::Ketones, 0.4),
        ];
        told.push_str(&format!("{language}: {}\n", describe(wording, &all)));
        let value = |term| fill(wording.term(term), &[("value", "3")]);
        told.push_str(&format!("    {} / {}\n", value(Term::Below), value(Term::Above)));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn the_rules_that_everyone_has_and_those_of_the_spoken_protocols_answer_in_every_language() {
    for language in LANGUAGES {
        let wording = CATALOG.wording.of(language);
        let named = |id| {
            SPOKEN
                .iter()
                .any(|protocol| CATALOG.protocols[&ProtocolId::trusted(*protocol)].rules.contains(id))
        };
        for rule in &CATALOG.rules {
            let everyone = rule.applies == lamplight::domain::rule::Applies::Everyone;
            for band in
                rule.bands.iter().filter(|band| !band.reply.is_empty() && (everyone || named(&rule.id)))
            {
                let reply = wording.reply(&rule.id, band.severity);
                let reply = reply.unwrap_or_else(|| panic!("{language}: {} {:?}", rule.id, band.severity));
                assert!(band.severity < Severity::Red || reply.contains("999"), "{language}: {}", rule.id);
            }
        }
    }
}

#[test]
fn no_translation_is_signed_off_yet_and_check_says_so() {
    assert!(LANGUAGES.iter().all(|language| !CATALOG.wording.of(language).signed_off));
    assert!(CATALOG.wording.english().signed_off);
}
