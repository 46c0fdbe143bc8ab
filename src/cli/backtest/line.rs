//! One line of past readings: a number, an answer, or time that passes. Lenient where the format leaves it open, and
//! never in what a number means.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::domain::answer::AnswerValue;
use crate::domain::id::{PatientId, QuestionId};
use crate::domain::reading::{Beyond, Measurement};
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

/// Names under which other systems tell whether a patient breathes oxygen.
const OXYGEN: [&str; 5] = ["oxygen", "supplemental_oxygen", "on_oxygen", "air_or_oxygen", "inspired_oxygen"];
const CONSCIOUSNESS: [&str; 3] = ["consciousness", "acvpu", "avpu"];

/// A line, understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// Nothing: time passes for everybody.
    pub(super) patient: Option<PatientId>,
    pub(super) what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Said { id: Option<String>, set: Option<String>, taken_at: Timestamp, received_at: Timestamp, said: Said },
    Now(Timestamp),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    Measured(Measurement),
    Answered(QuestionId, AnswerValue),
}

/// Reads a line; what is wrong with it comes back as a sentence that quotes no value.
pub(super) fn read(text: &str) -> Result<Line, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    let Value::Object(line) = value else { return Err("it is not a JSON object".to_owned()) };
    let patient = match line.get("patient") {
        Some(Value::String(id)) => Some(PatientId::parse(id).map_err(|error| error.to_string())?),
        Some(Value::Number(id)) => {
            Some(PatientId::parse(&id.to_string()).map_err(|error| error.to_string())?)
        }
        Some(_) => return Err("'patient' must be a text".to_owned()),
        None => None,
    };
    if line.contains_key("now") {
        return Ok(Line { patient, what: What::Now(time(&line, "now")?) });
    }
    if patient.is_none() {
        return Err("'patient' is missing".to_owned());
    }
    let taken_at = time(&line, "taken_at")?;
    let received_at = if present(&line, "received_at") { time(&line, "received_at")? } else { taken_at };
    let said = said(&line)?;
    let (id, set) = (name(&line, "id")?, name(&line, "set")?);
    Ok(Line { patient, what: What::Said { id, set, taken_at, received_at, said } })
}

fn present(line: &Map<String, Value>, key: &str) -> bool {
    line.get(key).is_some_and(|value| !value.is_null())
}

fn name(line: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match line.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone())),
        Some(Value::Number(name)) => Ok(Some(name.to_string())),
        Some(_) => Err(format!("'{key}' must be a text")),
    }
}

fn time(line: &Map<String, Value>, key: &str) -> Result<Timestamp, String> {
    let Some(value) = line.get(key) else { return Err(format!("'{key}' is missing")) };
    let parsed = value.as_str().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| format!("'{key}' must be a time with its offset, such as 2026-11-22T07:31:00Z"))
}

fn said(line: &Map<String, Value>) -> Result<Said, String> {
    if let Some(question) = name(line, "question")? {
        let question = QuestionId::parse(&question).map_err(|error| error.to_string())?;
        let given = line.get("answer").or_else(|| line.get("value"));
        let value = given.and_then(answer).ok_or("'answer' must be a text, a number, true or false")?;
        return Ok(Said::Answered(question, value));
    }
    let Some(vital) = name(line, "vital")? else { return Err("'vital' is missing".to_owned()) };
    let told = vital.to_lowercase();
    for (names, question) in [(&CONSCIOUSNESS[..], "consciousness"), (&OXYGEN[..], "oxygen")] {
        if names.contains(&told.as_str()) {
            let value = line.get("value").and_then(answer);
            let value = value.ok_or_else(|| format!("'value' of {question} must be a word or a number"))?;
            return Ok(Said::Answered(QuestionId::trusted(question), value));
        }
    }
    let vital = Vital::from_name(&told).ok_or_else(|| {
        let names: Vec<_> = Vital::ALL.into_iter().map(Vital::name).collect();
        format!("its vital sign is unknown; known are {}, consciousness and oxygen", names.join(", "))
    })?;
    measured(line, vital).map(Said::Measured)
}

fn answer(value: &Value) -> Option<AnswerValue> {
    Some(match value {
        Value::Bool(yes) => AnswerValue::YesNo(*yes),
        Value::Number(number) => AnswerValue::Number(number.as_f64()?),
        Value::String(word) => match word.trim().to_lowercase().as_str() {
            "yes" | "true" => AnswerValue::YesNo(true),
            "no" | "false" => AnswerValue::YesNo(false),
            word => AnswerValue::Choice(litres(word).unwrap_or(word).to_owned()),
        },
        _ => return None,
    })
}

/// `2 L/min` is 2.
fn litres(word: &str) -> Option<&str> {
    let number = word.strip_suffix("l/min").or_else(|| word.strip_suffix("l"))?.trim();
    number.parse::<f64>().is_ok().then_some(number)
}

fn measured(line: &Map<String, Value>, vital: Vital) -> Result<Measurement, String> {
    let side = match name(line, "beyond")?.as_deref() {
        None => None,
        Some(side) => Some(Beyond::from_name(side).ok_or("'beyond' is low or high")?),
    };
    let number = match line.get("value") {
        None | Some(Value::Null) => None,
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) if matches!(text.as_str(), "HI" | "LO") => {
            let side = if text == "HI" { Beyond::High } else { Beyond::Low };
            return Ok(Measurement::off_scale(vital, side));
        }
        Some(Value::String(text)) => Some(text.trim().parse().map_err(|_| "'value' must be a number")?),
        Some(_) => return Err("'value' must be a number".to_owned()),
    };
    let unit = match name(line, "unit")? {
        None => vital.unit(),
        Some(code) => Unit::from_code(&code).ok_or_else(|| format!("its unit does not measure {vital}"))?,
    };
    let canonical =
        |value| unit.to_canonical(vital, value).ok_or(format!("its unit does not measure {vital}"));
    match (number, side) {
        (Some(value), None) => {
            Measurement::exactly(vital, canonical(value)?).map_err(|error| error.to_string())
        }
        (Some(value), Some(side)) => {
            Measurement::bounded(vital, canonical(value)?, side).map_err(|error| error.to_string())
        }
        (None, Some(side)) => Ok(Measurement::off_scale(vital, side)),
        (None, None) => Err("'value' is missing".to_owned()),
    }
}
