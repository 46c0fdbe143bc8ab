//! Who is monitored.

use serde::{Deserialize, Serialize};

use super::id::{DeviceId, PatientId};
use super::phone::Phone;

/// A person on monitoring.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Patient {
    pub id: PatientId,
    pub name: Option<String>,
    /// What those who share the patient's phone call them, such as "Mum".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    pub phone: Option<Phone>,
    /// The phone of the carer who answers in the patient's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Phone>,
    pub nhs_number: Option<NhsNumber>,
    /// ISO 8601 calendar date.
    pub date_of_birth: Option<String>,
    /// ISO 639-1 code of the language that texts are written in.
    pub language: String,
    /// IANA name: the civil time that this patient lives in.
    pub time_zone: String,
    pub team: Option<String>,
    pub consent: Consent,
    pub standing: Standing,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<DeviceId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<String>,
}

impl Patient {
    /// Where prompts and answers go.
    pub fn texted_at(&self) -> Option<&Phone> {
        self.proxy.as_ref().or(self.phone.as_ref())
    }

    /// Somebody of whom nothing is known but the id: English, United Kingdom, consent given, active.
    pub fn unknown(id: PatientId) -> Self {
        Self {
            id,
            name: None,
            label: None,
            phone: None,
            proxy: None,
            nhs_number: None,
            date_of_birth: None,
            language: "en".to_owned(),
            time_zone: "Europe/London".to_owned(),
            team: None,
            consent: Consent::Given,
            standing: Standing::Active,
            devices: Vec::new(),
            protocols: Vec::new(),
        }
    }
}

/// How consent to texting came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    OptIn,
    OptOut,
    Given,
}

impl Consent {
    pub const fn name(self) -> &'static str {
        match self {
            Self::OptIn => "opt_in",
            Self::OptOut => "opt_out",
            Self::Given => "given",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::OptIn, Self::OptOut, Self::Given].into_iter().find(|c| c.name() == name)
    }
}

/// Whether we may text this patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Active,
    /// Texted STOP. Readings are still judged and alerts still raised; only START lets us text again.
    Stopped,
}

impl Standing {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Stopped => "stopped",
        }
    }
}

/// A ten-digit NHS number with a right check digit. Valid does not mean identified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct NhsNumber(String);

impl NhsNumber {
    /// Modulus 11 with weights 10 to 2, as the NHS Data Dictionary defines it. Spaces and hyphens are dropped.
    pub fn parse(number: &str) -> Option<Self> {
        let digits: Vec<u32> = number
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_digit(10))
            .collect::<Option<_>>()?;
        let [body @ .., check] = digits.as_slice() else { return None };
        if body.len() != 9 {
            return None;
        }
        let sum: u32 = body.iter().zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
        let expected = match 11 - sum % 11 {
            11 => 0,
            remainder => remainder,
        };
        (expected == *check).then(|| Self(digits.iter().filter_map(|d| char::from_digit(*d, 10)).collect()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::NhsNumber;

    #[test]
    fn only_a_right_check_digit_makes_an_nhs_number() {
        assert!(NhsNumber::parse("943 476 5919").is_some());
        assert!(NhsNumber::parse("9434765919").is_some());
        assert!(NhsNumber::parse("9434765918").is_none());
        assert!(NhsNumber::parse("943476591").is_none());
        assert!(NhsNumber::parse("94347x5919").is_none());
        // A remainder that asks for the check digit 10 is never valid.
        assert!(
            (0..10)
                .all(|d| NhsNumber::parse(&format!("100000001{d}")).is_none_or(|n| n.as_str().len() == 10))
        );
    }
}
