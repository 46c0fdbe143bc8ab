//! From a publish to an event: every publish becomes one, whatever it says.

use jiff::Timestamp;
use rumqttc::Publish;

use super::topic::Topic;
use crate::domain::event::{DeviceReading, DeviceStatus, Edge, Event, Origin, RAW_LIMIT};
use crate::domain::payload::{decode, decode_status, key};
use crate::engine::id::IdSource;

/// The event of `publish`, received at `now`. Of a payload beyond [`RAW_LIMIT`] the first bytes are kept.
pub(super) fn read(publish: &Publish, ids: &IdSource, now: Timestamp) -> Event {
    let id = ids.event(now);
    let topic = String::from_utf8_lossy(&publish.topic).into_owned();
    let bytes: &[u8] = &publish.payload;
    let (key, origin) = match Topic::parse(&topic) {
        Ok(Topic::Reading(device)) => {
            let payload = decode(bytes);
            let key = key::reading(&device, &payload, bytes, publish.retain, now);
            (key, Origin::Reading(DeviceReading { device, topic, retained: publish.retain, payload }))
        }
        Ok(Topic::Status(device)) => {
            let report = decode_status(bytes);
            (key::status(&id), Origin::Status(DeviceStatus { device, topic, report }))
        }
        Err(unknown) => (
            key::stray(&topic, bytes, now),
            Origin::Stray { edge: Edge::Device, address: topic, why: unknown.to_string() },
        ),
    };
    let raw = bytes[..bytes.len().min(RAW_LIMIT)].to_vec();
    Event { id, key, received_at: now, origin, raw }
}
