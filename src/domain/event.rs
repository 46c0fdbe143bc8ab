//! Whatever comes in, from any edge, in one shape: an [`Event`] with a key that names it for ever.

use jiff::Timestamp;

use super::id::{DeviceId, EventId};
use super::payload::{Payload, Refusal, StatusReport};
use super::profile::DeviceEvent;
use super::provider::Provider;
use super::stream::Stream;

/// The most of a raw message that the journal keeps. Longer ones are refused as readings and kept cut.
pub const RAW_LIMIT: usize = 64 * 1024;

/// One thing that came in. The journal keeps `raw` as it arrived; `origin` is what the edge made of it.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: EventId,
    /// Permanent and unique: a second event with this key is a duplicate.
    pub key: String,
    pub received_at: Timestamp,
    pub origin: Origin,
    pub raw: Vec<u8>,
}

/// Where it came from and what is known before any patient is.
#[derive(Debug, Clone)]
pub enum Origin {
    Text(TextIn),
    Reading(DeviceReading),
    Status(DeviceStatus),
    /// A wearer calls for help, or has fallen.
    Call(DeviceCall),
    /// It can be read, and must not become a reading without a human or a better profile.
    Doubt(DeviceDoubt),
    /// What reached an edge and can be neither: a publish on a subscribed topic that names no possible device, a
    /// carrier's request without a sender.
    Stray {
        edge: Edge,
        /// The topic, or the path.
        address: String,
        why: String,
    },
}

/// An inbound text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextIn {
    pub provider: Provider,
    pub way: Way,
    /// Nothing when it is whole.
    pub part: Option<Part>,
    /// As the carrier names the sender: a phone, a short code or a word.
    pub from: String,
    pub to: String,
    pub body: String,
    /// The carrier's own name of the message (Twilio's MessageSid).
    pub provider_id: String,
    /// The carrier has already acted on an opt-out word.
    pub opt_out: Option<OptOut>,
    /// Attachments, which are counted and never fetched.
    pub media: u32,
}

/// How a text came to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// The carrier brought it.
    #[default]
    Pushed,
    /// The carrier's list has it and it never came: it is late, and was sent at that instant.
    Listed { sent_at: Timestamp },
}

/// A piece of a longer text that the carrier has not put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What the pieces of one text share, beside sender and receiver.
    pub reference: String,
    /// From 1.
    pub number: u8,
    pub total: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptOut {
    Stop,
    Start,
    Help,
}

/// A publish on a device's reading topic.
#[derive(Debug, Clone)]
pub struct DeviceReading {
    pub device: DeviceId,
    pub topic: String,
    /// The broker kept it for late subscribers: it may be old.
    pub retained: bool,
    /// The charge of the device's battery in per cent, where it says so beside its readings.
    pub battery: Option<f64>,
    /// It is one of many, of which few are kept.
    pub stream: Option<Stream>,
    pub payload: Result<Payload, Refusal>,
}

/// A publish on a device's status topic.
#[derive(Debug, Clone)]
pub struct DeviceStatus {
    pub device: DeviceId,
    pub topic: String,
    /// Said in a make's own words: perhaps of a hub, through which the devices of several patients speak.
    pub hub: bool,
    pub report: Result<StatusReport, Refusal>,
}

/// A message of a device that somebody may need help now.
#[derive(Debug, Clone)]
pub struct DeviceCall {
    pub device: DeviceId,
    pub topic: String,
    pub call: DeviceEvent,
}

/// A message of a device that its profile is not sure of.
#[derive(Debug, Clone)]
pub struct DeviceDoubt {
    pub device: DeviceId,
    pub topic: String,
    pub why: String,
}

/// The edges that the ledger counts apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edge {
    Text,
    Device,
}

impl Edge {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Device => "device",
        }
    }
}

impl Event {
    pub fn edge(&self) -> Edge {
        match self.origin {
            Origin::Text(_) => Edge::Text,
            Origin::Reading(_) | Origin::Status(_) | Origin::Call(_) | Origin::Doubt(_) => Edge::Device,
            Origin::Stray { edge, .. } => edge,
        }
    }

    /// Who sent it, as the journal indexes it: a sender's number or a device's id.
    pub fn sender(&self) -> &str {
        match &self.origin {
            Origin::Text(text) => &text.from,
            _ => self.device().map_or("", DeviceId::as_str),
        }
    }

    /// The device that speaks, where one does.
    pub fn device(&self) -> Option<&DeviceId> {
        match &self.origin {
            Origin::Reading(reading) => Some(&reading.device),
            Origin::Status(status) => Some(&status.device),
            Origin::Call(call) => Some(&call.device),
            Origin::Doubt(doubt) => Some(&doubt.device),
            Origin::Text(_) | Origin::Stray { .. } => None,
        }
    }

    /// When the sender sent it, as far as that is known apart from when we received it: never later.
    pub fn said_at(&self) -> Timestamp {
        match &self.origin {
            Origin::Text(TextIn { way: Way::Listed { sent_at }, .. }) => (*sent_at).min(self.received_at),
            _ => self.received_at,
        }
    }

    /// Where it arrived: the number texted to, or the topic.
    pub fn address(&self) -> &str {
        match &self.origin {
            Origin::Text(text) => &text.to,
            Origin::Reading(reading) => &reading.topic,
            Origin::Status(status) => &status.topic,
            Origin::Call(call) => &call.topic,
            Origin::Doubt(doubt) => &doubt.topic,
            Origin::Stray { address, .. } => address,
        }
    }
}
