//! One plain alphabet for everything a phone can type.
//!
//! Compatibility forms, other scripts' digits, smart punctuation and invisible marks become the plain characters
//! they stand for. Case is kept: it tells a capital I from an l.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The text in plain characters. Digits are ASCII, dashes are `-`, line ends are `\n`, accents are gone.
pub(super) fn clean(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut after_digit = false;
    for c in text.chars() {
        // Nearly all texts are nothing but ASCII, which is plain already.
        if c.is_ascii() && c != '`' {
            plain.push(c);
            after_digit = c.is_ascii_digit();
            continue;
        }
        // Before normalisation, which would fuse "12½" into 121/2 and "10²" into 102.
        if let Some(part) = fraction(c) {
            if !after_digit {
                plain.push('0');
            }
            plain.push_str(part);
        } else if is_superscript(c) || is_other_fraction(c) {
            // Which power it is matters to nobody, and must not be read as a number of its own.
            plain.push('^');
        } else if let Some(mark) = punctuation(c) {
            plain.push(mark);
        } else if !is_invisible(c) {
            plain.extend(
                std::iter::once(c)
                    .nfkd()
                    .filter(|c| !is_combining_mark(*c))
                    .map(|c| digit(c).or_else(|| punctuation(c)).or_else(|| twin(c)).unwrap_or(c)),
            );
        }
        if !is_invisible(c) {
            after_digit = plain.ends_with(|last: char| last.is_ascii_digit());
        }
    }
    if plain.contains('\r') { plain.replace("\r\n", "\n").replace('\r', "\n") } else { plain }
}

/// The plain twin of a letter that no normalisation takes apart: the Polish l, and the Arabic letters that some phones
/// have where Urdu has its own.
fn twin(c: char) -> Option<char> {
    Some(match c {
        'ł' => 'l',
        'Ł' => 'L',
        'ي' | 'ى' => 'ی',
        'ك' => 'ک',
        'ه' | 'ة' => 'ہ',
        _ => return None,
    })
}

fn fraction(c: char) -> Option<&'static str> {
    Some(match c {
        '¼' => ".25",
        '½' => ".5",
        '¾' => ".75",
        _ => return None,
    })
}

/// Thirds, fifths and the like: nobody measures in them.
fn is_other_fraction(c: char) -> bool {
    matches!(c, '⅐'..='⅟' | '↉')
}

fn is_superscript(c: char) -> bool {
    matches!(c, '²' | '³' | '¹' | '⁰' | '⁴'..='⁹')
}

/// Marks of direction, joiners, variation selectors and the keycap: they carry no meaning here.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{20e3}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

fn punctuation(c: char) -> Option<char> {
    Some(match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{207b}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '‘' | '’' | '‚' | '‛' | 'ʼ' | '′' | '`' | '´' => '\'',
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => '"',
        '\u{2044}' | '\u{2215}' | '\u{29f8}' | '\u{2571}' | '÷' => '/',
        '\u{66b}' | '·' | '\u{2027}' | '。' => '.',
        '\u{66c}' | '\u{60c}' | '、' => ',',
        '٪' => '%',
        '≤' | '≦' => '<',
        '≥' | '≧' => '>',
        '×' => 'x',
        '\u{2028}' | '\u{2029}' | '\u{85}' => '\n',
        _ => return None,
    })
}

/// A decimal digit of another script as ASCII. Full-width and mathematical digits are normalised already.
fn digit(c: char) -> Option<char> {
    const ZEROS: [u32; 19] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0,
        0xf20, 0x1040, 0x17e0, 0x1810, 0x1946,
    ];
    let code = u32::from(c);
    let zero = ZEROS.into_iter().find(|zero| (*zero..zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn every_way_to_write_a_digit_becomes_the_digit() {
        for typed in ["１４１／８０", "١٤١/٨٠", "१४१/८०", "141⁄80", "\u{200e}141/80\u{200f}", "1️⃣4️⃣1️⃣/8️⃣0️⃣"]
        {
            assert_eq!(clean(typed), "141/80", "{typed:?}");
        }
        assert_eq!(clean("١٢٫٥"), "12.5");
        assert_eq!(clean("SpO₂"), "SpO2");
        assert_eq!(clean("38.2℃"), "38.2°C");
    }

    #[test]
    fn fractions_and_powers_never_fuse_into_the_number_before() {
        assert_eq!(clean("12½ stone"), "12.5 stone");
        assert_eq!(clean("10²"), "10^");
        assert_eq!(clean("104/6²8"), "104/6^8");
        assert_eq!(clean("²²½"), "^^0.5");
        assert_eq!(clean("½ kg, ⅔"), "0.5 kg, ^");
    }
}
