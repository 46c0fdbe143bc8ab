//! From a message on a profile's topic to what the journal takes in: one event a measurement, a call or a doubt.
//!
//! Identity is where a message came from: the part of the topic that the broker's access rules bind to a credential, with
//! the inner address that a hub gives. A payload alone names nobody: the same address through another hub is another device,
//! and unknown until somebody registers it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use ring::digest::{SHA256, digest};

use super::{Book, DeviceProfile, Reader, Retained, Spoken};
use crate::domain::event::{DeviceCall, DeviceDoubt, DeviceReading, DeviceStatus, Origin, RAW_LIMIT};
use crate::domain::format::{At, Heard, Taken};
use crate::domain::id::DeviceId;
use crate::domain::payload::{Payload, Refusal, StatusReport, key};
use crate::domain::stream::Stream;

/// The names of a topic's level that say through whom a device speaks.
pub(super) const HUBS: [&str; 6] = ["hub", "gateway", "node", "host", "application", "base"];
/// What an id may be long, both parts together.
const LONGEST: usize = 64;
/// The digits that tell names apart which would look alike.
const MARK: usize = 16;

/// One thing that a message says, with the key under which it is journalled.
#[derive(Debug, Clone)]
pub struct Said {
    /// Nothing: every one counts, and its key is its own name.
    pub key: Option<String>,
    pub origin: Origin,
    /// The message as it is kept: without what its profile never stores.
    pub raw: Vec<u8>,
}

/// What a message says. Nothing at all: a profile knows it and there is no vital sign in it. Not known: no profile speaks
/// here.
pub fn hear(
    book: &Book,
    topic: &str,
    bytes: &[u8],
    retained: bool,
    received_at: Timestamp,
) -> Option<Vec<Said>> {
    let Reader::Profile(profile) = book.reader_of(topic, bytes)? else { return None };
    let bytes = &*profile.stripped(bytes);
    let spoken = Reader::Profile(profile).read(topic, bytes);
    let device = custody(profile, topic, spoken.device.as_deref());
    let said = Saying { device: &device, topic, bytes, retained, stream: profile.stream, received_at };
    // A kept last will is how things stand; a kept reading may be of any day.
    if retained && profile.retained == Retained::Ignore {
        return Some(said.kept(spoken));
    }
    Some(said.all(spoken))
}

/// Under which id a device must be registered that speaks here.
fn custody(profile: &DeviceProfile, topic: &str, inner: Option<&str>) -> DeviceId {
    let captures = profile.captures(topic).unwrap_or_default();
    let hub = HUBS.iter().find_map(|name| captures.get(name));
    let through = hub.unwrap_or_else(|| topic.split('/').next().unwrap_or_default());
    let inner = inner.filter(|inner| *inner != through);
    // Nodes of two groups may have one name.
    let through = match captures.get("group") {
        Some(group) => format!("{}:{}", plain(group), plain(through)),
        None => plain(through),
    };
    let id = match inner {
        Some(inner) => format!("{through}:{}", address(inner)),
        None => through,
    };
    if id.len() <= LONGEST {
        return DeviceId::trusted(id);
    }
    // Cut alone, two devices could become one, and one patient's readings another's.
    let begin: String = id.chars().take(LONGEST - MARK - 1).collect();
    DeviceId::trusted(format!("{begin}.{}", mark(&id)))
}

/// A hardware address in one spelling, whatever separates its bytes; anything else as it is.
fn address(inner: &str) -> String {
    let digits: String = inner.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    let is_address = matches!(digits.len(), 12 | 16) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if is_address { digits.to_ascii_uppercase() } else { plain(inner) }
}

/// With nothing in it that an id may not hold. What had to be replaced is told apart by a mark: two names never become one.
fn plain(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !text.is_empty() && text.chars().all(fits) {
        return text.to_owned();
    }
    let plain: String = text.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    format!("{plain}.{}", mark(text))
}

/// The first 64 bits of a text's SHA-256, in hexadecimal.
fn mark(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    hash.as_ref().iter().take(MARK / 2).map(|byte| format!("{byte:02x}")).collect()
}

