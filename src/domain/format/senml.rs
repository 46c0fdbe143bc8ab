//! SenML (RFC 8428), in JSON and in CBOR.
//!
//! A record's name ends in what it measures. Times below 2^28 seconds are relative to the receipt, which lets a device
//! without a clock say how long ago it measured.

use jiff::{SignedDuration, Timestamp};
use minicbor::Decoder;
use minicbor::data::Type;
use serde_json::Value;

use super::code::quantity;
use super::{At, Heard, Taken, refusal};
use crate::domain::payload::Refusal;
use crate::domain::reading::Measurement;
use crate::domain::vital::Vital;

/// More records than any device sends.
const RECORDS_LIMIT: usize = 1000;
/// Below it a time is relative.
const RELATIVE_BELOW: f64 = 268_435_456.0;

/// One record, or what it adds to those after it. Nothing: not there.
#[derive(Debug, Default)]
struct Record {
    base_name: Option<String>,
    base_time: Option<f64>,
    base_unit: Option<String>,
    base_value: Option<f64>,
    name: Option<String>,
    unit: Option<String>,
    value: Option<f64>,
    time: Option<f64>,
}

pub(super) fn decode_json(pack: &Value) -> Result<Heard, Refusal> {
    let items = pack.as_array().ok_or_else(|| refusal("The message is not a list of records."))?;
    let mut records = Vec::new();
    for item in items {
        let item = item.as_object().ok_or_else(|| refusal("A record is not a JSON object."))?;
        if item.keys().any(|label| label.ends_with('_')) {
            return Err(refusal("A record has a label that must be understood and is not known."));
        }
        let text = |label: &str| item.get(label).and_then(Value::as_str).map(str::to_owned);
        let number = |label: &str| item.get(label).and_then(Value::as_f64);
        records.push(Record {
            base_name: text("bn"),
            base_time: number("bt"),
            base_unit: text("bu"),
            base_value: number("bv"),
            name: text("n"),
            unit: text("u"),
            value: number("v"),
            time: number("t"),
        });
    }
    resolve(records)
}

pub(super) fn decode_cbor(bytes: &[u8]) -> Result<Heard, Refusal> {
    let mut decoder = Decoder::new(bytes);
    let records = read_pack(&mut decoder).map_err(|_| refusal("The message is not SenML in CBOR."))?;
    if decoder.position() != bytes.len() {
        return Err(refusal("Something follows the records."));
    }
    resolve(records)
}

fn read_pack(decoder: &mut Decoder<'_>) -> Result<Vec<Record>, minicbor::decode::Error> {
    let wrong = || minicbor::decode::Error::message("not a pack");
    let length = decoder.array()?.ok_or_else(wrong)?;
    let length = usize::try_from(length).ok().filter(|length| *length <= RECORDS_LIMIT).ok_or_else(wrong)?;
    (0..length).map(|_| read_record(decoder)).collect()
}

fn read_record(decoder: &mut Decoder<'_>) -> Result<Record, minicbor::decode::Error> {
    let wrong = || minicbor::decode::Error::message("not a record");
    let mut record = Record::default();
    for _ in 0..decoder.map()?.ok_or_else(wrong)? {
        let label = match decoder.datatype()? {
            Type::String => {
                if decoder.str()?.ends_with('_') {
                    return Err(wrong());
                }
                decoder.skip()?;
                continue;
            }
            _ => decoder.int()?,
        };
        match i64::try_from(label).map_err(|_| wrong())? {
            -2 => record.base_name = Some(decoder.str()?.to_owned()),
            -3 => record.base_time = Some(read_number(decoder)?),
            -4 => record.base_unit = Some(decoder.str()?.to_owned()),
            -5 => record.base_value = Some(read_number(decoder)?),
            0 => record.name = Some(decoder.str()?.to_owned()),
            1 => record.unit = Some(decoder.str()?.to_owned()),
            2 => record.value = Some(read_number(decoder)?),
            6 => record.time = Some(read_number(decoder)?),
            _ => decoder.skip()?,
        }
    }
    Ok(record)
}

