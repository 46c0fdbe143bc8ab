//! The fields of a webhook's request, whether it is JSON or a form.

use serde_json::Value;

use crate::sms::form::Form;

/// A request's fields, by the names that the configuration gives them.
pub(super) enum Fields<'a> {
    Json(Value),
    Form(Form<'a>),
}

impl<'a> Fields<'a> {
    /// JSON if it looks like it, and a form otherwise.
    pub fn read(body: &'a [u8]) -> Result<Self, &'static str> {
        match body.iter().find(|b| !b.is_ascii_whitespace()) {
            Some(b'{' | b'[') => {
                serde_json::from_slice(body).map(Self::Json).map_err(|_| "The body is not whole JSON.")
            }
            Some(_) => Ok(Self::Form(Form::decode(body))),
            None => Err("The request is empty."),
        }
    }

    /// The value of a field that says something. A name that begins with a slash is a JSON pointer.
    pub fn get(&self, name: &str) -> Option<String> {
        let value = match self {
            Self::Json(json) if name.starts_with('/') => json.pointer(name).and_then(said),
            Self::Json(json) => json.get(name).and_then(said),
            Self::Form(form) => form.get(name).ok().flatten().map(str::to_owned),
        };
        value.filter(|value| !value.is_empty())
    }
}

/// What a JSON value says in words; nothing for a list, an object or null.
pub fn said(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
