//! What a text to a patient must keep to, whoever wrote it: plain letters, short sentences, no command words.

use crate::domain::segment::{self, Encoding};

use super::fault::Report;
use super::reading_age::{OLDEST, reading_age};
use super::table::Table;

/// English is what every other language is held against.
pub(super) const ENGLISH: &str = "en";

/// Words a sentence, for a reading age of 9 to 11.
const LONGEST_SENTENCE: usize = 15;

/// Words that carriers, or we, take as commands when a patient sends them back. A text never invites one.
const RESERVED: [&str; 11] =
    ["STOP", "STOPALL", "UNSUBSCRIBE", "REVOKE", "OPTOUT", "END", "CANCEL", "QUIT", "HELP", "INFO", "YES"];

/// Signs that word processors put in by themselves. Each has a plain twin, and makes a text in any Latin language dearer.
const TYPOGRAPHERS: [char; 13] = [
    '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2018}', '\u{2019}', '\u{201c}',
    '\u{201d}', '\u{201e}', '\u{2022}', '\u{2026}', '\u{a0}',
];

/// Whose letters a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    /// May need letters beyond GSM-7, and has a reading age of its own that no English formula tells.
    Other,
}

impl Language {
    /// By its ISO 639-1 code.
    pub(super) fn of(code: &str) -> Self {
        if code == ENGLISH { Self::English } else { Self::Other }
    }
}

/// Whether somebody has signed the words of a file off. English may have the key too; nobody has to sign it off.
pub(super) fn signed_off(root: &mut Table<'_>, language: Language, report: &mut Report<'_>) -> bool {
    let value = match language {
        Language::English => root.maybe("translator"),
        Language::Other => root.must("translator", report),
    };
    let name = value.and_then(|value| {
        let name = value.get_ref().as_str();
        if name.is_none() {
            let why = "'translator' must be a text: who signed it off, or \"\" until somebody did";
            report.add(value.span(), why);
        }
        name
    });
    language == Language::English || name.is_some_and(|name| !name.trim().is_empty())
}

/// Why a translation tells other numbers than English does, if it does: a dose, a time or a number to ring is never
/// another one.
pub(super) fn other_numbers(text: &str, english: &str) -> Option<String> {
    let (said, meant) = (numbers(text), numbers(english));
    let list = |numbers: Vec<&str>| if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") };
    (said != meant).then(|| format!("its numbers are {}; those of English are {}", list(said), list(meant)))
}

/// The numbers of a text, in order of their size on paper.
fn numbers(text: &str) -> Vec<&str> {
    let runs = text.split(|c: char| !c.is_ascii_digit() && c != '.').map(|run| run.trim_matches('.'));
    let mut numbers: Vec<_> = runs.filter(|run| !run.is_empty()).collect();
    numbers.sort_unstable();
    numbers
}

/// What is wrong with the words of an English text, each as a sentence. `allowed` is a reserved word that this text may
/// hold.
pub(super) fn faults(text: &str, allowed: Option<&str>) -> Vec<String> {
    faults_in(Language::English, text, allowed)
}

/// As [`faults`], in any language. Carriers obey their English words whatever the language.
pub(super) fn faults_in(language: Language, text: &str, allowed: Option<&str>) -> Vec<String> {
    let mut faults = Vec::new();
    let strange = match language {
        Language::English => text.chars().find(|c| !is_plain(*c)),
        Language::Other => text.chars().find(|c| TYPOGRAPHERS.contains(c)),
    };
    if let Some(strange) = strange {
        faults.push(format!(
            "the character '{strange}' (U+{:04X}) is outside the GSM-7 alphabet of text messages; use a plain one",
            u32::from(strange)
        ));
    }
    if text.contains(['\n', '\r']) || text.contains("  ") || text.trim() != text {
        faults.push(
            "the text has stray spaces or line breaks; write it on one line with single spaces".to_owned(),
        );
    }
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let upper = word.to_uppercase();
        if RESERVED.contains(&upper.as_str()) && allowed != Some(upper.as_str()) {
            faults
                .push(format!("'{word}' is a command word that a patient might send back; use another word"));
        }
    }
    for sentence in sentences(text) {
        let count = words_in(sentence);
        if count > LONGEST_SENTENCE {
            let start: Vec<_> = sentence.split_whitespace().take(4).collect();
            faults.push(format!(
                "the sentence '{} ...' has {count} words; {LONGEST_SENTENCE} is the most",
                start.join(" ")
            ));
        }
    }
    let age = reading_age(text);
    if language == Language::English && age > OLDEST {
        faults.push(format!(
            "its reading age is {age:.1} years, and {OLDEST:.0} is the most; use shorter words and sentences"
        ));
    }
    faults
}

/// Why a text, filled with typical values, takes more text messages than it may, if it does. A character that
/// makes it dearer without need is told by [`faults_in`].
pub(super) fn too_long(text: &str, most: u32) -> Option<String> {
    let counted = segment::count(text);
    let segments = counted.segments;
    (!counted.fits(most)).then(|| {
        let length = text.chars().count();
        format!("filled with typical values it has {length} characters and takes {segments} text messages; {} is the most", counted.most(most))
    })
}

fn is_plain(character: char) -> bool {
    segment::count(character.encode_utf8(&mut [0; 4])).encoding == Encoding::Gsm7
}

/// Sentences end at `.`, `!` or `?` (in Urdu `۔` or `؟`) before a space or the end, so that `4.0` does not part one.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    const ENDS: [char; 5] = ['.', '!', '?', '\u{6d4}', '\u{61f}'];
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest
            .char_indices()
            .find(|(at, c)| ENDS.contains(c) && rest[at + c.len_utf8()..].starts_with(' '))
            .map_or(rest.len(), |(at, c)| at + c.len_utf8() + 1);
        let (sentence, after) = rest.split_at(end);
        rest = after;
        (!sentence.is_empty()).then_some(sentence)
    })
}

/// Placeholders and signs are no words.
fn words_in(sentence: &str) -> usize {
    sentence
        .split_whitespace()
        .filter(|word| !word.starts_with('{') && word.contains(char::is_alphanumeric))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_inside_a_number_does_not_end_a_sentence() {
        assert_eq!(sentences("Below 4.0 is low. Eat now! Well? Good.").count(), 4);
    }

    #[test]
    fn command_words_are_found_whatever_their_case_and_only_whole() {
        assert!(faults("Bend and mend, helpful friend.", None).is_empty());
        assert_eq!(faults("Please stop. Say Yes.", None).len(), 2);
        assert_eq!(faults("Reply YES if right.", Some("YES")).len(), 0);
    }
}
