//! Plain text to words, numbers and marks.
//!
//! The one hard question here is a run of letters and digits: `bp141` is a label and a number, `38.2C` a number and
//! a unit, `14O` a mistyped 140, and `X772y` a code that holds no number at all.

use super::lexicon;
use super::number::Number;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(Number),
    /// Lower case, without apostrophes.
    Word(String),
    Mark(char),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lexeme {
    pub token: Token,
    /// White space stood before it.
    pub spaced: bool,
}

/// Splits text that [`super::clean::clean`] has made plain.
pub(super) fn lex(plain: &str) -> Vec<Lexeme> {
    let chars: Vec<char> = plain.chars().collect();
    let mut lexemes = Vec::new();
    let mut spaced = true;
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        if c == '\n' || !c.is_whitespace() {
            let end = run_end(&chars, at);
            for token in tokens(&chars, at, end) {
                lexemes.push(Lexeme { token, spaced });
                spaced = false;
            }
            spaced = c == '\n';
            at = end;
        } else {
            spaced = true;
            at += 1;
        }
    }
    lexemes
}

/// Where the run of letters and digits that starts at `start` ends; one past `start` for a mark.
fn run_end(chars: &[char], start: usize) -> usize {
    let char_at = |at: usize| chars.get(at).copied().unwrap_or(' ');
    let abbreviation = abbreviation_end(chars, start);
    if abbreviation > start {
        return abbreviation;
    }
    let mut at = start;
    loop {
        let (c, next) = (char_at(at), char_at(at + 1));
        let before = if at > start { char_at(at - 1) } else { ' ' };
        let goes_on = c.is_alphanumeric()
            || (c == '\'' && before.is_alphabetic() && next.is_alphabetic())
            || (matches!(c, '.' | ',') && is_point(chars, start, at));
        if !goes_on {
            return at.max(start + 1);
        }
        at += 1;
    }
}

/// Whether the point or comma at `at` stands inside a number of the run from `start`.
fn is_point(chars: &[char], start: usize, at: usize) -> bool {
    let char_at = |at: usize| chars.get(at).copied().unwrap_or(' ');
    let next = char_at(at + 1);
    let leads = at == start && char_at(at) == '.' && next.is_ascii_digit();
    let before = if at > start { char_at(at - 1) } else { ' ' };
    // The letter that was meant for a digit, as in "7.l": followed by no other letter.
    let after_next = char_at(at + 2);
    let mistyped = is_lookalike(next) && (is_lookalike(after_next) || !after_next.is_alphabetic());
    let after_digit = before.is_ascii_digit() || (is_lookalike(before) && at > start + 1);
    (leads && !preceded_by_run(chars, at)) || (after_digit && (next.is_ascii_digit() || mistyped))
}

fn preceded_by_run(chars: &[char], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| chars.get(before)).is_some_and(|c| c.is_alphanumeric() || *c == '.')
}

/// The end of `B.P.`, `a.m`, `e.g.`; `start` when there is no such thing.
fn abbreviation_end(chars: &[char], start: usize) -> usize {
    let is_letter = |at: usize| chars.get(at).is_some_and(|c| c.is_alphabetic());
    let is_dot = |at: usize| chars.get(at) == Some(&'.');
    let mut at = start;
    while is_letter(at) && is_dot(at + 1) && is_letter(at + 2) && !is_letter(at + 3) {
        at += 2;
    }
    if at == start {
        return start;
    }
    at + 1 + usize::from(is_dot(at + 1))
}

fn tokens(chars: &[char], start: usize, end: usize) -> Vec<Token> {
    let run: String = chars.get(start..end).unwrap_or_default().iter().collect();
    let is_mark = !run.starts_with(|c: char| c.is_alphanumeric() || c == '.') || run == ".";
    match run.chars().next() {
        Some(mark) if is_mark => vec![Token::Mark(mark)],
        _ => {
            let before_slash = matches!(chars.get(end..end + 2), Some(['/', next]) if next.is_ascii_digit());
            split(&run, before_slash)
        }
    }
}

