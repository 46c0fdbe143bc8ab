use super::folder::{Folder, MESSAGES, assert_told, change};
use super::protocol::{ENGLISH, PROTOCOL, WELSH, folder};

type Row = (&'static str, &'static str, &'static str, usize, &'static str);

const ENGLISH_ROWS: &[Row] = &[
    ("not TOML", "welcome = ", "welcome ", 1, "this is not TOML"),
    ("no welcome", "welcome = ", "invite_x = ", 1, "the text 'welcome' is missing"),
    ("no invitation", "invite = ", "invitation = ", 2, "'invitation' is not a key here"),
    ("an invitation that asks for nothing", "Reply YES", "Reply", 2, "it must ask for a YES"),
    ("YES where nobody is invited", "Text Y or N.", "Text YES.", 6, "'YES' is a command word"),
    (
        "a question without words",
        "pulse = \"Please",
        "pulses = \"Please",
        1,
        "the text 'pulse' of [ask] is missing",
    ),
    (
        "words for a question that is not there",
        "steps =",
        "stairs =",
        7,
        "the protocol never says 'stairs' of [ask]",
    ),
    (
        "a reminder that never comes",
        "[remind]\n",
        "[remind]\nsteps = \"Steps?\"\n",
        10,
        "never says 'steps' of [remind]",
    ),
    (
        "thanks for a vital sign",
        "[thanks]\n",
        "[thanks]\npulse = \"Good.\"\n",
        13,
        "never says 'pulse' of [thanks]",
    ),
    ("a tip that is not there", "tip_walk =", "tip_run =", 1, "the text 'tip_walk' of [say] is missing"),
    ("an empty text", "\"Thank you.\"", "\" \"", 13, "'thanks.well' is empty"),
    ("a text that is a number", "\"Thank you.\"", "3", 13, "'thanks.well' must be a text in quotes"),
    (
        "an average that is not told",
        " Your average is {average}.",
        "",
        18,
        "the placeholder {average} is missing",
    ),
    (
        "an average where there is none",
        "Rest today.",
        "Rest {average}.",
        17,
        "'{average}. If you fe' would be sent",
    ),
    (
        "a placeholder nobody fills",
        "Hello {name}",
        "Hello {nmae}",
        1,
        "'{nmae}. Please send ' would be sent as it is",
    ),
    ("a command word", "Thank you.", "Thanks for the info.", 13, "'info' is a command word"),
    ("learned words", "Thank you.", "Immediate hospitalisation necessitated.", 13, "its reading age is"),
    ("a dash that is no hyphen", "Tip: walk", "Tip \u{2013} walk", 16, "(U+2013)"),
    ("an unknown table", "[thanks]", "[thankx]", 12, "'thankx' is not a key here"),
    (
        "a sentence too long",
        "Tip: walk a little each day.",
        "Tip: walk a little each day and then walk a little more on the day after that.",
        16,
        "has 17 words",
    ),
    (
        "more than two texts",
        "Thank you.",
        "Thank you. We are so glad. Thank you. We are so glad. Thank you. We are so glad. Thank you. We are so glad. Thank you. We are so glad. Thank you. We are so glad. Thank you. We are so glad. Thank you. We are so glad. Thank you. We are so glad. Thank you. We are so glad. Thank you. We are so glad. Thank you. We are so glad. Thank you.",
        13,
        "takes 3 text messages; 2 is the most",
    ),
];

const WELSH_ROWS: &[Row] = &[
    ("nobody to sign it off", "translator = \"\"\n", "", 1, "'translator' is missing"),
    ("a translator who is a number", "translator = \"\"", "translator = 4", 1, "'translator' must be a text"),
    (
        "a text that English has",
        "rest = \"Gorffwys, neu 111.\"\n",
        "",
        1,
        "the text 'rest' of [say] is missing",
    ),
    (
        "a text that English has not",
        "[thanks]",
        "steps = \"Sawl?\"\n[thanks]",
        13,
        "never says 'steps' of [remind]",
    ),
    ("a carrier's English word", "Diolch.", "Stop.", 14, "'Stop' is a command word"),
    ("another number", "neu 111", "neu 112", 18, "its numbers are 112; those of English are 111"),
    ("a typographer's sign", "Diolch.", "Diolch\u{2019}.", 14, "(U+2019)"),
    ("an average that is not told", "{average}", "9", 19, "the placeholder {average} is missing"),
];

