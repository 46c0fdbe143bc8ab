//! Answers to questions that are about no vital sign: yes or no, one to five, a number.

use std::sync::LazyLock;

use super::number::Number;
use super::phrases::Phrases;
use super::spoken::Spoken;
use super::words::Words;
use super::{Answer, Asked, Context, tongue};

/// Words that mean yes or no wherever they open a reply.
static YES: Words = Words::of(
    "yes|y|yep|yeah|yeh|ye|yea|yup|yess|si|oui|ja|tak|da|ie|ydw|ydy|oes|haan|sim|definitely|absolutely|indeed|sure|\
    certainly|affirmative|aye|course",
);
static NO: Words =
    Words::of("no|n|nope|nah|non|nein|nie|na|nage|nac|nag|naddo|nahi|nao|never|not|none|noo|naw");
/// Replies that open like an answer and are none.
static UNSURE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&[
        "yes|yeah|yep .. and|but|or no",
        "no .. and|but|or yes",
        "yes no",
        "no yes",
        "maybe|perhaps|possibly|unsure|sometimes|sort of|kinda|depends",
        "not sure|certain",
        "no idea",
        "dont|do not know",
        "dunno",
        "yes|no|y .. or .. no|n|yes",
        "no problem|worries|prob|bother",
        "not too|so bad",
        "i think so",
    ])
});

static OF_FIVE: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::of(&["1|2|3|4|5 of 5", "1|2|3|4|5 out of 5", "1|2|3|4|5 outof 5"]));
/// Words that leave open which of the five was meant.
static LOOSELY: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&["or", "between", "maybe", "not 1|2|3|4|5", "not sure", "about|around", "nearly|almost"])
});

/// The answer to the pending question, if it is there beyond doubt.
pub(super) fn answer(
    context: &Context<'_>,
    spoken: &Spoken,
    numbers: &[Number],
    all_plain: bool,
) -> Option<Answer> {
    match context.asked? {
        Asked::YesNo => match tongue::said(context.language, spoken) {
            Some(said) => said.is_yes(),
            None => yes_or_no(spoken),
        }
        .map(Answer::YesNo),
        Asked::Scale1To5 => scale(spoken, numbers).map(Answer::Scale),
        Asked::Number => match numbers {
            [number] if !number.doubtful || all_plain => number.value().map(Answer::Number),
            [] if spoken.plain().eq(["none"]) || spoken.plain().eq(["nil"]) => Some(Answer::Number(0.0)),
            _ => None,
        },
        _ => None,
    }
}

fn yes_or_no(spoken: &Spoken) -> Option<bool> {
    let text = spoken.plain().collect::<Vec<_>>().join(" ");
    if text == "yes no problem" || text == "yes no problems" {
        return Some(true);
    }
    if spoken.has(&UNSURE) {
        return None;
    }
    let words: Vec<&str> = spoken.plain().skip_while(|word| is_lead(word)).collect();
    let first = *words.first()?;
    let whole = words.join(" ");
    match whole.as_str() {
        "i have" | "i did" | "i am" | "i do" | "it is" | "it has" | "all taken" | "done" | "ok" | "okay"
        | "of course" | "i have done" | "i have taken them" | "taken" => return Some(true),
        "i havent" | "i have not" | "i didnt" | "i did not" | "im not" | "i am not" | "i dont"
        | "i do not" | "it isnt" | "it is not" | "it hasnt" | "havent" | "didnt" => return Some(false),
        _ => {}
    }
    let said = |word: &str| match (YES.has(word), NO.has(word)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    };
    // "Chest pain? No": the one such word may close the reply instead.
    let closing = words.last().copied().filter(|_| words.iter().filter_map(|word| said(word)).count() == 1);
    said(first).or_else(|| closing.and_then(said))
}

fn is_lead(word: &str) -> bool {
    matches!(
        word,
        "hi" | "hello"
            | "oh"
            | "well"
            | "um"
            | "er"
            | "ok"
            | "okay"
            | "answer"
            | "is"
            | "morning"
            | "good"
            | "hey"
            | "flo"
    )
}

/// One of the five, as `3`, `#3`, `3/5`, `3 out of 5`; a range is none.
fn scale(spoken: &Spoken, numbers: &[Number]) -> Option<u8> {
    let number = match numbers {
        [number] => number,
        [number, five] if five.value() == Some(5.0) && spoken.has(&OF_FIVE) => number,
        _ => return None,
    };
    let chosen = [1_u8, 2, 3, 4, 5].into_iter().find(|choice| number.value() == Some(f64::from(*choice)));
    chosen.filter(|_| !spoken.has(&LOOSELY))
}
