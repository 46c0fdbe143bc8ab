//! `lamplight decode`: how a device's message is understood, in one line of JSON.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::clock::Clock;
use crate::domain::payload::{Payload, Refusal, decode, decode_status};
use crate::domain::reading::Measurement;
use crate::mqtt::topic::{Topic, Unknown};

/// Shows how a device's message is understood: payload on standard input, one line of JSON out.
#[derive(Debug, Default, Args)]
pub struct DecodeArgs {
    /// The topic that it arrived on, which names the device and chooses the format
    #[arg(long)]
    pub topic: Option<String>,
    /// The format, instead of the topic's
    #[arg(long)]
    pub profile: Option<String>,
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
    #[error("unknown profile '{0}': the known one is native")]
    UnknownProfile(String),
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
    profile: Option<&'static str>,
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

/// The formats that are spoken.
#[derive(Debug, Clone, Copy)]
enum Profile {
    Native,
}

/// Prints one line for each message.
pub fn run(
    args: &DecodeArgs,
    clock: &Clock,
    stdin: impl Read,
    mut out: impl Write,
) -> Result<(), DecodeError> {
    let profile = args.profile.as_deref().map(Profile::parse).transpose()?;
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
            let shown = show_line(&line, received_at).map_err(|why| DecodeError::BadLine {
                path: path.clone(),
                line: index + 1,
                why,
            })?;
            print(&mut out, &shown)?;
        }
        return Ok(());
    }
    let payload = read_payload(args, stdin)?;
    print(&mut out, &understand(args.topic.as_deref(), profile, &payload, received_at))
}

fn print(out: &mut impl Write, understood: &Understood) -> Result<(), DecodeError> {
    serde_json::to_writer(&mut *out, understood).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

fn show_line(line: &str, now: Timestamp) -> Result<Understood, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| format!("not a message: {error}"))?;
    let profile =
        line.profile.as_deref().map(Profile::parse).transpose().map_err(|error| error.to_string())?;
    let received_at = line.at.as_deref().map_or(Ok(now), parse_time).map_err(|error| error.to_string())?;
    let written = match line.payload {
        serde_json::Value::String(text) => text,
        json => json.to_string(),
    };
    let payload = line.payload_encoding.read(written.as_bytes()).map_err(|error| error.to_string())?;
    Ok(understand(line.topic.as_deref(), profile, &payload, received_at))
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

fn understand(
    topic: Option<&str>,
    profile: Option<Profile>,
    payload: &[u8],
    received_at: Timestamp,
) -> Understood {
    let topic = topic.map(Topic::parse);
    let device_id = match &topic {
        Some(Ok(topic)) => Some(topic.device().to_string()),
        _ => None,
    };
    let nothing = |outcome, why: String| Understood {
        outcome,
        device_id: device_id.clone(),
        profile: Some(Profile::Native.name()),
        message_id: None,
        taken_at: None,
        readings: Vec::new(),
        why,
    };
    match (topic, profile) {
        (Some(Ok(Topic::Status(_))), _) => match decode_status(payload) {
            Ok(_) => nothing(Outcome::Ignored, "It is a device's status, not a reading.".to_owned()),
            Err(Refusal(why)) => nothing(Outcome::Rejected, why),
        },
        (Some(Err(Unknown::Device)), None) => nothing(Outcome::Rejected, Unknown::Device.to_string()),
        (Some(Err(Unknown::Shape)), None) => Understood {
            profile: None,
            ..nothing(Outcome::Held, "No device profile speaks on this topic.".to_owned())
        },
        (Some(Ok(Topic::Reading(_))) | None, None) | (_, Some(Profile::Native)) => match decode(payload) {
            Ok(payload) => Understood {
                outcome: Outcome::Accepted,
                taken_at: payload.believed_at(received_at),
                why: explain(&payload, received_at),
                message_id: payload.message_id,
                readings: payload.measurements,
                device_id,
                profile: Some(Profile::Native.name()),
            },
            Err(Refusal(why)) => nothing(Outcome::Rejected, why),
        },
    }
}

fn explain(payload: &Payload, received_at: Timestamp) -> String {
    let mut why = match payload.measurements.len() {
        1 => "A native message with one number".to_owned(),
        many => format!("A native message with {many} numbers"),
    };
    match (payload.taken_at, payload.believed_at(received_at)) {
        (Some(_), Some(_)) => {}
        (Some(_), None) => {
            why.push_str("; the device's clock cannot be right, so the time of receipt counts")
        }
        (None, _) => why.push_str("; it says no time, so the time of receipt counts"),
    }
    why.push('.');
    if let Some(note) = &payload.note {
        // Writing to a string cannot fail.
        let _ = write!(why, " {note}");
    }
    why
}

impl Profile {
    fn parse(name: &str) -> Result<Self, DecodeError> {
        match name {
            "native" => Ok(Self::Native),
            _ => Err(DecodeError::UnknownProfile(name.to_owned())),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
        }
    }
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
