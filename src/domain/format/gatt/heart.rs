//! Heart Rate Measurement, 2A37.

use super::frame::{Frame, measure};
use crate::domain::format::{At, Heard, refusal};
use crate::domain::payload::Refusal;
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

const WIDE: u8 = 1 << 0;
const CONTACT: u8 = 1 << 1;
const TELLS_CONTACT: u8 = 1 << 2;
const ENERGY: u8 = 1 << 3;
const INTERVALS: u8 = 1 << 4;

pub(super) fn decode(bytes: &[u8]) -> Result<Heard, Refusal> {
    let mut frame = Frame::new(bytes);
    let flags = frame.byte()?;
    let rate = if flags & WIDE == 0 { u16::from(frame.byte()?) } else { frame.u16()? };
    if flags & ENERGY != 0 {
        frame.u16()?;
    }
    if flags & INTERVALS != 0 {
        if frame.len() == 0 {
            return Err(refusal("The value is shorter than its flags say."));
        }
        while frame.len() > 0 {
            frame.u16()?;
        }
    }
    frame.end()?;
    if flags & (TELLS_CONTACT | CONTACT) == TELLS_CONTACT {
        return Ok(Heard::Doubtful("The sensor has no contact with the skin.".to_owned()));
    }
    Heard::one(At::Unsaid, vec![measure(Vital::Pulse, Some(f64::from(rate)), Unit::PerMinute)?], None)
}
