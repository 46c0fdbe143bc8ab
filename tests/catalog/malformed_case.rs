use super::folder::{Folder, RULE, TEST, assert_told, change};

type Row = (&'static str, usize, &'static str, &'static str, usize, &'static str);

const ROWS: &[Row] = &[
    ("not TOML", 0, "name = ", "name ", 2, "this is not TOML"),
    (
        "an unknown key of the file",
        0,
        "[[case]]",
        "author = \"me\"\n[[case]]",
        1,
        "'author' is not a key here",
    ),
    ("an unknown key of a case", 0, "reading =", "raeding =", 4, "'raeding' is not a key here"),
    ("no name", 0, "name = \"racing\"\n", "", 1, "'name' is missing"),
    ("a name used twice", 0, "\"fast\"", "\"racing\"", 7, "there is another case 'racing'"),
    ("an unknown kind", 0, "\"fires\"", "\"burns\"", 3, "'burns' is not a kind of case"),
    ("no reading", 0, "reading = { pulse = 150 }\n", "", 1, "'reading' is missing"),
    ("an empty reading", 0, "{ pulse = 150 }", "{}", 4, "the reading is empty"),
    ("an unknown vital sign", 0, "pulse = 150", "puls = 150", 4, "'puls' is not a vital sign"),
    ("an impossible value", 0, "pulse = 150", "pulse = 900", 4, "pulse 900 is not possible"),
    ("a value that is no value", 0, "pulse = 150", "pulse = \"fast\"", 4, "'fast' is not a value"),
    ("a value that is a list", 0, "pulse = 150", "pulse = [150]", 4, "'pulse' must be a plain number"),
    (
        "a blood pressure upside down",
        0,
        "pulse = 150",
        "pulse = 150, systolic = 80, diastolic = 120",
        4,
        "not below the upper one",
    ),
    (
        "no expectation",
        0,
        "expect = { severity = \"red\", because = [\"pulse\"] }\n",
        "",
        1,
        "'expect' is missing",
    ),
    (
        "an unknown expectation",
        0,
        "expect = \"quiet\"",
        "expect = \"silence\"",
        18,
        "'silence' cannot be expected",
    ),
    ("an unknown severity", 0, "\"red\"", "\"orange\"", 5, "'orange' is not a severity"),
    ("no because", 0, ", because = [\"pulse\"]", "", 5, "'because' is missing"),
    ("an empty because", 0, "[\"pulse\"]", "[]", 5, "'because' is empty"),
    ("an unknown vital sign in because", 0, "[\"pulse\"]", "[\"heart\"]", 5, "'heart' is not a vital sign"),
    (
        "an unknown threshold",
        0,
        "red_limit = 140",
        "rde_limit = 140",
        10,
        "the rule has no parameter 'rde_limit'",
    ),
    (
        "a threshold out of bounds",
        0,
        "red_limit = 140",
        "red_limit = 240",
        10,
        "240 is outside the bounds of 'red_limit', 100 to 200",
    ),
    (
        "a threshold that is no number",
        0,
        "red_limit = 140",
        "red_limit = true",
        10,
        "'red_limit' must be a plain number",
    ),
    ("fires and expects quiet", 0, "kind = \"quiet\"", "kind = \"fires\"", 16, "'fires' cannot expect quiet"),
    ("quiet and expects red", 0, "kind = \"fires\"", "kind = \"quiet\"", 3, "'quiet' must expect"),
    (
        "a boundary case on no limit",
        0,
        "pulse = 131",
        "pulse = 132",
        22,
        "no number of this boundary case stands on a limit",
    ),
    (
        "the wrong severity",
        0,
        "\"red\"",
        "\"amber\"",
        5,
        "case 'racing' expected amber because of pulse, but the rule gave red because of pulse",
    ),
    (
        "the wrong reason",
        0,
        "[\"pulse\"]",
        "[\"pulse\", \"spo2\"]",
        5,
        "expected red because of pulse and spo2, but the rule gave red because of pulse",
    ),
    (
        "quiet, but the rule fires",
        0,
        "pulse = 72",
        "pulse = 120",
        18,
        "case 'a good pulse' expected quiet, but the rule gave amber",
    ),
    (
        "fires, but the rule is quiet",
        0,
        "pulse = 135",
        "pulse = 80",
        12,
        "case 'fast' expected amber because of pulse, but the rule gave quiet",
    ),
];

#[test]
fn every_malformed_or_failing_test_file_is_told_with_its_line_and_a_sentence() {
    for (label, nth, from, to, line, sentence) in ROWS {
        let faults = folder(&change(TEST, *nth, from, to)).rule_faults();
        assert_told(label, &faults, &format!("pulse/pulse_high_test.toml:{line}"), sentence);
    }
}

#[test]
fn a_rule_without_a_case_of_each_kind_does_not_load() {
    for kind in ["fires", "quiet", "boundary"] {
        let faults = folder(&without(&format!("kind = \"{kind}\""))).rule_faults();
        let place = "pulse/pulse_high_test.toml:1";
        assert_told(kind, &faults, place, &format!("no case is of the kind '{kind}'"));
    }
}

#[test]
fn a_band_that_no_case_fires_is_told_at_the_band() {
    let test = without("\"racing\"");
    assert_told("red", &folder(&test).rule_faults(), "pulse/pulse_high.toml:18", "expects red");
}

#[test]
fn a_limit_that_no_boundary_case_stands_on_is_told_at_the_limit() {
    let test = without("\"amber begins here\"");
    let faults = folder(&test).rule_faults();
    assert_told(
        "amber",
        &faults,
        "pulse/pulse_high.toml:25",
        "no boundary case stands on this limit (pulse at or above",
    );
}

#[test]
fn an_empty_test_file_proves_nothing() {
    assert_told("empty", &folder("").rule_faults(), "pulse/pulse_high_test.toml:1", "'case' is missing");
}

fn folder(test: &str) -> Folder {
    Folder::new().with("pulse/pulse_high.toml", RULE).with("pulse/pulse_high_test.toml", test)
}

/// The sound tests without the cases that hold `part`.
fn without(part: &str) -> String {
    TEST.split("\n\n").filter(|case| !case.contains(part)).collect::<Vec<_>>().join("\n\n")
}
