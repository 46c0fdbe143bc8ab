//! What meters show instead of a number: HI and LO beyond a glucose meter's scale, LO on an oximeter, and errors.

use super::lexicon::{Label, Piece, Sense};
use super::spoken::Spoken;
use super::words::Words;
use super::{Asked, Context};
use crate::domain::reading::{Beyond, Measurement};
use crate::domain::vital::Vital;

/// A reading beyond the scale of a glucose or ketone meter, or of an oximeter.
pub(super) fn off_scale(spoken: &Spoken, pieces: &[Piece], context: &Context<'_>) -> Option<Measurement> {
    let named = |vital| pieces.iter().any(|piece| piece.sense == Sense::Label(Label::One(vital)));
    let glucose = context.asked == Some(Asked::Glucose) || named(Vital::Glucose);
    let ketones = context.asked == Some(Asked::Ketones) || named(Vital::Ketones);
    // An oximeter shows LO too. "Low" in words is said of oxygen in many harmless ways.
    let spo2 = context.asked == Some(Asked::Spo2) || named(Vital::Spo2);
    let has_number = pieces.iter().any(|piece| piece.number().is_some());
    let words: Vec<&str> = spoken.plain().collect();
    let vital = match (glucose, ketones) {
        (true, _) => Vital::Glucose,
        (false, true) => Vital::Ketones,
        // Nothing else is called LO, so alone it is a meter's even when none was asked for.
        (false, false) if spo2 && words.contains(&"lo") => Vital::Spo2,
        (false, false) if words == ["lo"] && context.asked.is_none() => Vital::Glucose,
        (false, false) => return None,
    };
    let shown = words.iter().enumerate().find_map(|(at, word)| {
        let side = side(word, has_number)?;
        if vital == Vital::Spo2 {
            return (*word == "lo").then_some(side);
        }
        let previous = at.checked_sub(1).and_then(|before| words.get(before)).copied();
        is_shown(word, previous, at, &words).then_some(side)
    })?;
    let softened = words.iter().any(|word| {
        matches!(*word, "bit" | "little" | "slightly" | "not" | "quite" | "if" | "too" | "never")
    });
    (!softened).then(|| Measurement::off_scale(vital, shown))
}

/// The short forms are a display's; the long ones count only where no number is given.
fn side(word: &str, has_number: bool) -> Option<Beyond> {
    match word {
        "hi" | "hii" => Some(Beyond::High),
        "lo" => Some(Beyond::Low),
        "high" if !has_number => Some(Beyond::High),
        "low" if !has_number => Some(Beyond::Low),
        _ => None,
    }
}

/// A display was read out, and not a person greeted.
fn is_shown(word: &str, previous: Option<&str>, at: usize, words: &[&str]) -> bool {
    static SHOWING: Words = Words::of(
        "says|said|say|reads|read|shows|showed|showing|saying|reading|meter|is|was|still|just|bm|bms|bg|sugar|\
        sugars|glucose|ketones|ketone|level|levels|machine|display|displays|now|came|up|got|gave|gives|been|a|monitor|\
        its|bs|bgl|gluc|cbg|word|again|today|morning|blood|reader|libre|very|really|dangerously|too|at|and|are|this",
    );
    if words.len() == 1 {
        return true;
    }
    if at == 0 {
        // "LO on my meter", "HI bm"; "Hi there" greets, and so does a "Hi" in front of a longer text.
        let next = words.get(1).copied().unwrap_or_default();
        let on_meter = matches!(
            next,
            "on" | "meter" | "reading" | "again" | "glucose" | "sugar" | "bm" | "today" | "this" | "now"
        );
        let has_number = words.iter().any(|word| word.contains(|c: char| c.is_ascii_digit()));
        let short = word != "hi" || words.len() <= 3 || matches!(next, "on" | "again" | "reading");
        return word == "lo" || (on_meter && short && !has_number);
    }
    previous.is_some_and(|word| SHOWING.has(word))
}

/// A device that says it failed: E3, "err", "error 2", dashes.
pub(super) fn is_error(spoken: &Spoken) -> bool {
    spoken.plain().any(|word| {
        let code = word.strip_prefix("er").or_else(|| word.strip_prefix('e')).unwrap_or("-");
        let numbered = !code.is_empty() && code.len() <= 2 && code.chars().all(|c| c.is_ascii_digit());
        numbered || matches!(word, "err" | "error" | "errors" | "eee" | "ee" | "errr")
    })
}
