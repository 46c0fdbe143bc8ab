//! Everything a configuration can get wrong, each named in one sentence.

mod address;
mod provider;
mod shape;
mod value;

use super::{LEAST, fault, load};
use lamplight::config::Config;

/// Label, what to replace in the least set, with what, and what the sentence holds.
type Fault = (&'static str, &'static str, &'static str, &'static str);

/// Every table of faulty files.
const FILES: [&[Fault]; 4] = [shape::SHAPES, value::VALUES, provider::PROVIDERS, address::ADDRESSES];

type Env = &'static [(&'static str, &'static str)];

/// Label, variables beside the least set, and what the sentence holds.
const VARIABLES: &[(&str, Env, &str)] = &[
    (
        "unknown section",
        &[("LAMPLIGHT__HTPP__LISTEN", "x")],
        "LAMPLIGHT__HTPP__LISTEN: is not a known setting; the sections are store,",
    ),
    (
        "unknown key",
        &[("LAMPLIGHT__HTTP__PORT", "80")],
        "LAMPLIGHT__HTTP__PORT: is not a known setting; [http] has listen, public_url",
    ),
    (
        "small letters",
        &[("LAMPLIGHT__http__listen", "127.0.0.1:1")],
        "LAMPLIGHT__http__listen: is not a known setting",
    ),
    ("section alone", &[("LAMPLIGHT__HTTP", "x")], "LAMPLIGHT__HTTP: is not a known setting"),
    (
        "file for no secret",
        &[("LAMPLIGHT__STORE__PATH_FILE", "x")],
        "LAMPLIGHT__STORE__PATH_FILE: is not a known setting; [store] has path",
    ),
    ("empty", &[("LAMPLIGHT__STORE__PATH", "")], "LAMPLIGHT__STORE__PATH: store.path must not be empty"),
    (
        "wrong address",
        &[("LAMPLIGHT__HTTP__LISTEN", "8080")],
        "LAMPLIGHT__HTTP__LISTEN: http.listen must be an address and port",
    ),
    (
        "wrong number",
        &[("LAMPLIGHT__INTAKE__QUEUE_CAPACITY", "many")],
        "LAMPLIGHT__INTAKE__QUEUE_CAPACITY: intake.queue_capacity must be a whole number",
    ),
    (
        "secret file that is not there",
        &[("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE", "/nowhere/token")],
        "LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE: the file /nowhere/token cannot be read",
    ),
    (
        "secret file that is a folder",
        &[("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE", "/")],
        "the file / cannot be read",
    ),
    (
        "secret file that is empty",
        &[("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE", "/dev/null")],
        "the file /dev/null is empty",
    ),
    (
        "secret file that never ends",
        &[("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE", "/dev/zero")],
        "the file /dev/zero is too long for a secret",
    ),
    (
        "secret twice",
        &[("LAMPLIGHT__MQTT__PASSWORD", "a"), ("LAMPLIGHT__MQTT__PASSWORD_FILE", "/b")],
        "LAMPLIGHT__MQTT__PASSWORD_FILE: stands beside LAMPLIGHT__MQTT__PASSWORD; set only one",
    ),
];

#[test]
fn every_malformed_file_is_one_sentence_that_names_the_place() {
    for (label, from, to, expected) in FILES.concat() {
        assert!(LEAST.contains(from), "{label}");
        let sentence = fault(&LEAST.replacen(from, to, 1), &[]);
        assert!(sentence.contains(expected), "{label}:\n found {sentence}\n expected {expected}");
        assert!(!sentence.contains("t0ken"), "{label}: {sentence}");
    }
    assert!(FILES.concat().len() >= 75);
}

#[test]
fn every_malformed_variable_is_one_sentence_that_names_it() {
    for (label, env, expected) in VARIABLES {
        let sentence = fault(LEAST, env);
        assert!(sentence.contains(expected), "{label}:\n found {sentence}\n expected {expected}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    for (path, why) in [("/nowhere/config.toml", "No such file"), ("/", "is a directory")] {
        let sentence = Config::open(path.as_ref(), []).unwrap_err().to_string();
        assert!(sentence.starts_with(path) && sentence.contains("cannot be read"), "{sentence}");
        assert!(sentence.to_lowercase().contains(&why.to_lowercase()), "{sentence}");
    }
    let latin = std::env::temp_dir().join(format!("lamplight-latin-{}.toml", std::process::id()));
    std::fs::write(&latin, b"[store]\npath = \"\xe4\"\n").unwrap();
    let sentence = Config::open(&latin, []).unwrap_err().to_string();
    std::fs::remove_file(&latin).unwrap();
    assert!(sentence.contains("UTF-8"), "{sentence}");
}

#[test]
fn the_least_set_starts() {
    assert!(load(LEAST, &[]).is_ok());
}
