//! What somebody who works here texts back.

/// How many digits a code to answer an alert with has…
const CODE: usize = 4;
/// …and one that proves a phone.
const CHECK: usize = 6;

/// An answer by text, as far as its shape tells. Whether the code is one of that phone's is for others to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StaffReply {
    /// `A 4821`, `ACK 4821`, or the code alone.
    Take { code: String },
    /// `R 4821 called patient`: the words say what was done.
    Resolve { code: String, words: String },
    /// `P 4821`.
    PassOn { code: String },
    /// The six digits that were sent to prove the phone.
    Prove { digits: String },
}

/// What the letters before or after a code ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Take,
    Resolve,
    PassOn,
    Prove,
}

impl StaffReply {
    /// Reads an answer as thumbs write it: any case, with or without spaces, the code first or last. Nothing for a text
    /// that has not the shape of one.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let digits_at = text.find(|c: char| c.is_ascii_digit())?;
        let (before, rest) = text.split_at(digits_at);
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        // What hangs on the digits makes them something else: a unit, a fraction, a date.
        if after.starts_with(|c: char| {
            c.is_alphanumeric() || matches!(c, '/' | '.' | ',' | '%') && after.len() > 1
        }) {
            return None;
        }
        let words = after.trim_matches(|c: char| !c.is_alphanumeric());
        let (verb, words) = match before.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()) {
            "" => match words.split_once(char::is_whitespace).unwrap_or((words, "")) {
                ("", _) => (None, ""),
                (first, more) => (Some(Verb::read(first)?), more.trim()),
            },
            verb => (Some(Verb::read(verb)?), words),
        };
        match (verb, digits.len()) {
            (None | Some(Verb::Take), CODE) => Some(Self::Take { code: digits.to_owned() }),
            (Some(Verb::Resolve), CODE) => {
                Some(Self::Resolve { code: digits.to_owned(), words: words.to_owned() })
            }
            (Some(Verb::PassOn), CODE) => Some(Self::PassOn { code: digits.to_owned() }),
            (None | Some(Verb::Prove), CHECK) => Some(Self::Prove { digits: digits.to_owned() }),
            _ => None,
        }
    }

    /// The code of an alert that it answers.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Take { code } | Self::Resolve { code, .. } | Self::PassOn { code } => Some(code),
            Self::Prove { .. } => None,
        }
    }
}

impl Verb {
    fn read(word: &str) -> Option<Self> {
        match word.to_ascii_uppercase().as_str() {
            "A" | "ACK" | "ACKNOWLEDGE" | "ACKNOWLEDGED" | "ACCEPT" | "TAKE" => Some(Self::Take),
            "R" | "RES" | "RESOLVE" | "RESOLVED" | "DONE" => Some(Self::Resolve),
            "P" | "PASS" | "PASS ON" => Some(Self::PassOn),
            "V" | "VERIFY" | "CODE" => Some(Self::Prove),
            _ => None,
        }
    }
}
