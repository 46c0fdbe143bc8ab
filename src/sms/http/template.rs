//! Templates of requests: words with places for a text's parts, each escaped for where it stands.

use std::fmt::Write;

use crate::domain::secret::Secret;
use crate::outbox::carrier::OutText;

/// What stands in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    To,
    /// The number without its plus.
    ToDigits,
    From,
    Text,
    Id,
    Secret,
}

const SLOTS: [(&str, Slot); 6] = [
    ("{to}", Slot::To),
    ("{to_digits}", Slot::ToDigits),
    ("{from}", Slot::From),
    ("{text}", Slot::Text),
    ("{id}", Slot::Id),
    ("{secret}", Slot::Secret),
];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Words(String),
    Slot(Slot),
}

/// Words with places in them. Other braces are words like any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

/// Where a template's places stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// Inside a JSON string.
    Json,
    /// In an address or a form.
    Percent,
    /// In a header; only what is plain by itself may stand there.
    Plain,
}

/// What goes into the places.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    pub to: &'a str,
    pub from: &'a str,
    pub text: &'a str,
    pub id: &'a str,
    pub secret: Option<&'a Secret>,
}

impl<'a> Values<'a> {
    pub fn of(text: &'a OutText, from: &'a str, secret: Option<&'a Secret>) -> Self {
        Self { to: text.to.as_str(), from, text: &text.body, id: text.id.as_str(), secret }
    }

    fn get(self, slot: Slot) -> &'a str {
        match slot {
            Slot::To => self.to,
            Slot::ToDigits => self.to.trim_start_matches('+'),
            Slot::From => self.from,
            Slot::Text => self.text,
            Slot::Id => self.id,
            Slot::Secret => self.secret.map_or("", Secret::expose),
        }
    }
}

impl Template {
    pub fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        loop {
            let next = SLOTS
                .iter()
                .filter_map(|(name, slot)| rest.find(name).map(|at| (at, *name, *slot)))
                .min_by_key(|(at, ..)| *at);
            let Some((at, name, slot)) = next else { break };
            pieces.extend([Piece::Words(rest[..at].to_owned()), Piece::Slot(slot)]);
            rest = &rest[at + name.len()..];
        }
        pieces.push(Piece::Words(rest.to_owned()));
        Self(pieces)
    }

    /// Whether the text's words have a place in it.
    pub fn holds_text(&self) -> bool {
        self.0.contains(&Piece::Slot(Slot::Text))
    }

    pub fn holds_receiver(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Slot(Slot::To | Slot::ToDigits)))
    }

    pub fn holds_secret(&self) -> bool {
        self.0.contains(&Piece::Slot(Slot::Secret))
    }

    /// Whether it is JSON whatever goes into its places.
    pub fn is_json(&self) -> bool {
        let worst = "\"\\\n\u{1}";
        let secret = Secret::new(worst);
        let values = Values { to: worst, from: worst, text: worst, id: worst, secret: Some(&secret) };
        let filled = self.fill(values, Escape::Json);
        serde_json::from_str::<serde_json::Value>(&filled).is_ok()
    }

    pub fn fill(&self, values: Values<'_>, escape: Escape) -> String {
        let mut filled = String::with_capacity(256);
        for piece in &self.0 {
            match piece {
                Piece::Words(words) => filled.push_str(words),
                Piece::Slot(slot) => push_escaped(&mut filled, values.get(*slot), escape),
            }
        }
        filled
    }
}

fn push_escaped(filled: &mut String, value: &str, escape: Escape) {
    match escape {
        Escape::Plain => filled.push_str(value),
        Escape::Json => {
            let quoted = serde_json::Value::from(value).to_string();
            filled.push_str(&quoted[1..quoted.len() - 1]);
        }
        Escape::Percent => {
            for byte in value.bytes() {
                if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                    filled.push(char::from(byte));
                } else {
                    // Writing to a string cannot fail.
                    let _ = write!(filled, "%{byte:02X}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: Values<'_> = Values {
        to: "+447700900123",
        from: "NHS & co",
        text: "a \"b\"\\ {to} 100%\nتین",
        id: "e1m0",
        secret: None,
    };

    #[test]
    fn every_value_is_escaped_for_its_place() {
        let json = Template::parse(r#"{"to":"{to_digits}","n":{"t":"{text}"},"ref":"{id}","{x}":"{from}"}"#);
        let filled: serde_json::Value = serde_json::from_str(&json.fill(VALUES, Escape::Json)).unwrap();
        assert_eq!(
            filled,
            serde_json::json!({ "to": "447700900123", "n": { "t": VALUES.text }, "ref": "e1m0", "{x}": "NHS & co" })
        );
        let form = Template::parse("to={to}&text={text}&from={from}").fill(VALUES, Escape::Percent);
        assert_eq!(
            form,
            "to=%2B447700900123&text=a%20%22b%22%5C%20%7Bto%7D%20100%25%0A%D8%AA%DB%8C%D9%86&from=NHS%20%26%20co"
        );
        let decoded = crate::sms::form::Form::decode(form.as_bytes());
        assert_eq!(decoded.get("text"), Ok(Some(VALUES.text)));
        assert_eq!(decoded.get("from"), Ok(Some("NHS & co")));
    }

    #[test]
    fn a_place_outside_quotation_marks_is_no_json() {
        assert!(Template::parse(r#"{"to":"{to}"}"#).is_json());
        for bad in [r#"{"to":{to}}"#, r#"{"to":"{to}""#, "to={to}"] {
            assert!(!Template::parse(bad).is_json(), "{bad}");
        }
    }
}
