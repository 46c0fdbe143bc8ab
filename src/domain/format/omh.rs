//! Open mHealth and IEEE 1752: a data point with header and body, or a bare body.
//!
//! The schemas let averages and spans of time pass as readings. A statistic is never a spot reading, so it is held; what a
//! schema does not allow is refused, because whoever made it did not follow the schema in the numbers either.

use serde_json::{Map, Value};

use super::code::quantity;
use super::{At, Heard, Taken, refusal, time};
use crate::domain::payload::Refusal;
use crate::domain::reading::Measurement;
use crate::domain::vital::Vital;

/// Units as a schema writes them, and as we do.
type Units = &'static [(&'static str, &'static str)];

/// The bodies that hold a vital sign: key, vital, the units that the schema allows as it writes them and as we do.
const BODIES: [(&str, Vital, Units); 8] = [
    ("systolic_blood_pressure", Vital::Systolic, &[("mmHg", "mm[Hg]")]),
    ("diastolic_blood_pressure", Vital::Diastolic, &[("mmHg", "mm[Hg]")]),
    ("body_weight", Vital::Weight, &[("kg", "kg"), ("lb", "[lb_av]"), ("g", "g")]),
    ("body_temperature", Vital::Temperature, &[("C", "Cel"), ("F", "[degF]")]),
    ("blood_glucose", Vital::Glucose, &[("mg/dL", "mg/dL"), ("mmol/L", "mmol/L")]),
    ("heart_rate", Vital::Pulse, &[("beats/min", "/min")]),
    ("oxygen_saturation", Vital::Spo2, &[("%", "%")]),
    ("respiratory_rate", Vital::RespiratoryRate, &[("breaths/min", "/min")]),
];

/// Properties that hold one word of a list.
const WORDS: [(&str, &[&str]); 6] = [
    (
        "temporal_relationship_to_physical_activity",
        &["at rest", "active", "before exercise", "after exercise", "during exercise"],
    ),
    ("temporal_relationship_to_sleep", &["before sleeping", "during sleep", "on waking"]),
    (
        "temporal_relationship_to_meal",
        &[
            "fasting",
            "not fasting",
            "before meal",
            "after meal",
            "before breakfast",
            "after breakfast",
            "before lunch",
            "after lunch",
            "before dinner",
            "after dinner",
            "2 hours postprandial",
            "with meal",
            "with food",
        ],
    ),
    (
        "blood_specimen_type",
        &["interstitial fluid", "capillary blood", "plasma", "serum", "tears", "whole blood"],
    ),
    (
        "specimen_source",
        &["interstitial fluid", "capillary blood", "plasma", "serum", "tears", "whole blood"],
    ),
    (
        "descriptive_statistic",
        &[
            "average",
            "count",
            "maximum",
            "median",
            "minimum",
            "standard deviation",
            "sum",
            "variance",
            "20th percentile",
            "80th percentile",
            "lower quartile",
            "upper quartile",
            "quartile deviation",
            "1st quintile",
            "2nd quintile",
            "3rd quintile",
            "4th quintile",
        ],
    ),
];

