//! A profile's sample as the template of further messages: its numbers, time and device replaced, everything else as the
//! make has it. For simulated devices; nothing in here reads what comes in.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Number, Value};

use super::field::{Field, UnitFrom};
use super::test::number;
use super::{DeviceProfile, Path, Place, Read, TimeFormat, TimeRule, Zone};
use crate::domain::format;

/// A unit that nobody knows.
const NO_UNIT: &str = "furlong";
/// What makes a number impossible where its unit is not said.
const FAR_OFF: f64 = 1000.0;
/// A message of a profile, as its samples have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub topic: String,
    pub payload: Vec<u8>,
    /// It becomes a reading.
    pub is_reading: bool,
}

/// What is put into an example.
#[derive(Debug, Clone, Copy)]
pub struct Variation<'a> {
    /// The device's own name.
    pub device: &'a str,
    /// Nothing: the example's own time.
    pub at: Option<Timestamp>,
    /// The first unit is one that nobody knows, or the number is far off where no unit is said.
    pub wrong_unit: bool,
    /// Each number is worth its own times one of these, turn by turn.
    pub factors: &'a [f64],
}

impl DeviceProfile {
    /// An example as another device sends it at another time. A standard's bytes inside stay as they are.
    pub fn vary(&self, example: &Example, with: Variation<'_>) -> Example {
        let mut topic = match self.read {
            // What names its device itself can be no other's.
            Read::Format { sender: Some(_), .. } => example.topic.clone(),
            _ => self.topic_for(example, with.device).unwrap_or_else(|| example.topic.clone()),
        };
        for named in self.fields.iter().filter_map(|field| field.unit.level()).filter(|_| with.wrong_unit) {
            let pattern = self.topics.iter().find(|pattern| pattern.captures(&topic).is_some());
            topic = pattern.and_then(|pattern| pattern.with(&topic, named, NO_UNIT)).unwrap_or(topic);
        }
        let mut turn = Turn { with, next: 0 };
        let payload = match &self.read {
            Read::Json { .. } | Read::Format { bytes: Some(_), .. } => {
                self.vary_json(&example.payload, &mut turn)
            }
            Read::Number => self.vary_number(&example.payload, &mut turn),
            Read::Columns { separator, names, .. } => {
                self.vary_columns(&example.payload, *separator, names, &mut turn)
            }
            Read::Text | Read::Sparkplug | Read::Format { bytes: None, .. } => None,
        };
        let payload = payload.unwrap_or_else(|| example.payload.clone());
        Example { topic, payload, is_reading: example.is_reading && !with.wrong_unit }
    }

    /// The topic with the level that names the device, or the hub where nothing else does.
    fn topic_for(&self, Example { topic, payload, .. }: &Example, device: &str) -> Option<String> {
        let pattern = self.topics.iter().find(|pattern| pattern.captures(topic).is_some())?;
        let named = match &self.device {
            Some(Place::Capture(name)) => name.as_str(),
            Some(_) => return None,
            None => pattern.names().find(|name| super::hear::HUBS.contains(name))?,
        };
        // The level may have to say more than the name: what it measures, at one of its ends.
        let before = pattern.captures(topic)?.get(named)?.to_owned();
        [device.to_owned(), format!("{device}_{before}"), format!("{before}_{device}")]
            .iter()
            .filter_map(|name| pattern.with(topic, named, name))
            .find(|topic| self.matches(topic, payload))
    }

    fn vary_json(&self, payload: &[u8], turn: &mut Turn<'_>) -> Option<Vec<u8>> {
        let mut root = format::json(payload).ok()?;
        let each = match &self.read {
            Read::Json { each: Some(each) } => each.clone(),
            _ => Path::default(),
        };
        each.change(&mut root, &mut |item| {
            for (field, place) in self.places() {
                if let Place::Item(path) = place {
                    path.change(item, &mut |value| self.vary_value(field, value, turn));
                }
            }
            self.stamp(item, turn.with, true);
        });
        for (field, place) in self.places() {
            if let Place::Root(path) = place {
                path.change(&mut root, &mut |value| self.vary_value(field, value, turn));
            }
        }
        self.stamp(&mut root, turn.with, false);
        Some(root.to_string().into_bytes())
    }

    /// Where numbers stand, and of which field.
    fn places(&self) -> impl Iterator<Item = (&Field, &Place)> {
        self.fields.iter().flat_map(|field| field.from.iter().map(move |place| (field, place)))
    }

