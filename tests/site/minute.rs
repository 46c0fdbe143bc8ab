//! Time as somebody lives through it, minute by minute: the other way to tell whether a shift is on, which knows nothing
//! of how a civil time becomes an instant.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The weekends on which the clock changes, and a common week, as first and last instants.
pub(super) const WINDOWS: [(&str, &str); 3] = [
    ("2026-03-27T22:00:00Z", "2026-03-30T12:00:00Z"),
    ("2026-10-23T22:00:00Z", "2026-10-26T12:00:00Z"),
    ("2026-05-01T10:00:00Z", "2026-05-05T03:00:00Z"),
];

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Every minute of a window with the latest civil time that the clock on the wall has shown by then. What begins at a time
/// has begun when the wall has shown it or anything later, and what ends at a time has ended then.
pub(super) fn minutes(from: Timestamp, to: Timestamp) -> Vec<(Timestamp, DateTime)> {
    let zone = TimeZone::get("Europe/London").unwrap();
    let mut shown = DateTime::MIN;
    // Long enough before the window for an hour that comes twice to lie behind.
    let mut now = from - SignedDuration::from_hours(30);
    let mut minutes = Vec::new();
    while now < to {
        shown = shown.max(now.to_zoned(zone.clone()).datetime());
        if from <= now {
            minutes.push((now, shown));
        }
        now += SignedDuration::from_mins(1);
    }
    minutes
}
