//! A device's reading that is held, and that somebody gives to a patient or puts aside: they know what nobody could tell.
//! What a device says of itself stands; a person adds only what it could not say.

use jiff::Timestamp;
use thiserror::Error;

use super::Decision;
use crate::domain::event::{DeviceDoubt, DeviceReading, Event, Origin};
use crate::domain::id::PatientId;
use crate::domain::payload::{Payload, is_believed};
use crate::domain::reading::Measurement;

/// What somebody says of a held reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Gift {
    pub patient: PatientId,
    /// When it was taken; nothing: as the device says.
    pub taken_at: Option<Timestamp>,
    /// What was measured, where that cannot be read from it; else empty.
    pub measurements: Vec<Measurement>,
}

/// Why a held event cannot be given so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotGiven {
    #[error("this is no reading and cannot be given to a patient: register its device, or dismiss it")]
    NoReading,
    #[error("what was measured cannot be read from it: look at it, and say it in 'readings'")]
    Unread,
    #[error("it says itself what was measured: leave out 'readings'")]
    SaysItself,
    #[error("it cannot have been taken then: that is after it came, or more than 90 days before")]
    BadTime,
}

impl Gift {
    /// The event as it is judged: with what was added to it, and always kept.
    ///
    /// # Errors
    /// When it is no reading, when the measurement is not known or would be overwritten, or when the time cannot be.
    pub fn applied_to(&self, event: Event) -> Result<Event, NotGiven> {
        if self.taken_at.is_some_and(|taken_at| !is_believed(taken_at, event.received_at)) {
            return Err(NotGiven::BadTime);
        }
        let (device, topic, retained, own) = match event.origin {
            Origin::Reading(DeviceReading { device, topic, retained, payload, .. }) => {
                (device, topic, retained, payload.ok())
            }
            Origin::Doubt(DeviceDoubt { device, topic, .. }) => (device, topic, false, None),
            Origin::Text(_) | Origin::Status(_) | Origin::Call(_) | Origin::Stray { .. } => {
                return Err(NotGiven::NoReading);
            }
        };
        let mut payload = match (own, self.measurements.as_slice()) {
            (Some(own), []) => own,
            (Some(_), _) => return Err(NotGiven::SaysItself),
            (None, []) => return Err(NotGiven::Unread),
            (None, said) => Payload {
                message_id: None,
                taken_at: None,
                wall: None,
                measurements: said.to_vec(),
                note: None,
            },
        };
        if self.taken_at.is_some() {
            (payload.taken_at, payload.wall) = (self.taken_at, None);
        }
        let reading =
            DeviceReading { device, topic, retained, battery: None, stream: None, payload: Ok(payload) };
        Ok(Event { origin: Origin::Reading(reading), ..event })
    }
}

impl Decision {
    /// As somebody has given it, for this reason. It says nothing of the device: whose that is stays as it was.
    pub fn given(mut self, why: &str) -> Self {
        self.reason = format!("given to the patient by hand: {why}");
        self.device = None;
        self
    }

    /// A held event that somebody has put aside: kept, and no reading.
    pub fn dismissed(why: &str) -> Self {
        Self::rejected(format!("{DISMISSED}{why}"))
    }
}

/// How the journal begins to say that an event was put aside.
pub const DISMISSED: &str = "dismissed by hand: ";
