//! Civil time: a patient's zone, and the hours in which they are left in peace.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::patient::Patient;
use crate::domain::protocol::Quiet;

/// The zone that a patient lives in. One that nobody knows costs the right hour, never the question.
pub fn zone_of(patient: &Patient) -> TimeZone {
    TimeZone::get(&patient.time_zone).unwrap_or(TimeZone::UTC)
}

impl Quiet {
    /// `at` itself when it may be spoken, else the end of the quiet hours that it falls in. Never before `at`.
    pub fn defer(self, at: Timestamp, zone: &TimeZone) -> Timestamp {
        let civil = at.to_zoned(zone.clone());
        if !self.holds(civil.time()) {
            return at;
        }
        let date = civil.date();
        // In autumn the hour that ends the quiet may come twice: the second time counts for whoever is past the first.
        [Ok(date), date.tomorrow()]
            .into_iter()
            .flatten()
            .flat_map(|date| {
                let end = zone.to_ambiguous_zoned(date.to_datetime(self.to));
                [end.clone().compatible(), end.later()]
            })
            .flatten()
            .map(|end| end.timestamp())
            .find(|end| *end > at)
            .unwrap_or(at)
    }
}
