//! What is wrong with a clinical file, and where: one sentence a fault, all faults of a file at once.

use std::ops::Range;

use thiserror::Error;

/// One thing that is wrong with one file. Prints as `file:line:column: sentence`; lines and columns count from 1,
/// columns in characters. A fault of a whole file or folder stands at 1:1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Error)]
#[error("{file}:{line}:{column}: {why}")]
pub struct Fault {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub why: String,
}

impl Fault {
    /// A fault of a file or folder as a whole.
    pub(super) fn whole(file: impl Into<String>, why: impl Into<String>) -> Self {
        Self { file: file.into(), line: 1, column: 1, why: why.into() }
    }
}

/// Gathers the faults of one file.
#[derive(Debug)]
pub(super) struct Report<'f> {
    file: &'f str,
    text: &'f str,
    faults: Vec<Fault>,
}

impl<'f> Report<'f> {
    pub(super) fn new(file: &'f str, text: &'f str) -> Self {
        Self { file, text, faults: Vec::new() }
    }

    /// Notes a fault at the start of `span`, in bytes of the file's text.
    pub(super) fn add(&mut self, span: Range<usize>, why: impl Into<String>) {
        let fault = self.fault(span, why);
        self.faults.push(fault);
    }

    /// Something to tell of this place that need not be wrong.
    pub(super) fn fault(&self, span: Range<usize>, why: impl Into<String>) -> Fault {
        let (line, column) = position(self.text, span.start);
        Fault { file: self.file.to_owned(), line, column, why: why.into() }
    }

    pub(super) fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }
}

/// Line and column, from 1, of a byte; a byte past the end is taken as the end.
pub(super) fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::position;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        assert_eq!(position("a = 1\nü = 2", 0), (1, 1));
        assert_eq!(position("a = 1\nü = 2", 6), (2, 1));
        assert_eq!(position("a = 1\nü = 2", 9), (2, 3));
        assert_eq!(position("a = 1\n", 99), (2, 1));
    }
}
