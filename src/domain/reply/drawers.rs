//! Entries of a table, kept by the first letter of the word that each starts with.
//!
//! Most words of a text open no phrase of a table at all: their drawer is empty or short.

const LETTERS: usize = 26;

#[derive(Debug)]
pub(super) struct Drawers<T> {
    drawers: [Vec<T>; LETTERS + 1],
}

impl<T> Drawers<T> {
    /// Files each entry under its word; entries of one letter keep their order.
    pub(super) fn of(entries: impl IntoIterator<Item = (impl AsRef<str>, T)>) -> Self {
        let mut drawers = [const { Vec::new() }; LETTERS + 1];
        for (word, entry) in entries {
            if let Some(drawer) = drawers.get_mut(drawer(word.as_ref())) {
                drawer.push(entry);
            }
        }
        Self { drawers }
    }

    /// The only entries that can start with this word.
    pub(super) fn at(&self, word: &str) -> &[T] {
        self.drawers.get(drawer(word)).map_or(&[], Vec::as_slice)
    }
}

/// One drawer a letter, and one for digits, marks and everything else.
fn drawer(word: &str) -> usize {
    match word.bytes().next() {
        Some(letter @ b'a'..=b'z') => usize::from(letter - b'a'),
        _ => LETTERS,
    }
}
