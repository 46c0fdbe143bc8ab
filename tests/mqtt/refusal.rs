//! Which payloads are refused, and with which sentence.

use lamplight::domain::payload::{READINGS_LIMIT, decode};

/// What is wrong, the payload, and a part of the sentence that says so.
const REFUSED: &[(&str, &str, &str)] = &[
    ("nothing", "", "is empty"),
    ("only spaces", "  \n", "not valid JSON"),
    ("no JSON", "141/80", "not valid JSON"),
    ("comma-separated", "1672412076;58.4;521", "not valid JSON"),
    ("cut short", r#"{"readings":[{"vital":"pulse","val"#, "not valid JSON"),
    ("trailing comma", r#"{"readings":[{"vital":"pulse","value":70,"unit":"/min"},]}"#, "not valid JSON"),
    ("single quotes", "{'readings':[]}", "not valid JSON"),
    ("comment", r#"{"readings":[] /* none */}"#, "not valid JSON"),
    ("two documents", r#"{"readings":[]}{"readings":[]}"#, "not valid JSON"),
    ("NaN", r#"{"readings":[{"vital":"pulse","value":NaN,"unit":"/min"}]}"#, "not valid JSON"),
    ("Infinity", r#"{"readings":[{"vital":"pulse","value":Infinity,"unit":"/min"}]}"#, "not valid JSON"),
    (
        "minus infinity",
        r#"{"readings":[{"vital":"pulse","value":-Infinity,"unit":"/min"}]}"#,
        "not valid JSON",
    ),
    (
        "too large for any float",
        r#"{"readings":[{"vital":"pulse","value":1e999,"unit":"/min"}]}"#,
        "not valid JSON",
    ),
    ("leading zero", r#"{"readings":[{"vital":"pulse","value":072,"unit":"/min"}]}"#, "not valid JSON"),
    ("leading plus", r#"{"readings":[{"vital":"pulse","value":+72,"unit":"/min"}]}"#, "not valid JSON"),
    ("decimal comma", r#"{"readings":[{"vital":"weight","value":78,4,"unit":"kg"}]}"#, "not valid JSON"),
    ("bare decimal point", r#"{"readings":[{"vital":"weight","value":78.,"unit":"kg"}]}"#, "not valid JSON"),
    ("hexadecimal", r#"{"readings":[{"vital":"pulse","value":0x48,"unit":"/min"}]}"#, "not valid JSON"),
    ("lone surrogate", r#"{"readings":[{"vital":"\ud800","value":72,"unit":"/min"}]}"#, "not valid JSON"),
    (
        "raw newline in text",
        "{\"readings\":[{\"vital\":\"pul\nse\",\"value\":72,\"unit\":\"/min\"}]}",
        "not valid JSON",
    ),
    ("byte order mark", "\u{feff}{\"readings\":[]}", "not valid JSON"),
    ("null", "null", "not a JSON object"),
    ("a number", "141", "not a JSON object"),
    ("text", r#""systolic 141""#, "not a JSON object"),
    ("a list", r#"[{"vital":"pulse","value":72,"unit":"/min"}]"#, "not a JSON object"),
    ("no readings", "{}", "'readings' is missing"),
    ("other vendor's names", r#"{"bp_sys":122,"bp_dia":74}"#, "'readings' is missing"),
    ("readings in capitals", r#"{"Readings":[]}"#, "'readings' is missing"),
    ("readings twice", r#"{"readings":[],"readings":[]}"#, "'readings' twice"),
    ("id twice", r#"{"id":1,"id":2,"readings":[{"vital":"pulse","value":72,"unit":"/min"}]}"#, "'id' twice"),
    (
        "time twice",
        r#"{"taken_at":null,"taken_at":"x","readings":[{"vital":"pulse","value":72,"unit":"/min"}]}"#,
        "'taken_at' twice",
    ),
    ("readings empty", r#"{"readings":[]}"#, "'readings' is empty"),
    ("readings null", r#"{"readings":null}"#, "'readings' is not a list"),
    ("readings text", r#"{"readings":"none"}"#, "'readings' is not a list"),
    (
        "readings object",
        r#"{"readings":{"vital":"pulse","value":72,"unit":"/min"}}"#,
        "'readings' is not a list",
    ),
    ("item null", r#"{"readings":[null]}"#, "Reading 1: it is not a JSON object"),
    ("item number", r#"{"readings":[72]}"#, "Reading 1: it is not a JSON object"),
    ("item list", r#"{"readings":[["pulse",72,"/min"]]}"#, "Reading 1: it is not a JSON object"),
    ("item empty", r#"{"readings":[{}]}"#, "Reading 1: 'vital' is missing"),
    ("no vital", r#"{"readings":[{"value":72,"unit":"/min"}]}"#, "'vital' is missing"),
    ("vital null", r#"{"readings":[{"vital":null,"value":72,"unit":"/min"}]}"#, "'vital' is missing"),
    ("vital a number", r#"{"readings":[{"vital":8867,"value":72,"unit":"/min"}]}"#, "'vital' is not text"),
    (
        "vital twice",
        r#"{"readings":[{"vital":"pulse","vital":"spo2","value":72,"unit":"/min"}]}"#,
        "'vital' stands there twice",
    ),
    (
        "unknown vital",
        r#"{"readings":[{"vital":"mood","value":7,"unit":"/min"}]}"#,
        "'vital' is none of systolic, ",
    ),
    (
        "vital in capitals",
        r#"{"readings":[{"vital":"Pulse","value":72,"unit":"/min"}]}"#,
        "'vital' is none of",
    ),
    (
        "vital with a space",
        r#"{"readings":[{"vital":"pulse ","value":72,"unit":"/min"}]}"#,
        "'vital' is none of",
    ),
    (
        "vital in Cyrillic look-alikes",
        r#"{"readings":[{"vital":"рulse","value":72,"unit":"/min"}]}"#,
        "'vital' is none of",
    ),
    (
        "no value",
        r#"{"readings":[{"vital":"pulse","unit":"/min"}]}"#,
        "Reading 1 (pulse): 'value' is missing",
    ),
    (
        "value null",
        r#"{"readings":[{"vital":"pulse","value":null,"unit":"/min"}]}"#,
        "(pulse): 'value' is missing",
    ),
    (
        "value quoted",
        r#"{"readings":[{"vital":"pulse","value":"72","unit":"/min"}]}"#,
        "'value' is not a number, send it without quotes",
    ),
    (
        "value quoted nan",
        r#"{"readings":[{"vital":"pulse","value":"nan","unit":"/min"}]}"#,
        "'value' is not a number",
    ),
    (
        "value true",
        r#"{"readings":[{"vital":"pulse","value":true,"unit":"/min"}]}"#,
        "'value' is not a number",
    ),
    (
        "value a list",
        r#"{"readings":[{"vital":"pulse","value":[72],"unit":"/min"}]}"#,
        "'value' is not a number",
    ),
    (
        "value an object",
        r#"{"readings":[{"vital":"pulse","value":{"n":72},"unit":"/min"}]}"#,
        "'value' is not a number",
    ),
    (
        "value twice",
        r#"{"readings":[{"vital":"pulse","value":72,"value":27,"unit":"/min"}]}"#,
        "'value' stands there twice",
    ),
    (
        "value HI",
        r#"{"readings":[{"vital":"glucose","value":"HI","unit":"mmol/L"}]}"#,
        "'value' is not a number",
    ),
    ("no unit", r#"{"readings":[{"vital":"weight","value":78.4}]}"#, "(weight): 'unit' is missing"),
    ("unit null", r#"{"readings":[{"vital":"weight","value":78.4,"unit":null}]}"#, "'unit' is missing"),
    ("unit a number", r#"{"readings":[{"vital":"weight","value":78.4,"unit":1}]}"#, "'unit' is not text"),
    (
        "unit empty",
        r#"{"readings":[{"vital":"weight","value":78.4,"unit":""}]}"#,
        "'unit' is not a unit that we know, send kg",
    ),
    (
        "unit unknown",
        r#"{"readings":[{"vital":"weight","value":156,"unit":"jin"}]}"#,
        "not a unit that we know, send kg",
    ),
    (
        "unit in capitals",
        r#"{"readings":[{"vital":"weight","value":78.4,"unit":"KG"}]}"#,
        "not a unit that we know, send kg",
    ),
    (
        "unit of another vital",
        r#"{"readings":[{"vital":"weight","value":78.4,"unit":"mm[Hg]"}]}"#,
        "'unit' does not measure this vital, send kg",
    ),
    (
        "ketones in mg/dL",
        r#"{"readings":[{"vital":"ketones","value":9,"unit":"mg/dL"}]}"#,
        "'unit' does not measure this vital, send mmol/L",
    ),
    (
        "unit twice",
        r#"{"readings":[{"vital":"weight","value":78.4,"unit":"kg","unit":"lb"}]}"#,
        "'unit' stands there twice",
    ),
    (
        "value zero",
        r#"{"readings":[{"vital":"weight","value":0,"unit":"kg"}]}"#,
        "'value' is not possible, weight lies from 22.7 to 340.2 kg",
    ),
    (
        "value negative",
        r#"{"readings":[{"vital":"pulse","value":-1,"unit":"/min"}]}"#,
        "not possible, pulse lies from 20 to 300 /min",
    ),
    (
        "value 16-bit error code",
        r#"{"readings":[{"vital":"systolic","value":2047,"unit":"mm[Hg]"}]}"#,
        "not possible, systolic",
    ),
    (
        "value huge",
        r#"{"readings":[{"vital":"pulse","value":1e308,"unit":"/min"}]}"#,
        "'value' is not a number",
    ),
    (
        "grams sent as kilograms",
        r#"{"readings":[{"vital":"weight","value":78400,"unit":"kg"}]}"#,
        "not possible, weight",
    ),
    (
        "Fahrenheit sent as Celsius",
        r#"{"readings":[{"vital":"temperature","value":98.6,"unit":"Cel"}]}"#,
        "not possible, temperature lies from 30 to 45 Cel",
    ),
    (
        "oxygen over a hundred",
        r#"{"readings":[{"vital":"spo2","value":100.1,"unit":"%"}]}"#,
        "not possible, spo2",
    ),
    (
        "oxygen as a fraction",
        r#"{"readings":[{"vital":"spo2","value":0.94,"unit":"%"}]}"#,
        "not possible, spo2",
    ),
    (
        "glucose in the other unit",
        r#"{"readings":[{"vital":"glucose","value":126,"unit":"mmol/L"}]}"#,
        "not possible, glucose",
    ),
    (
        "peak flow in cL/s",
        r#"{"readings":[{"vital":"peak_flow","value":1075,"unit":"L/min"}]}"#,
        "not possible, peak_flow",
    ),
    (
        "blood pressure reversed",
        r#"{"readings":[{"vital":"systolic","value":80,"unit":"mm[Hg]"},{"vital":"diastolic","value":141,"unit":"mm[Hg]"}]}"#,
        "The diastolic value is not below the systolic value",
    ),
    (
        "blood pressure equal",
        r#"{"readings":[{"vital":"systolic","value":90,"unit":"mm[Hg]"},{"vital":"diastolic","value":90,"unit":"mm[Hg]"}]}"#,
        "The diastolic value is not below the systolic value",
    ),
    (
        "second of two blood pressures reversed",
        r#"{"readings":[{"vital":"systolic","value":141,"unit":"mm[Hg]"},{"vital":"diastolic","value":80,"unit":"mm[Hg]"},
            {"vital":"systolic","value":80,"unit":"mm[Hg]"},{"vital":"diastolic","value":141,"unit":"mm[Hg]"}]}"#,
        "The diastolic value is not below the systolic value",
    ),
    (
        "one bad item among good ones",
        r#"{"readings":[{"vital":"systolic","value":141,"unit":"mm[Hg]"},{"vital":"pulse","value":0,"unit":"/min"}]}"#,
        "Reading 2 (pulse): 'value' is not possible",
    ),
    (
        "beyond of no meter",
        r#"{"readings":[{"vital":"systolic","value":null,"beyond":"high","unit":"mm[Hg]"}]}"#,
        "'beyond' is for meters of glucose and ketones only",
    ),
    (
        "beyond in capitals",
        r#"{"readings":[{"vital":"glucose","value":null,"beyond":"HIGH","unit":"mmol/L"}]}"#,
        "'beyond' is neither",
    ),
    (
        "beyond true",
        r#"{"readings":[{"vital":"glucose","value":null,"beyond":true,"unit":"mmol/L"}]}"#,
        "'beyond' is not text",
    ),
    (
        "beyond in a wrong unit",
        r#"{"readings":[{"vital":"glucose","value":null,"beyond":"low","unit":"kg"}]}"#,
        "'unit' does not measure this vital",
    ),
    (
        "a bound without unit",
        r#"{"readings":[{"vital":"glucose","value":1.1,"beyond":"low"}]}"#,
        "'unit' is missing",
    ),
    (
        "an impossible bound",
        r#"{"readings":[{"vital":"glucose","value":600,"beyond":"high","unit":"mmol/L"}]}"#,
        "not possible, glucose",
    ),
];

#[test]
fn what_cannot_be_right_is_refused_whole_with_a_sentence() {
    assert!(REFUSED.len() >= 60);
    for (what, payload, why) in REFUSED {
        let refusal = decode(payload.as_bytes()).expect_err(what).to_string();
        assert!(refusal.contains(why), "{what}: {refusal}");
        assert!(refusal.ends_with('.') && !refusal.contains('\n'), "{what}: {refusal}");
    }
}

#[test]
fn too_much_of_anything_is_refused() {
    let item = r#"{"vital":"pulse","value":72,"unit":"/min"}"#;
    let many = |count| format!(r#"{{"readings":[{}]}}"#, vec![item; count].join(","));
    assert_eq!(decode(many(READINGS_LIMIT).as_bytes()).unwrap().measurements.len(), READINGS_LIMIT);
    assert!(decode(many(READINGS_LIMIT + 1).as_bytes()).unwrap_err().0.contains("more than 64"));

    let deep = format!(r#"{{"x":{}1{},"readings":[{item}]}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert!(decode(deep.as_bytes()).unwrap_err().0.contains("not valid JSON"));

    let padded = |size: usize| format!("{}{}", many(1), " ".repeat(size - many(1).len()));
    assert!(decode(padded(65_536).as_bytes()).is_ok());
    assert!(decode(padded(65_537).as_bytes()).unwrap_err().0.contains("too large: 65537 bytes"));
    assert!(decode(b"\xff\xfe{}").unwrap_err().0.contains("not valid JSON"));
}

#[test]
fn a_refusal_never_quotes_the_payload() {
    let secret = "Ada Lovelace 07700 900123";
    let shapes = [
        format!(r#"{{"readings":[{{"vital":"{secret}","value":72,"unit":"/min"}}]}}"#),
        format!(r#"{{"readings":[{{"vital":"pulse","value":"{secret}","unit":"/min"}}]}}"#),
        format!(r#"{{"readings":[{{"vital":"pulse","value":72,"unit":"{secret}"}}]}}"#),
        format!(r#"{{"readings":[{{"vital":"pulse","value":4711,"unit":"/min","beyond":"{secret}"}}]}}"#),
        format!(r#"{{"readings":[{{"vital":"pulse","value":4711,"unit":"/min","name":"{secret}"}}]}}"#),
        format!(r#"{{"readings":"{secret}"}}"#),
        format!(r#"{{"readings":[{secret}]}}"#),
        format!(r#""{secret}""#),
        secret.to_owned(),
    ];
    for payload in shapes {
        let refusal = decode(payload.as_bytes()).unwrap_err().to_string();
        assert!(
            !refusal.contains("Ada") && !refusal.contains("07700") && !refusal.contains("4711"),
            "{refusal}"
        );
    }
}
