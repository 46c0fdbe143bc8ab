//! Telephone numbers: E.164 inside the house, whatever was typed outside.

use std::fmt;

use phonenumber::country;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::line::Line;

/// A telephone number in E.164 form, `+447700900123`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Phone(String);

/// Why a string is not a telephone number. Never quotes it: numbers stay out of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadPhone {
    #[error("is not a telephone number; write it like +447700900123 or 07700 900123")]
    Unreadable,
    #[error("is not a number that can exist in its country")]
    Impossible,
    #[error(
        "is no mobile phone for sure, so it gets no texts: a landline would read them aloud to whoever answers"
    )]
    Landline,
}

impl Phone {
    /// Takes a number that a carrier names: already E.164, checked for its shape alone.
    pub fn from_carrier(number: &str) -> Option<Self> {
        let digits = number.trim().strip_prefix('+')?;
        let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(format!("+{digits}")))
    }

    /// Reads a number as people write it, national numbers as of the United Kingdom.
    ///
    /// Numbers must be possible, not assigned: Ofcom's fictional 07700 900xxx range stays usable in tests.
    pub fn from_human(number: &str) -> Result<Self, BadPhone> {
        let tidy = number.replace("(0)", "");
        let parsed = phonenumber::parse(Some(country::GB), tidy.trim()).map_err(|_| BadPhone::Unreadable)?;
        let e164 = parsed.format().mode(phonenumber::Mode::E164).to_string();
        let phone = Self::from_carrier(&e164).ok_or(BadPhone::Unreadable)?;
        if parsed.is_valid() || phone.is_fictional() { Ok(phone) } else { Err(BadPhone::Impossible) }
    }

    /// [`Self::from_human`] for a number that is to be texted: a mobile phone's, as far as the number itself says.
    pub fn for_texts(number: &str) -> Result<Self, BadPhone> {
        let phone = Self::from_human(number)?;
        if Line::of(&phone).takes_texts() { Ok(phone) } else { Err(BadPhone::Landline) }
    }

    /// Takes a number that Lamplight itself has stored.
    pub fn trusted(number: impl Into<String>) -> Self {
        Self(number.into())
    }

    /// Ofcom keeps 07700 900000 to 900999 for drama; nobody has such a phone.
    pub fn is_fictional(&self) -> bool {
        self.0.starts_with("+447700900") && self.0.len() == 13
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number with all but its last three digits hidden, for screens that only need to recognise it.
    pub fn masked(&self) -> String {
        format!("…{}", &self.0[self.0.len().saturating_sub(3)..])
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

impl TryFrom<String> for Phone {
    type Error = BadPhone;

    fn try_from(number: String) -> Result<Self, BadPhone> {
        Self::from_carrier(&number).ok_or(BadPhone::Unreadable)
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them_become_e164() {
        for (written, e164) in [
            ("07700 900123", "+447700900123"),
            ("+44 7700 900123", "+447700900123"),
            ("+44 (0)7700 900123", "+447700900123"),
            ("0044 7700 900123", "+447700900123"),
            ("+1 650-253-0000", "+16502530000"),
        ] {
            assert_eq!(Phone::from_human(written).map(|p| p.to_string()), Ok(e164.to_owned()), "{written}");
        }
    }

    #[test]
    fn what_cannot_be_a_number_is_refused() {
        for written in ["", "banana", "12", "+44 1", "07700"] {
            assert!(Phone::from_human(written).is_err(), "{written}");
        }
        assert_eq!(Phone::from_carrier("Florence"), None);
        assert_eq!(Phone::from_carrier("60300"), None);
    }

    #[test]
    fn sms_23_a_landline_is_not_taken_for_texts() {
        for (written, taken) in [
            ("07700 900123", Ok(())),
            ("+1 650-253-0000", Ok(())),
            ("020 7946 0123", Err(BadPhone::Landline)),
            ("0306 999 0123", Err(BadPhone::Landline)),
            ("070 1234 5678", Err(BadPhone::Landline)),
            ("07700", Err(BadPhone::Unreadable)),
        ] {
            assert_eq!(Phone::for_texts(written).map(|_| ()), taken, "{written}");
        }
    }
}
