//! Times and lengths as a calendar writes them.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::hours::instant;
use super::line::Line;
use super::shown;

#[derive(Debug, Clone)]
pub(super) enum When {
    /// With the civil time and zone that it was written in.
    Moment { at: Timestamp, civil: DateTime, zone: TimeZone },
    /// A whole day.
    Day(Date),
}

impl When {
    /// When it begins.
    pub(super) fn at(&self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Moment { at, .. } => Some(*at),
            Self::Day(day) => instant(*day, Time::midnight(), zone),
        }
    }

    pub(super) const fn is_day(&self) -> bool {
        matches!(self, Self::Day(_))
    }

    /// The civil date and time, a day's first moment.
    pub(super) fn civil(&self) -> DateTime {
        match self {
            Self::Moment { civil, .. } => *civil,
            Self::Day(day) => day.to_datetime(Time::midnight()),
        }
    }

    /// At another civil time, in the same zone.
    pub(super) fn moved_to(&self, civil: DateTime) -> Option<Self> {
        match self {
            Self::Moment { zone, .. } => {
                let at = instant(civil.date(), civil.time(), zone)?;
                Some(Self::Moment { at, civil, zone: zone.clone() })
            }
            Self::Day(_) => Some(Self::Day(civil.date())),
        }
    }
}

/// `20261122T080000Z`, or civil time with `TZID`, or of the site; or a day.
pub(super) fn when(line: &Line<'_>, zone: &TimeZone) -> Result<When, String> {
    let text = line.value.trim();
    let unreadable = || format!("{} is no time that is understood, like 20261122T080000Z", shown(text));
    if line.parameter("VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("DATE")) || text.len() == 8 {
        return date(text).map(When::Day).ok_or_else(unreadable);
    }
    let (civil, in_utc) = match text.strip_suffix('Z') {
        Some(civil) => (civil, true),
        None => (text, false),
    };
    let civil = date_time(civil).ok_or_else(unreadable)?;
    let named = line.parameter("TZID").filter(|_| !in_utc);
    let zone = match named {
        _ if in_utc => TimeZone::UTC,
        None => zone.clone(),
        Some(name) => TimeZone::get(name).map_err(|_| {
            format!("{} is no time zone that is known; use a name like Europe/London", shown(name))
        })?,
    };
    let at = instant(civil.date(), civil.time(), &zone).ok_or_else(unreadable)?;
    Ok(When::Moment { at, civil, zone })
}

fn date(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    digits
        .then(|| Date::new(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?).ok())?
}

fn date_time(text: &str) -> Option<DateTime> {
    let (day, time) = text.split_once('T')?;
    let digits = time.len() == 6 && time.bytes().all(|b| b.is_ascii_digit());
    let time = digits.then(|| {
        // A leap second is the last of its minute.
        let second = time[4..].parse::<i8>().ok()?.min(59);
        Time::new(time[..2].parse().ok()?, time[2..4].parse().ok()?, second, 0).ok()
    })??;
    Some(date(day)?.to_datetime(time))
}

/// `PT12H`, `P1D`, `P1W`, `PT1H30M`: a day is 24 hours here.
pub(super) fn length(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?;
    let (mut seconds, mut number, mut in_time, mut any) = (0_i64, String::new(), false, false);
    for letter in text.chars() {
        let unit = match letter {
            '0'..='9' => {
                number.push(letter);
                continue;
            }
            'T' if number.is_empty() && !in_time => {
                in_time = true;
                continue;
            }
            'W' if !in_time => 7 * 86_400,
            'D' if !in_time => 86_400,
            'H' if in_time => 3_600,
            'M' if in_time => 60,
            'S' if in_time => 1,
            _ => return None,
        };
        let count: i64 = number.parse().ok()?;
        seconds = seconds.checked_add(count.checked_mul(unit)?)?;
        number.clear();
        any = true;
    }
    (any && number.is_empty()).then(|| SignedDuration::from_secs(seconds))
}
