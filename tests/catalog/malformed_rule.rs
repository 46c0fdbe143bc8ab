use super::folder::{Folder, RULE, TEST, assert_told, change};

/// What is changed in the sound rule: the how-manieth of what, into what; then the line and the words of the fault.
type Row = (&'static str, usize, &'static str, &'static str, usize, &'static str);

const ROWS: &[Row] = &[
    ("not TOML", 0, "title = ", "title ", 1, "this is not TOML"),
    ("a quote that is never closed", 0, "fast\"", "fast", 1, "this is not TOML"),
    ("a key given twice", 0, "kind =", "title = \"x\"\nkind =", 2, "duplicate key"),
    ("a bracket that is never closed", 0, "red_limit\" }]", "red_limit\" }", 20, "this is not TOML"),
    ("no title", 0, "title = \"Pulse is fast\"", "", 1, "'title' is missing"),
    ("an empty title", 0, "\"Pulse is fast\"", "\"  \"", 1, "'title' is empty"),
    ("a title that is a number", 0, "\"Pulse is fast\"", "7", 1, "'title' must be a text in quotes"),
    ("no kind", 0, "kind = \"band\"", "", 1, "'kind' is missing"),
    ("a kind of rule nobody knows", 0, "\"band\"", "\"sonnet\"", 2, "'sonnet' is not a kind of rule"),
    (
        "no evidence",
        0,
        "evidence = \"NEWS2, Royal College of Physicians 2017\"",
        "",
        1,
        "'evidence' is missing",
    ),
    ("empty evidence", 0, "\"NEWS2, Royal College of Physicians 2017\"", "\"\"", 3, "'evidence' is empty"),
    (
        "an unknown key",
        0,
        "kind =",
        "colour = \"red\"\nkind =",
        2,
        "'colour' is not a key here; the keys are title",
    ),
    (
        "a misspelt table",
        0,
        "[parameters.red_limit]",
        "[paramters.red_limit]",
        5,
        "'paramters' is not a key here",
    ),
    ("an unknown key of a parameter", 0, "default = 131", "defualt = 131", 6, "'defualt' is not a key here"),
    (
        "a parameter that is no table",
        0,
        "[parameters.red_limit]",
        "[parameters]\nspare = 3\n[parameters.red_limit]",
        6,
        "the parameter 'spare' must be a table",
    ),
    (
        "a parameter spelt unlike its declaration",
        1,
        "amber_limit",
        "Amber",
        25,
        "'Amber' is not a parameter of this rule",
    ),
    (
        "a parameter name with a space",
        0,
        "[parameters.red_limit]",
        "[parameters.\"red limit\"]",
        5,
        "'red limit' is not a parameter's name",
    ),
    ("a default in quotes", 0, "131", "\"131\"", 6, "'default' must be a plain number"),
    ("a default that is no number", 0, "131", "nan", 6, "'default' must be a plain number"),
    ("a default without end", 0, "131", "inf", 6, "'default' must be a plain number"),
    (
        "a default below its min",
        0,
        "131",
        "99",
        6,
        "default 99 of 'red_limit' is outside its min 100 and max 200",
    ),
    ("a default above its max", 0, "131", "201", 6, "outside its min 100 and max 200"),
    ("no min", 0, "min = 100\n", "", 5, "'min' is missing"),
    ("no max", 0, "max = 200\n", "", 5, "'max' is missing"),
    ("min above max", 0, "min = 100", "min = 300", 7, "min 300 of 'red_limit' must be less than its max 200"),
    ("no unit", 0, "unit = \"/min\"\n", "", 5, "'unit' is missing"),
    ("a unit nobody knows", 0, "/min", "furlong", 9, "'furlong' is not a UCUM unit"),
    ("a unit that is not spelt as UCUM", 0, "/min", "bpm", 9, "'bpm' is not a UCUM unit"),
    (
        "a unit that does not measure the vital",
        0,
        "/min",
        "mm[Hg]",
        19,
        "'red_limit' is in mm[Hg], but pulse is judged in /min",
    ),
    ("a limit that no value reaches", 0, "max = 200", "max = 400", 19, "a limit of 400"),
    ("a limit that every value is beyond", 0, "min = 100", "min = 20", 19, "a limit of 20"),
    (
        "a parameter that nothing uses",
        0,
        "[[band]]",
        "[parameters.spare]\ndefault = 50\nmin = 40\nmax = 60\nunit = \"/min\"\n\n[[band]]",
        17,
        "no band uses the parameter 'spare'",
    ),
    (
        "tests as one table",
        0,
        "[{ vital = \"pulse\", at_or_above = \"red_limit\" }]",
        "{ vital = \"pulse\" }",
        19,
        "'any' must be a list",
    ),
    ("an unknown severity", 0, "\"red\"", "\"orange\"", 18, "'orange' is not a severity"),
    ("no severity", 0, "severity = \"red\"\n", "", 17, "'severity' is missing"),
    ("two red bands", 0, "\"amber\"", "\"red\"", 24, "there is another red band"),
    ("an unknown key of a band", 0, "reply =", "repy =", 20, "'repy' is not a key here"),
    (
        "a band without tests",
        0,
        "[{ vital = \"pulse\", at_or_above = \"red_limit\" }]",
        "[]",
        19,
        "'any' is empty",
    ),
    (
        "a test that is no table",
        0,
        "[{ vital = \"pulse\", at_or_above = \"red_limit\" }]",
        "[\"pulse\"]",
        19,
        "a test must be a table",
    ),
    ("an unknown vital sign", 0, "\"pulse\"", "\"puls\"", 19, "'puls' is not a vital sign"),
    ("an unknown comparison", 0, "at_or_above", "greater_than", 19, "'greater_than' is not a key here"),
    ("no comparison", 0, ", at_or_above = \"red_limit\"", "", 19, "exactly one comparison"),
    (
        "two comparisons",
        0,
        "at_or_above = \"red_limit\"",
        "at_or_above = \"red_limit\", below = \"amber_limit\"",
        19,
        "exactly one comparison",
    ),
    ("a limit written as a number", 0, "\"red_limit\"", "131", 19, "'at_or_above' must be a text"),
    (
        "a parameter that does not exist",
        0,
        "\"red_limit\"",
        "\"rde_limit\"",
        19,
        "'rde_limit' is not a parameter of this rule",
    ),
    (
        "a percentage out of all reason",
        0,
        "\"red_limit\" }",
        "\"red_limit\", percent = 500 }",
        19,
        "percent 500 is outside",
    ),
    (
        "a percentage in quotes",
        0,
        "\"red_limit\" }",
        "\"red_limit\", percent = \"80\" }",
        19,
        "'percent' must be a plain number",
    ),
    (
        "the same test twice in a band",
        0,
        "\"red_limit\" }",
        "\"red_limit\" }, { vital = \"pulse\", above = \"amber_limit\" }",
        19,
        "already has a test for pulse too high",
    ),
    (
        "an amber limit beyond the red one",
        0,
        "default = 111",
        "default = 150",
        25,
        "amber never fires on this",
    ),
    ("amber and red at the same limit", 0, "default = 111", "default = 131", 25, "amber never fires on this"),
    ("no reply", 0, "reply = \"Your pulse is very fast. Call 111 now.\"\n", "", 17, "'reply' is missing"),
    ("no proposal", 0, "proposal = \"Ring now.\"\n", "", 17, "'proposal' is missing"),
    ("an empty proposal", 0, "\"Ring now.\"", "\"\"", 21, "'proposal' is empty"),
    ("a reply with a command word", 0, "Call 111 now.", "Reply STOP.", 20, "'STOP' is a command word"),
    ("a command word in small letters", 0, "Call 111 now.", "Ask for help.", 20, "'help' is a command word"),
    (
        "a reply with a typographer's apostrophe",
        0,
        "Your pulse is very fast.",
        "It\u{2019}s very fast.",
        20,
        "(U+2019) is outside the GSM-7 alphabet",
    ),
    (
        "a reply with an emoji",
        0,
        "Call 111 now.",
        "Call 111 now \u{1F691}.",
        20,
        "outside the GSM-7 alphabet",
    ),
    (
        "a sentence of sixteen words",
        0,
        "Call 111 now.",
        "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen.",
        20,
        "has 16 words; 15 is the most",
    ),
    ("a reply with a placeholder", 0, "Call 111 now.", "Call {number}.", 20, "no placeholders are filled"),
    ("a reply over two lines", 0, "Call 111 now.", "Call\\n111 now.", 20, "stray spaces or line breaks"),
    ("a reply with a stray space", 0, "Call 111 now.", "Call  111 now.", 20, "stray spaces"),
];

