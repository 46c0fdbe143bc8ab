use super::folder::{assert_told, change};
use super::protocol::{PROTOCOL, folder};

/// What is changed in the sound protocol: the how-manieth of what, into what; then the line and the words of the fault.
type Row = (&'static str, usize, &'static str, &'static str, usize, &'static str);

const ROWS: &[Row] = &[
    ("not TOML", 0, "title = ", "title ", 1, "this is not TOML"),
    ("no title", 0, "title = \"Pulse for two weeks\"", "", 1, "'title' is missing"),
    ("no evidence", 0, "\"Nobody's; an example\"", "\"\"", 2, "'evidence' is empty"),
    ("a way to consent that nobody knows", 0, "opt_in", "opt", 3, "'opt' is no way to consent"),
    ("an unknown key", 0, "days = 14", "days = 14\ncolour = 1", 6, "'colour' is not a key here"),
    ("a keyword of two words", 0, "JOINPULSE", "JOIN PULSE", 4, "'JOIN PULSE' is not a keyword"),
    ("a keyword with a digit", 0, "JOINPULSE", "PULSE2", 4, "'PULSE2' is not a keyword"),
    ("a keyword that leaves", 0, "JOINPULSE", "Quit", 4, "'Quit' means something else"),
    ("a keyword that starts the texts again", 0, "JOINPULSE", "START", 4, "'START' means something else"),
    ("a keyword that thanks", 0, "JOINPULSE", "THANKS", 4, "'THANKS' means something else"),
    ("a course of no days", 0, "days = 14", "days = 0", 5, "'days' must be a whole number from 1"),
    ("no retention", 0, "retention_years = 8\n", "", 1, "'retention_years' is missing"),
    (
        "a retention below the law's",
        0,
        "_years = 8",
        "_years = 7",
        6,
        "'retention_years' must be a whole number",
    ),
    ("a rule that is not there", 0, "\"mood_low\"", "\"mood_lwo\"", 7, "there is no rule 'mood_lwo'"),
    (
        "a rule named twice",
        0,
        "[\"mood_low\"]",
        "[\"mood_low\", \"mood_low\"]",
        7,
        "'mood_low' is there already",
    ),
    (
        "a rule for everyone anyway",
        0,
        "\"mood_low\"",
        "\"pulse_low\"",
        7,
        "'pulse_low' holds for everyone already",
    ),
    (
        "a replaced rule for nobody",
        0,
        "\"pulse_high\"",
        "\"news2\"",
        8,
        "'news2' holds only where it is named",
    ),
    ("a rule that is not in force", 0, "\"pulse_low\"", "\"news2\"", 48, "'news2' never fires here"),
    ("a replaced rule that is not there", 0, "\"pulse_high\"", "\"puls\"", 8, "there is no rule 'puls'"),
    ("a rule replaced by nothing", 0, "[\"mood_low\"]", "[]", 8, "nothing in 'rules' stands in for"),
    ("quiet hours without an end", 0, ", to = \"07:00\"", "", 10, "'to' is missing"),
    ("a time that is none", 0, "\"22:00\"", "\"24:00\"", 10, "'24:00' is not a time of day"),
    ("a time with seconds", 0, "\"22:00\"", "\"22:00:00\"", 10, "is not a time of day"),
    (
        "a question's name in capitals",
        0,
        "[question.pulse]",
        "[question.Pulse]",
        12,
        "is not a question's name",
    ),
    ("a question of no kind", 0, "asks = \"pulse\"", "", 12, "'asks' is missing"),
    ("what cannot be asked", 0, "\"pulse\"\nex", "\"pules\"\nex", 13, "'pules' cannot be asked"),
    ("bounds for what has none", 0, "example =", "min = 3\nexample =", 14, "'min' is not a key here"),
    ("a choice of one", 0, "yes = [\"y\"], ", "", 18, "at least two values"),
    ("a word for two values", 0, "[\"n\",", "[\"y\",", 18, "'y' means another value already"),
    ("a word in capitals", 0, "[\"y\"]", "[\"Y\"]", 18, "write 'Y' in lower case"),
    ("a word that leaves", 0, "\"not really\"", "\"stop\"", 18, "'stop' is a command word"),
    ("a value without words", 0, "[\"y\"]", "[]", 18, "nothing that patients text means 'yes'"),
    ("min above max", 0, "min = 0", "min = 90000", 22, "min 90000 must be less than max 40000"),
    ("a question that nothing asks", 0, "[\"well\"]", "[\"pulse\"]", 16, "nothing asks 'well'"),
    (
        "no schedule",
        0,
        "[[schedule]]\nid = \"morning\"",
        "[[scedule]]\nid = \"morning\"",
        25,
        "'scedule' is not a key",
    ),
    ("an entry without a name", 0, "id = \"morning\"\n", "", 25, "'id' is missing"),
    ("two entries of one name", 0, "\"weekly\"", "\"morning\"", 34, "the id 'morning' is there already"),
    ("a follow-up with an entry's name", 0, "\"retest\"", "\"tips\"", 47, "the id 'tips' is there already"),
    (
        "a question that is not there",
        0,
        "ask = [\"pulse\"]",
        "ask = [\"puls\"]",
        27,
        "there is no question 'puls'",
    ),
    (
        "a question beside vital signs that is none",
        0,
        "ask = [\"pulse\"]",
        "ask = [\"pulse\", \"steps\"]",
        27,
        "'steps' is no vital sign and stands alone",
    ),
    ("a question asked twice at once", 0, "[\"pulse\"]", "[\"pulse\", \"pulse\"]", 27, "asked twice at once"),
    (
        "both ask and say",
        0,
        "ask = [\"pulse\"]",
        "ask = [\"pulse\"]\nsay = [\"rest\"]",
        25,
        "either 'ask' or 'say'",
    ),
    ("neither ask nor say", 0, "say = [\"tip_walk\"]\n", "", 40, "either 'ask' or 'say'"),
    (
        "times out of order",
        0,
        "\"08:00\", \"18:00\"",
        "\"18:00\", \"08:00\"",
        28,
        "from the earliest to the latest",
    ),
    ("a time given twice", 0, "\"08:00\", \"18:00\"", "\"08:00\", \"08:00\"", 28, "each once"),
    ("no window", 0, "window_minutes = 240\n", "", 25, "'window_minutes' is missing"),
    ("a window of nothing", 0, "window_minutes = 240", "window_minutes = 0", 30, "'window_minutes' must be"),
    ("a window over the next question", 0, "= 240", "= 601", 28, "it is asked again 600 minutes later"),
    ("reminders out of order", 0, "[60, 120]", "[120, 60]", 31, "from the soonest to the latest"),
    ("a reminder after the window", 0, "[60, 120]", "[60, 240]", 31, "comes when its window is over"),
    ("a last day before the first", 0, "to_day = 10", "to_day = 0", 29, "to_day 0 is before from_day 1"),
    ("a day after the course", 0, "to_day = 10", "to_day = 15", 29, "day 15 is after the last day, 14"),
    ("a weekday that is none", 0, "\"sun\"", "\"son\"", 37, "'son' is not a weekday"),
    ("a weekday given twice", 0, "\"sun\"", "\"sun\", \"sun\"", 37, "'sun' is there already"),
    (
        "weekdays and a step",
        0,
        "weekdays = [",
        "every_days = 2\nweekdays = [",
        38,
        "it has 'every_days' already",
    ),
    (
        "a step of nothing",
        0,
        "every_days = 3",
        "every_days = 0",
        44,
        "'every_days' must be a whole number from 1",
    ),
    ("a window for what asks nothing", 0, "every_days = 3", "window_minutes = 3", 44, "neither a window nor"),
    (
        "what is said at night",
        0,
        "\"12:00\"",
        "\"06:59\"",
        43,
        "06:59 lies in the quiet hours 22:00 to 07:00",
    ),
    (
        "a follow-up of nothing",
        0,
        "when = { rule = \"pulse_low\", severity = \"red\" }\n",
        "",
        46,
        "'when' is missing",
    ),
    ("a follow-up of two things", 0, "{ rule", "{ missed = \"pulse\", rule", 48, "exactly one of"),
    ("a severity that is none", 0, "severity = \"red\"", "severity = \"rde\"", 48, "'rde' is not a severity"),
    ("a severity that the rule has not", 0, "\"red\" }", "\"advice\" }", 48, "has no advice band"),
    (
        "a rule that never fires here",
        0,
        "\"pulse_low\"",
        "\"pulse_high\"",
        48,
        "is replaced here and never fires",
    ),
    ("a rule that leads nowhere", 0, "\"pulse_low\"", "\"pulse_lwo\"", 48, "there is no rule 'pulse_lwo'"),
    ("an endless loop", 0, "most = 1\n", "", 47, "it can lead to itself for ever"),
    ("an answer that is none", 0, "is = \"no\"", "is = \"maybe\"", 62, "its answers are yes, no"),
    ("an answer that is no number", 0, "is = \"no\"", "at_or_above = 3", 62, "its answers are no numbers"),
    (
        "a miss of nothing that is asked",
        0,
        "missed = \"pulse\"",
        "missed = \"puls\"",
        56,
        "no question 'puls'",
    ),
    (
        "an average of what nobody asks",
        0,
        "[\"pulse\"]\ndrop",
        "[\"weight\"]\ndrop",
        66,
        "no question asks for weight",
    ),
    ("an average of any number", 0, "at_least = 6\n", "", 65, "'at_least' is missing"),
    ("an end without a last day", 0, "days = 14\n", "", 64, "a course without 'days' has no last day"),
];

