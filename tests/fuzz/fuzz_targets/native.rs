#![no_main]

use lamplight::domain::payload::{decode, decode_status};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(payload) = decode(bytes) {
        payload.measurements.iter().for_each(sound::check_one);
    }
    let _ = decode_status(bytes);
});
