//! Predicates as data: what must hold of a message or an item.

use serde_json::Value;

use super::{Place, Scope};

#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    pub place: Place,
    pub check: Check,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    Exists(bool),
    Equals(Value),
    OneOf(Vec<Value>),
    /// Also holds where nothing stands.
    NotOneOf(Vec<Value>),
    Prefix(String),
    Above(f64),
    Below(f64),
}

impl Test {
    pub(super) fn holds(&self, scope: Scope<'_>) -> bool {
        let found = self.place.value(scope);
        match (&self.check, &found) {
            (Check::Exists(wanted), found) => found.is_some() == *wanted,
            (Check::NotOneOf(values), Some(found)) => !values.iter().any(|value| same(value, found)),
            (Check::NotOneOf(_), None) => true,
            (_, None) => false,
            (Check::Equals(value), Some(found)) => same(value, found),
            (Check::OneOf(values), Some(found)) => values.iter().any(|value| same(value, found)),
            (Check::Prefix(prefix), Some(found)) => {
                found.as_str().is_some_and(|text| text.starts_with(prefix.as_str()))
            }
            (Check::Above(limit), Some(found)) => number(found).is_some_and(|value| value > *limit),
            (Check::Below(limit), Some(found)) => number(found).is_some_and(|value| value < *limit),
        }
    }
}

/// Numbers by what they are worth, so that 1 is 1.0.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

/// A finite number, written as one or as text.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        // Rust reads "nan" and "inf" as numbers.
        Value::String(text) => text.trim().parse().ok().filter(|value: &f64| value.is_finite()),
        _ => None,
    }
}
