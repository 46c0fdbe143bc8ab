//! Blood Pressure Measurement, 2A35.

use super::Quirk;
use super::frame::{Frame, measure};
use crate::domain::format::{At, Heard};
use crate::domain::payload::Refusal;
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

const KILOPASCAL: u8 = 1 << 0;
const TIME: u8 = 1 << 1;
const PULSE: u8 = 1 << 2;
const USER: u8 = 1 << 3;
const STATUS: u8 = 1 << 4;
/// Never set by the rules; a BM85 sets it.
const RESERVED: u8 = 1 << 6;

/// What the status says that makes a reading less sure, by its bits.
const DOUBTS: [(u16, &str); 6] = [
    (1 << 0, "the patient moved"),
    (1 << 1, "the cuff was too loose"),
    (1 << 2, "the pulse was irregular"),
    (1 << 3, "the pulse was above the cuff's range"),
    (1 << 4, "the pulse was below the cuff's range"),
    (1 << 5, "the cuff was in a wrong position"),
];

pub(super) fn decode(bytes: &[u8], quirk: Option<Quirk>) -> Result<Heard, Refusal> {
    let quirk = quirk.or_else(|| is_bm85(bytes).then_some(Quirk::BeurerBm85));
    let mut frame = Frame::new(bytes);
    let flags = frame.byte()?;
    let unit = if flags & KILOPASCAL == 0 { Unit::MmHg } else { Unit::Kilopascal };
    let (systolic, diastolic, _mean) = (frame.sfloat()?, frame.sfloat()?, frame.sfloat()?);
    let at = if flags & TIME == 0 { At::Unsaid } else { frame.time()? };
    let (pulse, status) = match quirk {
        Some(Quirk::BeurerBm85) => {
            let pulse = u16::from_be_bytes(frame.take()?);
            frame.byte()?;
            (Some(Some(f64::from(pulse))), u16::from_be_bytes(frame.take()?))
        }
        None => {
            let pulse = if flags & PULSE == 0 { None } else { Some(frame.sfloat()?) };
            if flags & USER != 0 {
                frame.byte()?;
            }
            (pulse, if flags & STATUS == 0 { 0 } else { frame.u16()? })
        }
    };
    frame.end()?;
    let mut measurements =
        vec![measure(Vital::Systolic, systolic, unit)?, measure(Vital::Diastolic, diastolic, unit)?];
    // A cuff that could not count the pulse has still measured the pressure.
    if let Some(Some(pulse)) = pulse.filter(|pulse| *pulse != Some(0.0)) {
        measurements.push(measure(Vital::Pulse, Some(pulse), Unit::PerMinute)?);
    }
    Heard::one(at, measurements, doubts(status))
}

/// A value as a BM85 sends it, and nobody else: a byte longer than its flags say, a reserved flag set, no mean, and a pulse
/// that is one only with its highest byte first.
fn is_bm85(bytes: &[u8]) -> bool {
    let [flags, _, _, _, _, 0, 0, _, _, _, _, _, _, _, high, pulse, _, _, _] = bytes else { return false };
    flags & (RESERVED | TIME | PULSE | STATUS) == RESERVED | TIME | PULSE | STATUS
        && flags & USER == 0
        && *high == 0
        && *pulse >= 20
}

fn doubts(status: u16) -> Option<String> {
    let said: Vec<&str> = DOUBTS.iter().filter(|(bit, _)| status & bit != 0).map(|(_, says)| *says).collect();
    (!said.is_empty()).then(|| format!("The cuff says: {}.", said.join(", ")))
}
