#![no_main]

use lamplight::domain::profile::{hear, suggest};
use libfuzzer_sys::fuzz_target;
use sound::BOOK;

// The first line is the topic. Every shipped profile reads the rest, whichever it is for.
fuzz_target!(|bytes: &[u8]| {
    let cut = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let topic = String::from_utf8_lossy(&bytes[..cut]);
    let payload = bytes.get(cut + 1..).unwrap_or_default();
    for profile in BOOK.profiles() {
        if let Ok(reported) = profile.decode(&topic, payload) {
            sound::check(&reported.heard);
        }
    }
    let _ = hear(&BOOK, &topic, payload, false, jiff::Timestamp::UNIX_EPOCH);
    let _ = suggest(&topic, payload);
});
