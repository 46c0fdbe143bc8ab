#![no_main]

use lamplight::domain::reply::{Asked, Context, understand};
use libfuzzer_sys::fuzz_target;

const ASKED: [Option<Asked>; 6] = [
    None,
    Some(Asked::BloodPressure),
    Some(Asked::Weight),
    Some(Asked::Glucose),
    Some(Asked::Number),
    Some(Asked::Scale1To5),
];

// The first byte says what was asked.
fuzz_target!(|bytes: &[u8]| {
    let Some((first, text)) = bytes.split_first() else { return };
    let asked = ASKED[usize::from(*first) % ASKED.len()];
    let context =
        Context { asked, last_weight_kg: (first & 0x80 != 0).then_some(82.0), ..Context::default() };
    let understood = understand(&String::from_utf8_lossy(text), &context);
    understood.readings.iter().chain(&understood.worst_plausible).for_each(sound::check_one);
    assert!(!understood.why.is_empty());
});
