//! FHIR R4: an Observation, or a Bundle of them, as personal health gateways and portals send it.
//!
//! Of an observation only what was measured is taken: its code (LOINC, or IEEE 11073 where a device knows no other), its
//! quantity in UCUM, its time. Whose it is says the credential that sent it, never the subject in it.

use serde_json::Value;

use super::code::{by_loinc, by_mdc, quantity};
use super::{At, Heard, Taken, refusal, time};
use crate::domain::payload::Refusal;
use crate::domain::reading::Measurement;
use crate::domain::vital::Vital;

const LOINC: &str = "http://loinc.org";
const MDC: &str = "urn:iso:std:iso:11073:10101";

pub(super) fn decode(resource: &Value) -> Result<Heard, Refusal> {
    match resource["resourceType"].as_str() {
        Some("Observation") => match observation(resource, None)? {
            One::Taken(taken) => Heard::all(vec![taken]),
            One::Nothing(why) => Ok(Heard::Nothing(why)),
            One::Doubtful(why) => Ok(Heard::Doubtful(why)),
        },
        Some("Bundle") => bundle(resource),
        Some(_) => Ok(Heard::Nothing("It is no Observation and no Bundle of them.".to_owned())),
        None => Err(refusal("The message is no FHIR resource: 'resourceType' is missing.")),
    }
}

/// What one observation says.
enum One {
    Taken(Taken),
    Nothing(String),
    Doubtful(String),
}

/// All observations of a bundle, those of one time as one set. A withdrawn or impossible one refuses the whole: what
/// stands beside it was put together by the same hand.
fn bundle(resource: &Value) -> Result<Heard, Refusal> {
    let mut sets: Vec<Taken> = Vec::new();
    for entry in resource["entry"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let resource = &entry["resource"];
        if resource["resourceType"].as_str() != Some("Observation") {
            continue;
        }
        match observation(resource, entry["request"]["ifNoneExist"].as_str())? {
            One::Taken(taken) => match sets.iter_mut().find(|set| set.at == taken.at && joins(set, &taken)) {
                Some(set) => set.measurements.extend(taken.measurements),
                None => sets.push(taken),
            },
            One::Nothing(_) => {}
            One::Doubtful(why) => return Ok(Heard::Doubtful(why)),
        }
    }
    Heard::all(sets)
}

/// Whether two observations of one time are one measurement: they do not say the same vital twice.
fn joins(set: &Taken, other: &Taken) -> bool {
    set.at != At::Unsaid
        && !other.measurements.iter().any(|new| set.measurements.iter().any(|old| old.vital() == new.vital()))
}

fn observation(resource: &Value, if_none_exist: Option<&str>) -> Result<One, Refusal> {
    match resource["status"].as_str() {
        Some("final" | "amended" | "corrected") => {}
        Some("cancelled" | "entered-in-error") => {
            return Err(refusal("The observation was withdrawn, so it is no reading."));
        }
        Some("registered" | "preliminary") => {
            return Ok(One::Doubtful("The observation is not final yet.".to_owned()));
        }
        _ => return Err(refusal("The observation has no known status.")),
    }
    let mut measurements = Vec::new();
    let components = resource["component"].as_array().map(Vec::as_slice).unwrap_or_default();
    for part in std::iter::once(resource).chain(components) {
        match measured(part)? {
            Part::Measured(measurement) => measurements.push(measurement),
            Part::Other => {}
            Part::UnknownUnit(vital) => {
                return Ok(One::Doubtful(format!("The unit of the {} is not known.", vital.title())));
            }
        }
    }
    if measurements.is_empty() {
        return Ok(One::Nothing("The observation states no vital sign that is watched.".to_owned()));
    }
    Ok(One::Taken(Taken {
        message_id: name(resource, if_none_exist),
        at: when(resource),
        measurements,
        note: None,
    }))
}

enum Part {
    Measured(Measurement),
    /// Something else, or nothing with the reason why.
    Other,
    UnknownUnit(Vital),
}

fn measured(part: &Value) -> Result<Part, Refusal> {
    let codings = part["code"]["coding"].as_array().map(Vec::as_slice).unwrap_or_default();
    let vital = codings.iter().find_map(|coding| {
        let code = coding["code"].as_str()?;
        match coding["system"].as_str()? {
            LOINC => by_loinc(code),
            MDC => by_mdc(code),
            _ => None,
        }
    });
    let (Some(vital), quantity_given) = (vital, &part["valueQuantity"]) else { return Ok(Part::Other) };
    if quantity_given.is_null() || !part["dataAbsentReason"].is_null() {
        return Ok(Part::Other);
    }
    let value = quantity_given["value"].as_f64().ok_or_else(|| refusal("A quantity has no number."))?;
    if quantity_given["comparator"].is_string() {
        return Ok(Part::UnknownUnit(vital));
    }
    let unit = quantity_given["code"].as_str().or_else(|| quantity_given["unit"].as_str()).unwrap_or("");
    Ok(match quantity(vital, value, unit)? {
        Some(measurement) => Part::Measured(measurement),
        None => Part::UnknownUnit(vital),
    })
}

/// When it was measured; of a period, when it began.
fn when(resource: &Value) -> At {
    let given = [
        &resource["effectiveDateTime"],
        &resource["effectiveInstant"],
        &resource["effectivePeriod"]["start"],
    ];
    given.iter().find_map(|value| value.as_str()).and_then(time).unwrap_or(At::Unsaid)
}

/// What names the observation for ever: the identifier by which a gateway says that it may exist already, or its own.
fn name(resource: &Value, if_none_exist: Option<&str>) -> Option<String> {
    let own = || resource["identifier"].as_array()?.iter().find_map(|id| id["value"].as_str());
    let searched = if_none_exist.and_then(|search| search.strip_prefix("identifier="));
    searched.or_else(own).filter(|name| !name.is_empty() && name.len() <= 128).map(str::to_owned)
}
