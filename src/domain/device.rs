//! A registered home device, as far as judging its readings needs it.

mod custody;

use jiff::Timestamp;
use serde::Serialize;

use super::id::{DeviceId, PatientId};

pub use custody::Owner;

/// A device that somebody registered. One that is not registered has no value of this type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Device {
    pub id: DeviceId,
    /// Whose readings it sends; nobody's while it lies in a drawer.
    pub patient: Option<PatientId>,
    /// Taken out of use for good: its readings are no longer anybody's.
    pub revoked: bool,
    /// Milliseconds that its clock was ahead of ours (behind, when negative) at `clock_seen_at`.
    pub clock_offset_ms: Option<i64>,
    pub clock_seen_at: Option<Timestamp>,
    /// Who has had it, the earliest first. They do not overlap.
    pub holdings: Vec<Holding>,
}

/// Who had a device, and from when to when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holding {
    /// Nothing: somebody who has been erased.
    pub patient: Option<PatientId>,
    pub since: Timestamp,
    /// Nothing: they still have it.
    pub until: Option<Timestamp>,
}

impl Device {
    /// A device as it stands for one reading that is known to be this patient's: theirs, and nobody else's ever.
    pub fn only_of(id: DeviceId, patient: PatientId) -> Self {
        Self {
            id,
            patient: Some(patient),
            revoked: false,
            clock_offset_ms: None,
            clock_seen_at: None,
            holdings: Vec::new(),
        }
    }

    /// Takes over what was measured of the clock, unless something younger is known.
    pub fn note_clock(&mut self, offset_ms: Option<i64>, at: Timestamp) {
        if offset_ms.is_some() && self.clock_seen_at.is_none_or(|seen| at >= seen) {
            self.clock_offset_ms = offset_ms;
            self.clock_seen_at = Some(at);
        }
    }
}
