//! What a device's native JSON means. Pure: bytes in, measurements or a reason out.
//!
//! A reading message is all or nothing: one item that cannot be right refuses the whole of it, because a device that
//! is wrong about one number is not trusted with the next. What stands beside the numbers is treated the other way
//! round: a time or an id that cannot be read is left out with a note, and the reading is kept.

mod json;
pub mod key;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use self::json::{Json, Object};
use super::event::RAW_LIMIT;
use super::reading::{Beyond, Impossible, Measurement, check_together};
use super::unit::Unit;
use super::vital::Vital;

/// The most numbers that one message may carry.
pub const READINGS_LIMIT: usize = 64;

/// The longest message id that is used, in bytes.
pub const MESSAGE_ID_LIMIT: usize = 128;

/// A device's time is believed up to this far ahead of the receipt: clocks drift, readings do not come from tomorrow.
pub const BELIEVED_AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// A device's time is believed up to this long before the receipt: long enough for a meter that is read out monthly,
/// short enough to catch a clock that fell back to its first day.
pub const BELIEVED_BEHIND: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A decoded native reading message.
#[derive(Debug, Clone, PartialEq)]
pub struct Payload {
    /// The device's own name of the message, if it gives one.
    pub message_id: Option<String>,
    /// To the millisecond, as the device's clock had it. Whether that clock is believed is not decided here.
    pub taken_at: Option<Timestamp>,
    /// What a clock on the wall showed, where nothing else is said: the patient's wall.
    pub wall: Option<DateTime>,
    /// Never empty; all possible, alone and together.
    pub measurements: Vec<Measurement>,
    /// What was in the message and could not be used, in one sentence.
    pub note: Option<String>,
}

/// A decoded status message.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusReport {
    pub online: Option<bool>,
    /// Per cent, 0 to 100.
    pub battery: Option<f64>,
}

/// Why a payload is no reading: one sentence for whoever looks after the device. Never quotes the payload.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// What is wrong with one item of `readings`.
#[derive(Debug, Error)]
enum Fault {
    #[error("it is not a JSON object")]
    NotAnObject,
    #[error("'{0}' is missing")]
    Missing(&'static str),
    #[error("'{0}' stands there twice")]
    Twice(&'static str),
    #[error("'{0}' is not text")]
    NotText(&'static str),
    #[error("'vital' is none of {known}", known = Vital::ALL.map(Vital::name).join(", "))]
    UnknownVital,
    #[error("'unit' is not a unit that we know, send {0}")]
    UnknownUnit(Unit),
    #[error("'unit' does not measure this vital, send {0}")]
    WrongUnit(Unit),
    #[error("'value' is not a number, send it without quotes")]
    NotANumber,
    #[error("'value' is not possible, {vital} lies from {low} to {high} {unit}",
        low = vital.possible().low, high = vital.possible().high, unit = vital.unit())]
    OutOfSpan { vital: Vital },
    #[error("'beyond' is neither \"high\" nor \"low\"")]
    UnknownBeyond,
    #[error("'beyond' is for meters of glucose and ketones only")]
    NoScale,
}

impl Payload {
    /// When the device says that the readings were taken, its wall hanging in this zone.
    pub fn claimed_at(&self, zone: impl FnOnce() -> TimeZone) -> Option<Timestamp> {
        let on_the_wall = || self.wall?.to_zoned(zone()).ok().map(|zoned| zoned.timestamp());
        self.taken_at.or_else(on_the_wall)
    }

