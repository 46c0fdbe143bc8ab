//! Numbers in words: "one forty one over eighty", "seven point four". Always asked about, never accepted.

use super::lexer::{Lexeme, Token};
use super::number::Number;

const UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// Replaces numbers in words by numbers, in a text that holds no digits. Nothing when there are none.
pub(super) fn spelled_out(lexemes: &[Lexeme]) -> Option<Vec<Lexeme>> {
    if lexemes.iter().any(|lexeme| matches!(lexeme.token, Token::Number(_))) {
        return None;
    }
    let mut read = Vec::new();
    let mut found = false;
    let mut at = 0;
    while let Some(lexeme) = lexemes.get(at) {
        match number_at(lexemes, at) {
            Some((typed, end)) => {
                read.push(Lexeme { token: Token::Number(Number::new(&typed, true)), spaced: lexeme.spaced });
                found = true;
                at = end;
            }
            None => {
                read.push(lexeme.clone());
                at += 1;
            }
        }
    }
    found.then_some(read)
}

/// A text that is one word of letters which look like digits: `lOO` for 100.
pub(super) fn lookalike(lexemes: &[Lexeme]) -> Option<Vec<Lexeme>> {
    let [Lexeme { token: Token::Word(word), spaced }] = lexemes else { return None };
    let digits: Option<String> = word
        .chars()
        .map(|c| match c {
            'o' => Some('0'),
            'l' | 'i' => Some('1'),
            _ => None,
        })
        .collect();
    let typed = digits.filter(|digits| digits.len() >= 3)?;
    Some(vec![Lexeme { token: Token::Number(Number::new(&typed, true)), spaced: *spaced }])
}

/// The number that the words from `start` on spell, and where it ends.
fn number_at(lexemes: &[Lexeme], start: usize) -> Option<(String, usize)> {
    let (whole, mut at) = whole_at(lexemes, start)?;
    let mut typed = whole.to_string();
    if word(lexemes, at) == "point" {
        let mut decimals = String::new();
        while let Some(digit) = digit_of(word(lexemes, at + 1 + decimals.len())) {
            decimals.push(digit);
        }
        if !decimals.is_empty() {
            at += 1 + decimals.len();
            typed = format!("{typed}.{decimals}");
        }
    }
    Some((typed, at))
}

/// "one forty one", "a hundred and forty-one", "eighty", "twelve".
fn whole_at(lexemes: &[Lexeme], start: usize) -> Option<(u32, usize)> {
    let leading_a = word(lexemes, start) == "a" && word(lexemes, start + 1) == "hundred";
    let (first, mut at) = if leading_a { (1, start + 1) } else { below_hundred(lexemes, start)? };
    if word(lexemes, at) == "hundred" {
        at += 1;
        let after_and = if word(lexemes, at) == "and" { at + 1 } else { at };
        return Some(match below_hundred(lexemes, after_and) {
            Some((rest, end)) => (first * 100 + rest, end),
            None => (first * 100, at),
        });
    }
    // "one forty one", "one oh four": hundreds without the word.
    let (rest, end) = match word(lexemes, at) {
        "oh" | "o" => match units_at(lexemes, at + 1) {
            Some(units) => units,
            None => return Some((first, at)),
        },
        _ => match below_hundred(lexemes, at) {
            Some((rest, end)) if rest >= 10 => (rest, end),
            _ => return Some((first, at)),
        },
    };
    Some(if first < 10 { (first * 100 + rest, end) } else { (first, at) })
}

fn below_hundred(lexemes: &[Lexeme], start: usize) -> Option<(u32, usize)> {
    let Some(tens) = TENS.iter().zip(2_u32..).find(|(tens, _)| **tens == word(lexemes, start)) else {
        return units_at(lexemes, start);
    };
    let at = start + 1;
    let joined = if is_hyphen(lexemes, at) { at + 1 } else { at };
    Some(match units_at(lexemes, joined) {
        Some((unit, end)) if (1..10).contains(&unit) => (tens.1 * 10 + unit, end),
        _ => (tens.1 * 10, at),
    })
}

fn units_at(lexemes: &[Lexeme], at: usize) -> Option<(u32, usize)> {
    let (_, value) = UNITS.iter().zip(0_u32..).find(|(unit, _)| **unit == word(lexemes, at))?;
    Some((value, at + 1))
}

fn digit_of(word: &str) -> Option<char> {
    let (_, value) = UNITS.iter().zip(0_u32..10).find(|(unit, _)| **unit == word)?;
    char::from_digit(value, 10)
}

fn word(lexemes: &[Lexeme], at: usize) -> &str {
    match lexemes.get(at).map(|lexeme| &lexeme.token) {
        Some(Token::Word(word)) => word,
        _ => "",
    }
}

fn is_hyphen(lexemes: &[Lexeme], at: usize) -> bool {
    lexemes.get(at).is_some_and(|lexeme| lexeme.token == Token::Mark('-'))
}
