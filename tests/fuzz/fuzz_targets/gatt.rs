#![no_main]

use lamplight::domain::format::{Characteristic, Format};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for characteristic in Characteristic::ALL {
        if let Ok(heard) = Format::Gatt(characteristic, None).decode(bytes) {
            sound::check(&heard);
        }
    }
    sound::read("gatt:2a35:beurer-bm85", bytes);
});
