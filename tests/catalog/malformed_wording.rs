use super::folder::{Folder, MESSAGES, assert_told};

/// A phrase, what it says instead, and the words of the fault. Nothing instead takes the phrase out.
const ROWS: &[(&str, &str, Option<&str>, &str)] = &[
    ("a missing phrase", "who_looks", None, "the phrase 'who_looks' is missing"),
    ("an empty phrase", "fine", Some(""), "'fine' is empty"),
    ("a missing placeholder", "fine", Some("Thank you."), "the placeholder {readings} is missing"),
    (
        "one of two placeholders missing",
        "breach",
        Some("We have {readings}."),
        "the placeholder {advice} is missing",
    ),
    (
        "an unknown placeholder",
        "fine",
        Some("Thank you {name}: {readings}"),
        "'{name}: ' is no placeholder here; there is only {readings}",
    ),
    ("a placeholder where none is filled", "urgent", Some("Call 999, {name}."), "it has no placeholders"),
    ("a brace that stands alone", "restarted", Some("Welcome back }"), "it has no placeholders"),
    ("a command word", "discarded", Some("Reply STOP to end."), "'STOP' is a command word"),
    ("YES where nothing is asked", "fine", Some("YES, {readings} is fine."), "'YES' is a command word"),
    ("a confirmation that asks for nothing", "confirm", Some("We read {readings}."), "it must ask for a YES"),
    (
        "a dash that is no hyphen",
        "fine",
        Some("Thanks \u{2013} {readings}."),
        "(U+2013) is outside the GSM-7 alphabet",
    ),
    (
        "a sentence too long",
        "discarded",
        Some("We have put that one aside and will now wait for you to send us the right one."),
        "has 18 words",
    ),
    (
        "more than one text",
        "nothing_pending",
        Some(
            "There is nothing to confirm. There is nothing to confirm. There is nothing to confirm. There is nothing to confirm. There is nothing to confirm. There is nothing.",
        ),
        "takes 2 text messages; 1 is the most",
    ),
    ("an emergency line without 999", "urgent", Some("Please call us now."), "it must say to call 999"),
    (
        "who looks without 999",
        "who_looks",
        Some("Nurses look at readings 8am to 8pm."),
        "it must say to call 999",
    ),
];

#[test]
fn every_malformed_phrase_is_told_with_its_line_and_a_sentence() {
    for (label, phrase, instead, sentence) in ROWS {
        let line = 1 + MESSAGES.lines().position(|line| line.starts_with(&format!("{phrase} ="))).unwrap();
        let text: Vec<_> = MESSAGES
            .lines()
            .enumerate()
            .map(|(n, kept)| match instead {
                Some(text) if n + 1 == line => format!("{phrase} = \"{text}\""),
                None if n + 1 == line => String::new(),
                _ => kept.to_owned(),
            })
            .collect();
        let place = if instead.is_some() { line } else { 1 };
        let faults = Folder::new().with("messages.en.toml", text.join("\n")).wording_faults();
        assert_told(label, &faults, &format!("messages.en.toml:{place}"), sentence);
    }
}

#[test]
fn an_unknown_phrase_is_told() {
    let text = MESSAGES.replace("\n[vital]", "\ngreeting = \"Good day.\"\n[vital]");
    let line = text.lines().position(|line| line.starts_with("greeting")).unwrap() + 1;
    let faults = Folder::new().with("messages.en.toml", text).wording_faults();
    assert_told(
        "unknown",
        &faults,
        &format!("messages.en.toml:{line}:1"),
        "'greeting' is not a phrase; the phrases are fine",
    );
}

#[test]
fn a_phrase_that_is_no_text_is_told() {
    let text = MESSAGES.replace("restarted = ", "restarted = 4 # ");
    let faults = Folder::new().with("messages.en.toml", text).wording_faults();
    assert!(faults.iter().any(|fault| fault.contains("'restarted' must be a text in quotes")), "{faults:?}");
}

#[test]
fn a_folder_without_messages_is_told() {
    let folder = Folder::new().with("README.md", "nothing else");
    assert!(folder.wording_faults()[0].contains("messages.en.toml is missing from this folder"));
}

#[test]
fn a_file_that_nothing_reads_is_told() {
    let folder = Folder::new().with("messages.en.toml", MESSAGES).with("mesages.cy.toml", "");
    assert_told("stray", &folder.wording_faults(), "mesages.cy.toml:1:1", "nothing reads this file");
}
