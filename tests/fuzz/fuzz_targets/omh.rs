#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for version in ["omh", "omh:1.0", "omh:3.0"] {
        sound::read(version, bytes);
    }
});
