//! How a make of device or hub speaks MQTT, as data: which topics it publishes on, where in its payload a vital stands, in
//! which unit, taken when. One file a profile; nothing in one is code.
//!
//! A profile that is not sure says so: an unknown unit, a value that cannot be, a rule that holds. What is held becomes a
//! reading only through a human or a better profile.

mod book;
mod field;
mod hear;
mod path;
mod read;
mod status;
mod suggest;
mod test;
mod time;
mod topic;
mod vary;

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::format::{At, Heard, Taken, refusal};
use super::payload::{Refusal, StatusReport};
use super::stream::Stream;

pub use book::{Book, Reader, Spoken};
pub use field::{Field, UnitFrom};
pub use hear::{Said, hear};
pub use path::{Path, Place};
pub use read::{Encoding, FormatFrom, Read, read_hex};
pub use status::{Presence, StatusRule};
pub use suggest::suggest;
pub use test::{Check, Test};
pub use time::{TimeFormat, TimeRule, Zone};
pub use topic::{Captures, TopicPattern};
pub use vary::{Example, Variation};

/// One profile.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceProfile {
    pub id: String,
    /// What its author calls this state of it.
    pub number: u32,
    /// Content hash: what readings name.
    pub version: String,
    /// The file as it was read.
    pub text: String,
    pub title: String,
    /// Where the format is documented, and what is not verified.
    pub evidence: String,
    /// Of two that match, the higher one reads.
    pub priority: i32,
    /// Empty: only who names the profile is read by it.
    pub topics: Vec<TopicPattern>,
    /// All must hold of the payload for the profile to match. Empty: the topic is enough.
    pub when: Vec<Test>,
    pub read: Read,
    /// The first that holds decides about an item; an item that none holds of is read.
    pub rules: Vec<Rule>,
    pub fields: Vec<Field>,
    pub time: Option<TimeRule>,
    /// What it says of the device itself.
    pub status: Option<StatusRule>,
    /// What the payload or topic calls the device. It must agree with the credential.
    pub device: Option<Place>,
    /// What together names a measurement for ever.
    pub key: Vec<Place>,
    pub retained: Retained,
    /// It sends every few seconds, and one reading a window is kept.
    pub stream: Option<Stream>,
    /// What is never stored: identifiers of people.
    pub drops: Vec<Path>,
    /// What it proves itself by.
    pub examples: Vec<Example>,
}

/// What is done about an item of which something holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub when: Vec<Test>,
    pub then: Then,
    pub why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Ignore,
    Hold,
    Reject,
    /// Somebody may need help now, whatever the numbers.
    Event(DeviceEvent),
}

/// What a device says that is no measurement and matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceEvent {
    /// The wearer pressed for help.
    Sos,
    /// The wearer fell.
    Fall,
}

/// What is made of a message that the broker kept for late subscribers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retained {
    Ignore,
    /// Its first arrival counts: the key tells whether it was here before.
    AcceptOnce,
}

/// A message as a profile reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reported {
    pub heard: Heard,
    pub events: Vec<DeviceEvent>,
    pub status: Option<StatusReport>,
    /// The device's own name, as topic or payload have it.
    pub device: Option<String>,
}

/// Everything a place can be looked up in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub root: &'a Value,
    pub item: &'a Value,
    pub captures: &'a Captures,
}

impl DeviceEvent {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sos => "sos",
            Self::Fall => "fall",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sos, Self::Fall].into_iter().find(|event| event.name() == name)
    }
}

/// The profile that reads a message: of those whose topic and predicates match, the one of the highest priority.
pub fn choose<'p>(
    profiles: impl IntoIterator<Item = &'p DeviceProfile>,
    topic: &str,
    payload: &[u8],
) -> Option<&'p DeviceProfile> {
    profiles
        .into_iter()
        .filter(|profile| profile.matches(topic, payload))
        .max_by(|a, b| a.priority.cmp(&b.priority).then_with(|| b.id.cmp(&a.id)))
}

impl DeviceProfile {
    pub fn matches(&self, topic: &str, payload: &[u8]) -> bool {
        let Some(captures) = self.captures(topic) else { return false };
        if self.when.is_empty() {
            return true;
        }
        let Ok(root) = self.read.root(payload) else { return false };
        let scope = Scope { root: &root, item: &root, captures: &captures };
        self.when.iter().all(|test| test.holds(scope))
    }

