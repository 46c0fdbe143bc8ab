//! Sets as one parameter: a JSON array that the statement takes apart with `json_each`, so that a batch is one
//! statement however long it is. PostgreSQL will want `jsonb_array_elements` in the same places.

use serde_json::Value;

/// A set of texts for `... in (select value from json_each($1))`.
pub(super) fn texts<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    texts.into_iter().map(|text| Value::from(text.as_ref())).collect::<Value>().to_string()
}

/// Rows for `select value ->> 'column', ... from json_each($1)`.
pub(super) fn rows(rows: impl IntoIterator<Item = Value>) -> String {
    Value::from_iter(rows).to_string()
}
