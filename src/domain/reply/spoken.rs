//! The text as words in order, and what phrases are in it.

use std::ops::Range;

use super::lexer::{Lexeme, Token};
use super::phrases::{Part, Phrases};

/// The end of a sentence or line, and a pause inside one.
const END: &str = ".";
const PAUSE: &str = ",";
/// How many words `..` may stand for.
const REACH: usize = 3;

/// Lower-case words and numbers, with `.` and `,` between sentences and clauses; other marks are gone.
#[derive(Debug, Clone)]
pub(super) struct Spoken {
    words: Vec<String>,
}

/// Where a pattern matches; positions count pauses and ends.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// As it stands in its table.
    pub pattern: &'a str,
    pub at: Range<usize>,
}

impl Spoken {
    pub(super) fn of(lexemes: &[Lexeme]) -> Self {
        let word = |lexeme: &Lexeme| match &lexeme.token {
            Token::Word(word) => Some(word.clone()),
            Token::Number(number) => Some(number.text().to_owned()),
            Token::Mark('.' | '!' | '?' | ';' | '\n') => Some(END.to_owned()),
            Token::Mark(',' | ':' | '(' | ')') => Some(PAUSE.to_owned()),
            Token::Mark(_) => None,
        };
        Self { words: lexemes.iter().filter_map(word).collect() }
    }

    /// The words without ends and pauses.
    pub(super) fn plain(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str).filter(|word| !matches!(*word, END | PAUSE))
    }

    pub(super) fn word(&self, at: usize) -> Option<&str> {
        self.words.get(at).map(String::as_str)
    }

    /// Whether any of the phrases is said.
    pub(super) fn has(&self, phrases: &Phrases) -> bool {
        self.find(phrases).next().is_some()
    }

    /// Where the phrases match, in the order of the text.
    pub(super) fn find<'a>(&'a self, phrases: &'a Phrases) -> impl Iterator<Item = Found<'a>> {
        let words = self.words.iter().enumerate().filter(|(_, word)| !matches!(word.as_str(), PAUSE | END));
        words.flat_map(move |(start, word)| {
            phrases.opened_by(word).filter_map(move |pattern| {
                let end = self.match_from(&pattern.rest, start + 1)?;
                Some(Found { pattern: &pattern.text, at: start..end })
            })
        })
    }

    /// Where the parts end, if they match from here on.
    fn match_from(&self, parts: &[Part], at: usize) -> Option<usize> {
        let Some((part, rest)) = parts.split_first() else { return Some(at) };
        let choices = match part {
            Part::Reach => {
                return (0..=REACH)
                    .map(|skipped| at + skipped)
                    .take_while(|next| {
                        self.words.get(at..*next).is_some_and(|words| words.iter().all(|word| word != END))
                    })
                    .find_map(|next| self.match_from(rest, next));
            }
            Part::End => return self.word(at).is_none_or(|word| word == END).then_some(at),
            Part::Word(choices) => choices,
        };
        let word = self.word(at)?;
        // A comma inside a phrase is a pause in typing, not in meaning.
        if word == PAUSE {
            return self.match_inside(parts, at + 1);
        }
        choices.iter().any(|choice| choice.fits(word)).then(|| self.match_from(rest, at + 1)).flatten()
    }

    fn match_inside(&self, parts: &[Part], at: usize) -> Option<usize> {
        let word = self.word(at)?;
        if matches!(word, PAUSE | END) {
            return None;
        }
        self.match_from(parts, at)
    }
}

#[cfg(test)]
mod tests {
    use super::{Phrases, Spoken};
    use crate::domain::reply::{clean::clean, lexer::lex};

    fn has(text: &str, pattern: &str) -> bool {
        Spoken::of(&lex(&clean(text))).has(&Phrases::of(&[pattern]))
    }

    #[test]
    fn patterns_reach_over_a_few_words_but_not_over_sentences() {
        assert!(has("My CHEST still feels tight", "chest .. tight*"));
        assert!(has("opt-out", "opt out"));
        assert!(!has("Chest is fine. Shoes are tight", "chest .. tight*"));
        assert!(!has("chest one two three four tight", "chest .. tight*"));
        assert!(!has("chestnut", "chest"));
    }
}
