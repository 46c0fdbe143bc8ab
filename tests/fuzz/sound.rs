//! What must hold of everything that is ever read: numbers are possible, and there are not many of them.

use std::sync::LazyLock;

use lamplight::catalog::built_in_devices;
use lamplight::domain::format::{Format, Heard};
use lamplight::domain::payload::READINGS_LIMIT;
use lamplight::domain::profile::Book;
use lamplight::domain::reading::Measurement;

/// The shipped profiles.
pub static BOOK: LazyLock<Book> = LazyLock::new(|| built_in_devices().expect("built-in profiles hold"));

/// Reads bytes by a format, and checks what comes of them.
pub fn read(format: &str, bytes: &[u8]) {
    let format = Format::from_name(format).expect("a format by its own name");
    if let Ok(heard) = format.decode(bytes) {
        check(&heard);
    }
}

pub fn check(heard: &Heard) {
    let Heard::Readings(sets) = heard else { return };
    let measured: Vec<&Measurement> = sets.iter().flat_map(|set| &set.measurements).collect();
    assert!((1..=READINGS_LIMIT).contains(&measured.len()));
    measured.into_iter().for_each(check_one);
}

/// Neither NaN nor infinite, and within what a living person can have.
pub fn check_one(measurement: &Measurement) {
    if let Some(value) = measurement.amount().value() {
        assert!(value.is_finite());
        let is_bound = measurement.amount().beyond().is_some();
        assert!(is_bound || measurement.vital().possible().holds(value));
    }
}
