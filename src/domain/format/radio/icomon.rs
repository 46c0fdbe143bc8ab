//! Manufacturer data of scales with Icomon's chip: `ac a0`, the scale's own address backwards, four bytes, what they are, a
//! checksum. All but the last two are mixed with `a0`. A weight has its highest bit set once it has settled, and grams in
//! its lowest 18. As openScale (issue 593) and ble-scale-sync (issues 297 and 372) have it.

use super::{Sender, measured, nothing};
use crate::domain::format::{At, Heard, refusal};
use crate::domain::payload::Refusal;
use crate::domain::vital::Vital;

const MASK: u8 = 0xa0;
const SETTLED: u32 = 1 << 31;
const GRAMS: u32 = (1 << 18) - 1;
const WEIGHT: u8 = 0xad;
/// The lowest bits of the last byte; above them stands what unit the scale shows, and grams are sent all the same.
const CHECK: u8 = 0x1f;

/// Whether it can be such a frame at all.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    bytes.len() == 14 && bytes.starts_with(&[0xac, MASK])
}

pub(super) fn decode(sender: Sender, bytes: &[u8]) -> Result<Heard, Refusal> {
    let &[0xac, MASK, f, e, d, c, b, a, w0, w1, w2, w3, kind, check] = bytes else {
        return nothing("It is no frame of this scale.");
    };
    let [w0, w1, w2, w3, kind, check] = [w0, w1, w2, w3, kind, check].map(|byte| byte ^ MASK);
    let sum = [w0, w1, w2, w3, kind].into_iter().fold(0u8, u8::wrapping_add);
    if (sum ^ check) & CHECK != 0 {
        return Err(refusal("The frame's checksum is wrong."));
    }
    if let Some(doubt) = sender.doubt([a, b, c, d, e, f]) {
        return Ok(doubt);
    }
    let said = u32::from_be_bytes([w0, w1, w2, w3]);
    if kind != WEIGHT {
        return nothing("It is no weight.");
    }
    if said & SETTLED == 0 {
        return nothing("The weight has not settled yet.");
    }
    if said & GRAMS == 0 {
        return nothing("Nobody stands on the scale.");
    }
    Heard::one(At::Unsaid, vec![measured(Vital::Weight, f64::from(said & GRAMS) / 1000.0)?], None)
}
