//! The text as words in order, and a small pattern language over them.
//!
//! A pattern is words parted by spaces: `a|b` is either word, `pain*` any word that starts so, `..` up to three
//! words in between, `$` the end of the sentence. No pattern reaches over that end.

use std::ops::Range;

use super::lexer::{Lexeme, Token};

/// The end of a sentence or line, and a pause inside one.
const END: &str = ".";
const PAUSE: &str = ",";
const REACH: usize = 3;

/// Lower-case words and numbers, with `.` and `,` between sentences and clauses; other marks are gone.
#[derive(Debug, Clone)]
pub(super) struct Spoken {
    words: Vec<String>,
}

impl Spoken {
    pub(super) fn of(lexemes: &[Lexeme]) -> Self {
        let word = |lexeme: &Lexeme| match &lexeme.token {
            Token::Word(word) => Some(word.clone()),
            Token::Number(number) => Some(number.text()),
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

    pub(super) fn has(&self, pattern: &str) -> bool {
        self.find(pattern).next().is_some()
    }

    pub(super) fn has_any(&self, patterns: &[&str]) -> bool {
        patterns.iter().any(|pattern| self.has(pattern))
    }

    /// Where the pattern matches, from each word on; positions count pauses and ends.
    pub(super) fn find(&self, pattern: &str) -> impl Iterator<Item = Range<usize>> {
        let parts: Vec<&str> = pattern.split(' ').collect();
        let begins = |start: &usize| self.word(*start).is_some_and(|word| !matches!(word, PAUSE | END));
        (0..self.words.len())
            .filter(begins)
            .filter_map(move |start| Some(start..self.match_from(&parts, start)?))
    }

    fn match_from(&self, parts: &[&str], at: usize) -> Option<usize> {
        let (part, rest) = match parts.split_first() {
            None => return Some(at),
            Some((part, rest)) => (*part, rest),
        };
        if part == ".." {
            return (0..=REACH)
                .map(|skipped| at + skipped)
                .take_while(|next| {
                    self.words.get(at..*next).is_some_and(|words| words.iter().all(|word| word != END))
                })
                .find_map(|next| self.match_from(rest, next));
        }
        if part == "$" {
            return self.word(at).is_none_or(|word| word == END).then_some(at);
        }
        let word = self.word(at)?;
        // A comma inside a phrase is a pause in typing, not in meaning.
        if word == PAUSE && part != PAUSE {
            return self.match_inside(parts, at + 1);
        }
        fits(part, word).then(|| self.match_from(rest, at + 1)).flatten()
    }

    fn match_inside(&self, parts: &[&str], at: usize) -> Option<usize> {
        let word = self.word(at)?;
        if matches!(word, PAUSE | END) {
            return None;
        }
        self.match_from(parts, at)
    }
}

fn fits(part: &str, word: &str) -> bool {
    part.split('|').any(|choice| match choice.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => word == choice,
    })
}

#[cfg(test)]
mod tests {
    use super::Spoken;
    use crate::domain::reply::{clean::clean, lexer::lex};

    fn has(text: &str, pattern: &str) -> bool {
        Spoken::of(&lex(&clean(text))).has(pattern)
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
