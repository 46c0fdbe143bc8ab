//! Weight Measurement, 2A9D.

use super::frame::{Frame, measure};
use crate::domain::format::{At, Heard, refusal};
use crate::domain::payload::Refusal;
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

/// What a scale sends that could not weigh.
pub(super) const UNSUCCESSFUL: u16 = 0xffff;

/// Bit 0 pounds, 1 a time, 2 a user, 3 body mass index and height.
pub(super) fn decode(bytes: &[u8]) -> Result<Heard, Refusal> {
    let mut frame = Frame::new(bytes);
    let flags = frame.byte()?;
    let raw = frame.u16()?;
    let at = if flags & (1 << 1) == 0 { At::Unsaid } else { frame.time()? };
    if flags & (1 << 2) != 0 {
        frame.byte()?;
    }
    if flags & (1 << 3) != 0 {
        frame.take::<4>()?;
    }
    frame.end()?;
    if raw == UNSUCCESSFUL {
        return Err(refusal("The scale could not weigh."));
    }
    let (value, unit) = scaled(raw, flags & 1 != 0);
    Heard::one(at, vec![measure(Vital::Weight, Some(value), unit)?], None)
}

/// The number of a scale: steps of 5 g, or of a hundredth of a pound.
pub(super) fn scaled(raw: u16, pounds: bool) -> (f64, Unit) {
    match pounds {
        true => (f64::from(raw) / 100.0, Unit::Pound),
        false => (f64::from(raw) / 200.0, Unit::Kilogram),
    }
}
