//! How many segments a text is billed as, and so how long it takes to leave: GSM-7 or UCS-2.
//!
//! Limits are those of 3GPP TS 23.038 and 23.040: 160 septets or 70 UTF-16 units in a text that stands alone, 153
//! or 67 in each part of a longer one, where a header takes the rest. A character is never split between parts, so
//! dividing the length by the limit undercounts.

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