#[test]
fn the_sound_protocol_is_sound() {
    assert_eq!(folder().wording_faults(), Vec::<String>::new());
}

#[test]
fn every_malformed_protocol_is_told_with_its_line_and_a_sentence() {
    let mut missed = Vec::new();
    for (label, nth, from, to, line, sentence) in ROWS {
        let changed = change(PROTOCOL, *nth, from, to);
        let faults = folder().with("pulse/protocol.toml", changed).wording_faults();
        let place = format!("pulse/protocol.toml:{line}:");
        if !faults.iter().any(|fault| fault.starts_with(&place) && fault.contains(sentence)) {
            missed.push(format!("{label}: wanted {line} '{sentence}', got: {faults:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn all_faults_of_a_file_are_told_at_once() {
    let changed = PROTOCOL.replace("opt_in", "opt").replace("\"sun\"", "\"son\"").replace("= 240", "= 0");
    let faults = folder().with("pulse/protocol.toml", changed).wording_faults();
    assert_eq!(faults.len(), 3, "{faults:?}");
}

#[test]
fn half_a_protocol_never_loads() {
    for (at, _) in PROTOCOL.trim_end().match_indices('\n') {
        let faults = folder().with("pulse/protocol.toml", &PROTOCOL[..at]).wording_faults();
        assert!(!faults.is_empty(), "{}", &PROTOCOL[..at]);
    }
}

#[test]
fn a_keyword_enrols_on_one_protocol() {
    let folder = folder()
        .with("pulse_two/protocol.toml", PROTOCOL)
        .with("pulse_two/messages.en.toml", super::protocol::ENGLISH)
        .with("pulse_two/a_test.toml", super::protocol::CONVERSATIONS);
    assert_told(
        "twice",
        &folder.wording_faults(),
        "pulse_two/protocol.toml:4:11",
        "'JOINPULSE' enrols on 'pulse'",
    );
}
