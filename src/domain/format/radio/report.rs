//! An LE Advertising Report event of the host controller interface (Bluetooth Core, volume 4, part E, 7.7.65.2): one report,
//! with the address of whoever advertises and what is advertised, in structures of length, type and bytes.

use super::{Address, Sender, icomon, nothing, okok};
use crate::domain::format::{Heard, refusal};
use crate::domain::payload::Refusal;

const EVENT: u8 = 0x04;
const LE_META: u8 = 0x3e;
const ADVERTISING_REPORT: u8 = 0x02;
const MANUFACTURER_DATA: u8 = 0xff;

pub(super) fn decode(sender: Sender, bytes: &[u8]) -> Result<Heard, Refusal> {
    let malformed = || refusal("It is no advertising report.");
    let [EVENT, LE_META, length, ADVERTISING_REPORT, 1, _, _, rest @ ..] = bytes else {
        return Err(malformed());
    };
    let (address, rest) = rest.split_first_chunk::<6>().ok_or_else(malformed)?;
    let (own_length, rest) = rest.split_first().ok_or_else(malformed)?;
    // The strength of the signal stands at the end.
    let (said, signal) = rest.split_at_checked(usize::from(*own_length)).ok_or_else(malformed)?;
    if usize::from(*length) != bytes.len() - 3 || signal.len() != 1 {
        return Err(malformed());
    }
    let address: Address = reversed(*address);
    if let Some(doubt) = sender.doubt(address) {
        return Ok(doubt);
    }
    let mut rest = said;
    while let Some((&length, after)) = rest.split_first() {
        let Some((structure, after)) = after.split_at_checked(usize::from(length)) else {
            return Err(malformed());
        };
        rest = after;
        match structure {
            [MANUFACTURER_DATA, data @ ..] if okok::is_one(data) => {
                return okok::decode(Sender::Known(address), data);
            }
            [MANUFACTURER_DATA, data @ ..] if icomon::is_one(data) => {
                return icomon::decode(Sender::Known(address), data);
            }
            _ => {}
        }
    }
    nothing("No scale that is known advertises here.")
}

fn reversed(mut address: Address) -> Address {
    address.reverse();
    address
}
