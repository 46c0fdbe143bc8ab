//! A number as it was typed: groups of digits and what stood between them.

/// Digits with at most points and commas inside: `141`, `78.4`, `78,4`, `1,000,000`, `12.06.24`, `.51`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    /// Runs of digits and one mark between each two. The first run is empty for `.51`.
    typed: String,
    /// A letter was read as a digit, or the number was spelled out: never accepted unasked.
    pub doubtful: bool,
}

/// More digits than this are a telephone number or a code.
const MOST_DIGITS: usize = 9;
const MARKS: [char; 2] = ['.', ','];

impl Number {
    /// From characters that are digits, points and commas.
    pub(super) fn new(typed: &str, doubtful: bool) -> Self {
        Self { typed: typed.to_owned(), doubtful }
    }

    /// One number, or nothing for what can only be a date, a list or a serial number.
    pub(super) fn value(&self) -> Option<f64> {
        if self.length() > MOST_DIGITS {
            return None;
        }
        // By far the most numbers are whole: up to nine digits are exact.
        if self.is_whole() {
            return or_zero(&self.typed).parse::<u32>().ok().map(f64::from);
        }
        let groups: Vec<&str> = self.groups().collect();
        let marks: Vec<char> = self.marks().collect();
        let (whole, decimals) = match (groups.as_slice(), marks.as_slice()) {
            ([whole, rest], [',']) if is_thousand(whole, std::slice::from_ref(rest)) => {
                (format!("{whole}{rest}"), "")
            }
            ([whole, decimals], [_]) => ((*whole).to_owned(), *decimals),
            ([whole, rest @ ..], marks) if same(marks) && is_thousand(whole, rest) => {
                (format!("{whole}{}", rest.concat()), "")
            }
            ([whole, rest @ .., decimals], [marks @ .., last])
                if same(marks) && marks.first() != Some(last) && is_thousand(whole, rest) =>
            {
                (format!("{whole}{}", rest.concat()), *decimals)
            }
            _ => return None,
        };
        format!("{}.{}", or_zero(&whole), or_zero(decimals)).parse().ok()
    }

    /// No point or comma in it.
    pub(super) fn is_whole(&self) -> bool {
        self.marks().next().is_none()
    }

    /// How many digits follow the one point or comma.
    pub(super) fn decimals(&self) -> usize {
        let mut groups = self.groups().skip(1);
        match (groups.next(), groups.next()) {
            (Some(decimals), None) => decimals.len(),
            _ => 0,
        }
    }

    /// The groups as numbers of their own: `141.80` as a pair, `12.06.24` as a date.
    pub(super) fn parts(&self) -> Option<Vec<Self>> {
        let split = !self.is_whole() && self.groups().all(|group| !group.is_empty());
        split.then(|| self.groups().map(|group| Self::new(group, self.doubtful)).collect())
    }

    /// How many digits were typed.
    pub(super) fn length(&self) -> usize {
        self.groups().map(str::len).sum()
    }

    pub(super) fn starts_with_zero(&self) -> bool {
        self.groups().next().is_some_and(|group| group.starts_with('0') && group.len() > 1)
    }

    /// As typed, for matching words like 999.
    pub(super) fn text(&self) -> &str {
        &self.typed
    }

    fn groups(&self) -> impl Iterator<Item = &str> {
        self.typed.split(MARKS)
    }

    /// The mark between each two groups.
    pub(super) fn marks(&self) -> impl Iterator<Item = char> {
        self.typed.chars().filter(|c| MARKS.contains(c))
    }
}

fn same(marks: &[char]) -> bool {
    marks.windows(2).all(|pair| matches!(pair, [a, b] if a == b))
}

fn is_thousand(whole: &str, rest: &[&str]) -> bool {
    (1..=3).contains(&whole.len()) && !whole.starts_with('0') && rest.iter().all(|group| group.len() == 3)
}

fn or_zero(digits: &str) -> &str {
    if digits.is_empty() { "0" } else { digits }
}

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn points_and_commas_mean_what_people_mean_by_them() {
        for (typed, value) in [
            ("141", Some(141.0)),
            ("78.4", Some(78.4)),
            ("78,4", Some(78.4)),
            (".51", Some(0.51)),
            ("1,000", Some(1000.0)),
            ("1,000,000", Some(1_000_000.0)),
            ("1,234.5", Some(1234.5)),
            ("1.234,5", Some(1234.5)),
            ("0,123", Some(0.123)),
            ("12.06.24", None),
            ("123,88,77", None),
            ("07700900123", None),
        ] {
            assert_eq!(Number::new(typed, false).value(), value, "{typed}");
        }
    }
}
