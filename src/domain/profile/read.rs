//! How the bytes of a message become something that places can be looked up in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Path, Place, Scope};
use crate::domain::event::RAW_LIMIT;
use crate::domain::format::{self, Format, Heard, refusal};
use crate::domain::payload::Refusal;

#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// JSON; `each` names its items, several or one. Nothing: the message is the item.
    Json { each: Option<Path> },
    /// A bare number, perhaps in quotation marks. It stands at `value`.
    Number,
    /// Columns with a separator between them, by name.
    Columns { separator: char, names: Vec<String>, least: usize },
    /// Words that are no reading: `online`, `start`. They stand at `text`.
    Text,
    /// Sparkplug B: an item is what was measured at one time, its values stand by their names in `metrics`.
    Sparkplug,
    /// A standard's format: the whole message, or what stands at a place in JSON.
    /// `sender`: whom the hub heard, for formats that name their device themselves.
    Format { bytes: Option<Place>, encoding: Encoding, format: FormatFrom, sender: Option<Place> },
}

/// How bytes stand in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Hex,
    Base64,
    /// JSON of the format stands there itself.
    Json,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FormatFrom {
    Named(Format),
    /// The message names it: `gatt:` and what stands there.
    Told {
        kind: String,
        by: Place,
    },
}

impl Read {
    /// The message as JSON.
    pub(super) fn root(&self, payload: &[u8]) -> Result<Value, Refusal> {
        if payload.len() > RAW_LIMIT {
            return Err(refusal(format!(
                "The message is too large: {} bytes, at most {RAW_LIMIT}.",
                payload.len()
            )));
        }
        match self {
            Self::Json { .. } | Self::Format { bytes: Some(_), .. } => format::json(payload),
            Self::Format { bytes: None, .. } => Ok(Value::Null),
            Self::Sparkplug => format::sparkplug::read(payload),
            Self::Number => Ok(json!({ "value": unquoted(text(payload)?) })),
            Self::Text => Ok(json!({ "text": unquoted(text(payload)?) })),
            Self::Columns { separator, names, least } => {
                let cells: Vec<&str> = text(payload)?.trim().split(*separator).map(str::trim).collect();
                if cells.len() < *least || cells.len() > names.len() {
                    return Err(refusal("The message does not have the columns that it should have."));
                }
                let named = names.iter().zip(cells).map(|(name, cell)| (name.clone(), Value::from(cell)));
                Ok(Value::Object(named.collect::<Map<_, _>>()))
            }
        }
    }

    pub(super) fn items<'v>(&self, root: &'v Value) -> Vec<&'v Value> {
        match self {
            Self::Json { each: Some(path) } => path.all(root),
            Self::Sparkplug => root.get("sets").and_then(Value::as_array).into_iter().flatten().collect(),
            _ => vec![root],
        }
    }

    /// What a format inside of the message says. Nothing when the profile reads fields.
    pub(super) fn inner(&self, scope: Scope<'_>, payload: &[u8]) -> Result<Option<Heard>, Refusal> {
        let (bytes, encoding, format, sender) = match self {
            Self::Format { bytes, encoding, format, sender } => (bytes, encoding, format, sender),
            Self::Sparkplug if scope.item.get("unnamed").and_then(Value::as_u64) != Some(0) => {
                let why = "It names what it measures by aliases, and the birth that says what they are was not heard: \
                           have the node send its birth again.";
                return Ok(Some(Heard::Doubtful(why.to_owned())));
            }
            _ => return Ok(None),
        };
        let format = match format {
            FormatFrom::Named(format) => format.clone(),
            FormatFrom::Told { kind, by } => {
                let told = by.text(scope).and_then(|told| Format::from_name(&format!("{kind}:{told}")));
                match told {
                    Some(format) => format,
                    None => return Ok(Some(Heard::Nothing("It is of a kind that is not known.".to_owned()))),
                }
            }
        };
        // Where the hub should say whom it heard and does not, it may be anybody.
        let sender = sender.as_ref().map(|place| place.text(scope).unwrap_or_default());
        let Some(place) = bytes else { return format.decode_from(sender.as_deref(), payload).map(Some) };
        let Some(value) = place.value(scope) else {
            return Ok(Some(Heard::Nothing("The message carries no value.".to_owned())));
        };
        let inner = match (encoding, &value) {
            (Encoding::Json, value) => Some(value.to_string().into_bytes()),
            (Encoding::Hex, Value::String(text)) => read_hex(text),
            (Encoding::Base64, Value::String(text)) => STANDARD.decode(text.trim()).ok(),
            _ => None,
        };
        let inner =
            inner.ok_or_else(|| refusal("The value in the message is not written as it should be."))?;
        format.decode_from(sender.as_deref(), &inner).map(Some)
    }
}

fn text(payload: &[u8]) -> Result<&str, Refusal> {
    std::str::from_utf8(payload).map_err(|_| refusal("The message is not text."))
}

/// The text, or what it quotes.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned())
}

/// Bytes of two digits each, with or without spaces between them.
pub fn read_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