#[test]
fn every_malformed_text_is_told_with_its_line_and_a_sentence() {
    assert_all_told(ENGLISH_ROWS, ENGLISH, "pulse/messages.en.toml");
}

#[test]
fn another_language_says_all_that_english_says_and_no_more() {
    assert_eq!(folder().with("pulse/messages.cy.toml", WELSH).wording_faults(), Vec::<String>::new());
    assert_all_told(WELSH_ROWS, WELSH, "pulse/messages.cy.toml");
}

#[test]
fn letters_beyond_the_plain_alphabet_are_another_languages_right_and_count_as_they_travel() {
    let letters = |n: usize| change(WELSH, 0, "Diolch.", &"\u{175}".repeat(n));
    let fits = folder().with("pulse/messages.cy.toml", letters(268));
    assert_eq!(fits.wording_faults(), Vec::<String>::new());
    let faults = folder().with("pulse/messages.cy.toml", letters(269)).wording_faults();
    assert_told("too long", &faults, "pulse/messages.cy.toml:14", "takes 5 text messages; 4 is the most");
}

#[test]
fn a_text_that_english_can_do_without_no_other_language_has() {
    let english = ENGLISH.replace("[thanks]\nwell = \"Thank you.\"\n", "");
    let folder = folder().with("pulse/messages.en.toml", english).with("pulse/messages.cy.toml", WELSH);
    assert_told(
        "cy",
        &folder.wording_faults(),
        "pulse/messages.cy.toml:14",
        "English has no 'well' of [thanks]",
    );
}

#[test]
fn files_that_nothing_reads_are_told() {
    for (label, file, sentence) in [
        ("a misspelt name", "pulse/message.cy.toml", "nothing reads this file"),
        ("a language in words", "pulse/messages.welsh.toml", "is not a language's two letters"),
        ("a deeper folder", "pulse/old/protocol.toml", "nothing reads this file"),
        ("another ending", "pulse/notes.txt", "nothing reads this file"),
        ("beside the folders", "protocol.toml", "nothing reads this file"),
    ] {
        let faults = folder().with(file, "").wording_faults();
        assert_told(label, &faults, &format!("{file}:1:1"), sentence);
    }
}

#[test]
fn a_folder_lacks_nothing() {
    let bare = || Folder::new().with("messages.en.toml", MESSAGES);
    let faults = bare().with("pulse/messages.en.toml", ENGLISH).wording_faults();
    assert_told("no protocol", &faults, "pulse:1:1", "protocol.toml is missing from this folder");
    let faults = bare().with("pulse/protocol.toml", PROTOCOL).wording_faults();
    assert_told("no English", &faults, "pulse/protocol.toml:1:1", "messages.en.toml is missing beside it");
    let faults = folder().with("Pulse/protocol.toml", PROTOCOL).wording_faults();
    assert_told("a name in capitals", &faults, "Pulse/protocol.toml:1:1", "its folder 'Pulse' is not a name");
}

fn assert_all_told(rows: &[Row], sound: &str, file: &str) {
    let mut missed = Vec::new();
    for (label, from, to, line, sentence) in rows {
        let faults = folder().with(file, change(sound, 0, from, to)).wording_faults();
        let place = format!("{file}:{line}:");
        if !faults.iter().any(|fault| fault.starts_with(&place) && fault.contains(sentence)) {
            missed.push(format!("{label}: wanted {line} '{sentence}', got: {faults:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
