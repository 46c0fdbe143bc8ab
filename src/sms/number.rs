//! Numbers as providers spell them: one patient, whether the network says 07…, 447… or +44….

use crate::domain::phone::Phone;

/// From here on digits without a plus may begin with a country's code; shorter ones are short codes.
const SHORTEST_WITH_COUNTRY: usize = 10;

/// The number in E.164 form, national ones as of the United Kingdom. What is no telephone number, such as a short code or
/// a sender's name, stays as it came: nobody may take it for somebody else's.
pub(super) fn tidy(number: &str) -> String {
    let number = number.trim();
    if let Some(phone) = Phone::from_carrier(number) {
        return phone.into();
    }
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let phone = if number.starts_with(['0', '+']) {
        Phone::from_human(number)
    } else if digits >= SHORTEST_WITH_COUNTRY && digits == number.len() {
        Phone::from_human(&format!("+{number}"))
    } else {
        return number.to_owned();
    };
    phone.map_or_else(|_| number.to_owned(), String::from)
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn one_phone_has_one_spelling() {
        for spelt in [
            "+447700900123",
            "447700900123",
            "07700900123",
            "07700 900123",
            "00447700900123",
            "+44 7700 900123",
            " 447700900123 ",
        ] {
            assert_eq!(tidy(spelt), "+447700900123", "{spelt}");
        }
        assert_eq!(tidy("16502530000"), "+16502530000");
    }

    #[test]
    fn what_is_no_phone_stays_as_it_came() {
        for spelt in
            ["60300", "7726", "NHSnoreply", "GOV.UK", "", "0", "07700", "1234567890123456789", "1111111111"]
        {
            assert_eq!(tidy(spelt), spelt, "{spelt}");
        }
    }
}
