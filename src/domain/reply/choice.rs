//! Which of several words a patient chose.

use super::clean::clean;

/// Words that turn a choice into its opposite.
const TURNS: [&str; 9] = ["not", "no", "never", "isnt", "isn't", "dont", "don't", "without", "less"];

/// The one choice that the text names: all of it is one of the choice's words, or one choice alone has its words in it.
/// Nothing when several are named, or one is named to be denied. Words are in lower case.
pub fn chosen<'c, W>(text: &str, choices: impl Iterator<Item = (&'c str, &'c [W])> + Clone) -> Option<&'c str>
where
    W: AsRef<str> + 'c,
{
    let plain = clean(text).to_lowercase();
    let plain = plain.trim().trim_end_matches(['.', '!', '?', ',']).trim_end();
    let whole = choices
        .clone()
        .find(|(value, words)| *value == plain || words.iter().any(|word| word.as_ref() == plain));
    if let Some((value, _)) = whole {
        return Some(value);
    }
    let mut named = choices
        .filter(|(_, words)| words.iter().any(|word| holds(plain, word.as_ref())))
        .map(|(value, _)| value);
    let only = named.next()?;
    let denied = plain.split(|c: char| !c.is_alphanumeric() && c != '\'').any(|word| TURNS.contains(&word));
    (named.next().is_none() && !denied).then_some(only)
}

/// Whether `word` stands in `text` by itself. A sign such as the plus of `1+` belongs to its word.
fn holds(text: &str, word: &str) -> bool {
    let is_edge = |c: Option<char>| {
        c.is_none_or(|c| {
            c.is_whitespace() || matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '(' | ')' | '"' | '\'')
        })
    };
    !word.is_empty()
        && text.match_indices(word).any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
            is_edge(before) && is_edge(after)
        })
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn a_choice_is_taken_only_where_one_alone_is_named_and_not_denied() {
        const CHOICES: [(&str, &[&str]); 5] = [
            ("none", &["p0", "neg"]),
            ("trace", &["trace"]),
            ("one", &["p1", "1+", "1"]),
            ("happy", &["happy", "good mood"]),
            ("sad", &["sad", "low"]),
        ];
        for (text, expected) in [
            ("P1", Some("one")),
            ("p1.", Some("one")),
            ("1+", Some("one")),
            ("it was 1+ today", Some("one")),
            ("Neg!", Some("none")),
            ("NONE", Some("none")),
            ("Mood happy", Some("happy")),
            ("in a good mood, thank you", Some("happy")),
            ("not happy", None),
            ("happy or sad", None),
            ("p1 or trace", None),
            ("11", None),
            ("p10", None),
            ("sadly", None),
            ("", None),
            ("what do you mean", None),
        ] {
            assert_eq!(chosen(text, CHOICES.into_iter()), expected, "{text:?}");
        }
    }
}
