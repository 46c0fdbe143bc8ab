//! From a publish to events: every publish becomes one, whatever it says; only what a device profile knows to hold no vital
//! sign becomes none, and what holds several measurements becomes one event each.

use jiff::Timestamp;
use rumqttc::Publish;

use super::topic::Topic;
use crate::domain::event::{DeviceReading, DeviceStatus, Edge, Event, Origin, RAW_LIMIT};
use crate::domain::format::sparkplug::Births;
use crate::domain::payload::{decode, decode_status, key};
use crate::domain::profile::{Book, Said, hear};
use crate::engine::id::IdSource;

/// The events of `publish`, received at `now`. Of a payload beyond [`RAW_LIMIT`] the first bytes are kept.
pub(super) fn read(
    publish: &Publish,
    devices: Option<&Book>,
    births: &mut Births,
    ids: &IdSource,
    now: Timestamp,
) -> Vec<Event> {
    let topic = String::from_utf8_lossy(&publish.topic).into_owned();
    // With names in place of aliases, so that what is kept says by itself what it is.
    let bytes: &[u8] = &births.name(&topic, &publish.payload);
    let event = |Said { key, origin, raw }| {
        let id = ids.event(now);
        Event { key: key.unwrap_or_else(|| key::status(&id)), id, received_at: now, origin, raw }
    };
    let raw = || bytes[..bytes.len().min(RAW_LIMIT)].to_vec();
    let (key, origin) = match Topic::parse(&topic) {
        Ok(Topic::Reading(device)) => {
            let payload = decode(bytes);
            let key = key::reading(&device, &payload, bytes, publish.retain, now);
            let retained = publish.retain;
            let reading = DeviceReading { device, topic, retained, battery: None, stream: None, payload };
            (key, Origin::Reading(reading))
        }
        Ok(Topic::Status(device)) => {
            let report = decode_status(bytes);
            let origin = Origin::Status(DeviceStatus { device, topic, hub: false, report });
            return vec![event(Said { key: None, origin, raw: raw() })];
        }
        Err(unknown) => {
            if let Some(said) = devices.and_then(|book| hear(book, &topic, bytes, publish.retain, now)) {
                return said.into_iter().map(event).collect();
            }
            let key = key::stray(&topic, bytes, now);
            (key, Origin::Stray { edge: Edge::Device, address: topic, why: unknown.to_string() })
        }
    };
    vec![event(Said { key: Some(key), origin, raw: raw() })]
}
