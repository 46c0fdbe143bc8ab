//! Reads TOML tables key by key. What is missing, of the wrong shape or never asked for becomes a fault with its
//! place, and reading goes on, so that an author sees every fault of a file at once.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Report;

/// A table and the keys that were asked for so far. [`Table::close`] makes every other key a fault.
#[derive(Debug)]
pub(super) struct Table<'t> {
    entries: &'t DeTable<'t>,
    span: Range<usize>,
    known: Vec<&'static str>,
}

/// Parses a whole file. Of wrong syntax only the first fault is told: the rest most often follows from it.
pub(super) fn parse<'t>(text: &'t str, report: &mut Report<'_>) -> Option<Spanned<DeTable<'t>>> {
    DeTable::parse(text)
        .map_err(|error| {
            let why = error.message().replace('\n', " ");
            report.add(error.span().unwrap_or(0..0), format!("this is not TOML: {why}"));
        })
        .ok()
}

impl<'t> Table<'t> {
    pub(super) fn new(document: &'t Spanned<DeTable<'t>>) -> Self {
        Self {
            entries: document.get_ref(),
            span: document.span().start..document.span().start,
            known: Vec::new(),
        }
    }

    /// The table that `value` is; `what` names it in the fault if it is none.
    pub(super) fn from_value(
        value: &'t Spanned<DeValue<'t>>,
        what: &str,
        report: &mut Report<'_>,
    ) -> Option<Self> {
        let Some(entries) = value.get_ref().as_table() else {
            report.add(value.span(), format!("{what} must be a table, not {}", a(value.get_ref())));
            return None;
        };
        Some(Self { entries, span: value.span(), known: Vec::new() })
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// A key's value, if it is there.
    pub(super) fn maybe(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.entries.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// A key's value; its absence is a fault.
    pub(super) fn must(
        &mut self,
        key: &'static str,
        report: &mut Report<'_>,
    ) -> Option<&'t Spanned<DeValue<'t>>> {
        let value = self.maybe(key);
        if value.is_none() {
            report.add(self.span(), format!("'{key}' is missing"));
        }
        value
    }

    /// A text that says something.
    pub(super) fn text(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<Spanned<String>> {
        let value = self.must(key, report)?;
        text_of(value, key, report)
    }

    /// A finite number that must be there.
    pub(super) fn number(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<Spanned<f64>> {
        let value = self.must(key, report)?;
        Some(Spanned::new(value.span(), number_of(value, key, report)?))
    }

    /// A finite number, or none. The inner nothing is one that is there and wrong, which is a fault by now.
    pub(super) fn maybe_number(
        &mut self,
        key: &'static str,
        report: &mut Report<'_>,
    ) -> Option<Option<Spanned<f64>>> {
        self.maybe(key).map(|value| Some(Spanned::new(value.span(), number_of(value, key, report)?)))
    }

    /// The elements of a list that must be there and hold something.
    pub(super) fn list(
        &mut self,
        key: &'static str,
        report: &mut Report<'_>,
    ) -> Vec<&'t Spanned<DeValue<'t>>> {
        let Some(value) = self.must(key, report) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(elements) if !elements.is_empty() => elements.iter().collect(),
            DeValue::Array(_) => {
                report.add(value.span(), format!("'{key}' is empty; it needs at least one entry"));
                Vec::new()
            }
            other => {
                report.add(value.span(), format!("'{key}' must be a list, not {}", a(other)));
                Vec::new()
            }
        }
    }

    /// The elements of a list that may be empty or absent.
    pub(super) fn maybe_list(
        &mut self,
        key: &'static str,
        report: &mut Report<'_>,
    ) -> Vec<&'t Spanned<DeValue<'t>>> {
        match self.maybe(key).map(|value| (value, value.get_ref())) {
            None => Vec::new(),
            Some((_, DeValue::Array(elements))) => elements.iter().collect(),
            Some((value, other)) => {
                report.add(value.span(), format!("'{key}' must be a list, not {}", a(other)));
                Vec::new()
            }
        }
    }

    /// The texts of a list that may be empty or absent.
    pub(super) fn texts(&mut self, key: &'static str, report: &mut Report<'_>) -> Vec<Spanned<String>> {
        let values = self.maybe_list(key, report);
        values.into_iter().filter_map(|value| text_of(value, key, report)).collect()
    }

    /// A text, if it is there.
    pub(super) fn maybe_text(
        &mut self,
        key: &'static str,
        report: &mut Report<'_>,
    ) -> Option<Spanned<String>> {
        text_of(self.maybe(key)?, key, report)
    }

    /// A whole number within bounds, if it is there.
    pub(super) fn maybe_whole(
        &mut self,
        key: &'static str,
        bounds: RangeInclusive<i64>,
        report: &mut Report<'_>,
    ) -> Option<Spanned<i64>> {
        whole_of(self.maybe(key)?, key, &bounds, report)
    }

    /// A whole number within bounds that must be there.
    pub(super) fn whole(
        &mut self,
        key: &'static str,
        bounds: RangeInclusive<i64>,
        report: &mut Report<'_>,
    ) -> Option<Spanned<i64>> {
        whole_of(self.must(key, report)?, key, &bounds, report)
    }

    /// The table under a key, if it is there.
    pub(super) fn maybe_table(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<Self> {
        let value = self.maybe(key)?;
        Self::from_value(value, &format!("'{key}'"), report)
    }

    /// All entries of a table whose keys are names that the author chose, in the order they stand in the file.
    pub(super) fn into_entries(self) -> Vec<(Spanned<&'t str>, &'t Spanned<DeValue<'t>>)> {
        let mut entries: Vec<_> = self
            .entries
            .iter()
            .map(|(name, value)| (Spanned::new(name.span(), name.get_ref().as_ref()), value))
            .collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        entries
    }

    /// Whether a key stands there, right or wrong.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// Every key that nobody asked for is a fault.
    pub(super) fn close(self, report: &mut Report<'_>) {
        let known = self.known.clone();
        for (name, _) in self.into_entries() {
            if !known.contains(name.get_ref()) {
                let choice = known.join(", ");
                report.add(
                    name.span(),
                    format!("'{}' is not a key here; the keys are {choice}", name.get_ref()),
                );
            }
        }
    }
}

pub(super) fn text_of(
    value: &Spanned<DeValue<'_>>,
    key: &str,
    report: &mut Report<'_>,
) -> Option<Spanned<String>> {
    match value.get_ref().as_str() {
        Some(text) if text.trim().is_empty() => {
            report.add(value.span(), format!("'{key}' is empty; say something"));
            None
        }
        Some(text) => Some(Spanned::new(value.span(), text.to_owned())),
        None => {
            report.add(value.span(), format!("'{key}' must be a text in quotes, not {}", a(value.get_ref())));
            None
        }
    }
}

pub(super) fn number_of(value: &Spanned<DeValue<'_>>, key: &str, report: &mut Report<'_>) -> Option<f64> {
    let number = match value.get_ref() {
        DeValue::Integer(whole) if whole.radix() == 10 => whole.as_str().parse::<f64>().ok(),
        DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
        _ => None,
    };
    let finite = number.filter(|number| number.is_finite());
    if finite.is_none() {
        report.add(
            value.span(),
            format!("'{key}' must be a plain number such as 38.5, not {}", a(value.get_ref())),
        );
    }
    finite
}

pub(super) fn whole_of(
    value: &Spanned<DeValue<'_>>,
    key: &str,
    bounds: &RangeInclusive<i64>,
    report: &mut Report<'_>,
) -> Option<Spanned<i64>> {
    let number = match value.get_ref() {
        DeValue::Integer(whole) if whole.radix() == 10 => whole.as_str().parse::<i64>().ok(),
        _ => None,
    };
    let fits = number.filter(|number| bounds.contains(number));
    if fits.is_none() {
        let (from, to) = (bounds.start(), bounds.end());
        report.add(value.span(), format!("'{key}' must be a whole number from {from} to {to}"));
    }
    Some(Spanned::new(value.span(), fits?))
}

fn a(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number like this",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
