//! `[[sample]]`: messages and what they must come to. A profile that reads one of its own otherwise does not load.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use toml::Spanned;
use toml::de::DeValue;

use crate::catalog::fault::Report;
use crate::catalog::table::Table;
use crate::domain::format::Heard;
use crate::domain::payload::StatusReport;
use crate::domain::profile::{DeviceProfile, Example, read_hex};
use crate::domain::vital::Vital;

/// Sources round; a reading does not differ by less.
const TOLERANCE: f64 = 0.01;

#[derive(Debug)]
pub(super) struct Sample {
    mark: Range<usize>,
    topic: String,
    payload: Vec<u8>,
    outcome: String,
    readings: Vec<(Vital, f64)>,
    device: Option<String>,
    online: Option<bool>,
    battery: Option<f64>,
}

impl Sample {
    pub(super) fn example(&self) -> Example {
        let (topic, payload) = (self.topic.clone(), self.payload.clone());
        Example { topic, payload, is_reading: self.outcome == "accepted" }
    }
}

pub(super) fn read(root: &mut Table<'_>, report: &mut Report<'_>) -> Vec<Sample> {
    let samples: Vec<Sample> =
        root.list("sample", report).into_iter().filter_map(|value| one(value, report)).collect();
    samples
}

fn one(value: &Spanned<DeValue<'_>>, report: &mut Report<'_>) -> Option<Sample> {
    let mut table = Table::from_value(value, "a sample", report)?;
    let topic = table.maybe_text("topic", report).map(Spanned::into_inner).unwrap_or_default();
    let payload = table.text("payload", report);
    let encoding = table.maybe_text("encoding", report);
    let outcome = table.text("outcome", report);
    let device = table.maybe_text("device", report).map(Spanned::into_inner);
    let online = table.maybe("online").and_then(|value| {
        let said = value.get_ref().as_bool();
        if said.is_none() {
            report.add(value.span(), "'online' must be true or false");
        }
        said
    });
    let battery = table.maybe_number("battery", report).flatten().map(Spanned::into_inner);
    let mut readings = Vec::new();
    if let Some(expected) = table.maybe_table("readings", report) {
        for (name, value) in expected.into_entries() {
            let number = crate::catalog::table::number_of(value, name.get_ref(), report);
            match (Vital::from_name(name.get_ref()), number) {
                (Some(vital), Some(number)) => readings.push((vital, number)),
                (None, _) => report.add(name.span(), "this is no vital"),
                (_, None) => {}
            }
        }
    }
    let mark = table.span();
    table.close(report);
    let (payload, outcome) = (payload?, outcome?);
    let bytes = match encoding.as_ref().map(|encoding| encoding.get_ref().as_str()) {
        None => Some(payload.get_ref().clone().into_bytes()),
        Some("hex") => read_hex(payload.get_ref()),
        Some("base64") => STANDARD.decode(payload.get_ref()).ok(),
        Some(_) => None,
    };
    let Some(bytes) = bytes else {
        report.add(payload.span(), "the payload is not written as 'encoding' (hex or base64) says");
        return None;
    };
    if !["accepted", "ignored", "rejected", "held", "event", "status"].contains(&outcome.get_ref().as_str()) {
        report.add(outcome.span(), "'outcome' must be accepted, ignored, rejected, held, event or status");
        return None;
    }
    Some(Sample {
        mark,
        topic,
        payload: bytes,
        outcome: outcome.into_inner(),
        readings,
        device,
        online,
        battery,
    })
}

/// Reads every sample. Each must come to what it says, on a topic of the profile, and one at least must be a reading or an
/// event, unless the profile exists to keep a make out.
pub(super) fn prove(profile: &DeviceProfile, samples: &[Sample], report: &mut Report<'_>) {
    for sample in samples {
        if !profile.topics.is_empty() && !profile.matches(&sample.topic, &sample.payload) {
            report.add(
                sample.mark.clone(),
                "this sample's topic or content is not one that the profile matches",
            );
            continue;
        }
        let (outcome, readings, (device, status), why) = come_to(profile, sample);
        if outcome != sample.outcome {
            report.add(
                sample.mark.clone(),
                format!("expected {}, but the profile gave {outcome}: {why}", sample.outcome),
            );
            continue;
        }
        let same = readings.len() == sample.readings.len()
            && sample.readings.iter().all(|(vital, value)| {
                readings.iter().any(|(got, number)| got == vital && (number - value).abs() <= TOLERANCE)
            });
        if !same {
            let got: Vec<String> =
                readings.iter().map(|(vital, value)| format!("{vital} = {value}")).collect();
            report.add(sample.mark.clone(), format!("the profile gave other readings: {}", got.join(", ")));
        }
        if sample.device.is_some() && sample.device != device {
            let got = device.as_deref().unwrap_or("none");
            report.add(sample.mark.clone(), format!("the profile gave another device: {got}"));
        }
        let (online, battery) = status.map_or((None, None), |status| (status.online, status.battery));
        if (sample.online.is_some() && sample.online != online)
            || (sample.battery.is_some() && sample.battery != battery)
        {
            report.add(
                sample.mark.clone(),
                format!("the profile gave another status: online {online:?}, battery {battery:?}"),
            );
        }
    }
    let reads = !profile.fields.is_empty();
    if reads && !samples.iter().any(|sample| sample.outcome == "accepted") {
        report.add(0..0, "no sample is a reading; add one from a real device");
    }
    if !samples.iter().any(|sample| sample.outcome != "accepted") && reads {
        report.add(0..0, "every sample is a reading; add one that must not become one");
    }
}

/// Whom it is of, and what it says of it.
type Sender = (Option<String>, Option<StatusReport>);
type CameTo = (&'static str, Vec<(Vital, f64)>, Sender, String);

fn come_to(profile: &DeviceProfile, sample: &Sample) -> CameTo {
    let reported = match profile.decode(&sample.topic, &sample.payload) {
        Ok(reported) => reported,
        Err(refusal) => return ("rejected", Vec::new(), (None, None), refusal.0),
    };
    let is_status = reported.status.is_some();
    let sender = (reported.device, reported.status);
    if !reported.events.is_empty() {
        return ("event", Vec::new(), sender, String::new());
    }
    match reported.heard {
        Heard::Nothing(why) => (if is_status { "status" } else { "ignored" }, Vec::new(), sender, why),
        Heard::Doubtful(why) => ("held", Vec::new(), sender, why),
        Heard::Readings(sets) => {
            let measured = sets.iter().flat_map(|set| &set.measurements);
            let readings = measured.map(|m| (m.vital(), m.judged_value())).collect();
            ("accepted", readings, sender, String::new())
        }
    }
}
