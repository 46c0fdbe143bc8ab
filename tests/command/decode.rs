use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::house::House;

const KEYS: [&str; 7] = ["device_id", "message_id", "outcome", "profile", "readings", "taken_at", "why"];
const WEIGHT: &str = r#"{"id":"w1","taken_at":"2026-11-22T07:31:00Z","readings":[{"vital":"weight","value":78.4,"unit":"kg"}]}"#;
const SCALE: &str = "lamplight/v1/scale-1/reading";
const SOON_AFTER: [&str; 2] = ["--at", "2026-11-22T07:32:00Z"];

#[test]
fn a_topic_names_the_device_and_chooses_the_format() {
    let house = House::quiet();
    for (topic, payload, outcome, device, profile) in [
        (Some(SCALE), WEIGHT, "accepted", json!("scale-1"), json!("native")),
        (None, WEIGHT, "accepted", Value::Null, json!("native")),
        (Some("lamplight/v1/scale-1/status"), "online", "ignored", json!("scale-1"), json!("native")),
        (Some("lamplight/v1/scale-1/status"), "asleep", "rejected", json!("scale-1"), json!("native")),
        (Some("lamplight/v1/no such/reading"), WEIGHT, "rejected", Value::Null, json!("native")),
        (Some("attic/scale"), WEIGHT, "held", Value::Null, Value::Null),
        (Some(SCALE), "not json", "rejected", json!("scale-1"), json!("native")),
        (Some(SCALE), "", "rejected", json!("scale-1"), json!("native")),
        (
            Some(SCALE),
            r#"{"readings":[{"vital":"weight","value":"78"}]}"#,
            "rejected",
            json!("scale-1"),
            json!("native"),
        ),
        (
            Some(SCALE),
            r#"{"readings":[{"vital":"weight","value":78}]}"#,
            "rejected",
            json!("scale-1"),
            json!("native"),
        ),
    ] {
        let topic: Vec<&str> = topic.into_iter().flat_map(|topic| ["--topic", topic]).collect();
        let args = [&["decode"], topic.as_slice(), &SOON_AFTER].concat();
        let told = house.run_fed(&args, payload.as_bytes());
        assert_eq!((told.code, told.err.as_str()), (0, ""), "{args:?} {payload}");
        let lines = told.json();
        let [line] = lines.as_slice() else { panic!("{args:?} {payload}: {lines:?}") };
        let mut keys: Vec<_> = line.as_object().unwrap().keys().collect();
        keys.sort_unstable();
        assert_eq!(keys, KEYS, "{args:?} {payload}");
        assert_eq!(
            [&line["outcome"], &line["device_id"], &line["profile"]],
            [&json!(outcome), &device, &profile],
            "{args:?} {payload}: {line}"
        );
        assert!(line["why"].as_str().is_some_and(|why| why.ends_with('.')), "{line}");
        let accepted = json!([{"vital": "weight", "value": 78.4, "unit": "kg"}]);
        let readings = if outcome == "accepted" { accepted } else { json!([]) };
        assert_eq!(line["readings"], readings, "{args:?} {payload}");
        let (id, at) = match outcome {
            "accepted" => (json!("w1"), json!("2026-11-22T07:31:00Z")),
            _ => (Value::Null, Value::Null),
        };
        assert_eq!([&line["message_id"], &line["taken_at"]], [&id, &at], "{args:?} {payload}");
    }
}

#[test]
fn a_payload_may_be_written_in_hexadecimal_or_base64_here_or_on_standard_input() {
    let house = House::quiet();
    let hex: String = WEIGHT.bytes().map(|byte| format!("{byte:02x}")).collect();
    let base64 = STANDARD.encode(WEIGHT);
    let spaced = format!("{}\n{}\n", &hex[..20].to_uppercase(), &hex[20..]);
    let plain = house.run_fed(&["decode", "--at", SOON_AFTER[1]], WEIGHT.as_bytes()).json();
    for (label, args, input) in [
        ("hex", vec!["--hex", &hex], ""),
        ("base64", vec!["--base64", &base64], ""),
        ("hex on standard input", vec!["--hex"], spaced.as_str()),
        ("base64 on standard input", vec!["--base64"], &base64),
        ("a named profile", vec!["--profile", "native"], WEIGHT),
    ] {
        let args = [&["decode"], &SOON_AFTER[..], args.as_slice()].concat();
        let told = house.run_fed(&args, input.as_bytes());
        assert_eq!((told.code, told.json()), (0, plain.clone()), "{label}: {told:?}");
    }
}

#[test]
fn a_file_of_messages_is_one_line_each_and_a_faulty_one_is_named() {
    let house = House::quiet();
    let line = |payload: Value, encoding: &str| {
        json!({"topic": SCALE, "payload": payload, "payload_encoding": encoding, "at": SOON_AFTER[1]})
            .to_string()
    };
    let written: Value = serde_json::from_str(WEIGHT).unwrap();
    let good = [
        line(json!(WEIGHT), "utf8"),
        line(written, "utf8"),
        String::new(),
        line(json!(STANDARD.encode(WEIGHT)), "base64"),
    ];
    house.write("good.jsonl", &good.join("\n"));
    let told = house.run(&["decode", "--file", "good.jsonl"]);
    assert_eq!(told.code, 0, "{told:?}");
    let outcomes: Vec<_> =
        told.json().iter().map(|line| (line["outcome"].clone(), line["message_id"].clone())).collect();
    assert_eq!(outcomes, vec![(json!("accepted"), json!("w1")); 3]);

    for (bad, said) in [
        ("not json", "bad.jsonl, line 2: not a message"),
        (r#"{"topic":"t"}"#, "bad.jsonl, line 2: not a message: missing field `payload`"),
        (
            r#"{"payload":"xyz","payload_encoding":"hex"}"#,
            "bad.jsonl, line 2: the payload is not hexadecimal",
        ),
        (r#"{"payload":"x","profile":"smoke"}"#, "bad.jsonl, line 2: unknown profile 'smoke'"),
        (r#"{"payload":"x","at":"noon"}"#, "bad.jsonl, line 2: --at 'noon' is not a time"),
    ] {
        house.write("bad.jsonl", &format!("{}\n{bad}\n", good[0]));
        let told = house.run(&["decode", "--file", "bad.jsonl"]);
        assert_eq!(told.code, 2, "{bad}: {told:?}");
        assert!(told.err.contains(said) && told.err.lines().count() == 1, "{bad}: {}", told.err);
    }
}

#[test]
fn what_cannot_be_decoded_says_what_to_do() {
    let house = House::quiet();
    for (args, said) in [
        (vec!["--hex", "abc"], "the payload is not hexadecimal"),
        (vec!["--base64", "%"], "the payload is not base64"),
        (vec!["--profile", "smoke"], "unknown profile 'smoke'"),
        (vec!["--at", "yesterday"], "--at 'yesterday' is not a time"),
        (vec!["--file", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (vec!["--hex", "00", "--base64", "AA=="], "cannot be used with"),
    ] {
        let told = house.run(&[&["decode"], args.as_slice()].concat());
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{args:?}: {told:?}");
        assert!(told.err.contains(said), "{args:?}: {}", told.err);
    }
}
