//! Temperature Measurement, 2A1C.

use super::frame::{Frame, measure};
use crate::domain::format::{At, Heard};
use crate::domain::payload::Refusal;
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

/// Where it was measured, from 1.
const PLACES: [&str; 9] = ["armpit", "body", "ear", "finger", "gut", "mouth", "rectum", "toe", "eardrum"];

/// Bit 0 Fahrenheit, 1 a time, 2 where it was measured.
pub(super) fn decode(bytes: &[u8]) -> Result<Heard, Refusal> {
    let mut frame = Frame::new(bytes);
    let flags = frame.byte()?;
    let unit = if flags & 1 == 0 { Unit::Celsius } else { Unit::Fahrenheit };
    let value = frame.float()?;
    let at = if flags & (1 << 1) == 0 { At::Unsaid } else { frame.time()? };
    let place = if flags & (1 << 2) == 0 { 0 } else { frame.byte()? };
    frame.end()?;
    let place = usize::from(place).checked_sub(1).and_then(|place| PLACES.get(place));
    let note = place.map(|place| format!("Measured at: {place}."));
    Heard::one(at, vec![measure(Vital::Temperature, value, unit)?], note)
}
