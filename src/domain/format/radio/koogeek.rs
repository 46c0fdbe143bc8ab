//! What a Koogeek S1 notifies: `55 aa 55 aa`, what it is, how many bytes follow, those, and the exclusive or of all before.
//! A final weight (3) has seven: `01`, two of nothing, tenths of a kilogram, ohms. As ble-scale-sync (issue 270) has it.

use super::{doubtful, measured, nothing};
use crate::domain::format::{At, Heard, refusal};
use crate::domain::payload::Refusal;
use crate::domain::vital::Vital;

const FINAL: u8 = 3;

pub(super) fn decode(bytes: &[u8]) -> Result<Heard, Refusal> {
    let [0x55, 0xaa, 0x55, 0xaa, kind, length, said @ .., check] = bytes else {
        return Err(refusal("It is no frame of this scale."));
    };
    if bytes.iter().fold(0, |sum, byte| sum ^ byte) != 0 {
        return Err(refusal(format!("The frame's checksum is wrong: {check} does not belong to it.")));
    }
    if usize::from(*length) != said.len() {
        return Err(refusal("The frame is not as long as it says."));
    }
    match (*kind, said) {
        (FINAL, [1, 0, 0, high, low, _, _]) => {
            let raw = u16::from_be_bytes([*high, *low]);
            if raw == 0 {
                return nothing("Nobody stands on the scale.");
            }
            Heard::one(At::Unsaid, vec![measured(Vital::Weight, f64::from(raw) / 10.0)?], None)
        }
        (FINAL, _) => doubtful("The scale says more of its weight than is known, perhaps another unit."),
        _ => nothing("It is no final weight."),
    }
}
