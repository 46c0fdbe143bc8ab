//! A number as it was typed: groups of digits and what stood between them.

/// Digits with at most points and commas inside: `141`, `78.4`, `78,4`, `1,000,000`, `12.06.24`, `.51`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    /// Runs of digits. The first is empty for `.51`.
    groups: Vec<String>,
    /// The mark between each two groups.
    marks: Vec<char>,
    /// A letter was read as a digit, or the number was spelled out: never accepted unasked.
    pub doubtful: bool,
}

impl Number {
    /// From characters that are digits, points and commas.
    pub(super) fn new(typed: &str, doubtful: bool) -> Self {
        Self {
            groups: typed.split(['.', ',']).map(str::to_owned).collect(),
            marks: typed.chars().filter(|c| matches!(c, '.' | ',')).collect(),
            doubtful,
        }
    }

    /// One number, or nothing for what can only be a date, a list or a serial number.
    pub(super) fn value(&self) -> Option<f64> {
        if self.groups.iter().map(String::len).sum::<usize>() > 9 {
            return None;
        }
        let (whole, decimals) = match (self.groups.as_slice(), self.marks.as_slice()) {
            ([whole], []) => (whole.clone(), ""),
            ([whole, rest], [',']) if is_thousand(whole, std::slice::from_ref(rest)) => {
                (format!("{whole}{rest}"), "")
            }
            ([whole, decimals], [_]) => (whole.clone(), decimals.as_str()),
            ([whole, rest @ ..], marks) if same(marks) && is_thousand(whole, rest) => {
                (format!("{whole}{}", rest.concat()), "")
            }
            ([whole, rest @ .., decimals], [marks @ .., last])
                if same(marks) && marks.first() != Some(last) && is_thousand(whole, rest) =>
            {
                (format!("{whole}{}", rest.concat()), decimals.as_str())
            }
            _ => return None,
        };
        format!("{}.{}", or_zero(&whole), or_zero(decimals)).parse().ok()
    }

    /// No point or comma in it.
    pub(super) fn is_whole(&self) -> bool {
        self.groups.len() == 1
    }

    /// How many digits follow the one point or comma.
    pub(super) fn decimals(&self) -> usize {
        if self.groups.len() == 2 { self.groups.last().map_or(0, String::len) } else { 0 }
    }

    /// The groups as numbers of their own: `141.80` as a pair, `12.06.24` as a date.
    pub(super) fn parts(&self) -> Option<Vec<Self>> {
        let split = self.groups.len() > 1 && self.groups.iter().all(|group| !group.is_empty());
        split.then(|| self.groups.iter().map(|group| Self::new(group, self.doubtful)).collect())
    }

    /// How many digits were typed.
    pub(super) fn length(&self) -> usize {
        self.groups.iter().map(String::len).sum()
    }

    pub(super) fn starts_with_zero(&self) -> bool {
        self.groups.first().is_some_and(|group| group.starts_with('0') && group.len() > 1)
    }

    pub(super) fn marks(&self) -> &[char] {
        &self.marks
    }

    /// As typed, for matching words like 999.
    pub(super) fn text(&self) -> String {
        let mut text = self.groups.first().cloned().unwrap_or_default();
        for (mark, group) in self.marks.iter().zip(self.groups.iter().skip(1)) {
            text.push(*mark);
            text.push_str(group);
        }
        text
    }
}

fn same(marks: &[char]) -> bool {
    marks.windows(2).all(|pair| matches!(pair, [a, b] if a == b))
}

fn is_thousand(whole: &str, rest: &[String]) -> bool {
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