/// A message, and who says it.
struct Saying<'a> {
    device: &'a DeviceId,
    topic: &'a str,
    bytes: &'a [u8],
    retained: bool,
    stream: Option<Stream>,
    received_at: Timestamp,
}

impl Saying<'_> {
    fn all(&self, spoken: Spoken) -> Vec<Said> {
        let calls = spoken.events.into_iter().map(|call| {
            let origin = DeviceCall { device: self.device.clone(), topic: self.topic.to_owned(), call };
            self.said(self.plain_key(), Origin::Call(origin))
        });
        let mut said: Vec<Said> = calls.collect();
        let battery = spoken.status.as_ref().and_then(|status| status.battery);
        match spoken.heard {
            Ok(Heard::Nothing(_)) => said.extend(spoken.status.map(|status| self.status(status))),
            Ok(Heard::Doubtful(why)) => {
                let (device, topic) = (self.device.clone(), self.topic.to_owned());
                let doubt = DeviceDoubt { device, topic, why };
                said.push(self.said(self.plain_key(), Origin::Doubt(doubt)));
            }
            Ok(Heard::Readings(sets)) => {
                said.extend(sets.into_iter().map(|set| self.reading(Ok(self.payload(set)), battery)));
            }
            Err(refusal) => said.push(self.reading(Err(refusal), None)),
        }
        said
    }

    /// Of what the broker kept for late subscribers, only whether the device is there.
    fn kept(&self, spoken: Spoken) -> Vec<Said> {
        let status = spoken.status.filter(|status| status.online.is_some());
        let nothing_else = matches!(spoken.heard, Ok(Heard::Nothing(_))) && spoken.events.is_empty();
        status.filter(|_| nothing_else).map(|status| self.status(status)).into_iter().collect()
    }

    /// A battery that is as full as it was within the hour is no news: some devices say it every two seconds.
    fn status(&self, report: StatusReport) -> Said {
        let key = match report {
            StatusReport { online: None, battery: Some(percent) } => {
                Some(key::battery(self.device, percent, self.received_at))
            }
            _ => None,
        };
        let (device, topic) = (self.device.clone(), self.topic.to_owned());
        let origin = Origin::Status(DeviceStatus { device, topic, hub: true, report: Ok(report) });
        Said { key, origin, raw: self.raw() }
    }

    fn raw(&self) -> Vec<u8> {
        self.bytes[..self.bytes.len().min(RAW_LIMIT)].to_vec()
    }

    fn said(&self, key: String, origin: Origin) -> Said {
        Said { key: Some(key), origin, raw: self.raw() }
    }

    fn plain_key(&self) -> String {
        let refused = Err(Refusal(String::new()));
        key::reading(self.device, &refused, self.bytes, self.retained, self.received_at)
    }

    fn reading(&self, payload: Result<Payload, Refusal>, battery: Option<f64>) -> Said {
        // What says the same again in the next window is no copy: each window has its reading.
        let window_ms = self.stream.map_or(key::WINDOW_MS, Stream::window_ms);
        let copy = key::Copy { raw: self.bytes, retained: self.retained, window_ms };
        let key = key::reading_within(self.device, &payload, copy, self.received_at);
        let (device, topic) = (self.device.clone(), self.topic.to_owned());
        let reading =
            DeviceReading { device, topic, retained: self.retained, battery, stream: self.stream, payload };
        self.said(key, Origin::Reading(reading))
    }

    fn payload(&self, set: Taken) -> Payload {
        let (mut taken_at, mut wall): (Option<Timestamp>, Option<DateTime>) = (None, None);
        match set.at {
            At::Exactly(instant) => taken_at = Some(instant),
            At::Ago(ago) => taken_at = self.received_at.checked_sub(ago).ok(),
            At::Wall(clock) => wall = Some(clock),
            // The day alone is no time: when it arrived is nearer than any hour of it.
            At::Day(_) | At::Unsaid => {}
        }
        Payload { message_id: set.message_id, taken_at, wall, measurements: set.measurements, note: set.note }
    }
}
