#![no_main]

use lamplight::domain::format::Format;
use libfuzzer_sys::fuzz_target;

const FRAMES: [&str; 6] = ["hci", "okok", "icomon", "koogeek-s1", "omron-7600t", "yonker-ibpa1"];

fuzz_target!(|bytes: &[u8]| {
    for frame in FRAMES {
        let format = Format::from_name(&format!("radio:{frame}")).expect("a format by its own name");
        for sender in [None, Some("5F:5A:29:E5:E0:94")] {
            if let Ok(heard) = format.decode_from(sender, bytes) {
                sound::check(&heard);
            }
        }
    }
});
