//! What patients are told, as templates that clinicians own. The files live in `protocols/clinical/`.

use std::collections::BTreeMap;

/// One sentence the gateway may say. Names are the keys of `messages.<language>.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phrase {
    /// Every limit is kept. `{readings}`
    Fine,
    /// It is kept, but no limit watches all of it: "fine" would promise too much. `{readings}`
    Noted,
    /// A reading is kept while a nurse's rule says more. `{readings}` `{advice}`
    Breach,
    /// Read back for a YES. `{readings}`
    Confirm,
    /// The YES arrived. `{readings}`
    Confirmed,
    /// The NO arrived.
    Discarded,
    /// A YES or NO with nothing to confirm.
    NothingPending,
    /// Nothing measurable was understood. `{example}`
    Unclear,
    /// Words of an emergency.
    Urgent,
    /// HELP.
    Help,
    /// START after STOP.
    Restarted,
    /// The one neutral line to a number we do not know. Never advice.
    UnknownSender,
    /// Who looks and when, and that this is no emergency service. Part of every red reply.
    WhoLooks,
    /// An answer that is no vital sign is kept.
    Answered,
    /// A NO to an invitation.
    Declined,
    /// A text from a phone that several patients share: whose is it? `{names}`
    Whose,
    /// How to leave. Part of the welcome of whoever was not asked first.
    Leave,
}

impl Phrase {
    pub const ALL: [Self; 17] = [
        Self::Fine,
        Self::Noted,
        Self::Breach,
        Self::Confirm,
        Self::Confirmed,
        Self::Discarded,
        Self::NothingPending,
        Self::Unclear,
        Self::Urgent,
        Self::Help,
        Self::Restarted,
        Self::UnknownSender,
        Self::WhoLooks,
        Self::Answered,
        Self::Declined,
        Self::Whose,
        Self::Leave,
    ];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Noted => "noted",
            Self::Breach => "breach",
            Self::Confirm => "confirm",
            Self::Confirmed => "confirmed",
            Self::Discarded => "discarded",
            Self::NothingPending => "nothing_pending",
            Self::Unclear => "unclear",
            Self::Urgent => "urgent",
            Self::Help => "help",
            Self::Restarted => "restarted",
            Self::UnknownSender => "unknown_sender",
            Self::WhoLooks => "who_looks",
            Self::Answered => "answered",
            Self::Declined => "declined",
            Self::Whose => "whose",
            Self::Leave => "leave",
        }
    }

    /// The placeholders that its template must hold, and the only ones it may.
    pub const fn placeholders(self) -> &'static [&'static str] {
        match self {
            Self::Fine | Self::Noted | Self::Confirm | Self::Confirmed => &["readings"],
            Self::Breach => &["readings", "advice"],
            Self::Unclear => &["example"],
            Self::Whose => &["names"],
            _ => &[],
        }
    }
}

/// Every phrase in one language. Complete by construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    templates: BTreeMap<Phrase, String>,
}

impl Wording {
    /// Takes one template a phrase; names the phrases that are missing.
    pub fn new(templates: BTreeMap<Phrase, String>) -> Result<Self, Vec<Phrase>> {
        let missing: Vec<_> =
            Phrase::ALL.into_iter().filter(|phrase| !templates.contains_key(phrase)).collect();
        if missing.is_empty() { Ok(Self { templates }) } else { Err(missing) }
    }

    /// The phrase with each `{name}` replaced by its value. Braces inside a value stay as they are.
    pub fn say(&self, phrase: Phrase, values: &[(&str, &str)]) -> String {
        fill(self.templates.get(&phrase).map_or("", String::as_str), values)
    }

    pub fn templates(&self) -> impl Iterator<Item = (Phrase, &str)> {
        self.templates.iter().map(|(phrase, text)| (*phrase, text.as_str()))
    }
}

/// A template with each `{name}` replaced by its value. Braces inside a value stay as they are, and so does a name without
/// one.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut rest = template;
    let mut said = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once('{') {
        said.push_str(before);
        let filled = after
            .split_once('}')
            .and_then(|(name, tail)| Some((values.iter().find(|(n, _)| *n == name)?.1, tail)));
        match filled {
            Some((value, tail)) => {
                said.push_str(value);
                rest = tail;
            }
            None => {
                said.push('{');
                rest = after;
            }
        }
    }
    said + rest
}
