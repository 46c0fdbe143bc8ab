//! Whatever stands in the file or the environment, loading it ends in a configuration or in one sentence.

use super::{LEAST, load};
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_damage_to_the_file_is_one_sentence_without_the_secret(at in 0..LEAST.len(), by in "\\PC{0,3}|\n|\"|\\[|#") {
        let text = format!("{}{by}{}", &LEAST[..at], &LEAST[at + 1..]);
        if let Err(error) = load(&text, &[]) {
            let sentence = error.to_string();
            prop_assert!(!sentence.contains('\n') && !sentence.contains("0ken"), "{sentence}");
            prop_assert!(sentence.starts_with("config.toml"), "{sentence}");
        }
    }

    #[test]
    fn any_variable_is_taken_or_named(name in "[A-Z_]{0,20}", value in "\\PC{0,20}") {
        let name = format!("LAMPLIGHT__{name}");
        let sentence = load(LEAST, &[(&name, &value)]).unwrap_err().to_string();
        prop_assert!(sentence.starts_with(&name), "{sentence}");
    }
}