/// A whole number, a float of any width, or a decimal fraction (tag 4: exponent and mantissa).
fn read_number(decoder: &mut Decoder<'_>) -> Result<f64, minicbor::decode::Error> {
    let wrong = || minicbor::decode::Error::message("not a number");
    #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 no value is possible and no time believed")]
    let number = match decoder.datatype()? {
        Type::F16 => f64::from(decoder.f16()?),
        Type::F32 => f64::from(decoder.f32()?),
        Type::F64 => decoder.f64()?,
        Type::Tag if decoder.tag()?.as_u64() == 4 && decoder.array()? == Some(2) => {
            let exponent = i32::try_from(decoder.i64()?).map_err(|_| wrong())?;
            let mantissa = decoder.i64()? as f64;
            if exponent < 0 { mantissa / 10f64.powi(-exponent) } else { mantissa * 10f64.powi(exponent) }
        }
        Type::Tag => return Err(wrong()),
        _ => i64::try_from(decoder.int()?).map_err(|_| wrong())? as f64,
    };
    if number.is_finite() { Ok(number) } else { Err(wrong()) }
}

/// Adds to each record what those before it set for all, and takes the vitals among them.
fn resolve(records: Vec<Record>) -> Result<Heard, Refusal> {
    if records.len() > RECORDS_LIMIT {
        return Err(refusal(format!("The message has more than {RECORDS_LIMIT} records.")));
    }
    let mut base = Record::default();
    let mut sets: Vec<Taken> = Vec::new();
    for record in records {
        base.base_name = record.base_name.or(base.base_name);
        base.base_time = record.base_time.or(base.base_time);
        base.base_unit = record.base_unit.or(base.base_unit);
        base.base_value = record.base_value.or(base.base_value);
        let Some(value) = record.value else { continue };
        let name = format!(
            "{}{}",
            base.base_name.as_deref().unwrap_or_default(),
            record.name.as_deref().unwrap_or_default()
        );
        let Some(vital) = vital_named(&name) else { continue };
        let unit = record.unit.as_deref().or(base.base_unit.as_deref());
        let Some(unit) = unit else {
            return Ok(Heard::Doubtful(format!("The {} has no unit.", vital.title())));
        };
        let value = value + base.base_value.unwrap_or(0.0);
        let measurement = match quantity(vital, value, unit) {
            Ok(Some(measurement)) => measurement,
            Ok(None) => {
                return Ok(Heard::Doubtful(format!("The unit of the {} is not known.", vital.title())));
            }
            // Rooms have a temperature too.
            Err(_) if vital == Vital::Temperature => continue,
            Err(refused) => return Err(refused),
        };
        let at = at(base.base_time.unwrap_or(0.0) + record.time.unwrap_or(0.0));
        put(&mut sets, at, measurement);
    }
    Heard::all(sets)
}

fn put(sets: &mut Vec<Taken>, at: At, measurement: Measurement) {
    let open = sets.iter_mut().find(|set| {
        set.at == at && set.measurements.iter().all(|known| known.vital() != measurement.vital())
    });
    match open {
        Some(set) => set.measurements.push(measurement),
        None => sets.push(Taken { message_id: None, at, measurements: vec![measurement], note: None }),
    }
}

fn at(seconds: f64) -> At {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float beyond the range is cut to its end, which is no time"
    )]
    let ms = (seconds * 1000.0).round() as i64;
    if seconds == 0.0 {
        At::Unsaid
    } else if seconds < RELATIVE_BELOW {
        At::Ago(SignedDuration::from_millis(ms.saturating_neg()))
    } else {
        Timestamp::from_millisecond(ms).map_or(At::Unsaid, At::Exactly)
    }
}

/// The vital that the end of a name tells.
fn vital_named(name: &str) -> Option<Vital> {
    let last = name.rsplit([':', '/', '.']).next()?.to_ascii_lowercase();
    Some(match last.as_str() {
        "sys" | "systolic" => Vital::Systolic,
        "dia" | "diastolic" => Vital::Diastolic,
        "hr" | "pulse" | "heart_rate" | "heartrate" => Vital::Pulse,
        "spo2" => Vital::Spo2,
        "rr" | "respiratory_rate" => Vital::RespiratoryRate,
        "temp" | "temperature" | "body_temperature" => Vital::Temperature,
        "weight" | "body_weight" => Vital::Weight,
        "glucose" => Vital::Glucose,
        "pef" | "peak_flow" => Vital::PeakFlow,
        "ketones" => Vital::Ketones,
        _ => return None,
    })
}
