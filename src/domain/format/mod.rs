//! What devices and hubs publish in formats that standards define: bytes in, readings or a reason out. Pure.
//!
//! A format says what the bytes mean. Whose they are and on which topic they come is a device profile's to say
//! ([`super::profile`]); whether a clock is believed is decided when the reading is judged.

mod code;
mod fhir;
pub mod gatt;
pub mod medical_float;
mod mi_scale;
mod omh;
mod radio;
mod senml;
pub mod sparkplug;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::event::RAW_LIMIT;
use super::payload::{self, READINGS_LIMIT, Refusal};
use super::reading::{Measurement, check_together};

pub use gatt::{Characteristic, Quirk};
pub use mi_scale::MiScale;
pub use radio::Radio;

/// A format that a payload can be read by without knowing the make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Lamplight's own JSON.
    Native,
    /// The value of a Bluetooth characteristic.
    Gatt(Characteristic, Option<Quirk>),
    /// An Observation or a Bundle of FHIR R4.
    Fhir,
    /// Open mHealth or IEEE 1752, a data point or a bare body. The version of the body's schema, where it is known.
    Omh {
        version: Option<(u8, u8)>,
    },
    SenmlJson,
    SenmlCbor,
    /// The advertisement of a Xiaomi scale.
    MiScale(MiScale),
    /// A maker's own frame.
    Radio(Radio),
}

/// What a payload says.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// Never empty.
    Readings(Vec<Taken>),
    /// It is in order, and says nothing of a vital sign.
    Nothing(String),
    /// It can be read, and must not become a reading without a human.
    Doubtful(String),
}

/// What was measured at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The device's own name of it.
    pub message_id: Option<String>,
    pub at: At,
    /// Never empty; all possible, alone and together.
    pub measurements: Vec<Measurement>,
    /// What a nurse should know of how it was measured.
    pub note: Option<String>,
}

/// When something was measured, as far as the payload tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Unsaid,
    Exactly(Timestamp),
    /// A clock on the wall; whose is not said.
    Wall(DateTime),
    Day(Date),
    /// So long before it was received.
    Ago(SignedDuration),
}

impl Format {
    /// The formats by the names that the command line and profiles use.
    pub const NAMES: &str = "native, gatt:2a35, gatt:2a36, gatt:2a5e, gatt:2a5f, gatt:2a1c, gatt:2a37, gatt:2a9d, gatt:2a9c, \
                             gatt:2a18, gatt:2a34, gatt:2aa7, fhir, omh, senml-json, senml-cbor, mi:181d, mi:181b, radio:hci, radio:okok, radio:icomon, \
                             radio:koogeek-s1, radio:omron-7600t, radio:yonker-ibpa1";

    /// A format by its name: `gatt:2a35`, `gatt:2a35:beurer-bm85`, `omh:blood-glucose/3.0`.
    pub fn from_name(name: &str) -> Option<Self> {
        let (kind, rest) = name.split_once(':').map_or((name, None), |(kind, rest)| (kind, Some(rest)));
        Some(match (kind, rest) {
            ("native", None) => Self::Native,
            ("fhir", None) => Self::Fhir,
            ("omh", None) => Self::Omh { version: None },
            ("omh", Some(schema)) => Self::Omh { version: Some(omh::version_of(schema)?) },
            ("senml-json", None) => Self::SenmlJson,
            ("senml-cbor", None) => Self::SenmlCbor,
            ("mi", Some(service)) => Self::MiScale(MiScale::from_service(service)?),
            ("radio", Some(name)) => Self::Radio(Radio::from_name(name)?),
            ("gatt", Some(rest)) => {
                let (characteristic, quirk) = rest
                    .split_once(':')
                    .map_or((rest, None), |(characteristic, quirk)| (characteristic, Some(quirk)));
                let quirk = match quirk {
                    Some(quirk) => Some(Quirk::from_name(quirk)?),
                    None => None,
                };
                Self::Gatt(Characteristic::from_name(characteristic)?, quirk)
            }
            _ => return None,
        })
    }