    /// When the device says that the readings were taken, if it says so and its clock can be right.
    pub fn believed_at(&self, received_at: Timestamp) -> Option<Timestamp> {
        self.taken_at.filter(|taken_at| is_believed(*taken_at, received_at))
    }
}

/// Whether a device's clock that says `taken_at` can be right.
pub fn is_believed(taken_at: Timestamp, received_at: Timestamp) -> bool {
    let age = received_at.duration_since(taken_at);
    -BELIEVED_AHEAD <= age && age <= BELIEVED_BEHIND
}

/// Understands a payload of `lamplight/v1/{device_id}/reading`.
pub fn decode(bytes: &[u8]) -> Result<Payload, Refusal> {
    let message = parse(bytes)?;
    let once = |name| message.get(name).map_err(|_| refusal(format!("The message has '{name}' twice.")));
    let items = match once("readings")? {
        Some(Json::List(items)) if items.is_empty() => Err("'readings' is empty."),
        Some(Json::List(items)) if items.len() > READINGS_LIMIT => Err("'readings' has more than 64 items."),
        Some(Json::List(items)) => Ok(items),
        Some(_) => Err("'readings' is not a list."),
        None => Err("'readings' is missing."),
    }
    .map_err(refusal)?;

    let measurements = items
        .iter()
        .enumerate()
        .map(|(index, item)| measure(item).map_err(|fault| refuse_item(index, item, &fault)))
        .collect::<Result<Vec<_>, _>>()?;
    if check_together(&measurements).is_err() {
        return Err(refusal("The diastolic value is not below the systolic value."));
    }

    let mut notes = Vec::new();
    let message_id = read_id(once("id")?).unwrap_or_else(|note| {
        notes.push(note);
        None
    });
    let taken_at = read_time(once("taken_at")?).unwrap_or_else(|note| {
        notes.push(note);
        None
    });
    let note = (!notes.is_empty()).then(|| notes.join(" "));
    Ok(Payload { message_id, taken_at, wall: None, measurements, note })
}

/// Understands a payload of `lamplight/v1/{device_id}/status`: the word `online` or `offline`, or a JSON object with
/// `battery` (0 to 100), `status` (one of the two words) or `online` (true or false).
pub fn decode_status(bytes: &[u8]) -> Result<StatusReport, Refusal> {
    if let Some(online) = std::str::from_utf8(bytes).ok().and_then(|text| read_presence(text.trim())) {
        return Ok(StatusReport { online: Some(online), battery: None });
    }
    let message = parse(bytes)?;
    let once = |name| message.get(name).map_err(|_| refusal(format!("The message has '{name}' twice.")));
    let said = match once("status")? {
        None | Some(Json::Null) => None,
        Some(Json::Text(word)) => Some(
            read_presence(word).ok_or_else(|| refusal("'status' is neither \"online\" nor \"offline\"."))?,
        ),
        Some(_) => return Err(refusal("'status' is neither \"online\" nor \"offline\".")),
    };
    let flag = match once("online")? {
        None | Some(Json::Null) => None,
        Some(Json::Bool(online)) => Some(*online),
        Some(_) => return Err(refusal("'online' is neither true nor false.")),
    };
    let battery = match once("battery")? {
        None | Some(Json::Null) => None,
        Some(Json::Number(number)) => number.as_f64().filter(|percent| (0.0..=100.0).contains(percent)),
        Some(_) => return Err(refusal("'battery' is not a number, send it without quotes.")),
    };
    match (said, flag) {
        (Some(said), Some(flag)) if said != flag => {
            Err(refusal("'status' and 'online' contradict each other."))
        }
        (None, None) if battery.is_none() => {
            Err(refusal("The message has neither a status nor a battery level from 0 to 100."))
        }
        _ => Ok(StatusReport { online: said.or(flag), battery }),
    }
}

fn refusal(sentence: impl Into<String>) -> Refusal {
    Refusal(sentence.into())
}

fn parse(bytes: &[u8]) -> Result<Object<'_>, Refusal> {
    if bytes.is_empty() {
        return Err(refusal("The message is empty."));
    }
    if bytes.len() > RAW_LIMIT {
        return Err(refusal(format!(
            "The message is too large: {} bytes, at most {RAW_LIMIT}.",
            bytes.len()
        )));
    }
    match serde_json::from_slice(bytes) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err(refusal("The message is not a JSON object.")),
        // Names a place and what was expected there, and never the text that stood there.
        Err(error) => Err(refusal(format!("The message is not valid JSON: {error}."))),
    }
}

fn refuse_item(index: usize, item: &Json<'_>, fault: &Fault) -> Refusal {
    let vital = match item {
        Json::Object(item) => item.get("vital").ok().flatten().and_then(read_vital),
        _ => None,
    };
    let place = index + 1;
    match vital {
        Some(vital) => refusal(format!("Reading {place} ({vital}): {fault}.")),
        None => refusal(format!("Reading {place}: {fault}.")),
    }
}

