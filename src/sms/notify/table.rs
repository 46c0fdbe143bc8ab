//! What Notify's answers and reports mean. Pure tables.

use std::time::Duration;

use unicode_normalization::char::decompose_canonical;

use crate::domain::lost::Cause;
use crate::domain::message::MessageState;
use crate::domain::segment::is_gsm7;
use crate::engine::delivery::Explain;
use crate::outbox::carrier::{Rejection, SendOutcome};
use crate::sms::client;

/// Notify refuses what is longer, template and all.
const LONGEST: usize = 918;

/// Letters of Welsh that Notify sends as they are, beyond those in the GSM alphabet.
const WELSH: &str = "ẁỳÀÈÌÒÙẀỲáíóúẃýÁÍÓÚẂÝëïẅÿËÏẄŸâêîôûŵŷÂÊÎÔÛŴŶ";
/// What Notify turns into its plain counterpart, or drops without harm.
const PLAINED: &str =
    "‑–—−…‘’“”‚„\u{180e}\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{2028}\u{2029}\u{a0}\u{202f}\tŁł";

/// Whether Notify delivers these words as they were meant.
///
/// Of characters that it has no place for, Notify makes question marks without a word (alphagov/notifications-utils,
/// `SanitiseSMS`). A patient who reads Urdu would be sent `??? ????`: such a text is refused here, where somebody hears
/// of it. An accent that is lost can still be read.
pub fn goes_through(text: &str) -> bool {
    text.chars().count() <= LONGEST && text.chars().all(survives)
}

fn survives(character: char) -> bool {
    let stays = |c: char| is_gsm7(c) || WELSH.contains(c);
    if stays(character) || PLAINED.contains(character) {
        return true;
    }
    let mut letters = Vec::with_capacity(4);
    decompose_canonical(character, |c| letters.push(c));
    // Notify looks one step deep: a letter under one accent.
    matches!(letters.as_slice(), [letter, _accent] if stays(*letter))
}

/// What an answer other than success means: its status, and the type and words of its first error.
///
/// Notify says that the words may change, so they only tell apart what is for a human either way.
pub fn classify(status: u16, error: &str, words: &str, after: Option<Duration>) -> SendOutcome {
    match (status, error) {
        // The day's limit, which waiting a minute does not lift: somebody must ask for a higher one.
        (429, "TooManyRequestsError") => client::rejected(Rejection::Config),
        (429, _) => client::slow_down(after),
        (408 | 500.., _) => client::UNSURE,
        // The key, our clock, a wrong address, a detour to somewhere else.
        (401 | 403 | 404 | 300..=399, _) => client::rejected(Rejection::Config),
        (400, "ValidationError") if words.starts_with("phone_number") => client::rejected(Rejection::Number),
        (400, "BadRequestError") if words.contains("international") => client::rejected(Rejection::Number),
        // Trial mode, a key of the team's, a template that is gone or has other placeholders, a wrong sender.
        (400, "BadRequestError") => client::rejected(Rejection::Config),
        _ => client::rejected(Rejection::Other),
    }
}

/// Where a word of Notify's puts a text of ours.
pub fn state(word: &str) -> Option<MessageState> {
    Some(match word {
        // `sent` is all that is ever known of a number abroad.
        "created" | "sending" | "pending" | "sent" => MessageState::Sent,
        "delivered" => MessageState::Delivered,
        "permanent-failure" | "temporary-failure" => MessageState::Undelivered,
        "technical-failure" => MessageState::Failed,
        _ => return None,
    })
}

/// Why a text that Notify had is lost, by the word of its report.
pub fn explain(word: &str) -> Explain {
    match word {
        "permanent-failure" => |_, _| Cause::Number,
        // Notify's providers tried for three days.
        "temporary-failure" => |_, _| Cause::Unreachable,
        "technical-failure" => |_, _| Cause::Congested,
        _ => |_, _| Cause::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_notify_would_turn_into_question_marks_is_not_given_to_it() {
        for text in [
            "Thank you. 150/95 is above your limit.",
            "Diolch – mae’r darlleniad wedi cyrraedd. ŵŷ",
            "Dziękuję, pomiar zapisany. Łódź",
            "£5 {x} [y] ~ € é à ü",
            "",
        ] {
            assert!(goes_through(text), "{text}");
        }
        for text in ["شکریہ", "Дякую", "Thanks 👍", "38.5°C", "≤ 140", "ậ", "日本"] {
            assert!(!goes_through(text), "{text}");
        }
        assert!(goes_through(&"a".repeat(918)) && !goes_through(&"a".repeat(919)));
    }
}
