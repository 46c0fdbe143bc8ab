//! A plain yes or no in the languages that patients here write besides English.
//!
//! Only whole replies, and only from whoever is texted in that language: "na" is a no in Welsh and may be anything
//! elsewhere. Commands stay the carriers' English words.

use super::spoken::Spoken;
use super::words::Words;

struct Tongue {
    /// ISO 639-1.
    code: &'static str,
    yes: Words,
    no: Words,
    /// Words that say the one in English and the other here: asked again.
    either: Words,
    /// Thanks and the like, which say neither.
    courtesy: Words,
}

/// As [`super::clean`] leaves them: without accents, Urdu letters in one spelling.
static TONGUES: [Tongue; 3] = [
    Tongue {
        code: "cy",
        yes: Words::of("ydw|ydy|ydi|ydyn|yndw|oes|ie|ia|do|ydw wir|ydy mae|oes mae|ydw dwi|ydw rydw i|cywir"),
        no: Words::of(
            "na|nage|naddo|nac ydw|nac ydy|nac ydi|nac ydyn|nag ydw|nag ydy|nag ydi|nag oes|nac oes|na dim|\
            na dydw|na dydy|na dwi ddim|na dydw i ddim|na dydy ddim|nagydw|nagoes|nacydw|dim eto|na dim eto|anghywir",
        ),
        either: Words::of("ie na|na ie"),
        courtesy: Words::of("diolch|fawr|yn|plis|os|gwelwch|dda"),
    },
    Tongue {
        code: "pl",
        yes: Words::of(
            "tak|t|tak tak|tak jest|tak zgadza sie|zgadza sie|tak wzialem|tak wzielam|wzialem|wzielam|tak wziety|wziety|\
            oczywiscie",
        ),
        no: Words::of(
            "nie|nie nie|jeszcze nie|nie jeszcze|nie zgadza sie|nie nie zgadza sie|nie wzialem|nie wzielam|\
            nie nie wzialem|nie nie wzielam|nieprawda",
        ),
        either: Words::of("no|no no"),
        courtesy: Words::of("dziekuje|dzieki|prosze|dziekujemy"),
    },
    Tongue {
        code: "ur",
        yes: Words::of(
            "ہاں|جی|جی ہاں|ہاں جی|جی جی|ہاں ہاں|ہانجی|بالکل|جی بالکل|درست|درست ہے|\
            haan|han|ji|jee|ji haan|ji han|jee haan|haan ji|han ji|hanji|haanji|bilkul",
        ),
        no: Words::of(
            "نہیں|نہی|نا|جی نہیں|نہیں جی|ابھی نہیں|غلط|غلط ہے|\
            nahi|nahin|nahee|nai|nhi|na|ji nahi|ji nahin|jee nahi|nahi ji|nahin ji|abhi nahi|abhi nahin|ghalat",
        ),
        either: Words::of("haan nahi|ہاں نہیں"),
        courtesy: Words::of("شکریہ|مہربانی|shukria|shukriya|meherbani|please|thanks"),
    },
];

/// What a whole text says in a patient's own language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Yes,
    No,
    /// One of them, and nobody can tell which.
    Either,
}

impl Said {
    pub(super) const fn is_yes(self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::No => Some(false),
            Self::Either => None,
        }
    }
}

/// The yes or no that a whole text is in `language`; nothing when it says more, or when the language is another.
pub(super) fn said(language: &str, spoken: &Spoken) -> Option<Said> {
    let tongue = TONGUES.iter().find(|tongue| tongue.code == language)?;
    let words: Vec<&str> = spoken.plain().filter(|word| !tongue.courtesy.has(word)).collect();
    let text = words.join(" ");
    [(&tongue.yes, Said::Yes), (&tongue.no, Said::No), (&tongue.either, Said::Either)]
        .into_iter()
        .find_map(|(words, said)| words.has(&text).then_some(said))
}
