//! What Xiaomi's scales advertise over Bluetooth, as gateways forward it undecoded: service data of 0x181D (weight) and
//! 0x181B (weight and impedance). Bits as the decoders of Theengs and ESPHome have them.

use jiff::civil::DateTime;

use super::{At, Heard, refusal};
use crate::domain::payload::Refusal;
use crate::domain::reading::Measurement;
use crate::domain::unit::KG_PER_POUND;
use crate::domain::vital::Vital;

/// Kilograms in one jin of the People's Republic, by law. Some gateways calculate with 0.6, which is Taiwan's.
const KG_PER_JIN: f64 = 0.5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MiScale {
    /// 0x181D.
    Weight,
    /// 0x181B.
    Composition,
}

/// What a frame says, whichever it is.
struct Frame {
    raw: u16,
    pounds: bool,
    jin: bool,
    stable: bool,
    /// A thing was weighed, not a person.
    thing: bool,
    /// The load is gone and nothing final was measured.
    removed: bool,
    at: At,
}

impl MiScale {
    pub(super) fn from_service(service: &str) -> Option<Self> {
        match service.strip_prefix("0x").unwrap_or(service).to_ascii_lowercase().as_str() {
            "181d" => Some(Self::Weight),
            "181b" => Some(Self::Composition),
            _ => None,
        }
    }

    pub(super) const fn service(self) -> &'static str {
        match self {
            Self::Weight => "181d",
            Self::Composition => "181b",
        }
    }

    pub(super) fn decode(self, bytes: &[u8]) -> Result<Heard, Refusal> {
        let frame = match self {
            Self::Weight => weight_frame(bytes),
            Self::Composition => composition_frame(bytes),
        };
        let frame = frame.ok_or_else(|| refusal("The service data is not as long as this scale's."))?;
        let why = match frame {
            Frame { stable: false, .. } => "The weight has not settled yet.",
            Frame { thing: true, .. } => "A thing was weighed, not a person.",
            Frame { removed: true, .. } => "The load has been taken off.",
            Frame { raw: 0, .. } => "Nobody stands on the scale.",
            _ => "",
        };
        if !why.is_empty() {
            return Ok(Heard::Nothing(why.to_owned()));
        }
        let shown = f64::from(frame.raw);
        let kg = match frame {
            Frame { pounds: true, .. } => shown / 100.0 * KG_PER_POUND,
            Frame { jin: true, .. } => shown / 100.0 * KG_PER_JIN,
            _ => shown / 200.0,
        };
        let kg = (kg * 1e6).round() / 1e6;
        let weight = Measurement::exactly(Vital::Weight, kg)
            .map_err(|_| refusal("The weight is not possible for a person."))?;
        Heard::one(frame.at, vec![weight], None)
    }
}

/// Flags, weight, date and time. Flags: 0 pounds, 4 jin, 5 settled, 6 a thing, 7 taken off.
fn weight_frame(bytes: &[u8]) -> Option<Frame> {
    let &[flags, low, high, y0, y1, month, day, hour, minute, second] = bytes else { return None };
    let bit = |n: u8| flags & (1 << n) != 0;
    Some(Frame {
        raw: u16::from_le_bytes([low, high]),
        pounds: bit(0),
        jin: bit(4),
        stable: bit(5),
        thing: bit(6),
        // The weight stays in the frame when the person steps off.
        removed: false,
        at: wall([y0, y1], [month, day, hour, minute, second]),
    })
}

/// Two bytes of flags, date and time, impedance, weight. First: 0 pounds, 2 a thing; second: 2 final, 5 settled, 6 jin,
/// 7 taken off.
fn composition_frame(bytes: &[u8]) -> Option<Frame> {
    let &[first, second_flags, y0, y1, month, day, hour, minute, second, _, _, low, high] = bytes else {
        return None;
    };
    let bit = |n: u8| second_flags & (1 << n) != 0;
    Some(Frame {
        raw: u16::from_le_bytes([low, high]),
        pounds: first & 1 != 0,
        jin: bit(6),
        stable: bit(5),
        thing: first & (1 << 2) != 0,
        removed: bit(7) && !bit(2),
        at: wall([y0, y1], [month, day, hour, minute, second]),
    })
}

fn wall(year: [u8; 2], rest: [u8; 5]) -> At {
    let [month, day, hour, minute, second] = rest.map(|byte| i8::try_from(byte).unwrap_or(-1));
    match DateTime::new(i16::from_le_bytes(year), month, day, hour, minute, second, 0) {
        Ok(wall) if wall.year() > 0 => At::Wall(wall),
        _ => At::Unsaid,
    }
}
