//! `lamplight decode`: how a device's message is understood, in one line of JSON.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::catalog::{self, Source};
use crate::clock::Clock;
use crate::domain::format::{At, Format, Heard, Taken};
use crate::domain::payload::{Refusal, decode_status, is_believed};
use crate::domain::profile::{Book, Reader};
use crate::domain::reading::Measurement;
use crate::mqtt::topic::{Topic, Unknown};

use super::check::choose;

/// Shows how a device's message is understood: payload on standard input, one line of JSON out.
#[derive(Debug, Default, Args)]
pub struct DecodeArgs {
    /// The topic that it arrived on, which names the device and chooses the format
    #[arg(long)]
    pub topic: Option<String>,
    /// The format or device profile, instead of the topic's
    #[arg(long)]
    pub profile: Option<String>,
    /// Folder of device profiles [default: protocols/devices, else those built in]
    #[arg(long, value_name = "DIR")]
    pub profiles: Option<PathBuf>,
    /// When it arrived (RFC 3339), instead of now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The payload in hexadecimal: here, or on standard input
    #[arg(long, value_name = "PAYLOAD", conflicts_with_all = ["base64", "file"])]
    pub hex: Option<Option<String>>,
    /// The payload in base64: here, or on standard input
    #[arg(long, value_name = "PAYLOAD", conflicts_with = "file")]
    pub base64: Option<Option<String>>,
    /// Many messages: `{"topic":…,"payload":…,"payload_encoding":…,"profile":…,"at":…}` a line
    #[arg(long, value_name = "MESSAGES.jsonl", conflicts_with_all = ["topic", "profile"])]
    pub file: Option<PathBuf>,
}

/// Why nothing could be shown.
#[derive(Debug, Error)]
pub enum DecodeError {
    #[error("unknown profile '{0}': the formats are {names}, and the device profiles stand in protocols/devices", names = Format::NAMES)]
    UnknownProfile(String),
    #[error("the device profiles do not hold:\n{}", .0.join("\n"))]
    Profiles(Vec<String>),
    #[error("--at '{0}' is not a time such as 2026-11-22T07:31:00Z")]
    BadTime(String),
    #[error("the payload is not {0}")]
    BadEncoding(Encoding),
    #[error("{path}, line {line}: {why}")]
    BadLine { path: PathBuf, line: usize, why: String },
    #[error("{path} cannot be read: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("standard input or output failed: {0}")]
    Stream(#[from] io::Error),
}

impl DecodeError {
    /// The exit code of the command.
    pub fn exit_code(&self) -> u8 {
        2
    }
}

/// How a payload is written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    #[default]
    Utf8,
    Hex,
    Base64,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Accepted,
    Ignored,
    Rejected,
    Held,
}

/// The line that is printed.
#[derive(Debug, Serialize)]
struct Understood {
    outcome: Outcome,
    device_id: Option<String>,
    profile: Option<String>,
    message_id: Option<String>,
    taken_at: Option<Timestamp>,
    readings: Vec<Measurement>,
    why: String,
}

/// A line of `--file`. Other keys are welcome and not read.
#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    topic: Option<String>,
    payload: serde_json::Value,
    #[serde(default)]
    payload_encoding: Encoding,
    #[serde(default)]
    profile: Option<String>,
    #[serde(default)]
    at: Option<String>,
}

/// Prints one line for each message.
pub fn run(
    args: &DecodeArgs,
    clock: &Clock,
    stdin: impl Read,
    mut out: impl Write,
) -> Result<(), DecodeError> {
    let book = book(args.profiles.as_deref())?;
    let reader = args.profile.as_deref().map(|name| named(&book, name)).transpose()?;
    let received_at = match &args.at {
        Some(at) => parse_time(at)?,
        None => clock.now(),
    };
    if let Some(path) = &args.file {
        let unreadable = |source| DecodeError::Unreadable { path: path.clone(), source };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        for (index, line) in BufReader::new(file).lines().enumerate() {
            let line = line.map_err(unreadable)?;
            if line.trim().is_empty() {
                continue;
            }
            let shown = show_line(&book, &line, received_at).map_err(|why| DecodeError::BadLine {
                path: path.clone(),
                line: index + 1,
                why,
            })?;
            print(&mut out, &shown)?;
        }
        return Ok(());
    }
    let payload = read_payload(args, stdin)?;
    print(&mut out, &understand(&book, args.topic.as_deref(), reader.as_ref(), &payload, received_at))
}

