//! A list of words or phrases that is split and sorted once, at its first use.

use std::sync::OnceLock;

/// Words or phrases as a clinician reads them: one text, parted by `|`.
#[derive(Debug)]
pub(super) struct Words {
    listed: &'static str,
    parting: char,
    sorted: OnceLock<Box<[&'static str]>>,
}

impl Words {
    /// Phrases parted by `|`.
    pub(super) const fn of(listed: &'static str) -> Self {
        Self { listed, parting: '|', sorted: OnceLock::new() }
    }

    /// Single words parted by spaces.
    pub(super) const fn spaced(listed: &'static str) -> Self {
        Self { listed, parting: ' ', sorted: OnceLock::new() }
    }

    /// Whether exactly this word or phrase is listed.
    pub(super) fn has(&self, wanted: &str) -> bool {
        let sorted = self.sorted.get_or_init(|| {
            let mut words: Box<[&str]> = self.listed.split(self.parting).collect();
            words.sort_unstable();
            words
        });
        sorted.binary_search(&wanted).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn a_list_has_its_phrases_whole_and_nothing_else() {
        static LEAVING: Words = Words::of("stop|opt out|end");
        assert!(LEAVING.has("opt out"));
        assert!(LEAVING.has("stop"));
        for other in ["opt", "out", "sto", "stops", ""] {
            assert!(!LEAVING.has(other), "{other:?}");
        }
    }
}
