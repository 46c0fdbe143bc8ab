//! Body Composition Measurement, 2A9C. Of all that it can hold only the weight is a vital sign.

use super::frame::{Frame, measure};
use super::weight::{UNSUCCESSFUL, scaled};
use crate::domain::format::{At, Heard, refusal};
use crate::domain::payload::Refusal;
use crate::domain::vital::Vital;

const POUNDS: u16 = 1 << 0;
const TIME: u16 = 1 << 1;
const USER: u16 = 1 << 2;
/// Seven values of two bytes each, from the basal metabolism to the impedance.
const BETWEEN: std::ops::RangeInclusive<u32> = 3..=9;
const WEIGHT: u16 = 1 << 10;
const HEIGHT: u16 = 1 << 11;

pub(super) fn decode(bytes: &[u8]) -> Result<Heard, Refusal> {
    let mut frame = Frame::new(bytes);
    let flags = frame.u16()?;
    // The share of fat always stands there.
    if frame.u16()? == UNSUCCESSFUL {
        return Err(refusal("The scale could not measure."));
    }
    let at = if flags & TIME == 0 { At::Unsaid } else { frame.time()? };
    if flags & USER != 0 {
        frame.byte()?;
    }
    for _ in BETWEEN.filter(|bit| flags & (1 << bit) != 0) {
        frame.u16()?;
    }
    let weight = if flags & WEIGHT == 0 { None } else { Some(frame.u16()?) };
    if flags & HEIGHT != 0 {
        frame.u16()?;
    }
    frame.end()?;
    match weight {
        None => Ok(Heard::Nothing("It tells what a body is made of, and no weight.".to_owned())),
        Some(raw) => {
            let (value, unit) = scaled(raw, flags & POUNDS != 0);
            Heard::one(at, vec![measure(Vital::Weight, Some(value), unit)?], None)
        }
    }
}