/// The profiles of the folder that is named, of the usual one, or those built into this binary.
fn book(named: Option<&Path>) -> Result<Book, DecodeError> {
    let usual = Path::new("protocols/devices");
    let book = match choose(named, usual, Source::BuiltInDevices) {
        Source::BuiltInDevices => catalog::built_in_devices(),
        folder => catalog::devices(&folder),
    };
    book.map_err(|faults| DecodeError::Profiles(faults.iter().map(ToString::to_string).collect()))
}

fn named<'b>(book: &'b Book, name: &str) -> Result<Reader<'b>, DecodeError> {
    book.reader(name).ok_or_else(|| DecodeError::UnknownProfile(name.to_owned()))
}

fn print(out: &mut impl Write, understood: &Understood) -> Result<(), DecodeError> {
    serde_json::to_writer(&mut *out, understood).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

fn show_line(book: &Book, line: &str, now: Timestamp) -> Result<Understood, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| format!("not a message: {error}"))?;
    let reader = line.profile.as_deref().map(|name| named(book, name)).transpose();
    let reader = reader.map_err(|error| error.to_string())?;
    let received_at = line.at.as_deref().map_or(Ok(now), parse_time).map_err(|error| error.to_string())?;
    let written = match line.payload {
        serde_json::Value::String(text) => text,
        json => json.to_string(),
    };
    let payload = line.payload_encoding.read(written.as_bytes()).map_err(|error| error.to_string())?;
    Ok(understand(book, line.topic.as_deref(), reader.as_ref(), &payload, received_at))
}

fn read_payload(args: &DecodeArgs, mut stdin: impl Read) -> Result<Vec<u8>, DecodeError> {
    let (encoding, given) = match (&args.hex, &args.base64) {
        (Some(given), _) => (Encoding::Hex, given.as_deref()),
        (None, Some(given)) => (Encoding::Base64, given.as_deref()),
        (None, None) => (Encoding::Utf8, None),
    };
    if let Some(written) = given {
        return encoding.read(written.as_bytes());
    }
    let mut written = Vec::new();
    stdin.read_to_end(&mut written)?;
    encoding.read(&written)
}

fn parse_time(text: &str) -> Result<Timestamp, DecodeError> {
    text.parse().map_err(|_| DecodeError::BadTime(text.to_owned()))
}

/// What becomes of one message.
fn understand(
    book: &Book,
    topic: Option<&str>,
    reader: Option<&Reader<'_>>,
    payload: &[u8],
    received_at: Timestamp,
) -> Understood {
    let parsed = topic.map(Topic::parse);
    let device = match &parsed {
        Some(Ok(topic)) => Some(topic.device().to_string()),
        _ => None,
    };
    let native = Reader::Format(Format::Native);
    let reader = match (parsed, reader) {
        (Some(Ok(Topic::Status(_))), _) => return status(device, payload),
        (_, Some(reader)) => reader.clone(),
        (None | Some(Ok(Topic::Reading(_))), None) => native,
        (Some(Err(Unknown::Device)), None) => {
            return Understood::nothing(Outcome::Rejected, None, native.name(), Unknown::Device.to_string());
        }
        (Some(Err(Unknown::Shape)), None) => match book.reader_of(topic.unwrap_or_default(), payload) {
            Some(reader) => reader,
            None => {
                let why = "No device profile speaks on this topic.".to_owned();
                return Understood {
                    profile: None,
                    ..Understood::nothing(Outcome::Held, None, String::new(), why)
                };
            }
        },
    };
    let spoken = reader.read(topic.unwrap_or_default(), payload);
    let device = device.or(spoken.device);
    let nothing = |outcome, why| Understood::nothing(outcome, device.clone(), spoken.profile.clone(), why);
    if let Some(event) = spoken.events.first() {
        return nothing(Outcome::Accepted, format!("It is an event, not a reading: {}.", event.name()));
    }
    match spoken.heard {
        Err(Refusal(why)) => nothing(Outcome::Rejected, why),
        Ok(Heard::Nothing(why)) => nothing(Outcome::Ignored, why),
        Ok(Heard::Doubtful(why)) => nothing(Outcome::Held, why),
        Ok(Heard::Readings(sets)) => {
            let whens: Vec<When> = sets.iter().map(|set| When::of(set.at, received_at)).collect();
            Understood {
                outcome: Outcome::Accepted,
                why: explain(&spoken.profile, &sets, &whens),
                message_id: sets.iter().find_map(|set| set.message_id.clone()),
                // Of several measurements the first.
                taken_at: whens.first().and_then(|when| when.instant()),
                readings: sets.into_iter().flat_map(|set| set.measurements).collect(),
                device_id: device,
                profile: Some(spoken.profile),
            }
        }
    }
}

