//! What a Yonker YK-IBPA1 notifies at the end, 15 bytes: `81`, systolic, diastolic, pulse, two of nothing, day, month,
//! year, hour, minute, four of nothing. As blood-pressure-monitor-fl (issue 615, pull 688) has it.
//!
//! It has no checksum, and the cuff sometimes sends an earlier measurement: what it says of the time is what tells them
//! apart, so without a time there is no reading.

use jiff::civil::DateTime;

use super::{doubtful, measured, nothing};
use crate::domain::format::{At, Heard, refusal};
use crate::domain::payload::Refusal;
use crate::domain::vital::Vital;

const FINAL: u8 = 0x81;

pub(super) fn decode(bytes: &[u8]) -> Result<Heard, Refusal> {
    let &[kind, systolic, diastolic, pulse, x, y, day, month, year, hour, minute, ref rest @ ..] = bytes
    else {
        return nothing("It is no result of this cuff.");
    };
    if kind != FINAL || rest.len() != 4 {
        return nothing("It is no result of this cuff.");
    }
    if [x, y].iter().chain(rest).any(|byte| *byte != 0) {
        return doubtful("The cuff says something where it is known to say nothing.");
    }
    let small = |byte: u8| i8::try_from(byte).unwrap_or(-1);
    let wall =
        DateTime::new(2000 + i16::from(year), small(month), small(day), small(hour), small(minute), 0, 0);
    let Ok(wall) = wall else {
        return doubtful("The cuff does not say when it measured, and it may be an earlier measurement.");
    };
    if systolic == 0 || diastolic == 0 {
        return Err(refusal("The cuff has no number for the blood pressure."));
    }
    let mut measurements = vec![
        measured(Vital::Systolic, f64::from(systolic))?,
        measured(Vital::Diastolic, f64::from(diastolic))?,
    ];
    if pulse != 0 {
        measurements.push(measured(Vital::Pulse, f64::from(pulse))?);
    }
    Heard::one(At::Wall(wall), measurements, None)
}
