//! Makers' own frames, as a hub hears or reads them and hands them on undecoded. No standard has them: each layout is what
//! several public decoders agree on, and is read only where the frame proves itself, by a checksum or by saying that the
//! measurement is final. What cannot be told becomes no reading.

mod icomon;
mod koogeek;
mod okok;
mod omron;
mod report;
mod yonker;

use super::{Heard, refusal};
use crate::domain::payload::Refusal;
use crate::domain::reading::Measurement;
use crate::domain::vital::Vital;

/// Which frame it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Radio {
    /// An advertising report of Bluetooth's host controller interface, with any of the scales in it that are known.
    Report,
    /// Manufacturer data of scales of the OKOK family: Xiaogui, MaxxMee.
    Okok,
    /// Manufacturer data of scales with Icomon's chip: Laica, Silvergear.
    Icomon,
    /// A notification of the Koogeek S1.
    KoogeekS1,
    /// A record of the memory of an Omron HEM-7600T.
    Omron7600t,
    /// A notification of the Yonker YK-IBPA1.
    YonkerIbpa1,
}

/// A hardware address in the order in which people write it.
pub(super) type Address = [u8; 6];

/// Who sent a frame, as the hub says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    /// Nobody has said.
    Unsaid,
    Known(Address),
    /// What is said is no address.
    Unclear,
}

impl Radio {
    const ALL: [Self; 6] =
        [Self::Report, Self::Okok, Self::Icomon, Self::KoogeekS1, Self::Omron7600t, Self::YonkerIbpa1];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Report => "hci",
            Self::Okok => "okok",
            Self::Icomon => "icomon",
            Self::KoogeekS1 => "koogeek-s1",
            Self::Omron7600t => "omron-7600t",
            Self::YonkerIbpa1 => "yonker-ibpa1",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|radio| radio.name() == name)
    }

    /// `sender`: whom the hub heard. A frame that names another is in doubt.
    pub(super) fn decode(self, sender: Sender, bytes: &[u8]) -> Result<Heard, Refusal> {
        match self {
            Self::Report => report::decode(sender, bytes),
            Self::Okok => okok::decode(sender, bytes),
            Self::Icomon => icomon::decode(sender, bytes),
            Self::KoogeekS1 => koogeek::decode(bytes),
            Self::Omron7600t => omron::decode(bytes),
            Self::YonkerIbpa1 => yonker::decode(bytes),
        }
    }
}

impl Sender {
    /// An address in any spelling.
    pub(super) fn of(text: Option<&str>) -> Self {
        let Some(text) = text else { return Self::Unsaid };
        let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
        match u64::from_str_radix(&digits, 16) {
            Ok(number) if digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                let [_, _, address @ ..] = number.to_be_bytes();
                Self::Known(address)
            }
            _ => Self::Unclear,
        }
    }

    /// Why a frame that names `address` must not be taken for the sender's; nothing when it may.
    fn doubt(self, address: Address) -> Option<Heard> {
        let is_own = match self {
            Self::Unsaid => true,
            Self::Known(sender) => sender == address,
            Self::Unclear => false,
        };
        (!is_own)
            .then(|| Heard::Doubtful("The frame names another device than the one that sent it.".to_owned()))
    }
}

fn nothing(why: &str) -> Result<Heard, Refusal> {
    Ok(Heard::Nothing(why.to_owned()))
}

fn doubtful(why: &str) -> Result<Heard, Refusal> {
    Ok(Heard::Doubtful(why.to_owned()))
}

fn measured(vital: Vital, value: f64) -> Result<Measurement, Refusal> {
    Measurement::exactly(vital, value).map_err(|_| refusal(format!("The {} is not possible.", vital.title())))
}
