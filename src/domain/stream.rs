//! Devices that send every few seconds: each message is judged as it comes, and one reading a window is kept.
//!
//! What is kept is decided at once, never at a window's end: a median or a last value would be known only when the window is
//! over, and a reading that waits in memory can be lost and judges nobody. So the first of a window is kept, whatever
//! changes anything (an alert that opens or worsens, an answer to a question), and, where the profile says so, each that is
//! lower or higher than all that the window holds.

use jiff::Timestamp;

use super::id::DeviceId;
use super::reading::{Measurement, Reading};
use super::vital::Vital;

/// How a stream is reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// Windows lie end to end from 1970 on, and none goes over midnight in UTC.
    window_ms: i64,
    keep: Keep,
}

/// What is kept beside the first of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    First,
    /// Each in which this vital is lower than in all before it.
    Lowest(Vital),
    Highest(Vital),
}

/// A device's set of readings that is on record.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub device: DeviceId,
    pub taken_at: Timestamp,
    pub measurements: Vec<Measurement>,
}

const DAY_S: u32 = 86_400;
const LONGEST_S: u32 = 3_600;

impl Stream {
    /// Windows of so many seconds: 1 to 3600, and a day must be a whole number of them.
    pub fn new(window_seconds: u32, keep: Keep) -> Option<Self> {
        let fits = (1..=LONGEST_S).contains(&window_seconds) && DAY_S.is_multiple_of(window_seconds);
        fits.then(|| Self { window_ms: i64::from(window_seconds) * 1000, keep })
    }

    pub const fn window_ms(self) -> i64 {
        self.window_ms
    }

    /// The window of an instant, in milliseconds: from, and the first that is no more in it.
    pub fn window_of(self, at: Timestamp) -> (i64, i64) {
        let ms = at.as_millisecond();
        let from = ms - ms.rem_euclid(self.window_ms);
        (from, from + self.window_ms)
    }

    /// Whether these measurements add to what is on record of their window. `kept` may hold more than that.
    pub fn adds(
        self,
        kept: &[Sample],
        device: &DeviceId,
        taken_at: Timestamp,
        measurements: &[Measurement],
    ) -> bool {
        let window = self.window_of(taken_at);
        let beside: Vec<&Measurement> = kept
            .iter()
            .filter(|sample| sample.device == *device && self.window_of(sample.taken_at) == window)
            .flat_map(|sample| &sample.measurements)
            .collect();
        let is_new =
            |measurement: &Measurement| !beside.iter().any(|known| known.vital() == measurement.vital());
        let is_extreme = |vital: Vital, beats: fn(f64, f64) -> bool| {
            let of = |measurement: &Measurement| {
                (measurement.vital() == vital).then(|| measurement.judged_value())
            };
            measurements
                .iter()
                .filter_map(of)
                .any(|value| beside.iter().filter_map(|known| of(known)).all(|known| beats(value, known)))
        };
        measurements.iter().any(is_new)
            || match self.keep {
                Keep::First => false,
                Keep::Lowest(vital) => is_extreme(vital, |value, known| value < known),
                Keep::Highest(vital) => is_extreme(vital, |value, known| value > known),
            }
    }
}

impl Sample {
    /// What is on record of a device's reading; nothing of a text.
    pub fn of(reading: &Reading) -> Option<Self> {
        Some(Self {
            device: reading.device.clone()?,
            taken_at: reading.taken_at,
            measurements: reading.measurements.clone(),
        })
    }
}
