//! Every shipped conversation, in full English, to be read; and what a conversation that went otherwise tells.

use lamplight::catalog::{Source, rehearse};

use super::folder::{assert_told, change, few_rules};
use super::protocol::{CONVERSATIONS, folder};

#[test]
fn every_shipped_conversation_reads_as_it_did() {
    let (proved, dialogues) = rehearse(&Source::BuiltInRules, &Source::BuiltInProtocols);
    let proved = proved.unwrap();
    assert_eq!(proved.dialogues, dialogues.len());
    for protocol in proved.catalog.protocols.keys() {
        let of_it: Vec<_> = dialogues
            .iter()
            .filter(|dialogue| dialogue.protocol == *protocol)
            .map(|dialogue| format!("# {} ({})\n\n{}", dialogue.name, dialogue.kind, dialogue.transcript))
            .collect();
        assert!(of_it.len() >= 3, "{protocol}");
        insta::with_settings!({snapshot_path => "dialogue", prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(protocol.as_str(), of_it.join("\n"));
        });
    }
}

/// What is changed in the sound conversations, then the line and the words of the fault.
type Row = (&'static str, &'static str, &'static str, usize, &'static str);

const ROWS: &[Row] = &[
    ("not TOML", "name = ", "name ", 2, "this is not TOML"),
    ("no name", "name = \"a slow pulse is measured again\"\n", "", 1, "'name' is missing"),
    ("a kind that is none", "\"fires\"", "\"fire\"", 3, "'fire' is not a kind of case"),
    ("an unknown key", "first_day", "colour = 1\nfirst_day", 4, "'colour' is not a key here"),
    ("a date that is none", "\"2026-03-02\"", "\"2026-02-30\"", 4, "'2026-02-30' is not a date"),
    ("a minute that is none", "\"2026-03-02 09:00\"", "\"9 o'clock\"", 5, "is not a minute such as"),
    ("a zone that is none", "until", "zone = \"Europe/Londno\"\nuntil", 5, "is not a time zone"),
    (
        "a limit that is none",
        "until",
        "thresholds = { \"pulse_low.pulse_rde\" = 40 }\nuntil",
        5,
        "'pulse_low.pulse_rde' is no limit",
    ),
    (
        "a limit out of bounds",
        "until",
        "thresholds = { \"pulse_low.pulse_red\" = 400 }\nuntil",
        5,
        "400 is outside the bounds of the limit",
    ),
    (
        "a line without a sign",
        "08:00  >  ask pulse",
        "08:00",
        10,
        "a line is 'YYYY-MM-DD HH:MM  sign  words'",
    ),
    (
        "a sign that is none",
        "08:00  >  ask",
        "08:00  $  ask",
        10,
        "there is no such sign; the signs are < ~ =",
    ),
    ("lines out of order", "2026-03-02 08:00", "2026-03-02 08:20", 11, "this comes before the line above it"),
    ("what cannot be done", "08:10  <  Pulse 40", "08:10  =  dance", 11, "'dance' cannot be done"),
    (
        "a device with half a reading",
        "08:10  <  Pulse 40",
        "08:10  ~  pulse",
        11,
        "write a vital sign and its",
    ),
    (
        "a device with what is no vital sign",
        "08:10  <  Pulse 40",
        "08:10  ~  mood 4",
        11,
        "'mood' is not a vital",
    ),
    (
        "a protocol that is not there",
        "08:10  <  Pulse 40",
        "08:10  =  also x from 2026-03-02",
        11,
        "no protocol 'x'",
    ),
    (
        "what comes otherwise",
        "08:00  >  ask pulse",
        "08:01  >  ask pulse",
        10,
        "instead of this comes '2026-03-02 08:00",
    ),
    (
        "what does not come",
        "08:10  <  Pulse 40\n",
        "08:10  <  Pulse 40\n2026-03-02 08:10  ?  unreadable_text\n",
        12,
        "instead of",
    ),
    ("a quiet case that fires", "\"fires\"", "\"quiet\"", 3, "a quiet conversation has no alert"),
    ("a case that fires nothing", "\"boundary\"", "\"fires\"", 33, "a conversation that fires has an alert"),
    ("a boundary on no edge", "\"quiet\"", "\"boundary\"", 19, "nothing here stands on an edge"),
    ("one kind too few", "\"boundary\"", "\"quiet\"", 0, "no conversation of the kind 'boundary'"),
];

#[test]
fn every_conversation_that_goes_otherwise_is_told_with_its_line() {
    let mut missed = Vec::new();
    for (label, from, to, line, sentence) in ROWS {
        let faults = folder().with("pulse/a_test.toml", change(CONVERSATIONS, 0, from, to)).wording_faults();
        let place = match line {
            0 => "pulse/protocol.toml:1:1:".to_owned(),
            line => format!("pulse/a_test.toml:{line}:"),
        };
        if !faults.iter().any(|fault| fault.starts_with(&place) && fault.contains(sentence)) {
            missed.push(format!("{label}: wanted {place} '{sentence}', got: {faults:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn what_is_not_written_must_not_happen() {
    let cut = change(CONVERSATIONS, 0, "2026-03-02 08:40  >  ask pulse\n", "");
    let faults = folder().with("pulse/a_test.toml", cut).wording_faults();
    assert_told(
        "more",
        &faults,
        "pulse/a_test.toml:13:1",
        "after this line comes '2026-03-02 08:40  >  ask pulse'",
    );
}

#[test]
fn a_conversation_is_played_in_every_language_of_its_protocol() {
    let long = change(super::protocol::WELSH, 0, "Helo {name}.", &"\u{175}".repeat(190));
    let folder = folder().with("pulse/messages.cy.toml", long);
    let notices = rehearse(&few_rules(), &folder.source()).0.unwrap().notices;
    assert!(
        notices.iter().any(|notice| notice.why == "in 'cy' this text takes 5 text messages"),
        "{notices:?}"
    );
}