    /// The message without what is never stored. What is no JSON has nothing to leave out.
    pub fn stripped<'b>(&self, payload: &'b [u8]) -> Cow<'b, [u8]> {
        if self.drops.is_empty() {
            return Cow::Borrowed(payload);
        }
        let Ok(mut root) = serde_json::from_slice::<Value>(payload) else { return Cow::Borrowed(payload) };
        let mut dropped = false;
        for path in &self.drops {
            dropped |= path.remove(&mut root);
        }
        if dropped { Cow::Owned(root.to_string().into_bytes()) } else { Cow::Borrowed(payload) }
    }

    /// What the topic says, if it is one of this profile's.
    pub fn captures(&self, topic: &str) -> Option<Captures> {
        self.topics.iter().find_map(|pattern| pattern.captures(topic))
    }

    /// The device's own name, where the topic alone says it: of a message that cannot be read too.
    pub(super) fn named_by(&self, topic: &str) -> Option<String> {
        let Some(Place::Capture(level)) = &self.device else { return None };
        self.captures(topic)?.get(level).map(str::to_owned)
    }

    /// Understands a message. `topic` may be one that the profile does not know: then it says nothing.
    ///
    /// # Errors
    /// When the payload is malformed for this profile.
    pub fn decode(&self, topic: &str, payload: &[u8]) -> Result<Reported, Refusal> {
        let captures = self.captures(topic).unwrap_or_default();
        let root = self.read.root(payload)?;
        let whole = Scope { root: &root, item: &root, captures: &captures };
        let mut device = self.device.as_ref().and_then(|place| place.text(whole));
        let mut events = Vec::new();
        let mut sets: Vec<Taken> = Vec::new();
        let mut quiet: Option<String> = None;
        let mut status = self.status.as_ref().and_then(|rule| rule.read(whole));
        for item in self.read.items(&root) {
            let scope = Scope { item, ..whole };
            device = device.or_else(|| self.device.as_ref().and_then(|place| place.text(scope)));
            status = status.or_else(|| self.status.as_ref().and_then(|rule| rule.read(scope)));
            match self.rules.iter().find(|rule| rule.when.iter().all(|test| test.holds(scope))) {
                Some(Rule { then: Then::Ignore, why, .. }) => quiet = quiet.or_else(|| Some(why.clone())),
                Some(Rule { then: Then::Hold, why, .. }) => {
                    return Ok(Reported { heard: Heard::Doubtful(why.clone()), events, status, device });
                }
                Some(Rule { then: Then::Reject, why, .. }) => return Err(refusal(why.clone())),
                Some(Rule { then: Then::Event(event), .. }) => events.push(*event),
                None => match self.item(scope, payload)? {
                    Heard::Readings(found) => sets.extend(found),
                    Heard::Nothing(why) => quiet = quiet.or(Some(why)),
                    doubtful @ Heard::Doubtful(_) => {
                        return Ok(Reported { heard: doubtful, events, status, device });
                    }
                },
            }
        }
        let heard = match Heard::all(sets)? {
            Heard::Nothing(_) if status.is_some() => {
                Heard::Nothing("It is a device's status, not a reading.".to_owned())
            }
            Heard::Nothing(usual) => Heard::Nothing(quiet.unwrap_or(usual)),
            heard => heard,
        };
        Ok(Reported { heard, events, status, device })
    }

    /// One item, by its format or field by field.
    fn item(&self, scope: Scope<'_>, payload: &[u8]) -> Result<Heard, Refusal> {
        if let Some(inner) = self.read.inner(scope, payload)? {
            return Ok(match inner {
                Heard::Readings(sets) => {
                    Heard::Readings(sets.into_iter().map(|set| self.named(set, scope)).collect())
                }
                other => other,
            });
        }
        let mut measurements = Vec::new();
        for field in &self.fields {
            match field.read(scope) {
                field::Found::Measured(measurement) => measurements.push(measurement),
                field::Found::Absent => {}
                field::Found::Doubtful(why) => return Ok(Heard::Doubtful(why)),
            }
        }
        if measurements.is_empty() {
            return Ok(Heard::Nothing("It states no vital sign that this profile knows.".to_owned()));
        }
        let set = Taken { message_id: None, at: At::Unsaid, measurements, note: None };
        Heard::all(vec![self.named(set, scope)])
    }

    /// A set with the time and the name that the profile finds for it. What a format said itself stays.
    fn named(&self, mut set: Taken, scope: Scope<'_>) -> Taken {
        if let (At::Unsaid, Some(rule)) = (set.at, &self.time) {
            set.at = rule.read(scope);
        }
        if set.message_id.is_none() && !self.key.is_empty() {
            let parts: Option<Vec<String>> = self.key.iter().map(|place| place.text(scope)).collect();
            set.message_id = parts.map(|parts| parts.join("/")).filter(|key| key.len() <= 128);
        }
        set
    }
}
