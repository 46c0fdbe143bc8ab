//! What a text to a patient must keep to, whoever wrote it: plain letters, short sentences, no command words.

use crate::domain::segment::{self, Encoding, Segments};

/// Words a sentence, for a reading age of 9 to 11.
const LONGEST_SENTENCE: usize = 15;

/// Words that carriers, or we, take as commands when a patient sends them back. A text never invites one.
const RESERVED: [&str; 11] =
    ["STOP", "STOPALL", "UNSUBSCRIBE", "REVOKE", "OPTOUT", "END", "CANCEL", "QUIT", "HELP", "INFO", "YES"];

/// What is wrong with the words of a text, each as a sentence. `allowed` is a reserved word that this text may hold.
pub(super) fn faults(text: &str, allowed: Option<&str>) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(strange) = text.chars().find(|c| !is_plain(*c)) {
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
    faults
}

/// Why a text, filled with typical values, takes more text messages than it may, if it does. A character that
/// makes it dearer is told by [`faults`].
pub(super) fn too_long(text: &str, most: u32) -> Option<String> {
    let Segments { encoding, segments } = segment::count(text);
    (encoding == Encoding::Gsm7 && segments > most).then(|| {
        let length = text.chars().count();
        format!("filled with typical values it has {length} characters and takes {segments} text messages; {most} is the most")
    })
}

fn is_plain(character: char) -> bool {
    segment::count(character.encode_utf8(&mut [0; 4])).encoding == Encoding::Gsm7
}

/// Sentences end at `.`, `!` or `?` before a space or the end, so that `4.0` does not part one.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(". ").flat_map(|s| s.split_inclusive("! ")).flat_map(|s| s.split_inclusive("? "))
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
