//! What decoding costs: payloads a second on one core, a line a format, from bytes to readings in our units. The payloads are
//! those of public sources that the tests read. Run it with `cargo bench --bench decoding`.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lamplight::catalog;
use lamplight::domain::format::Heard;
use lamplight::domain::format::sparkplug::Births;
use lamplight::domain::profile::{Book, read_hex};
use serde_json::Value;

/// How long each format is measured.
const SPELL: Duration = Duration::from_secs(2);

const NATIVE: &str = r#"{"id":"bp-000417","taken_at":"2026-11-22T07:31:00Z","readings":[{"vital":"systolic","value":141,"unit":"mm[Hg]"},{"vital":"diastolic","value":80,"unit":"mm[Hg]"},{"vital":"pulse","value":72,"unit":"/min"}]}"#;

const ROWS: [&str; 7] = [
    include_str!("../../tests/fixtures/devices/gatt.jsonl"),
    include_str!("../../tests/fixtures/devices/fhir.jsonl"),
    include_str!("../../tests/fixtures/devices/omh.jsonl"),
    include_str!("../../tests/fixtures/devices/senml.jsonl"),
    include_str!("../../tests/fixtures/devices/ble_scale_raw.jsonl"),
    include_str!("../../tests/fixtures/devices/theengs.jsonl"),
    include_str!("../../tests/fixtures/devices/sparkplug_lorawan.jsonl"),
];

/// A line of the table: its name, the reader's name or nothing where the topic chooses, and how it begins.
const LINES: [(&str, Option<&str>, &str); 10] = [
    ("native JSON", Some("native"), ""),
    ("GATT characteristics", None, "gatt:"),
    ("FHIR R4 Observation and Bundle", None, "fhir"),
    ("Open mHealth / IEEE 1752", None, "omh:"),
    ("SenML in JSON", None, "senml-json"),
    ("SenML in CBOR", None, "senml-cbor"),
    ("Xiaomi scale frames", None, "mi:"),
    ("Theengs, by its profile", None, "home/"),
    ("ChirpStack envelope, by its profile", None, "application/"),
    ("Sparkplug B, by its profile", None, "spBv1.0/"),
];

/// A payload, and what it is read by: a format, or whichever profile speaks on the topic.
struct Message {
    format: Option<String>,
    topic: String,
    payload: Vec<u8>,
}

fn main() -> ExitCode {
    // Cargo runs benches with `--bench`, and `cargo test --benches` without: then each thing is done a few times, to see that
    // it can be.
    let spell = if std::env::args().any(|argument| argument == "--bench") { SPELL } else { Duration::ZERO };
    let Ok(book) = catalog::built_in_devices() else {
        eprintln!("the built-in device profiles do not hold");
        return ExitCode::FAILURE;
    };
    println!("one core, {} s a format, payloads of public sources in turn", spell.as_secs());
    println!("{:38} {:>9} {:>10} {:>14} {:>10}", "format", "payloads", "bytes each", "payloads/s", "MB/s");
    for (label, format, beginning) in LINES {
        let messages = match format {
            Some(format) => vec![Message {
                format: Some(format.to_owned()),
                topic: String::new(),
                payload: NATIVE.as_bytes().to_vec(),
            }],
            None => rows(&book, beginning),
        };
        if messages.is_empty() {
            eprintln!("no payload of {label} is read any more: put another into the fixtures");
            return ExitCode::FAILURE;
        }
        let bytes = messages.iter().map(|message| message.payload.len()).sum::<usize>() as f64;
        let each = bytes / messages.len() as f64;
        let a_second = per_second(spell, |n| drop(black_box(read(&book, &messages[n % messages.len()]))));
        let megabytes = a_second * each / 1e6;
        println!("{label:38} {:>9} {each:>10.0} {a_second:>14.0} {megabytes:>10.1}", messages.len());
    }
    ExitCode::SUCCESS
}

/// The payloads that become readings, of a format or a topic that begins so.
fn rows(book: &Book, beginning: &str) -> Vec<Message> {
    let mut births = Births::default();
    ROWS.iter()
        .flat_map(|rows| rows.lines())
        .filter_map(|row| serde_json::from_str::<Value>(row).ok())
        .filter_map(|row| {
            let text = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
            let (format, topic) = (text("profile"), text("topic").unwrap_or_default());
            let payload = bytes(&text("payload")?, row.get("payload_encoding")?.as_str()?)?;
            let payload = births.name(&topic, &payload).into_owned();
            Some(Message { format, topic, payload })
        })
        .filter(|message| message.format.as_deref().unwrap_or(&message.topic).starts_with(beginning))
        .filter(|message| matches!(read(book, message), Some(Heard::Readings(_))))
        .collect()
}

fn bytes(payload: &str, encoding: &str) -> Option<Vec<u8>> {
    match encoding {
        "hex" => read_hex(payload),
        "base64" => STANDARD.decode(payload).ok(),
        _ => Some(payload.as_bytes().to_vec()),
    }
}

/// As the gateway does it: a profile is chosen anew for each message.
fn read(book: &Book, message: &Message) -> Option<Heard> {
    let reader = match &message.format {
        Some(name) => book.reader(name)?,
        None => book.reader_of(&message.topic, &message.payload)?,
    };
    reader.read(&message.topic, &message.payload).heard.ok()
}

fn per_second(spell: Duration, mut one: impl FnMut(usize)) -> f64 {
    let begun = Instant::now();
    let mut done = 0;
    loop {
        for _ in 0..256 {
            one(done);
            done += 1;
        }
        if begun.elapsed() >= spell {
            break;
        }
    }
    done as f64 / begun.elapsed().as_secs_f64()
}