fn status(device: Option<String>, payload: &[u8]) -> Understood {
    let (outcome, why) = match decode_status(payload) {
        Ok(_) => (Outcome::Ignored, "It is a device's status, not a reading.".to_owned()),
        Err(Refusal(why)) => (Outcome::Rejected, why),
    };
    Understood::nothing(outcome, device, Format::Native.name(), why)
}

impl Understood {
    fn nothing(outcome: Outcome, device_id: Option<String>, profile: String, why: String) -> Self {
        let (message_id, taken_at) = (None, None);
        Self { outcome, device_id, profile: Some(profile), message_id, taken_at, readings: Vec::new(), why }
    }
}

/// What a payload's time is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Believed(Timestamp),
    /// The clock cannot be right.
    Unbelieved,
    /// A clock on the patient's wall, or only the day.
    Local,
    Unsaid,
}

impl When {
    fn of(at: At, received_at: Timestamp) -> Self {
        match at {
            At::Unsaid => Self::Unsaid,
            At::Wall(_) | At::Day(_) => Self::Local,
            At::Exactly(instant) if is_believed(instant, received_at) => Self::Believed(instant),
            At::Exactly(_) => Self::Unbelieved,
            At::Ago(ago) => match received_at.checked_sub(ago) {
                Ok(instant) if is_believed(instant, received_at) => Self::Believed(instant),
                _ => Self::Unbelieved,
            },
        }
    }

    const fn instant(self) -> Option<Timestamp> {
        match self {
            Self::Believed(instant) => Some(instant),
            Self::Unbelieved | Self::Local | Self::Unsaid => None,
        }
    }
}

fn explain(profile: &str, sets: &[Taken], whens: &[When]) -> String {
    let numbers: usize = sets.iter().map(|set| set.measurements.len()).sum();
    let mut why = match (numbers, sets.len()) {
        (1, _) => format!("A {profile} message with one number"),
        (many, 1) => format!("A {profile} message with {many} numbers"),
        (many, times) => format!("A {profile} message with {many} numbers of {times} times"),
    };
    match whens.first() {
        Some(When::Unbelieved) => {
            why.push_str("; the device's clock cannot be right, so the time of receipt counts");
        }
        Some(When::Local) => why.push_str("; its time has no zone, so it is read as the patient's"),
        Some(When::Unsaid) | None => why.push_str("; it says no time, so the time of receipt counts"),
        Some(When::Believed(_)) => {}
    }
    why.push('.');
    if let Some(note) = sets.iter().find_map(|set| set.note.as_ref()) {
        // Writing to a string cannot fail.
        let _ = write!(why, " {note}");
    }
    why
}

impl Encoding {
    fn read(self, written: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let packed =
            || written.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<_>>();
        match self {
            Self::Utf8 => Some(written.to_vec()),
            Self::Hex => read_hex(&packed()),
            Self::Base64 => STANDARD.decode(packed()).ok(),
        }
        .ok_or(DecodeError::BadEncoding(self))
    }
}

impl std::fmt::Display for Encoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "text",
            Self::Hex => "hexadecimal",
            Self::Base64 => "base64",
        })
    }
}

fn read_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
