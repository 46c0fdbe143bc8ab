//! What texts cost: segments by team and civil day, at the price of a segment.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::id::TeamId;

/// An amount of money in thousandths of a penny: prices of a part of a text have up to three places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pence(u64);

impl Pence {
    /// Reads `2`, `2.3` or `0.045`.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str, most| {
            let fits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| text.parse::<u64>().ok()).flatten()
        };
        let places = u32::try_from(part.len()).ok()?;
        let thousandths = digits(part, 3)? * 10_u64.pow(3_u32.checked_sub(places)?);
        Some(Self(digits(whole, 6)? * 1000 + thousandths))
    }

    pub const fn times(self, segments: u64) -> Self {
        Self(self.0.saturating_mul(segments))
    }
}

/// Texts that one team's patients and people were sent in a quarter of an hour. No zone's midnight lies within one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Nothing: nobody's in particular.
    pub team: Option<TeamId>,
    pub at: Timestamp,
    pub sent: Sent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    pub texts: u64,
    pub segments: u64,
}

/// By team, then by day.
pub type ByDay = BTreeMap<(Option<TeamId>, Date), Sent>;

/// Adds stretches up by the civil days of `zone`.
pub fn by_day(stretches: &[Stretch], zone: &TimeZone) -> ByDay {
    let mut days = ByDay::new();
    for stretch in stretches {
        let day = stretch.at.to_zoned(zone.clone()).date();
        let sum = days.entry((stretch.team.clone(), day)).or_default();
        sum.texts += stretch.sent.texts;
        sum.segments += stretch.sent.segments;
    }
    days
}

/// Pence with as many places as it takes.
impl fmt::Display for Pence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 1000, self.0 % 1000);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let part = format!("{part:03}");
        write!(f, "{whole}.{}", part.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_add_up_by_team_and_civil_day_over_a_change_of_the_clocks() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let stretch = |team: Option<&str>, at: &str| Stretch {
            team: team.map(TeamId::trusted),
            at: at.parse().unwrap(),
            sent: Sent { texts: 1, segments: 2 },
        };
        let days = by_day(
            &[
                stretch(Some("heart"), "2026-10-24T23:00:00Z"),
                stretch(Some("heart"), "2026-10-25T00:30:00Z"),
                stretch(Some("heart"), "2026-10-25T23:45:00Z"),
                stretch(Some("heart"), "2026-10-26T00:00:00Z"),
                stretch(None, "2026-10-25T12:00:00Z"),
            ],
            &zone,
        );
        let shown: Vec<_> = days
            .iter()
            .map(|((team, day), sent)| {
                (team.as_ref().map_or("-", TeamId::as_str), day.to_string(), sent.segments)
            })
            .collect();
        let day = |day: &str| day.to_owned();
        assert_eq!(
            shown,
            [("-", day("2026-10-25"), 2), ("heart", day("2026-10-25"), 6), ("heart", day("2026-10-26"), 2)]
        );
    }

    #[test]
    fn prices_are_exact() {
        for (price, segments, cost) in [
            ("2", 3, "6"),
            ("2.3", 10, "23"),
            ("2.3", 3, "6.9"),
            ("0.045", 1, "0.045"),
            ("0.045", 100, "4.5"),
            ("0", 9, "0"),
        ] {
            let price = Pence::parse(price).unwrap();
            assert_eq!(price.times(segments).to_string(), cost, "{price} x {segments}");
        }
        for wrong in ["", ".", "2.", ".5", "-1", "2.3456", "2,3", "1e3", "1234567"] {
            assert_eq!(Pence::parse(wrong), None, "{wrong}");
        }
    }
}