/// The version in `blood-glucose/3.0` or `3.0`.
pub(super) fn version_of(schema: &str) -> Option<(u8, u8)> {
    let version = schema.rsplit_once('/').map_or(schema, |(_, version)| version);
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

pub(super) fn decode(message: &Value, version: Option<(u8, u8)>) -> Result<Heard, Refusal> {
    let message = message.as_object().ok_or_else(|| refusal("The message is not a JSON object."))?;
    let Some(header) = message.get("header") else { return body(message, version, None) };
    let id = header["id"].as_str().filter(|id| !id.is_empty() && id.len() <= 128);
    let id = id.ok_or_else(|| refusal("The header has no id."))?;
    let inner = message.get("body").and_then(Value::as_object);
    let inner = inner.ok_or_else(|| refusal("The data point has no body."))?;
    let stated = header["schema_id"]["version"].as_str().and_then(version_of);
    let is_watched = BODIES.iter().any(|(key, ..)| inner.contains_key(*key));
    if !is_watched {
        return Ok(Heard::Nothing("The data point states no vital sign that is watched.".to_owned()));
    }
    body(inner, version.or(stated), Some(id))
}

fn body(body: &Map<String, Value>, version: Option<(u8, u8)>, id: Option<&str>) -> Result<Heard, Refusal> {
    let mut measurements = Vec::new();
    for (key, vital, units) in BODIES {
        if let Some(value) = body.get(key) {
            measurements.push(measured(key, vital, units, value)?);
        }
    }
    if measurements.is_empty() {
        return Err(refusal("The body states no measurement that is known."));
    }
    let of = |vital| measurements.iter().any(|m: &Measurement| m.vital() == vital);
    if of(Vital::Systolic) != of(Vital::Diastolic) {
        return Err(refusal("A blood pressure needs both of its values."));
    }
    for (key, words) in WORDS {
        let fits = |value: &Value| value.as_str().is_some_and(|word| words.contains(&word));
        if body.get(key).is_some_and(|value| !fits(value)) {
            return Err(refusal(format!("'{key}' is none of the words that the schema knows.")));
        }
    }
    if let Some(flow) = body.get("supplemental_oxygen_flow_rate")
        && (flow["unit"].as_str() != Some("L/min") || !flow["value"].is_number())
    {
        return Err(refusal("'supplemental_oxygen_flow_rate' is not in L/min."));
    }
    let at = match frame(body.get("effective_time_frame"))? {
        Frame::At(at) => at,
        // From its second version on the schema of all but pressure and glucose, from its third all, want a time.
        Frame::Absent if version.is_some_and(|(major, _)| major >= 3) => {
            return Err(refusal("'effective_time_frame' is missing."));
        }
        Frame::Absent => At::Unsaid,
        Frame::Interval => {
            return Ok(Heard::Doubtful("It covers a span of time: a statistic, not a reading.".to_owned()));
        }
    };
    if body.contains_key("descriptive_statistic") {
        return Ok(Heard::Doubtful("It is a statistic over several readings, not a reading.".to_owned()));
    }
    Heard::all(vec![Taken { message_id: id.map(str::to_owned), at, measurements, note: None }])
}

fn measured(key: &str, vital: Vital, units: &[(&str, &str)], value: &Value) -> Result<Measurement, Refusal> {
    let number = value["value"].as_f64().ok_or_else(|| refusal(format!("'{key}' has no number.")))?;
    let unit = value["unit"].as_str();
    let unit = units.iter().find(|(theirs, _)| Some(*theirs) == unit);
    let (_, unit) = unit.ok_or_else(|| refusal(format!("'{key}' is in no unit that the schema knows.")))?;
    quantity(vital, number, unit)?.ok_or_else(|| refusal(format!("'{key}' is in a unit of something else.")))
}

enum Frame {
    Absent,
    At(At),
    Interval,
}

/// A moment, or a span that says where it begins and ends.
fn frame(frame: Option<&Value>) -> Result<Frame, Refusal> {
    let Some(frame) = frame else { return Ok(Frame::Absent) };
    if let Some(moment) = frame["date_time"].as_str() {
        return match time(moment) {
            Some(at) => Ok(Frame::At(at)),
            None => Err(refusal("'date_time' is no time.")),
        };
    }
    let interval = frame["time_interval"].as_object();
    let interval =
        interval.ok_or_else(|| refusal("'effective_time_frame' is neither a moment nor a span."))?;
    let has = |key: &str| interval.contains_key(key);
    let ends = ["start_date_time", "end_date_time", "duration"].iter().filter(|key| has(key)).count();
    if ends == 2 || (has("date") && has("part_of_day")) {
        Ok(Frame::Interval)
    } else {
        Err(refusal("'time_interval' does not say where it begins and ends."))
    }
}
