//! Manufacturer data of the OKOK family: `c0`, a counter, the weight, the impedance, two bytes of the product, flags, the
//! scale's own address. Flags: 0 final, 2 hundredths in place of tenths, 5 always set. As ble_monitor (custom-components,
//! xiaogui) and openScale (OKOK) have it.

use super::{Sender, doubtful, measured, nothing};
use crate::domain::format::{At, Heard};
use crate::domain::payload::Refusal;
use crate::domain::vital::Vital;

const FINAL: u8 = 1 << 0;
const HUNDREDTHS: u8 = 1 << 2;
/// The flags that are known, other than those two.
const REST: u8 = 1 << 5;

/// Whether it can be such a frame at all.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    bytes.len() == 15 && bytes.first() == Some(&0xc0)
}

pub(super) fn decode(sender: Sender, bytes: &[u8]) -> Result<Heard, Refusal> {
    let &[0xc0, _, high, low, _, _, _, _, flags, a, b, c, d, e, f] = bytes else {
        return nothing("It is no frame of this scale.");
    };
    if let Some(doubt) = sender.doubt([a, b, c, d, e, f]) {
        return Ok(doubt);
    }
    let raw = u16::from_be_bytes([high, low]);
    match flags & !(FINAL | HUNDREDTHS) {
        _ if flags & FINAL == 0 => return nothing("The weight has not settled yet."),
        _ if raw == 0 => return nothing("Nobody stands on the scale."),
        REST => {}
        // Pounds, stones and jin have flags too, and the sources do not agree which.
        _ => return doubtful("The scale is set to a unit that is not known."),
    }
    let steps = if flags & HUNDREDTHS == 0 { 10.0 } else { 100.0 };
    Heard::one(At::Unsaid, vec![measured(Vital::Weight, f64::from(raw) / steps)?], None)
}
