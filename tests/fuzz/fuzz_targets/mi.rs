#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for frame in ["mi:181d", "mi:181b"] {
        sound::read(frame, bytes);
    }
});
