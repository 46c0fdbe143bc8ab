//! Whose a reading is: whoever had the device when it was taken. A cuff that goes from one patient to another may bring
//! readings of the one before along; each stays with the one who took it, and where that cannot be told it is nobody's until
//! a human looks.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Device, Holding};
use crate::domain::event::DeviceReading;
use crate::domain::id::PatientId;
use crate::domain::payload::{BELIEVED_AHEAD, Payload, is_believed};

/// How far a clock that is believed may be off: so close to a change of hands nobody can tell whose hands it was in.
const DRIFT: SignedDuration = BELIEVED_AHEAD;

/// How long after a change of hands something that says no time may still be of the one before: such a device sends as it
/// measures, and only what its hub had in store for the broker comes late.
const SETTLING: SignedDuration = SignedDuration::from_hours(24);

/// Whose a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'d> {
    Patient(&'d PatientId),
    /// The device is registered to nobody, or revoked.
    Nobody,
    /// The device has changed hands, and whose hands it was in cannot be told. Why, in one sentence.
    Doubtful(&'static str),
}

impl Device {
    /// Everybody whose readings may still come from it.
    pub fn holders(&self) -> impl Iterator<Item = &PatientId> {
        self.patient.iter().chain(self.holdings.iter().filter_map(|holding| holding.patient.as_ref()))
    }

    /// Who has it now.
    pub fn holder(&self) -> Owner<'_> {
        match &self.patient {
            Some(patient) if !self.revoked => Owner::Patient(patient),
            _ => Owner::Nobody,
        }
    }

    /// Whose a reading is that came at `received_at`. `zone_of`: where a patient's wall hangs, for clocks that show no more
    /// than the wall.
    ///
    /// A device that only one patient ever had is theirs, whatever its clock says and also for the time before it was
    /// registered.
    pub fn owner_of(
        &self,
        reading: &DeviceReading,
        received_at: Timestamp,
        zone_of: impl Fn(&PatientId) -> TimeZone,
    ) -> Owner<'_> {
        let Ok(payload) = &reading.payload else { return self.holder() };
        match self.holdings.as_slice() {
            _ if self.revoked => Owner::Nobody,
            [] => self.holder(),
            [one] if one.until.is_none() => self.holder(),
            _ if payload.taken_at.is_none() && payload.wall.is_none() => {
                self.owner_at_receipt(reading.retained, received_at)
            }
            holdings => owner_by_time(holdings, payload, received_at, zone_of),
        }
    }

    /// What says no time was taken when it came.
    fn owner_at_receipt(&self, retained: bool, received_at: Timestamp) -> Owner<'_> {
        let Some(last) = self.holdings.last() else { return self.holder() };
        let changed_at = last.until.unwrap_or(last.since);
        if retained {
            return Owner::Doubtful(
                "The broker kept it for an unknown time, and the device has changed hands.",
            );
        }
        if received_at.duration_since(changed_at) < SETTLING && self.holdings.len() > 1 {
            return Owner::Doubtful(
                "It says no time, and the device changed hands within the day before it came.",
            );
        }
        self.holder()
    }
}

fn owner_by_time<'d>(
    holdings: &'d [Holding],
    payload: &Payload,
    received_at: Timestamp,
    zone_of: impl Fn(&PatientId) -> TimeZone,
) -> Owner<'d> {
    let mut is_possible = false;
    let mut near: Vec<&Holding> = Vec::new();
    let mut within = false;
    for (place, holding) in holdings.iter().enumerate() {
        let zone = || holding.patient.as_ref().map_or(TimeZone::UTC, &zone_of);
        let Some(at) = payload.claimed_at(zone).filter(|at| is_believed(*at, received_at)) else { continue };
        is_possible = true;
        let (begins, ends) = (begin(place, holding), holding.until.unwrap_or(Timestamp::MAX));
        within |= begins <= at && at < ends;
        let early = begins.checked_sub(DRIFT).unwrap_or(Timestamp::MIN);
        let late = ends.checked_add(DRIFT).unwrap_or(Timestamp::MAX);
        if early <= at && at < late {
            near.push(holding);
        }
    }
    let Some((first, others)) = near.split_first() else {
        return Owner::Doubtful(match is_possible {
            true => "The device was nobody's when it was taken.",
            false => "The device has changed hands, and its clock cannot be right.",
        });
    };
    if others.iter().any(|other| other.patient != first.patient) {
        return Owner::Doubtful("It was taken within minutes of the device changing hands.");
    }
    match &first.patient {
        _ if !within => Owner::Doubtful("The device was nobody's when it was taken."),
        Some(patient) => Owner::Patient(patient),
        None => Owner::Doubtful("Whoever had the device when it was taken has been erased."),
    }
}

/// What a device measured before anybody was named is of the first who was.
fn begin(place: usize, holding: &Holding) -> Timestamp {
    if place == 0 { Timestamp::MIN } else { holding.since }
}
