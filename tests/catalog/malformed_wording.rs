use super::folder::{Folder, MESSAGES, assert_told, change};

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
    let text = format!("greeting = \"Good day.\"\n{MESSAGES}");
    let line = 1;
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

/// The shipped Welsh, with the replies of those rules only that the folder of rules has.
fn welsh() -> String {
    let shipped = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/protocols/clinical/messages.cy.toml"));
    let common = shipped.split_once("# The replies of rules.").unwrap().0;
    format!("{common}[rule.pulse_low]\nred = \"Mae eich pwls yn araf iawn. Ffoniwch 999, fel arall 111.\"\n")
}

/// What is changed in the Welsh words, and the words of the fault.
const WELSH_ROWS: &[(&str, &str, &str, &str)] = &[
    ("nobody to sign it off", "translator = \"\"\n", "", "'translator' is missing"),
    ("a missing phrase", "leave = ", "# ", "the phrase 'leave' is missing"),
    ("an unknown phrase", "leave = ", "gadael = ", "'gadael' is not a phrase"),
    ("a missing placeholder", "hyn: {readings}.", "Iawn.", "the placeholder {readings} is missing"),
    ("another number", "ffoniwch 999 neu 111", "ffoniwch 999 neu 112", "those of English are 111, 8, 8, 999"),
    ("a command word", "Diolch. Mae eich ateb", "Info. Mae eich ateb", "'Info' is a command word"),
    ("a confirmation that asks for nothing", "Atebwch YES", "Atebwch", "it must ask for a YES"),
    ("a missing word for a vital sign", "pulse = ", "# ", "'pulse' of [vital] is missing"),
    ("a word for what is not measured", "pulse = ", "pwls = ", "'pwls' is not measured"),
    ("a side of the scale without its value", "o dan {value}", "o dan", "the placeholder {value} is missing"),
    ("a rule that is not there", "[rule.pulse_low]", "[rule.pulse_lo]", "there is no rule 'pulse_lo'"),
    ("a severity that is none", "\nred = ", "\ncoch = ", "'coch' is not a severity"),
    ("a band without a reply", "\nred = ", "\nadvice = ", "the rule says nothing here in English"),
    ("a reply with another number", "arall 111.", "arall 101.", "those of English are 111, 999"),
];

#[test]
fn another_language_has_every_word_that_english_has() {
    let folder =
        |text: String| Folder::new().with("messages.en.toml", MESSAGES).with("messages.cy.toml", text);
    assert_eq!(folder(welsh()).wording_faults(), Vec::<String>::new());
    for (label, from, to, sentence) in WELSH_ROWS {
        let faults = folder(change(&welsh(), 0, from, to)).wording_faults();
        assert_told(label, &faults, "messages.cy.toml", sentence);
    }
}
