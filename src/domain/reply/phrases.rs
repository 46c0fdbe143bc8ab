//! A small pattern language over the words of a text.
//!
//! A pattern is words parted by spaces: `a|b` is either word, `pain*` any word that starts so, `..` up to three
//! words in between, `$` the end of the sentence. It starts with a word, and none reaches over that end.

use super::drawers::Drawers;

/// Patterns, taken apart once and filed by the words that may open them.
#[derive(Debug)]
pub(super) struct Phrases {
    patterns: Vec<Pattern>,
    openings: Drawers<Opening>,
}

#[derive(Debug)]
pub(super) struct Pattern {
    /// As it stands in its table.
    pub text: String,
    /// What follows the opening word.
    pub rest: Vec<Part>,
}

#[derive(Debug)]
pub(super) enum Part {
    /// Any of these words.
    Word(Vec<Choice>),
    /// `..`
    Reach,
    /// `$`
    End,
}

#[derive(Debug, Clone)]
pub(super) struct Choice {
    text: String,
    /// Any word that starts so.
    is_stem: bool,
}

#[derive(Debug)]
struct Opening {
    choice: Choice,
    pattern: usize,
}

impl Phrases {
    pub(super) fn of(patterns: &[impl AsRef<str>]) -> Self {
        let texts = || patterns.iter().map(AsRef::as_ref);
        let openings = texts().enumerate().flat_map(|(pattern, text)| {
            let first = text.split(' ').next().unwrap_or_default();
            first.split('|').map(Choice::of).map(move |choice| {
                let word = choice.text.clone();
                (word, Opening { choice, pattern })
            })
        });
        Self { openings: Drawers::of(openings), patterns: texts().map(Pattern::of).collect() }
    }

    /// The patterns that this word may open. One comes twice when two of its choices fit.
    pub(super) fn opened_by(&self, word: &str) -> impl Iterator<Item = &Pattern> {
        self.openings
            .at(word)
            .iter()
            .filter(move |opening| opening.choice.fits(word))
            .filter_map(|opening| self.patterns.get(opening.pattern))
    }
}

impl Pattern {
    fn of(text: &str) -> Self {
        Self { text: text.to_owned(), rest: text.split(' ').skip(1).map(Part::of).collect() }
    }
}

impl Part {
    fn of(text: &str) -> Self {
        match text {
            ".." => Self::Reach,
            "$" => Self::End,
            words => Self::Word(words.split('|').map(Choice::of).collect()),
        }
    }
}

impl Choice {
    fn of(text: &str) -> Self {
        let stem = text.strip_suffix('*');
        Self { text: stem.unwrap_or(text).to_owned(), is_stem: stem.is_some() }
    }

    pub(super) fn fits(&self, word: &str) -> bool {
        if self.is_stem { word.starts_with(&self.text) } else { word == self.text }
    }
}