#[test]
fn the_sound_rule_that_the_table_changes_is_sound() {
    assert_eq!(folder(RULE).rule_faults(), Vec::<String>::new());
}

#[test]
fn every_malformed_rule_is_told_with_its_line_and_a_sentence() {
    for (label, nth, from, to, line, sentence) in ROWS {
        let faults = folder(&change(RULE, *nth, from, to)).rule_faults();
        assert_told(label, &faults, &format!("pulse/pulse_high.toml:{line}"), sentence);
    }
}

#[test]
fn a_reply_that_does_not_fit_into_two_texts_with_all_that_goes_along_is_refused() {
    let long = "Sit down and rest a while now. ".repeat(7);
    let faults = folder(&change(RULE, 0, "Your pulse is very fast.", long.trim_end())).rule_faults();
    assert_told("long", &faults, "pulse/pulse_high.toml:20", "takes 3 text messages; 2 is the most");
}

#[test]
fn all_faults_of_a_file_are_told_at_once_and_in_order() {
    let rule = change(RULE, 0, "default = 131", "default = \"131\"");
    let rule = change(&rule, 0, "\"amber\"", "\"orange\"");
    let rule = change(&rule, 0, "kind =", "colour = 1\nkind =");
    let lines: Vec<_> =
        folder(&rule).rule_faults().iter().map(|f| f.split(':').nth(1).unwrap().to_owned()).collect();
    assert_eq!(lines, ["2", "7", "25"]);
}

