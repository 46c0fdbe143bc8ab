//! A record of an Omron HEM-7600T's memory, 14 bytes, highest first: diastolic, systolic less 25, year, pulse, a word
//! (0 moved, 1 irregular, 2 to 5 month, 6 to 10 day, 11 to 15 hour), a word (3 the cuff fitted, 4 to 9 minute), four
//! bytes, the complement of the checksum, the checksum. As omblepy (issue 21) and hass-omron (pull 76) have it.
//!
//! The checksum is the sum of the twelve bytes before: that it is one shows in every record that those projects print
//! (hass-omron issue 71, omblepy issue 55). About the seconds they do not agree: the minute is kept.

use jiff::civil::DateTime;

use super::{measured, nothing};
use crate::domain::format::{At, Heard, refusal};
use crate::domain::payload::Refusal;
use crate::domain::vital::Vital;

/// What is added to a systolic byte.
const BASE: f64 = 25.0;

pub(super) fn decode(bytes: &[u8]) -> Result<Heard, Refusal> {
    let Ok(record) = <[u8; 14]>::try_from(bytes) else {
        return Err(refusal("It is no record of this cuff: it is not 14 bytes long."));
    };
    if record.iter().all(|byte| *byte == 0xff) || record.iter().all(|byte| *byte == 0) {
        return nothing("This place of the cuff's memory is empty.");
    }
    let [diastolic, systolic, year, pulse, high, low, high2, low2, .., complement, check] = record;
    let sum = record.iter().take(12).fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    if sum != check || !sum != complement {
        return Err(refusal("The record's checksum is wrong."));
    }
    let (day, fit) = (u16::from_be_bytes([high, low]), u16::from_be_bytes([high2, low2]));
    let mut measurements = vec![
        measured(Vital::Systolic, f64::from(systolic) + BASE)?,
        measured(Vital::Diastolic, f64::from(diastolic))?,
    ];
    if pulse != 0 {
        measurements.push(measured(Vital::Pulse, f64::from(pulse))?);
    }
    let doubts: Vec<&str> = [
        (day & 1 << 15 != 0, "the patient moved"),
        (day & 1 << 14 != 0, "the pulse was irregular"),
        (fit & 1 << 12 == 0, "the cuff did not fit"),
    ]
    .into_iter()
    .filter_map(|(holds, says)| holds.then_some(says))
    .collect();
    let note = (!doubts.is_empty()).then(|| format!("The cuff says: {}.", doubts.join(", ")));
    Heard::one(at(year, day, fit), measurements, note)
}

fn at(year: u8, day: u16, fit: u16) -> At {
    let bits = |word: u16, from: u16, mask: u16| i8::try_from(word >> from & mask).unwrap_or(-1);
    let (month, date, hour) = (bits(day, 10, 0xf), bits(day, 5, 0x1f), bits(day, 0, 0x1f));
    match DateTime::new(2000 + i16::from(year), month, date, hour, bits(fit, 6, 0x3f), 0, 0) {
        Ok(wall) => At::Wall(wall),
        Err(_) => At::Unsaid,
    }
}