fn measure(item: &Json<'_>) -> Result<Measurement, Fault> {
    let Json::Object(item) = item else { return Err(Fault::NotAnObject) };
    let once = |name| match item.get(name) {
        Ok(None | Some(Json::Null)) => Ok(None),
        Ok(found) => Ok(found),
        Err(json::Twice) => Err(Fault::Twice(name)),
    };
    let text = |name| match once(name)? {
        Some(Json::Text(text)) => Ok(Some(text.as_ref())),
        Some(_) => Err(Fault::NotText(name)),
        None => Ok(None),
    };

    let vital =
        Vital::from_name(text("vital")?.ok_or(Fault::Missing("vital"))?).ok_or(Fault::UnknownVital)?;
    let side = text("beyond")?.map(|side| Beyond::from_name(side).ok_or(Fault::UnknownBeyond)).transpose()?;
    if side.is_some() && !has_scale(vital) {
        return Err(Fault::NoScale);
    }
    let unit = text("unit")?
        .map(|code| Unit::from_code(code).ok_or(Fault::UnknownUnit(vital.unit())))
        .transpose()?;
    let value = match once("value")? {
        Some(Json::Number(number)) => Some(number.as_f64().ok_or(Fault::NotANumber)?),
        Some(_) => return Err(Fault::NotANumber),
        None => None,
    };

    match (value, side) {
        // A meter that shows HI or LO has no number, so it needs no unit for it.
        (None, Some(side)) => match unit {
            Some(unit) if unit.to_canonical(vital, 1.0).is_none() => Err(Fault::WrongUnit(vital.unit())),
            _ => Ok(Measurement::off_scale(vital, side)),
        },
        (None, None) => Err(Fault::Missing("value")),
        (Some(value), side) => {
            let unit = unit.ok_or(Fault::Missing("unit"))?;
            let value = unit.to_canonical(vital, value).ok_or(Fault::WrongUnit(vital.unit()))?;
            // A stated bound is held to the same span as an exact value.
            let exact = Measurement::exactly(vital, value).map_err(|impossible| match impossible {
                Impossible::NotANumber { .. } => Fault::NotANumber,
                Impossible::OutOfSpan { .. } | Impossible::Reversed { .. } => Fault::OutOfSpan { vital },
            })?;
            match side {
                Some(side) => Measurement::bounded(vital, value, side).map_err(|_| Fault::NotANumber),
                None => Ok(exact),
            }
        }
    }
}

/// Whether meters of this vital show HI and LO instead of a number.
const fn has_scale(vital: Vital) -> bool {
    matches!(vital, Vital::Glucose | Vital::Ketones)
}

fn read_vital(json: &Json<'_>) -> Option<Vital> {
    match json {
        Json::Text(name) => Vital::from_name(name),
        _ => None,
    }
}

fn read_presence(word: &str) -> Option<bool> {
    match word {
        _ if word.eq_ignore_ascii_case("online") => Some(true),
        _ if word.eq_ignore_ascii_case("offline") => Some(false),
        _ => None,
    }
}

/// The message's id, or a note on why it is not used.
fn read_id(json: Option<&Json<'_>>) -> Result<Option<String>, String> {
    let id = match json {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Text(id)) => id.to_string(),
        Some(Json::Number(number)) => number.to_string(),
        Some(_) => return Err("'id' is neither text nor a number and was not used.".to_owned()),
    };
    if id.is_empty() || id.len() > MESSAGE_ID_LIMIT || id.chars().any(char::is_control) {
        return Err("'id' is not 1 to 128 bytes of plain text and was not used.".to_owned());
    }
    Ok(Some(id))
}

/// The time, or a note on why it is not used. A time without an offset is somebody's wall clock, but whose is unknown.
fn read_time(json: Option<&Json<'_>>) -> Result<Option<Timestamp>, String> {
    match json {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Text(text)) => text
            .parse::<Timestamp>()
            .and_then(|instant| Timestamp::from_millisecond(instant.as_millisecond()))
            .map(Some)
            .map_err(|_| "'taken_at' is not an RFC 3339 time with an offset and was not used.".to_owned()),
        Some(_) => Err("'taken_at' is not text and was not used.".to_owned()),
    }
}
