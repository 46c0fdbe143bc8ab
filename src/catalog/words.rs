//! What a text to a patient must keep to, whoever wrote it: plain letters, short sentences, no command words.

/// Septets in one text alone, and in each part of a longer one (3GPP TS 23.038, 23.040).
const ONE_SEGMENT: usize = 160;
const PART_OF_MORE: usize = 153;

/// Words a sentence, for a reading age of 9 to 11.
const LONGEST_SENTENCE: usize = 15;

/// Words that carriers, or we, take as commands when a patient sends them back. A text never invites one.
const RESERVED: [&str; 11] =
    ["STOP", "STOPALL", "UNSUBSCRIBE", "REVOKE", "OPTOUT", "END", "CANCEL", "QUIT", "HELP", "INFO", "YES"];

/// The GSM-7 alphabet beside ASCII letters and digits: one septet each.
const GSM_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// Its extension: two septets each.
const GSM_EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// What is wrong with the words of a text, each as a sentence. `allowed` is a reserved word that this text may hold.
pub(super) fn faults(text: &str, allowed: Option<&str>) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(strange) = text.chars().find(|c| septets_of(*c).is_none()) {
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

/// What a text, filled with typical values, costs too much, if it does.
pub(super) fn too_long(text: &str, segments: usize) -> Option<String> {
    let most = if segments == 1 { ONE_SEGMENT } else { PART_OF_MORE * segments };
    // What is outside the alphabet is told by `faults`.
    let length: usize = text.chars().map(|c| septets_of(c).unwrap_or(1)).sum();
    (length > most).then(|| {
        let texts = if segments == 1 { "one text message" } else { "two text messages" };
        format!("filled with typical values it is {length} characters long; {most} fit into {texts}")
    })
}

fn septets_of(c: char) -> Option<usize> {
    if c.is_ascii_alphanumeric() || GSM_BASIC.contains(c) {
        Some(1)
    } else if GSM_EXTENDED.contains(c) {
        Some(2)
    } else {
        None
    }
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

    #[test]
    fn brackets_cost_two_septets() {
        assert!(too_long(&"a".repeat(160), 1).is_none());
        assert!(too_long(&"a".repeat(161), 1).is_some());
        assert!(too_long(&format!("{}[", "a".repeat(159)), 1).is_some());
        assert!(too_long(&"a".repeat(306), 2).is_none());
        assert!(too_long(&"a".repeat(307), 2).is_some());
    }
}
