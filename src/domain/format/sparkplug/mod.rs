//! Sparkplug B (Eclipse, version 3.0): metrics by name in Protocol Buffers. A node that is born says the names of all its
//! metrics; from then on it may send numbers, aliases, in their place. Who has not heard the birth does not know what is
//! measured: such a message is in doubt ([`Births`]).

mod birth;
mod rebirth;
mod wire;

use serde_json::{Map, Number, Value, json};

use super::refusal;
use crate::domain::payload::Refusal;

pub use birth::Births;
pub use rebirth::{Command, Node, Rebirths};
use wire::{Fields, Malformed};

/// More metrics than any node of a home has.
const METRICS_LIMIT: usize = 1000;

/// A metric, as far as it is said.
#[derive(Debug, Clone, Default, PartialEq)]
struct Metric<'b> {
    name: Option<&'b str>,
    alias: Option<u64>,
    timestamp: Option<u64>,
    datatype: Option<u64>,
    is_historical: bool,
    is_null: bool,
    value: Option<Said<'b>>,
}

/// What was measured at one time. A metric that comes twice begins another.
#[derive(Debug, Default)]
struct Set<'b> {
    at: Option<u64>,
    metrics: Vec<(&'b str, Value)>,
    unnamed: u32,
    is_historical: bool,
}

/// A value as it is on the wire.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Said<'b> {
    Whole(u64),
    Single(f32),
    Double(f64),
    Truth(bool),
    Text(&'b str),
}

/// A payload as JSON: what was measured at one time is one of `sets`, its values by the names of `metrics`. A set with
/// metrics that have no name says how many: `unnamed`.
pub(in crate::domain) fn read(bytes: &[u8]) -> Result<Value, Refusal> {
    let malformed = |Malformed| refusal("The message is not Sparkplug B.");
    let (sent_at, metrics) = parse(bytes).map_err(malformed)?;
    let mut sets: Vec<Set<'_>> = Vec::new();
    for metric in metrics {
        let at = metric.timestamp.or(sent_at);
        let value = match metric.value.filter(|_| !metric.is_null) {
            Some(said) => plain(said, metric.datatype)?,
            None => continue,
        };
        let open = sets.iter().position(|set| set.at == at && !set.has(metric.name));
        let mut set = open.map_or_else(|| Set { at, ..Set::default() }, |place| sets.swap_remove(place));
        set.is_historical |= metric.is_historical;
        match metric.name {
            Some(name) => set.metrics.push((name, value)),
            None => set.unnamed += 1,
        }
        sets.push(set);
    }
    let sets: Vec<Value> = sets.into_iter().map(Set::into_json).collect();
    Ok(json!({ "timestamp": sent_at, "sets": sets }))
}

impl Set<'_> {
    fn has(&self, name: Option<&str>) -> bool {
        self.metrics.iter().any(|(known, _)| Some(*known) == name)
    }

    fn into_json(self) -> Value {
        let metrics: Map<String, Value> =
            self.metrics.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        json!({
            "timestamp": self.at,
            "metrics": metrics,
            "unnamed": self.unnamed,
            "historical": self.is_historical,
        })
    }
}

/// When the payload was sent, and its metrics.
fn parse(bytes: &[u8]) -> Result<(Option<u64>, Vec<Metric<'_>>), Malformed> {
    let (mut sent_at, mut metrics) = (None, Vec::new());
    for field in Fields::of(bytes) {
        let field = field?;
        match (field.number, field.value) {
            (1, wire::Value::Varint(ms)) => sent_at = Some(ms),
            (2, wire::Value::Bytes(metric)) if metrics.len() < METRICS_LIMIT => {
                metrics.push(parse_metric(metric)?)
            }
            (1 | 2, _) => return Err(Malformed),
            _ => {}
        }
    }
    Ok((sent_at, metrics))
}

fn parse_metric(bytes: &[u8]) -> Result<Metric<'_>, Malformed> {
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| Malformed);
    let mut metric = Metric::default();
    for field in Fields::of(bytes) {
        let field = field?;
        match (field.number, field.value) {
            (1, wire::Value::Bytes(name)) => metric.name = Some(text(name)?).filter(|name| !name.is_empty()),
            (2, wire::Value::Varint(alias)) => metric.alias = Some(alias),
            (3, wire::Value::Varint(ms)) => metric.timestamp = Some(ms),
            (4, wire::Value::Varint(datatype)) => metric.datatype = Some(datatype),
            (5, wire::Value::Varint(truth)) => metric.is_historical = truth != 0,
            (7, wire::Value::Varint(truth)) => metric.is_null = truth != 0,
            (10 | 11, wire::Value::Varint(whole)) => metric.value = Some(Said::Whole(whole)),
            (12, wire::Value::Fixed32(bytes)) => metric.value = Some(Said::Single(f32::from_le_bytes(bytes))),
            (13, wire::Value::Fixed64(bytes)) => metric.value = Some(Said::Double(f64::from_le_bytes(bytes))),
            (14, wire::Value::Varint(truth)) => metric.value = Some(Said::Truth(truth != 0)),
            (15, wire::Value::Bytes(said)) => metric.value = Some(Said::Text(text(said)?)),
            // A number in the wrong coat is no number.
            (1..=5 | 7 | 10..=15, _) => return Err(Malformed),
            _ => {}
        }
    }
    Ok(metric)
}

/// A value as JSON. Whole numbers travel without their sign: the datatype has it.
fn plain(said: Said<'_>, datatype: Option<u64>) -> Result<Value, Refusal> {
    let finite = |number: f64| {
        Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| refusal("A metric is infinite or no number."))
    };
    Ok(match said {
        Said::Whole(raw) => match datatype {
            Some(1) => Value::from((raw as u8).cast_signed()),
            Some(2) => Value::from((raw as u16).cast_signed()),
            Some(3) => Value::from((raw as u32).cast_signed()),
            Some(4) => Value::from(raw.cast_signed()),
            _ => Value::from(raw),
        },
        // By its shortest spelling: 36.6 stays 36.6.
        Said::Single(single) => finite(single.to_string().parse().unwrap_or(f64::NAN))?,
        Said::Double(double) => finite(double)?,
        Said::Truth(truth) => Value::from(truth),
        Said::Text(text) => Value::from(text),
    })
}
