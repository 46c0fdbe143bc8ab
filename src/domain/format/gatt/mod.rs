//! Values of Bluetooth characteristics, as the health services of the GATT Specification Supplement lay them out.
//!
//! A value must be exactly as long as its flags say: a byte too many or too few means that it was laid out by somebody
//! else's rules, and every number in it is in doubt. Makes that are known to break the rules have a [`Quirk`].

mod composition;
mod frame;
mod glucose;
mod heart;
mod oximeter;
mod pressure;
mod thermometer;
mod weight;

use super::{Heard, refusal};
use crate::domain::payload::Refusal;

/// A characteristic whose value is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Characteristic {
    /// 2A35.
    BloodPressure,
    /// 2A36: the pressure of the cuff while it is measuring, in the layout of a blood pressure. Never one.
    CuffPressure,
    /// 2A5E.
    OximeterSpot,
    /// 2A5F.
    OximeterContinuous,
    /// 2A1C.
    Temperature,
    /// 2A37.
    HeartRate,
    /// 2A9D.
    Weight,
    /// 2A9C.
    BodyComposition,
    /// 2A18.
    Glucose,
    /// 2A34: the meal and the like that belong to a glucose value.
    GlucoseContext,
    /// 2AA7.
    GlucoseContinuous,
}

/// How a make departs from the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// Beurer BM85: the pulse and the status have their highest byte first, the user stands there without its flag, and a
    /// mean pressure of 0 says that there is none.
    BeurerBm85,
}

impl Characteristic {
    pub const ALL: [Self; 11] = [
        Self::BloodPressure,
        Self::CuffPressure,
        Self::OximeterSpot,
        Self::OximeterContinuous,
        Self::Temperature,
        Self::HeartRate,
        Self::Weight,
        Self::BodyComposition,
        Self::Glucose,
        Self::GlucoseContext,
        Self::GlucoseContinuous,
    ];

    /// The number that Bluetooth assigned to it, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BloodPressure => "2a35",
            Self::CuffPressure => "2a36",
            Self::OximeterSpot => "2a5e",
            Self::OximeterContinuous => "2a5f",
            Self::Temperature => "2a1c",
            Self::HeartRate => "2a37",
            Self::Weight => "2a9d",
            Self::BodyComposition => "2a9c",
            Self::Glucose => "2a18",
            Self::GlucoseContext => "2a34",
            Self::GlucoseContinuous => "2aa7",
        }
    }

    /// By its number, or by the whole UUID that holds it.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let short = name
            .strip_suffix("-0000-1000-8000-00805f9b34fb")
            .and_then(|uuid| uuid.strip_prefix("0000"))
            .unwrap_or(&name);
        let short = short.strip_prefix("0x").unwrap_or(short);
        Self::ALL.into_iter().find(|known| known.name() == short)
    }
}

impl Quirk {
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeurerBm85 => "beurer-bm85",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::BeurerBm85].into_iter().find(|quirk| quirk.name() == name)
    }
}

pub(super) fn decode(
    characteristic: Characteristic,
    quirk: Option<Quirk>,
    bytes: &[u8],
) -> Result<Heard, Refusal> {
    if quirk.is_some() && characteristic != Characteristic::BloodPressure {
        return Err(refusal("This quirk is one of blood pressure cuffs."));
    }
    match characteristic {
        Characteristic::BloodPressure => pressure::decode(bytes, quirk),
        Characteristic::CuffPressure => Ok(Heard::Nothing(
            "It is the pressure of the cuff while measuring, not a blood pressure.".to_owned(),
        )),
        Characteristic::OximeterSpot => oximeter::decode_spot(bytes),
        Characteristic::OximeterContinuous => oximeter::decode_continuous(bytes),
        Characteristic::Temperature => thermometer::decode(bytes),
        Characteristic::HeartRate => heart::decode(bytes),
        Characteristic::Weight => weight::decode(bytes),
        Characteristic::BodyComposition => composition::decode(bytes),
        Characteristic::Glucose => glucose::decode_spot(bytes),
        Characteristic::GlucoseContext => {
            Ok(Heard::Nothing("It tells of the meal beside a glucose value, and is none itself.".to_owned()))
        }
        Characteristic::GlucoseContinuous => glucose::decode_continuous(bytes),
    }
}
