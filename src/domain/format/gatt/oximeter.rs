//! Pulse oximeters: Spot-check Measurement 2A5E and Continuous Measurement 2A5F.

use super::frame::{Frame, measure};
use crate::domain::format::{At, Heard};
use crate::domain::payload::Refusal;
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

/// What the measurement's status says that makes it no reading of a patient, or a doubtful one.
const UNFIT_STATUS: [(u16, &str); 7] = [
    (1 << 6, "an early estimate"),
    (1 << 10, "a demonstration"),
    (1 << 11, "a test"),
    (1 << 12, "calibrating"),
    (1 << 13, "not available"),
    (1 << 14, "questionable"),
    (1 << 15, "invalid"),
];
/// And what the device's and the sensor's status says.
const UNFIT_SENSOR: [(u32, &str); 10] = [
    (1 << 1, "the device has failed"),
    (1 << 3, "the signal is inadequate"),
    (1 << 6, "the signal is erratic"),
    (1 << 7, "there is no pulse in the signal"),
    (1 << 8, "the pulse is questionable"),
    (1 << 11, "the sensor is on nobody"),
    (1 << 12, "the sensor is unknown"),
    (1 << 13, "the sensor has slipped"),
    (1 << 14, "the sensor has failed"),
    (1 << 15, "the sensor is not connected"),
];

/// 2A5E: bit 0 a time, 1 the measurement's status, 2 the sensor's, 3 the strength of the pulse, 4 a clock that is not set.
pub(super) fn decode_spot(bytes: &[u8]) -> Result<Heard, Refusal> {
    let mut frame = Frame::new(bytes);
    let flags = frame.byte()?;
    let (spo2, pulse) = (frame.sfloat()?, frame.sfloat()?);
    let said = if flags & 1 == 0 { At::Unsaid } else { frame.time()? };
    let at = if flags & (1 << 4) == 0 { said } else { At::Unsaid };
    finish(frame, flags, 1, (spo2, pulse), at)
}

/// 2A5F: bit 0 fast values, 1 slow ones, 2 the measurement's status, 3 the sensor's, 4 the strength of the pulse.
pub(super) fn decode_continuous(bytes: &[u8]) -> Result<Heard, Refusal> {
    let mut frame = Frame::new(bytes);
    let flags = frame.byte()?;
    let (spo2, pulse) = (frame.sfloat()?, frame.sfloat()?);
    for bit in [1, 1 << 1] {
        if flags & bit != 0 {
            frame.take::<4>()?;
        }
    }
    finish(frame, flags, 2, (spo2, pulse), At::Unsaid)
}

/// What both end with; `bit` is where the flag of the measurement's status stands.
fn finish(
    mut frame: Frame<'_>,
    flags: u8,
    bit: u8,
    (spo2, pulse): (Option<f64>, Option<f64>),
    at: At,
) -> Result<Heard, Refusal> {
    let status = if flags & (1 << bit) == 0 { 0 } else { frame.u16()? };
    let sensor = match flags & (1 << (bit + 1)) {
        0 => 0,
        _ => {
            let [low, middle, high] = frame.take()?;
            u32::from_le_bytes([low, middle, high, 0])
        }
    };
    if flags & (1 << (bit + 2)) != 0 {
        frame.sfloat()?;
    }
    frame.end()?;
    let status = UNFIT_STATUS.iter().filter(|(bit, _)| status & bit != 0).map(|(_, says)| *says);
    let sensor = UNFIT_SENSOR.iter().filter(|(bit, _)| sensor & bit != 0).map(|(_, says)| *says);
    let unfit: Vec<&str> = status.chain(sensor).collect();
    if !unfit.is_empty() {
        return Ok(Heard::Doubtful(format!("The oximeter says of its own value: {}.", unfit.join(", "))));
    }
    let mut measurements = vec![measure(Vital::Spo2, spo2, Unit::Percent)?];
    if pulse.is_some_and(|pulse| pulse > 0.0) {
        measurements.push(measure(Vital::Pulse, pulse, Unit::PerMinute)?);
    }
    Heard::one(at, measurements, None)
}
