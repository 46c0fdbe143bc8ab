//! What texts cost.

use std::fmt;

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
    use super::Pence;

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
