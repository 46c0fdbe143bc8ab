//! Times in words: how long ago, and what the clock on the wall said.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// An instant for a `time` element: machine-readable, civil, and relative to the page's `now`.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    pub(super) machine: Timestamp,
    pub(super) civil: String,
    pub(super) ago: Ago,
}

/// How long ago, to the two largest units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ago {
    minutes: i64,
}

impl Moment {
    pub(super) fn new(at: Timestamp, now: Timestamp, zone: &TimeZone) -> Self {
        let civil = at.to_zoned(zone.clone()).strftime("%-d %b %Y, %H:%M %Z").to_string();
        Self { machine: at, civil, ago: Ago::between(at, now) }
    }
}

impl Ago {
    fn between(at: Timestamp, now: Timestamp) -> Self {
        Self { minutes: now.duration_since(at).as_mins() }
    }
}

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.minutes;
        let (hours, days) = (minutes / 60, minutes / (24 * 60));
        match minutes {
            // A clock that was set back is no reason for odd words.
            ..1 => f.write_str("just now"),
            1..60 => write!(f, "{minutes} min ago"),
            60..1440 if minutes % 60 == 0 => write!(f, "{hours} h ago"),
            60..1440 => write!(f, "{hours} h {} min ago", minutes % 60),
            1440..2880 => f.write_str("1 day ago"),
            _ => write!(f, "{days} days ago"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_ago_read_as_people_say_them() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        for (at, words) in [
            ("2026-11-22T12:00:30Z", "just now"),
            ("2026-11-22T11:59:01Z", "just now"),
            ("2026-11-22T11:59:00Z", "1 min ago"),
            ("2026-11-22T11:00:01Z", "59 min ago"),
            ("2026-11-22T11:00:00Z", "1 h ago"),
            ("2026-11-22T09:55:00Z", "2 h 5 min ago"),
            ("2026-11-21T12:00:00Z", "1 day ago"),
            ("2026-11-13T11:00:00Z", "9 days ago"),
        ] {
            assert_eq!(Ago::between(at.parse().unwrap(), now).to_string(), words, "{at}");
        }
    }

    #[test]
    fn civil_time_follows_the_zone_through_the_clock_change() {
        let london = TimeZone::get("Europe/London").unwrap();
        for (at, civil) in [
            ("2026-10-25T00:30:00Z", "25 Oct 2026, 01:30 BST"),
            ("2026-10-25T01:30:00Z", "25 Oct 2026, 01:30 GMT"),
        ] {
            let at = at.parse().unwrap();
            assert_eq!(Moment::new(at, at, &london).civil, civil);
        }
    }
}
