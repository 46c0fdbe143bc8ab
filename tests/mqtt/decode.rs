//! `lamplight decode`: one line a message.

use std::path::{Path, PathBuf};

use clap::Parser;
use lamplight::cli::decode::{DecodeArgs, DecodeError, run};
use lamplight::clock::Clock;
use serde_json::{Value, json};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: DecodeArgs,
}

fn try_decode(args: &[&str], stdin: &[u8]) -> Result<String, DecodeError> {
    let command = Command::try_parse_from(std::iter::once(&"decode").chain(args)).unwrap();
    let clock = Clock::fixed("2026-11-22T12:00:00Z".parse().unwrap());
    let mut out = Vec::new();
    run(&command.args, &clock, stdin, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn decode(args: &[&str], stdin: &[u8]) -> Value {
    let line = try_decode(args, stdin).unwrap();
    assert_eq!(line.matches('\n').count(), 1);
    serde_json::from_str(&line).unwrap()
}

const WEIGHT: &str = r#"{"readings":[{"vital":"weight","value":78.40,"unit":"kg"}]}"#;

#[test]
fn a_reading_is_printed_as_the_contract_has_it() {
    let payload = br#"{"id":7,"taken_at":"2026-11-22T07:31:00Z","readings":[
        {"vital":"systolic","value":141,"unit":"mm[Hg]"},{"vital":"weight","value":172,"unit":"lb"}]}"#;
    let line = try_decode(&["--topic", "lamplight/v1/cuff-1/reading"], payload).unwrap();
    assert_eq!(
        line,
        concat!(
            r#"{"outcome":"accepted","device_id":"cuff-1","profile":"native","message_id":"7","#,
            r#""taken_at":"2026-11-22T07:31:00Z","readings":[{"vital":"systolic","value":141,"unit":"mm[Hg]"},"#,
            r#"{"vital":"weight","value":78.017888,"unit":"kg"}],"why":"A native message with 2 numbers."}"#,
            "\n"
        )
    );
}

#[test]
fn the_fixture_of_messages_is_understood_line_by_line() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/native.jsonl");
    let lines: Vec<Value> = std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let printed = try_decode(&["--file", path], b"").unwrap();
    assert_eq!(printed.lines().count(), lines.len());
    for (line, printed) in lines.iter().zip(printed.lines()) {
        let printed: Value = serde_json::from_str(printed).unwrap();
        let Value::Object(expected) = &line["expected"] else { panic!("{line}") };
        for (name, value) in expected {
            match (name.as_str(), value) {
                ("why", Value::String(part)) => {
                    assert!(printed["why"].as_str().unwrap().contains(part), "{line}: {printed}")
                }
                _ => assert_eq!(&printed[name], value, "{line}: {printed}"),
            }
        }
    }
}

#[test]
fn payloads_may_be_given_in_hex_and_base64() {
    let expected = decode(&[], WEIGHT.as_bytes());
    let hex: String = WEIGHT.bytes().map(|byte| format!("{byte:02X}")).collect();
    let base64 = "eyJyZWFkaW5ncyI6W3sidml0YWwiOiJ3ZWlnaHQiLCJ2YWx1ZSI6NzguNDAsInVuaXQiOiJrZyJ9XX0=";
    assert_eq!(decode(&["--hex", &hex], b""), expected);
    assert_eq!(decode(&["--hex"], format!("{hex}\n").as_bytes()), expected);
    assert_eq!(decode(&["--base64", base64], b""), expected);
    assert_eq!(decode(&["--base64"], format!("{}\n{}\n", &base64[..40], &base64[40..]).as_bytes()), expected);
    assert_eq!(expected["readings"], json!([{"vital": "weight", "value": 78.4, "unit": "kg"}]));
}

#[test]
fn a_clock_is_judged_by_the_time_of_receipt() {
    let payload =
        br#"{"taken_at":"2026-11-22T07:31:00Z","readings":[{"vital":"weight","value":78.4,"unit":"kg"}]}"#;
    assert_eq!(decode(&[], payload)["taken_at"], "2026-11-22T07:31:00Z");
    for at in ["2026-11-21T00:00:00Z", "2027-11-22T00:00:00Z"] {
        let printed = decode(&["--at", at], payload);
        assert_eq!((&printed["outcome"], &printed["taken_at"]), (&json!("accepted"), &Value::Null));
        assert!(printed["why"].as_str().unwrap().contains("clock cannot be right"));
    }
}

#[test]
fn what_cannot_be_shown_is_one_sentence_and_exit_code_2() {
    let table: [(&[&str], &[u8], &str); 6] = [
        (&["--profile", "gatt:2a99"], b"", "unknown profile 'gatt:2a99': the formats are native, gatt:2a35,"),
        (&["--at", "yesterday"], b"", "--at 'yesterday' is not a time"),
        (&["--hex", "1e8"], b"", "the payload is not hexadecimal"),
        (&["--hex"], b"1g", "the payload is not hexadecimal"),
        (&["--base64", "?"], b"", "the payload is not base64"),
        (&["--file", "/nowhere.jsonl"], b"", "/nowhere.jsonl cannot be read"),
    ];
    for (args, stdin, why) in table {
        let error = try_decode(args, stdin).unwrap_err();
        assert!(error.to_string().starts_with(why), "{error}");
        assert_eq!(error.exit_code(), 2);
    }
}

#[test]
fn a_bad_line_of_a_file_is_named_by_its_number() {
    let file = Scratch::write(
        "bad-line",
        "{\"payload\":\"online\",\"topic\":\"lamplight/v1/a/status\"}\n\n{\"payload\":1,\"profile\":\"hl7\"}\n",
    );
    let error = try_decode(&["--file", file.0.to_str().unwrap()], b"").unwrap_err().to_string();
    assert!(error.contains("line 3: unknown profile 'hl7': the formats are native,"), "{error}");
    let file = Scratch::write("no-json", "141/80\n");
    let error = try_decode(&["--file", file.0.to_str().unwrap()], b"").unwrap_err().to_string();
    assert!(error.contains("line 1: not a message: "), "{error}");
}

#[test]
fn a_file_stands_for_topic_and_payload() {
    for args in
        [["--file", "x", "--topic", "y"], ["--file", "x", "--hex", "00"], ["--hex", "00", "--base64", "AA=="]]
    {
        assert!(Command::try_parse_from(std::iter::once("decode").chain(args)).is_err(), "{args:?}");
    }
}

/// A file that is gone when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn write(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lamplight-decode-{}-{name}.jsonl", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(AsRef::<Path>::as_ref(&self.0));
    }
}
