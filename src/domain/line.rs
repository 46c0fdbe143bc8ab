//! What kind of line a number is, as far as the number itself says, and which numbers may be texted at all.
//!
//! A text to a landline is not refused by the networks of the United Kingdom: it is read aloud to whoever answers. So
//! what is not surely a mobile phone gets no text of ours.
//!
//! United Kingdom: Ofcom, The National Telephone Numbering Plan (the S numbers and their designations); 07624 is the
//! Isle of Man's mobile range among those of pagers. Elsewhere libphonenumber's metadata, as the `phonenumber` crate
//! has it.

use phonenumber::Type;
use phonenumber::metadata::DATABASE;

use super::phone::Phone;

/// What kind of line a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Line {
    Mobile,
    /// Its country does not tell mobile phones and landlines apart by number, as North America.
    Either,
    Landline,
    /// Whoever calls or texts it pays more than for a call.
    Premium,
    /// Personal numbers, pagers, internet telephones, and what nobody can tell.
    Unsure,
}

/// Why a number is not texted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bar {
    /// Its country is not on the list.
    Country,
    Premium,
    /// A landline, or perhaps one.
    Landline,
}

/// The countries whose numbers are texted, by their calling codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countries(Vec<String>);

impl Default for Countries {
    fn default() -> Self {
        Self(vec!["44".to_owned()])
    }
}

impl Countries {
    /// Reads calling codes parted by commas: `44, 353`. Nothing when one cannot be a calling code.
    pub fn parse(codes: &str) -> Option<Self> {
        codes
            .split(',')
            .map(|code| {
                let code = code.trim();
                let code = code.strip_prefix('+').unwrap_or(code);
                let digits = (1..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
                (digits && !code.starts_with('0')).then(|| code.to_owned())
            })
            .collect::<Option<_>>()
            .map(Self)
    }

    /// What keeps this number from being texted.
    pub fn bar(&self, phone: &Phone) -> Option<Bar> {
        let digits = phone.as_str().trim_start_matches('+');
        // No calling code begins another, so that a prefix decides.
        if !self.0.iter().any(|code| digits.starts_with(code.as_str())) {
            return Some(Bar::Country);
        }
        match Line::of(phone) {
            Line::Mobile | Line::Either => None,
            Line::Premium => Some(Bar::Premium),
            Line::Landline | Line::Unsure => Some(Bar::Landline),
        }
    }
}

impl Line {
    pub fn of(phone: &Phone) -> Self {
        match phone.as_str().strip_prefix("+44") {
            Some(national) => Self::of_the_united_kingdom(national),
            None => Self::of_elsewhere(phone.as_str()),
        }
    }

    pub const fn takes_texts(self) -> bool {
        matches!(self, Self::Mobile | Self::Either)
    }

    /// By the first digits of the national number, without its zero.
    fn of_the_united_kingdom(national: &str) -> Self {
        const PREMIUM: [&str; 4] = ["87", "9", "118", "84"];
        if PREMIUM.iter().any(|range| national.starts_with(range)) {
            return Self::Premium;
        }
        let is_whole = national.len() == 10;
        match national.as_bytes() {
            [b'7', b'6', ..] if national.starts_with("7624") && is_whole => Self::Mobile,
            [b'7', b'0' | b'6', ..] => Self::Unsure,
            [b'7', ..] if is_whole => Self::Mobile,
            [b'1' | b'2' | b'3', ..] => Self::Landline,
            _ => Self::Unsure,
        }
    }

    fn of_elsewhere(number: &str) -> Self {
        let Ok(parsed) = phonenumber::parse(None, number) else { return Self::Unsure };
        match parsed.number_type(&DATABASE) {
            Type::Mobile => Self::Mobile,
            Type::FixedLineOrMobile => Self::Either,
            Type::FixedLine | Type::Uan | Type::TollFree | Type::Voicemail => Self::Landline,
            Type::PremiumRate | Type::SharedCost => Self::Premium,
            _ => Self::Unsure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sms_23_a_number_says_what_kind_of_line_it_is_or_nobody_is_sure() {
        for (number, line) in [
            ("+447700900123", Line::Mobile),
            ("+447911123456", Line::Mobile),
            ("+447624123456", Line::Mobile),
            ("+447012345678", Line::Unsure),
            ("+447640123456", Line::Unsure),
            ("+44770090012", Line::Unsure),
            ("+441632960123", Line::Landline),
            ("+442079460123", Line::Landline),
            ("+443069990123", Line::Landline),
            ("+445600123456", Line::Unsure),
            ("+448081570123", Line::Unsure),
            ("+448457123456", Line::Premium),
            ("+448712345678", Line::Premium),
            ("+449098790123", Line::Premium),
            ("+44118118", Line::Premium),
            ("+353851234567", Line::Mobile),
            ("+35312345678", Line::Landline),
            ("+16502530000", Line::Either),
            ("+33612345678", Line::Mobile),
            ("+33142345678", Line::Landline),
            ("+33899123456", Line::Premium),
            ("+999123456789", Line::Unsure),
        ] {
            assert_eq!(Line::of(&Phone::trusted(number)), line, "{number}");
        }
    }

    #[test]
    fn sms_26_only_mobile_phones_of_the_countries_on_the_list_are_texted() {
        let home = Countries::default();
        let both = Countries::parse("44, +353").unwrap();
        for (number, at_home, with_ireland) in [
            ("+447700900123", None, None),
            ("+353851234567", Some(Bar::Country), None),
            ("+35312345678", Some(Bar::Country), Some(Bar::Landline)),
            ("+16502530000", Some(Bar::Country), Some(Bar::Country)),
            ("+449098790123", Some(Bar::Premium), Some(Bar::Premium)),
            ("+448712345678", Some(Bar::Premium), Some(Bar::Premium)),
            ("+44118118", Some(Bar::Premium), Some(Bar::Premium)),
            ("+441632960123", Some(Bar::Landline), Some(Bar::Landline)),
            ("+447012345678", Some(Bar::Landline), Some(Bar::Landline)),
        ] {
            let phone = Phone::trusted(number);
            assert_eq!((home.bar(&phone), both.bar(&phone)), (at_home, with_ireland), "{number}");
        }
        for codes in ["", "44,", "0044", "UK", "44353"] {
            assert_eq!(Countries::parse(codes), None, "{codes}");
        }
    }
}
