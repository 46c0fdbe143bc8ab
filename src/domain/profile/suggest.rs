//! A first draft of a profile from one message: names that look like a vital sign, numbers that can be one. A draft is no
//! profile: its units are for a human to say, and it does not load until they are.

use std::fmt::Write as _;

use serde_json::Value;

use crate::domain::vital::Vital;

/// Parts of names by which makers call a vital sign, the more telling first.
const NAMES: [(&str, Vital); 24] = [
    ("bp_sys", Vital::Systolic),
    ("systol", Vital::Systolic),
    ("bp_high", Vital::Systolic),
    ("bp_dia", Vital::Diastolic),
    ("diastol", Vital::Diastolic),
    ("bp_low", Vital::Diastolic),
    ("spo2", Vital::Spo2),
    ("oxygen", Vital::Spo2),
    ("heart", Vital::Pulse),
    ("pulse", Vital::Pulse),
    ("bpm", Vital::Pulse),
    ("respir", Vital::RespiratoryRate),
    ("body_temp", Vital::Temperature),
    ("bodytemp", Vital::Temperature),
    ("temp", Vital::Temperature),
    ("weight", Vital::Weight),
    ("glucose", Vital::Glucose),
    ("peak_flow", Vital::PeakFlow),
    ("peakflow", Vital::PeakFlow),
    ("pef", Vital::PeakFlow),
    ("ketone", Vital::Ketones),
    ("hr", Vital::Pulse),
    ("sys", Vital::Systolic),
    ("dia", Vital::Diastolic),
];

/// A draft of a profile file for messages like this one.
pub fn suggest(topic: &str, payload: &[u8]) -> String {
    let mut draft = String::from(
        "# A draft from one message. Say the units, take out what is no vital sign, and add a message that must not become\n\
         # a reading: it does not load before.\nversion = 1\ntitle = \"\"\nevidence = \"\"\n",
    );
    let text = String::from_utf8_lossy(payload);
    // Writing to a string cannot fail.
    let _ = writeln!(draft, "topics = [{}]\n\n[read]", quoted(&pattern(topic)));
    match serde_json::from_slice::<Value>(payload) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => {
            draft.push_str("kind = \"json\"\n");
            let mut found = Vec::new();
            walk(&value, "", &mut found);
            for (path, vital, number) in found {
                let _ = write!(
                    draft,
                    "\n[[field]]\nvital = \"{vital}\"\nfrom = {}\nunit = \"\" # {number} {}\n",
                    quoted(&path),
                    hint(vital)
                );
            }
        }
        _ => draft.push_str("kind = \"number\"\n\n[[field]]\nvital = \"\"\nfrom = \"value\"\nunit = \"\"\n"),
    }
    let _ = write!(
        draft,
        "\n[[sample]]\ntopic = {}\npayload = {}\noutcome = \"accepted\"\nreadings = {{}}\n",
        quoted(topic),
        quoted(text.trim())
    );
    draft
}

/// What is asked of whoever knows the device.
fn hint(vital: Vital) -> String {
    let unit = vital.unit().ucum();
    match vital.possible() {
        span if span.low < 1.0 => format!("of what? Lamplight keeps {unit}"),
        span => format!("of what? Lamplight keeps {unit}, {} to {}", span.low, span.high),
    }
}

/// The topic with what looks like the name of one device named.
fn pattern(topic: &str) -> String {
    let is_name = |level: &str| {
        level.len() >= 6 && level.bytes().filter(u8::is_ascii_digit).count() * 2 >= level.len().min(8)
    };
    let levels: Vec<&str> =
        topic.split('/').map(|level| if is_name(level) { "{id}" } else { level }).collect();
    levels.join("/")
}

fn walk(value: &Value, path: &str, found: &mut Vec<(String, Vital, f64)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                match super::test::number(inner) {
                    Some(number) => {
                        let vital =
                            named(name).filter(|vital| *vital != Vital::Temperature || number < 120.0);
                        found.extend(vital.map(|vital| (below(name), vital, number)));
                    }
                    None => walk(inner, &below(name), found),
                }
            }
        }
        // One element stands for all.
        Value::Array(items) => {
            if let Some(first) = items.first() {
                walk(first, &format!("{path}[0]"), found);
            }
        }
        _ => {}
    }
}

fn named(name: &str) -> Option<Vital> {
    let name = name.to_ascii_lowercase();
    let long = NAMES.iter().find(|(part, _)| part.len() > 3 && name.contains(part));
    long.or_else(|| NAMES.iter().find(|(part, _)| name == *part)).map(|(_, vital)| *vital)
}

/// A TOML string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
