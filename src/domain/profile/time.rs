//! When something was measured, as a make writes it.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use super::test::number;
use super::{Place, Scope};
use crate::domain::format::{At, time};

/// How a profile reads the time. What cannot be read is not said: then the time of receipt counts.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeRule {
    pub from: Place,
    pub format: TimeFormat,
    pub zone: Zone,
    /// The offset that is written there is a lie: the digits are a clock on the wall.
    pub ignore_offset: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeFormat {
    Iso,
    /// Seconds since 1970, with or without a fraction.
    Unix,
    UnixMs,
    /// A pattern of strptime.
    Pattern(String),
}

/// Whose wall a clock without an offset hangs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    Utc,
    /// The patient's.
    DeviceLocal,
    Named(TimeZone),
}

impl TimeRule {
    pub(super) fn read(&self, scope: Scope<'_>) -> At {
        let Some(value) = self.from.value(scope) else { return At::Unsaid };
        let at = match &self.format {
            TimeFormat::Unix => number(&value).map(|seconds| seconds * 1000.0).and_then(instant),
            TimeFormat::UnixMs => number(&value).and_then(instant),
            TimeFormat::Iso => value.as_str().and_then(|text| self.iso(text)),
            TimeFormat::Pattern(pattern) => {
                value.as_str().and_then(|text| DateTime::strptime(pattern, text).ok()).map(At::Wall)
            }
        };
        match (at.unwrap_or(At::Unsaid), &self.zone) {
            (At::Wall(wall), Zone::Utc) => placed(wall, TimeZone::UTC),
            (At::Wall(wall), Zone::Named(zone)) => placed(wall, zone.clone()),
            (at, _) => at,
        }
    }

    fn iso(&self, text: &str) -> Option<At> {
        match self.ignore_offset {
            true => text.get(..19).and_then(|digits| digits.parse::<DateTime>().ok()).map(At::Wall),
            false => time(text),
        }
    }
}

fn instant(ms: f64) -> Option<At> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float beyond the range is cut to its end, which is no time"
    )]
    Timestamp::from_millisecond(ms.round() as i64).ok().map(At::Exactly)
}

fn placed(wall: civil::DateTime, zone: TimeZone) -> At {
    wall.to_zoned(zone).map_or(At::Unsaid, |zoned| At::Exactly(zoned.timestamp()))
}
