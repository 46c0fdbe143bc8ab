//! How many segments a text is billed as, and so how long it takes to leave: GSM-7 or UCS-2.
//!
//! Limits are those of 3GPP TS 23.038 and 23.040: 160 septets or 70 UTF-16 units in a text that stands alone, 153
//! or 67 in each part of a longer one, where a header takes the rest. A character is never split between parts, so
//! dividing the length by the limit undercounts.

use std::borrow::Cow;

/// How a text's characters travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// The 7-bit default alphabet with its extension table.
    Gsm7,
    /// UTF-16; one character outside GSM-7 puts the whole text here.
    Ucs2,
}

/// What a text costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Segments {
    pub encoding: Encoding,
    /// At least 1: an empty text is sent too.
    pub segments: u32,
}

impl Segments {
    /// Whether the text takes no more parts than are allowed where plain letters are allowed `plain`.
    pub const fn fits(self, plain: u32) -> bool {
        self.segments <= self.most(plain)
    }

    /// The parts that a text in this alphabet may take where one in plain letters may take `plain`.
    ///
    /// A text in the wide alphabet may take twice as many parts: four of 67 letters hold 268, and two plain ones 306. So
    /// whoever reads another script is told the same as everybody else, in a text about as long on the screen.
    pub const fn most(self, plain: u32) -> u32 {
        match self.encoding {
            Encoding::Gsm7 => plain,
            Encoding::Ucs2 => plain * 2,
        }
    }
}

/// The basic table of 3GPP TS 23.038, without the escape.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The extension table: each costs an escape and a septet.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

impl Encoding {
    /// Units in a text that stands alone, and in each part of one that does not.
    const fn limits(self) -> (u32, u32) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }

    /// What one character takes in this encoding, or nothing when it has no place in it.
    fn units(self, character: char) -> Option<u32> {
        match self {
            Self::Gsm7 => septets(character),
            Self::Ucs2 => Some(if character.len_utf16() == 2 { 2 } else { 1 }),
        }
    }
}

/// A text with plain twins for the signs that word processors put in by themselves: they say the same, and one of them
/// would make a text in plain letters twice as dear.
///
/// Nothing else is touched. A degree sign, a "less than or equal", a letter of Welsh, Polish or Urdu and whatever joins
/// the letters of a script stay as they are and travel as UCS-2: no character is ever dropped or becomes a `?`.
pub fn in_plain_signs(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || text.chars().all(|c| twin(c).is_none()) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match twin(c) {
            Some(twin) => plain.push_str(twin),
            None => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

/// What a sign that only looks finer is in plain.
const fn twin(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{2bc}' | '`' | '\u{b4}' => "'",
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{2033}' => "\"",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '\u{2026}' => "...",
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\t' => " ",
        '\u{2044}' => "/",
        _ => return None,
    })
}

/// Counts a text as a carrier does, parts filled one after another and no character split.
pub fn count(text: &str) -> Segments {
    let encoding = if text.chars().all(|c| septets(c).is_some()) { Encoding::Gsm7 } else { Encoding::Ucs2 };
    let (alone, part) = encoding.limits();
    let units = || text.chars().filter_map(|c| encoding.units(c));
    if units().sum::<u32>() <= alone {
        return Segments { encoding, segments: 1 };
    }
    let (segments, _) = units().fold((1, 0), |(segments, filled), unit| {
        if filled + unit > part { (segments + 1, unit) } else { (segments, filled + unit) }
    });
    Segments { encoding, segments }
}

/// Whether a character has a place in the 7-bit alphabet or its extension table.
pub fn is_gsm7(character: char) -> bool {
    septets(character).is_some()
}

fn septets(character: char) -> Option<u32> {
    if character.is_ascii_alphanumeric() || character == ' ' || BASIC.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}