    pub fn name(&self) -> String {
        match self {
            Self::Native => "native".to_owned(),
            Self::Gatt(characteristic, None) => format!("gatt:{}", characteristic.name()),
            Self::Gatt(characteristic, Some(quirk)) => {
                format!("gatt:{}:{}", characteristic.name(), quirk.name())
            }
            Self::Fhir => "fhir".to_owned(),
            Self::Omh { version: None } => "omh".to_owned(),
            Self::Omh { version: Some((major, minor)) } => format!("omh:{major}.{minor}"),
            Self::SenmlJson => "senml-json".to_owned(),
            Self::SenmlCbor => "senml-cbor".to_owned(),
            Self::MiScale(scale) => format!("mi:{}", scale.service()),
            Self::Radio(radio) => format!("radio:{}", radio.name()),
        }
    }

    /// Understands a payload.
    ///
    /// # Errors
    /// When it is malformed, withdrawn, or states what cannot be.
    pub fn decode(&self, bytes: &[u8]) -> Result<Heard, Refusal> {
        self.decode_from(None, bytes)
    }

    /// [`Self::decode`], where a hub says whom it heard: a frame that names another is in doubt.
    ///
    /// # Errors
    /// As there.
    pub fn decode_from(&self, sender: Option<&str>, bytes: &[u8]) -> Result<Heard, Refusal> {
        if bytes.len() > RAW_LIMIT {
            return Err(refusal(format!(
                "The message is too large: {} bytes, at most {RAW_LIMIT}.",
                bytes.len()
            )));
        }
        match self {
            Self::Native => native(bytes),
            Self::Gatt(characteristic, quirk) => gatt::decode(*characteristic, *quirk, bytes),
            Self::Fhir => fhir::decode(&json(bytes)?),
            Self::Omh { version } => omh::decode(&json(bytes)?, *version),
            Self::SenmlJson => senml::decode_json(&json(bytes)?),
            Self::SenmlCbor => senml::decode_cbor(bytes),
            Self::MiScale(scale) => scale.decode(bytes),
            Self::Radio(radio) => radio.decode(radio::Sender::of(sender), bytes),
        }
    }
}

impl Heard {
    /// One set of numbers of one time, if they can be true together.
    pub(super) fn one(at: At, measurements: Vec<Measurement>, note: Option<String>) -> Result<Self, Refusal> {
        Self::all(vec![Taken { message_id: None, at, measurements, note }])
    }

    /// Several sets. Without any number in them nothing was said.
    pub(super) fn all(sets: Vec<Taken>) -> Result<Self, Refusal> {
        let sets: Vec<Taken> = sets.into_iter().filter(|set| !set.measurements.is_empty()).collect();
        if sets.iter().map(|set| set.measurements.len()).sum::<usize>() > READINGS_LIMIT {
            return Err(refusal(format!("The message has more than {READINGS_LIMIT} numbers.")));
        }
        if sets.iter().any(|set| check_together(&set.measurements).is_err()) {
            return Err(refusal("The diastolic value is not below the systolic value."));
        }
        Ok(match sets.is_empty() {
            true => Self::Nothing("It states no vital sign that is watched.".to_owned()),
            false => Self::Readings(sets),
        })
    }
}

fn native(bytes: &[u8]) -> Result<Heard, Refusal> {
    let payload::Payload { message_id, taken_at, measurements, note, .. } = payload::decode(bytes)?;
    let at = taken_at.map_or(At::Unsaid, At::Exactly);
    Ok(Heard::Readings(vec![Taken { message_id, at, measurements, note }]))
}

pub(super) fn refusal(sentence: impl Into<String>) -> Refusal {
    Refusal(sentence.into())
}

/// JSON of at most 128 levels; numbers are finite by its grammar.
pub(super) fn json(bytes: &[u8]) -> Result<Value, Refusal> {
    if bytes.is_empty() {
        return Err(refusal("The message is empty."));
    }
    // Names a place and what was expected there, and never the text that stood there.
    serde_json::from_slice(bytes).map_err(|error| refusal(format!("The message is not valid JSON: {error}.")))
}

/// A time as JSON formats write it: with an offset, without one, or only the day.
pub(super) fn time(text: &str) -> Option<At> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Timestamp::from_millisecond(instant.as_millisecond()).ok().map(At::Exactly);
    }
    match (text.parse::<DateTime>(), text.len()) {
        (Ok(wall), 11..) => Some(At::Wall(wall)),
        (Ok(wall), _) => Some(At::Day(wall.date())),
        (Err(_), _) => text.parse::<Date>().ok().map(At::Day),
    }
}
