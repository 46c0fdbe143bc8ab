//! How old somebody must be to read an English text, by the Flesch-Kincaid grade: Kincaid, Fishburne, Rogers and Chissom,
//! "Derivation of new readability formulas", US Naval Technical Training Command, 1975:
//! 0.39 × words a sentence + 11.8 × syllables a word − 15.59 is the school year in the USA, whose first begins at six.

use super::words::sentences;

/// The age that a text to a patient may ask for, at the most, in years.
pub(super) const OLDEST: f64 = 11.0;
/// The age of a reader in school year nought.
const AGE_AT_START: f64 = 5.0;
/// A formula made for pages says nothing of three words: a shorter text is taken as if plain words followed.
const FEWEST_WORDS: usize = 10;

/// Words that patients are taught with the thing itself: what they measure and what they take. Each counts as one of two
/// syllables; a text cannot do without it, and another word would be another thing.
const TAUGHT: [&str; 12] = [
    "chemotherapy",
    "glucose",
    "ibuprofen",
    "insulin",
    "ketones",
    "oxygen",
    "paracetamol",
    "pharmacist",
    "preventer",
    "reliever",
    "temperature",
    "thermometer",
];

/// The reading age of `text` in years. Numbers, and words all in capitals (the keys of an example, COPD), are not read as
/// words.
pub(super) fn reading_age(text: &str) -> f64 {
    let (mut count, mut spoken, mut parts) = (0_usize, 0_usize, 0_usize);
    for sentence in sentences(text) {
        let before = count;
        for word in words(sentence) {
            count += 1;
            spoken += syllables(&word.to_lowercase());
        }
        parts += usize::from(count > before);
    }
    let missing = FEWEST_WORDS.saturating_sub(count);
    let (words, syllables) = ((count + missing) as f64, (spoken + missing) as f64);
    let grade = 0.39 * words / (parts.max(1) as f64) + 11.8 * syllables / words - 15.59;
    AGE_AT_START + grade
}

fn words(sentence: &str) -> impl Iterator<Item = &str> {
    let words = sentence.split(|c: char| !c.is_alphabetic() && c != '\'').map(|word| word.trim_matches('\''));
    words.filter(|word| {
        !word.is_empty() && (word.len() == 1 || !word.chars().all(|c| c.is_uppercase() || c == '\''))
    })
}

/// Groups of vowels, without a silent end: an estimate that is right for most words, and near for the others.
fn syllables(word: &str) -> usize {
    const VOWELS: [char; 6] = ['a', 'e', 'i', 'o', 'u', 'y'];
    if TAUGHT.contains(&word) {
        return 2;
    }
    // The end of "role" is silent, that of "table" is not.
    let is_silent = |stem: &&str| stem.strip_suffix('l').is_none_or(|start| start.ends_with(VOWELS));
    let heard = word
        .strip_suffix("ed")
        .filter(|stem| !stem.ends_with(['t', 'd']))
        .or_else(|| word.strip_suffix('e').filter(is_silent))
        .unwrap_or(word);
    let groups = |text: &str| text.split(|c| !VOWELS.contains(&c)).filter(|group| !group.is_empty()).count();
    match groups(heard) {
        0 => 1,
        n => n,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_counted_as_they_are_heard() {
        for (word, expected) in [
            ("rest", 1),
            ("the", 1),
            ("take", 1),
            ("table", 2),
            ("role", 1),
            ("measured", 2),
            ("rested", 2),
            ("pressure", 2),
            ("prescribed", 2),
            ("medicine", 3),
            ("immediately", 5),
            ("temperature", 2),
        ] {
            assert_eq!(syllables(word), expected, "{word}");
        }
    }

    #[test]
    fn plain_texts_are_for_everybody_and_learned_ones_are_not() {
        for (plain, text) in [
            (true, "Your blood pressure is high. Rest for half an hour and measure again."),
            (true, "Sit down now. If you have chest pain or are short of breath, call 999."),
            (true, "Tip: less salt can lower your blood pressure. Taste your food first."),
            (true, "Please take your temperature now. Text it like TEMP 36.3."),
            (true, "Thank you."),
            (true, ""),
            (
                false,
                "Your hypertension necessitates immediate consultation with an appropriate professional.",
            ),
            (false, "Please discontinue antihypertensive medication pending clinical reassessment."),
            (
                false,
                "Deterioration of respiratory function requires urgent evaluation. Contact emergency services.",
            ),
            (false, "Hyperglycaemia persists despite increased dosage."),
        ] {
            let age = reading_age(text);
            assert_eq!(age <= OLDEST, plain, "{age:.1}: {text}");
        }
    }
}