    /// Writes time, device and a wrong unit where they stand: in the item, or in the whole.
    fn stamp(&self, value: &mut Value, with: Variation<'_>, is_item: bool) {
        let here = |place: &Place| match place {
            Place::Item(path) if is_item => Some(path.clone()),
            Place::Root(path) if !is_item => Some(path.clone()),
            _ => None,
        };
        if let (Some(rule), Some(at)) = (&self.time, with.at)
            && let Some(path) = here(&rule.from)
        {
            path.change(value, &mut |value| rule.write(value, at));
        }
        // The device may be named beside the items as well as in them.
        if let Some(Place::Item(path) | Place::Root(path)) = &self.device {
            path.change(value, &mut |value| *value = Value::from(with.device));
        }
        let units = self.fields.iter().filter_map(|field| match &field.unit {
            UnitFrom::Said { place, .. } => here(place),
            UnitFrom::Always(_) => None,
        });
        for path in units.filter(|_| with.wrong_unit) {
            path.change(value, &mut |value| *value = Value::from(NO_UNIT));
        }
    }

    fn vary_number(&self, payload: &[u8], turn: &mut Turn<'_>) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(payload).ok()?.trim();
        let quoted = serde_json::from_str::<String>(text).ok();
        let mut value = Value::from(quoted.as_deref().unwrap_or(text));
        self.vary_value(self.fields.first()?, &mut value, turn);
        let varied = if quoted.is_some() { value.to_string() } else { value.as_str()?.to_owned() };
        Some(varied.into_bytes())
    }

    fn vary_columns(
        &self,
        payload: &[u8],
        separator: char,
        names: &[String],
        turn: &mut Turn<'_>,
    ) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(payload).ok()?.trim();
        let cells = text.split(separator).zip(names).map(|(cell, name)| {
            let mut value = Value::from(cell);
            let mut root = Value::Object([(name.clone(), value.clone())].into_iter().collect());
            let is_here = |place: &Place| matches!(place, Place::Item(path) if path.first(&root).is_some());
            if let Some((field, _)) = self.places().find(|(_, place)| is_here(place)) {
                self.vary_value(field, &mut value, turn);
                return value;
            }
            self.stamp(&mut root, turn.with, true);
            self.stamp(&mut root, turn.with, false);
            root.get(name).cloned().unwrap_or(value)
        });
        let cells: Vec<String> =
            cells.map(|cell| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned)).collect();
        Some(cells.join(&separator.to_string()).into_bytes())
    }

    /// A number, written as it was: whole or not, quoted or not.
    fn vary_value(&self, field: &Field, value: &mut Value, turn: &mut Turn<'_>) {
        let Some(before) = number(value) else { return };
        if self.fields.iter().any(|field| field.sentinels.contains(&before)) {
            return;
        }
        let says_none = matches!(field.unit, UnitFrom::Always(_));
        let off = if turn.with.wrong_unit && says_none { FAR_OFF } else { 1.0 };
        let after = before * turn.factor() * off;
        let rounded = if before.fract() == 0.0 { after.round() } else { (after * 10.0).round() / 10.0 };
        *value = match value {
            Value::String(_) => Value::from(rounded.to_string()),
            _ if before.fract() == 0.0 => whole(rounded),
            _ => Number::from_f64(rounded).map_or(Value::Null, Value::Number),
        };
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "it is a whole number within the range of what devices send"
)]
fn whole(value: f64) -> Value {
    Value::from(value as i64)
}

struct Turn<'a> {
    with: Variation<'a>,
    next: usize,
}

impl Turn<'_> {
    fn factor(&mut self) -> f64 {
        let count = self.with.factors.len().max(1);
        let factor = self.with.factors.get(self.next % count).copied().unwrap_or(1.0);
        self.next += 1;
        factor
    }
}

impl TimeRule {
    /// Writes an instant as this rule reads it.
    fn write(&self, value: &mut Value, at: Timestamp) {
        let zone = match &self.zone {
            Zone::Named(zone) => zone.clone(),
            Zone::Utc | Zone::DeviceLocal => TimeZone::UTC,
        };
        let wall = at.to_zoned(zone).datetime();
        let text = |text: String| Value::from(text);
        let quoted = value.is_string();
        let number = |number: i64| if quoted { Value::from(number.to_string()) } else { Value::from(number) };
        *value = match &self.format {
            TimeFormat::Unix => number(at.as_second()),
            TimeFormat::UnixMs => number(at.as_millisecond()),
            TimeFormat::Iso if self.ignore_offset || self.zone != Zone::DeviceLocal => {
                text(wall.strftime("%Y-%m-%dT%H:%M:%S").to_string())
            }
            TimeFormat::Iso => text(at.to_string()),
            TimeFormat::Pattern(pattern) => text(wall.strftime(pattern).to_string()),
        };
    }
}