/// Splits a run into its words and numbers, or keeps it as one word when it is a code.
fn split(run: &str, before_slash: bool) -> Vec<Token> {
    let folded: String = run.chars().filter(|c| !matches!(c, '\'')).flat_map(char::to_lowercase).collect();
    if !folded.contains(|c: char| c.is_ascii_digit()) {
        return vec![Token::Word(folded.replace('.', ""))];
    }
    if let Some(rest) = lexicon::after_oxygen_label(&folded) {
        let mut tokens = vec![Token::Word("spo2".to_owned())];
        if !rest.is_empty() {
            tokens.extend(split(rest, before_slash));
        }
        return tokens;
    }
    if lexicon::is_ordinal(&folded) {
        return vec![Token::Word(folded)];
    }
    let parts = merge_lookalikes(segments(run), before_slash);
    let known = parts.iter().enumerate().all(|(index, part)| {
        let digits_behind = parts.get(index + 1).map_or(0, |next| next.text.len());
        part.numeric || lexicon::may_be_glued(&part.text.to_lowercase(), index == 0, digits_behind)
    });
    if !known {
        return vec![Token::Word(folded)];
    }
    parts
        .into_iter()
        .map(|part| {
            if part.numeric {
                Token::Number(Number::new(&part.text, part.doubtful))
            } else {
                Token::Word(part.text.to_lowercase())
            }
        })
        .collect()
}

#[derive(Debug)]
struct Part {
    text: String,
    numeric: bool,
    doubtful: bool,
}

/// Alternating letters and digits; points and commas belong to the digits.
fn segments(run: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for c in run.chars().filter(|c| *c != '\'') {
        let numeric = c.is_ascii_digit() || matches!(c, '.' | ',');
        match parts.last_mut() {
            Some(part) if part.numeric == numeric => part.text.push(c),
            _ => parts.push(Part { text: c.to_string(), numeric, doubtful: false }),
        }
    }
    parts
}

/// Joins letters that look like digits to the digits beside them: O for 0, l and I for 1.
///
/// An l at the end is litres (`2l`), unless a slash and a digit follow.
fn merge_lookalikes(parts: Vec<Part>, before_slash: bool) -> Vec<Part> {
    let last = parts.len().saturating_sub(1);
    let mut merged: Vec<Part> = Vec::new();
    for (index, mut part) in parts.into_iter().enumerate() {
        let litres = index == last && part.text == "l" && !before_slash;
        if !part.numeric && !litres && part.text.chars().all(is_lookalike) {
            part.text = part.text.chars().map(|c| if matches!(c, 'o' | 'O') { '0' } else { '1' }).collect();
            part.numeric = true;
            part.doubtful = true;
        }
        match merged.last_mut() {
            Some(before) if before.numeric && part.numeric => {
                before.text.push_str(&part.text);
                before.doubtful |= part.doubtful;
            }
            _ => merged.push(part),
        }
    }
    merged
}

fn is_lookalike(c: char) -> bool {
    matches!(c, 'O' | 'o' | 'l' | 'I')
}

#[cfg(test)]
mod tests {
    use super::{Token, lex};
    use crate::domain::reply::clean::clean;

    fn spelled(text: &str) -> String {
        let show = |token: Token| match token {
            Token::Number(number) if number.doubtful => format!("{}?", number.text()),
            Token::Number(number) => number.text().to_owned(),
            Token::Word(word) => word,
            Token::Mark(mark) => mark.to_string(),
        };
        lex(&clean(text)).into_iter().map(|lexeme| show(lexeme.token)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn runs_of_letters_and_digits_fall_apart_where_they_were_glued() {
        for (text, tokens) in [
            ("bp141/80", "bp 141 / 80"),
            ("T38.2C", "t 38.2 c"),
            ("12st4lb", "12 st 4 lb"),
            ("B.P 141.80", "bp 141.80"),
            ("127/90 P.M", "127 / 90 pm"),
            ("14O/8O", "140? / 80?"),
            ("Glucose level (X772y) 5", "glucose level ( x772y ) 5"),
            ("hi .51", "hi .51"),
            ("Sp02: 94", "spo2 : 94"),
            ("E3", "e3"),
            ("can't", "cant"),
            ("123,,,,,80", "123 , , , , , 80"),
            ("on 2l", "on 2 l"),
            ("9 am.", "9 am ."),
        ] {
            assert_eq!(spelled(text), tokens, "{text}");
        }
    }
}
