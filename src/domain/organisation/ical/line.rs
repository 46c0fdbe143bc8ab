//! The lines of a calendar: folding, escaping, and what stands in one.

/// Octets of a line before it is folded, its end not counted.
const WIDEST: usize = 75;

/// `NAME;PARAMETER=value:value`.
pub(super) struct Line<'t> {
    /// In capitals.
    pub name: String,
    parameters: Vec<(String, &'t str)>,
    pub value: &'t str,
}

impl<'t> Line<'t> {
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let (head, value) = split_outside_quotes(text, ':')?;
        let mut parts = Vec::new();
        let mut rest = head;
        while let Some((part, after)) = split_outside_quotes(rest, ';') {
            parts.push(part);
            rest = after;
        }
        parts.push(rest);
        let name = parts.remove(0).trim();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return None;
        }
        let parameters = parts.into_iter().map(|part| {
            let (name, value) = part.split_once('=')?;
            let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            Some((name.trim().to_ascii_uppercase(), quoted.unwrap_or(value)))
        });
        Some(Self { name: name.to_ascii_uppercase(), parameters: parameters.collect::<Option<_>>()?, value })
    }

    /// The same line with one of its values.
    pub(super) fn with(&self, value: &'t str) -> Self {
        Self { name: self.name.clone(), parameters: self.parameters.clone(), value }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&'t str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| *value)
    }
}

/// The parts before and after the first `mark` that stands in no quotes.
fn split_outside_quotes(text: &str, mark: char) -> Option<(&str, &str)> {
    let mut quoted = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            _ if letter == mark && !quoted => return Some((&text[..at], &text[at + letter.len_utf8()..])),
            _ => {}
        }
    }
    None
}

/// The lines as they were before folding, each with the number of its first. Empty ones are passed over.
pub(super) fn unfold(text: &str) -> Vec<(usize, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(text.split('\n')) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some((_, before))) => before.push_str(more),
            _ if line.trim().is_empty() => {}
            _ => lines.push((number, line.to_owned())),
        }
    }
    lines
}

/// Writes a line, cut into pieces of at most 75 octets and never inside a letter.
pub(super) fn fold(line: &str, out: &mut String) {
    let mut width = 0;
    for letter in line.chars() {
        if width + letter.len_utf8() > WIDEST {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(letter);
        width += letter.len_utf8();
    }
    out.push_str("\r\n");
}

/// A text as a value. Control characters but the line break have no way to be written, and are left out.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            ';' => out.push_str("\\;"),
            ',' => out.push_str("\\,"),
            '\n' => out.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

pub(super) fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            letter => out.push(letter),
        }
    }
    out
}
