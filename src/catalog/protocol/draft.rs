//! A protocol that was read and is not yet believed, and where each part of it stands in its file.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::domain::protocol::Protocol;

/// A protocol without its messages.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) protocol: Protocol,
    pub(super) marks: Marks,
}

/// Places by the path that leads to them: `question.bp`, `schedule.morning.ask`, `rules.blood_pressure_average`.
#[derive(Debug, Default)]
pub(super) struct Marks(BTreeMap<String, Range<usize>>);

impl Marks {
    pub(super) fn set(&mut self, path: impl Into<String>, span: Range<usize>) {
        self.0.insert(path.into(), span);
    }

    /// Where a part stands; the start of the file for one that was never marked.
    pub(super) fn at(&self, path: &str) -> Range<usize> {
        self.0.get(path).cloned().unwrap_or(0..0)
    }
}
