//! All profiles together: which of them reads a message, and what it comes to.

use super::{DeviceEvent, DeviceProfile, choose};
use crate::domain::format::{Format, Heard};
use crate::domain::payload::{Refusal, StatusReport};

/// The profiles in force, in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Book {
    profiles: Vec<DeviceProfile>,
}

/// What a message is read by.
#[derive(Debug, Clone, PartialEq)]
pub enum Reader<'b> {
    Format(Format),
    Profile(&'b DeviceProfile),
}

/// What a message came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    /// What it was read by.
    pub profile: String,
    /// The device's own name.
    pub device: Option<String>,
    pub heard: Result<Heard, Refusal>,
    pub events: Vec<DeviceEvent>,
    /// What it says of the device itself.
    pub status: Option<StatusReport>,
}

impl Book {
    pub fn new(mut profiles: Vec<DeviceProfile>) -> Self {
        profiles.sort_by(|a, b| a.id.cmp(&b.id));
        Self { profiles }
    }

    pub fn profiles(&self) -> &[DeviceProfile] {
        &self.profiles
    }

    pub fn get(&self, id: &str) -> Option<&DeviceProfile> {
        self.profiles.iter().find(|profile| profile.id == id)
    }

    /// A format or a profile by its name.
    pub fn reader(&self, name: &str) -> Option<Reader<'_>> {
        Format::from_name(name).map(Reader::Format).or_else(|| self.get(name).map(Reader::Profile))
    }

    /// Who reads what comes on this topic. Nobody: it is held until a profile knows it.
    pub fn reader_of(&self, topic: &str, payload: &[u8]) -> Option<Reader<'_>> {
        choose(&self.profiles, topic, payload).map(Reader::Profile)
    }
}

impl Reader<'_> {
    pub fn name(&self) -> String {
        match self {
            Self::Format(format) => format.name(),
            Self::Profile(profile) => profile.id.clone(),
        }
    }

    pub fn read(&self, topic: &str, payload: &[u8]) -> Spoken {
        let alone =
            |device, heard| Spoken { profile: self.name(), device, heard, events: Vec::new(), status: None };
        match self {
            Self::Format(format) => alone(None, format.decode(payload)),
            Self::Profile(known) => match known.decode(topic, payload) {
                Ok(reported) => Spoken {
                    profile: self.name(),
                    device: reported.device,
                    heard: Ok(reported.heard),
                    events: reported.events,
                    status: reported.status,
                },
                Err(refusal) => alone(known.named_by(topic), Err(refusal)),
            },
        }
    }
}
