//! What comes in, as the edges make it.

use jiff::Timestamp;
use lamplight::domain::event::{DeviceReading, DeviceStatus, Edge, Event, OptOut, Origin, TextIn, Way};
use lamplight::domain::id::DeviceId;
use lamplight::domain::payload::{decode, decode_status, key};
use lamplight::domain::provider::Provider;

use super::House;

impl House {
    pub fn text(&self, from: &str, body: &str) -> Event {
        self.carried(from, body, None)
    }

    /// A text with what the carrier's own opt-out made of it.
    pub fn carried(&self, from: &str, body: &str, opt_out: Option<OptOut>) -> Event {
        let received_at = self.clock.now();
        let id = self.ids.event(received_at);
        let sid = format!("SM{id}");
        Event {
            key: format!("twilio:{sid}"),
            origin: Origin::Text(TextIn {
                provider: Provider::Twilio,
                way: Way::Pushed,
                part: None,
                from: from.to_owned(),
                to: "+447700900456".to_owned(),
                body: body.to_owned(),
                provider_id: sid,
                opt_out,
                media: 0,
            }),
            raw: format!("From={from}&Body={body}").into_bytes(),
            id,
            received_at,
        }
    }

    pub fn publish(&self, device: &str, json: &str) -> Event {
        self.published(device, json, false)
    }

    pub fn published(&self, device: &str, json: &str, retained: bool) -> Event {
        let received_at = self.clock.now();
        let device = DeviceId::parse(device).unwrap();
        let payload = decode(json.as_bytes());
        let key = key::reading(&device, &payload, json.as_bytes(), retained, received_at);
        let topic = format!("lamplight/v1/{device}/reading");
        Event {
            id: self.ids.event(received_at),
            key,
            received_at,
            origin: Origin::Reading(DeviceReading {
                device,
                topic,
                retained,
                battery: None,
                stream: None,
                payload,
            }),
            raw: json.as_bytes().to_vec(),
        }
    }

    /// A cuff's publish, taken when it is sent.
    pub fn pressure(&self, device: &str, systolic: u32, diastolic: u32) -> Event {
        self.publish(device, &pressure(Some(self.clock.now()), systolic, diastolic))
    }

    pub fn status(&self, device: &str, said: &str) -> Event {
        let received_at = self.clock.now();
        let id = self.ids.event(received_at);
        let device = DeviceId::parse(device).unwrap();
        let topic = format!("lamplight/v1/{device}/status");
        let report = decode_status(said.as_bytes());
        Event {
            key: key::status(&id),
            received_at,
            origin: Origin::Status(DeviceStatus { device, topic, hub: false, report }),
            raw: said.as_bytes().to_vec(),
            id,
        }
    }

    pub fn stray(&self, topic: &str) -> Event {
        let received_at = self.clock.now();
        Event {
            id: self.ids.event(received_at),
            key: key::stray(topic, b"?", received_at),
            received_at,
            origin: Origin::Stray {
                edge: Edge::Device,
                address: topic.to_owned(),
                why: "it names no device".to_owned(),
            },
            raw: b"?".to_vec(),
        }
    }
}

/// A cuff's native payload.
pub fn pressure(taken_at: Option<Timestamp>, systolic: u32, diastolic: u32) -> String {
    let taken_at = taken_at.map_or("null".to_owned(), |at| format!("\"{at}\""));
    format!(
        r#"{{"taken_at":{taken_at},"readings":[{{"vital":"systolic","value":{systolic},"unit":"mm[Hg]"}},{{"vital":"diastolic","value":{diastolic},"unit":"mm[Hg]"}}]}}"#
    )
}