#[test]
fn a_column_counts_characters_from_one() {
    let faults = folder(&change(RULE, 0, "\"red\"", "\"orange\"")).rule_faults();
    assert!(faults[0].starts_with("pulse/pulse_high.toml:18:12: 'orange'"), "{}", faults[0]);
}

#[test]
fn a_file_that_is_not_utf8_is_told_where_it_breaks() {
    let mut bytes = RULE.as_bytes().to_vec();
    let at = RULE.find("NEWS2").unwrap();
    bytes[at] = 0xff;
    let faults = Folder::new()
        .with("pulse/pulse_high.toml", bytes)
        .with("pulse/pulse_high_test.toml", TEST)
        .rule_faults();
    assert_told("not UTF-8", &faults, "pulse/pulse_high.toml:3:13", "not UTF-8");
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_do_no_harm() {
    let rule = format!("\u{feff}{}", RULE.replace('\n', "\r\n"));
    assert_eq!(folder(&rule).rule_faults(), Vec::<String>::new());
}

#[test]
fn half_a_file_never_loads() {
    // Whatever was cut off while a file was being written, it is never taken for a whole rule.
    for end in (0..RULE.len() - 1).filter(|end| RULE.is_char_boundary(*end)).step_by(7) {
        assert!(!folder(&RULE[..end]).rule_faults().is_empty(), "cut at byte {end}: {}", &RULE[..end]);
    }
}

fn folder(rule: &str) -> Folder {
    Folder::new().with("pulse/pulse_high.toml", rule).with("pulse/pulse_high_test.toml", TEST)
}
