//! Glucose: a meter's Glucose Measurement 2A18, and a sensor's CGM Measurement 2AA7.

use jiff::SignedDuration;

use super::frame::{Frame, measure};
use crate::domain::format::{At, Heard, refusal};
use crate::domain::payload::Refusal;
use crate::domain::reading::{Beyond, Measurement};
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

const OFFSET: u8 = 1 << 0;
const CONCENTRATION: u8 = 1 << 1;
const MOLES: u8 = 1 << 2;
const STATUS: u8 = 1 << 3;

/// kg/L in mg/dL, and mol/L in mmol/L.
const MG_DL_PER_KG_L: f64 = 100_000.0;
const MMOL_PER_MOL: f64 = 1_000.0;

const TOO_HIGH: u16 = 1 << 5;
const TOO_LOW: u16 = 1 << 6;
/// What the status says that makes a value wrong.
const UNFIT: [(u16, &str); 8] = [
    (1 << 1, "the sensor has failed"),
    (1 << 2, "there was too little blood"),
    (1 << 3, "the strip was not in place"),
    (1 << 4, "the strip is of a wrong kind"),
    (1 << 7, "it was too warm"),
    (1 << 8, "it was too cold"),
    (1 << 9, "the strip was pulled out too soon"),
    (1 << 10, "the meter has a fault"),
];
/// A control solution, by the type of the sample and by the place it came from.
const CONTROL_TYPE: u8 = 10;
const CONTROL_PLACE: u8 = 4;

pub(super) fn decode_spot(bytes: &[u8]) -> Result<Heard, Refusal> {
    let mut frame = Frame::new(bytes);
    let flags = frame.byte()?;
    let sequence = frame.u16()?;
    let base = frame.time()?;
    let offset = if flags & OFFSET == 0 { 0 } else { i16::from_le_bytes(frame.take()?) };
    let sample = match flags & CONCENTRATION {
        0 => None,
        _ => Some((frame.sfloat()?, frame.byte()?)),
    };
    let status = if flags & STATUS == 0 { 0 } else { frame.u16()? };
    frame.end()?;
    let Some((value, kind)) = sample else {
        return Ok(Heard::Nothing("The meter sends no value.".to_owned()));
    };
    if kind & 0x0f == CONTROL_TYPE || kind >> 4 == CONTROL_PLACE {
        return Ok(Heard::Nothing("It is a control solution, not blood.".to_owned()));
    }
    let unfit: Vec<&str> = UNFIT.iter().filter(|(bit, _)| status & bit != 0).map(|(_, says)| *says).collect();
    if !unfit.is_empty() {
        return Ok(Heard::Doubtful(format!("The meter says of its own value: {}.", unfit.join(", "))));
    }
    let measurement = match (status & TOO_HIGH, status & TOO_LOW) {
        (0, 0) if flags & MOLES == 0 => {
            measure(Vital::Glucose, value.map(|kg| kg * MG_DL_PER_KG_L), Unit::MilligramPerDecilitre)?
        }
        (0, 0) => measure(Vital::Glucose, value.map(|mol| mol * MMOL_PER_MOL), Unit::MillimolePerLitre)?,
        (_, 0) => Measurement::off_scale(Vital::Glucose, Beyond::High),
        (0, _) => Measurement::off_scale(Vital::Glucose, Beyond::Low),
        _ => return Err(refusal("The meter says that the value is too high and too low.")),
    };
    // What the user sees on the meter is the base time and the offset.
    let at = match base {
        At::Wall(wall) => {
            wall.checked_add(SignedDuration::from_mins(i64::from(offset))).map_or(At::Unsaid, At::Wall)
        }
        other => other,
    };
    let mut heard = Heard::one(at, vec![measurement], None)?;
    if let Heard::Readings(sets) = &mut heard {
        sets[0].message_id = match at {
            // Sequence numbers start anew with another battery; with the time they name a value.
            At::Wall(wall) => Some(format!("{sequence}@{wall}")),
            _ => None,
        };
    }
    Ok(heard)
}

/// Records of a continuous sensor: size, flags, concentration in mg/dL, minutes since the session began. Several may stand
/// in one value; the last is the newest.
pub(super) fn decode_continuous(bytes: &[u8]) -> Result<Heard, Refusal> {
    let mut rest = bytes;
    let mut newest = None;
    while let Some(size) = rest.first().map(|size| usize::from(*size)) {
        let record = rest.get(..size).filter(|_| size >= 6);
        let record = record.ok_or_else(|| refusal("The value is shorter than its size says."))?;
        newest = Some(sensor_record(record)?);
        rest = &rest[size..];
    }
    newest.unwrap_or_else(|| Err(refusal("The value is empty.")))
}

/// One record. The outer failure refuses the value as a whole.
fn sensor_record(record: &[u8]) -> Result<Result<Heard, Refusal>, Refusal> {
    let mut frame = Frame::new(record);
    let (_size, flags) = (frame.byte()?, frame.byte()?);
    let value = frame.sfloat()?;
    let _minutes = frame.u16()?;
    let mut status = 0;
    for bit in [1 << 7, 1 << 6, 1 << 5] {
        if flags & bit != 0 {
            status |= frame.byte()?;
        }
    }
    for bit in [1, 1 << 1] {
        if flags & bit != 0 {
            frame.u16()?;
        }
    }
    if frame.len() == 2 {
        let body = &record[..record.len() - 2];
        if frame.u16()? != crc(body) {
            return Err(refusal("The check sum is wrong."));
        }
    }
    frame.end()?;
    if status != 0 {
        return Ok(Ok(Heard::Doubtful("The sensor says that its own value is in doubt.".to_owned())));
    }
    let measured = measure(Vital::Glucose, value, Unit::MilligramPerDecilitre);
    Ok(measured.and_then(|measurement| Heard::one(At::Unsaid, vec![measurement], None)))
}

/// CRC-16/MCRF4XX.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0x8408 })
    })
}
