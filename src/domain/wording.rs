//! What patients are told, as templates that clinicians own. The files live in `protocols/clinical/`.

use std::collections::BTreeMap;

use super::alert::Severity;
use super::id::RuleId;
use super::vital::Vital;

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
    /// How to leave. Part of every welcome.
    Leave,
    /// A named person has looked at a reading that alerted.
    Seen,
    /// Nobody has, in the time that was promised. Honest, and says where help is.
    Unseen,
    /// Before the words that a patient was sent, for their carer. `{name}`
    Copy,
    /// Before advice that did not reach the patient, for a carer to tell them. `{name}`
    PassOn,
    /// A text reached us hours after it was sent: all that is said of it, or what comes before red advice. `{when}`
    Late,
    /// Of a long text a piece is missing.
    PartMissing,
    /// Only pictures came. `{example}`
    NoPictures,
}

impl Phrase {
    pub const ALL: [Self; 24] = [
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
        Self::Seen,
        Self::Unseen,
        Self::Copy,
        Self::PassOn,
        Self::Late,
        Self::PartMissing,
        Self::NoPictures,
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
            Self::Seen => "seen",
            Self::Unseen => "unseen",
            Self::Copy => "copy",
            Self::PassOn => "pass_on",
            Self::Late => "late",
            Self::PartMissing => "part_missing",
            Self::NoPictures => "no_pictures",
        }
    }

    /// The placeholders that its template must hold, and the only ones it may.
    pub const fn placeholders(self) -> &'static [&'static str] {
        match self {
            Self::Fine | Self::Noted | Self::Confirm | Self::Confirmed => &["readings"],
            Self::Breach => &["readings", "advice"],
            Self::Unclear | Self::NoPictures => &["example"],
            Self::Late => &["when"],
            Self::Whose => &["names"],
            Self::Copy | Self::PassOn => &["name"],
            _ => &[],
        }
    }
}

/// A word of the line that tells a reading back: what is measured, and on which side of a meter's scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Term {
    /// Both of its numbers at once.
    BloodPressure,
    Vital(Vital),
    /// `{value}`
    Below,
    /// `{value}`
    Above,
}

impl Term {
    pub fn all() -> impl Iterator<Item = Self> {
        let vitals = Vital::ALL.into_iter().map(Self::Vital);
        std::iter::once(Self::BloodPressure).chain(vitals).chain([Self::Below, Self::Above])
    }

    pub const fn key(self) -> &'static str {
        match self {
            Self::BloodPressure => "blood_pressure",
            Self::Vital(vital) => vital.name(),
            Self::Below => "below",
            Self::Above => "above",
        }
    }

    /// The placeholders that its template must hold, and the only ones it may.
    pub const fn placeholders(self) -> &'static [&'static str] {
        match self {
            Self::BloodPressure | Self::Vital(_) => &[],
            Self::Below | Self::Above => &["value"],
        }
    }
}

/// All that is said alike in one language. Phrases and terms are complete by construction; a rule without a reply
/// here speaks English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    templates: BTreeMap<Phrase, String>,
    terms: BTreeMap<Term, String>,
    replies: BTreeMap<(RuleId, Severity), String>,
    /// Somebody who speaks the language has confirmed the words. English needs nobody.
    pub signed_off: bool,
}

/// What a wording lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub phrases: Vec<Phrase>,
    pub terms: Vec<Term>,
}

impl Wording {
    /// Takes one template a phrase and a term.
    ///
    /// # Errors
    /// What is missing.
    pub fn new(templates: BTreeMap<Phrase, String>, terms: BTreeMap<Term, String>) -> Result<Self, Missing> {
        let missing = Missing {
            phrases: Phrase::ALL.into_iter().filter(|phrase| !templates.contains_key(phrase)).collect(),
            terms: Term::all().filter(|term| !terms.contains_key(term)).collect(),
        };
        if missing.phrases.is_empty() && missing.terms.is_empty() {
            Ok(Self { templates, terms, replies: BTreeMap::new(), signed_off: true })
        } else {
            Err(missing)
        }
    }

    /// As a translation, with the replies of rules in this language.
    pub fn translated(self, replies: BTreeMap<(RuleId, Severity), String>, signed_off: bool) -> Self {
        Self { replies, signed_off, ..self }
    }

    /// What a rule's band says in this language, if it has been translated.
    pub fn reply(&self, rule: &RuleId, severity: Severity) -> Option<&str> {
        // Few rules fire at once; a key of borrowed parts is not worth its type.
        self.replies.get(&(rule.clone(), severity)).map(String::as_str)
    }

    pub fn replies(&self) -> impl Iterator<Item = (&RuleId, Severity, &str)> {
        self.replies.iter().map(|((rule, severity), text)| (rule, *severity, text.as_str()))
    }

    pub fn term(&self, term: Term) -> &str {
        self.terms.get(&term).map_or("", String::as_str)
    }

    pub fn terms(&self) -> impl Iterator<Item = (Term, &str)> {
        self.terms.iter().map(|(term, text)| (*term, text.as_str()))
    }

    /// The phrase with each `{name}` replaced by its value. Braces inside a value stay as they are.
    pub fn say(&self, phrase: Phrase, values: &[(&str, &str)]) -> String {
        fill(self.template(phrase), values)
    }

    pub fn template(&self, phrase: Phrase) -> &str {
        self.templates.get(&phrase).map_or("", String::as_str)
    }

    pub fn templates(&self) -> impl Iterator<Item = (Phrase, &str)> {
        self.templates.iter().map(|(phrase, text)| (*phrase, text.as_str()))
    }
}

/// The wording of every language there is. English is always there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wordings {
    english: Wording,
    others: BTreeMap<String, Wording>,
}

impl Wordings {
    /// `others` by their ISO 639-1 codes.
    pub const fn new(english: Wording, others: BTreeMap<String, Wording>) -> Self {
        Self { english, others }
    }

    pub const fn english(&self) -> &Wording {
        &self.english
    }

    /// The words of a language, by its ISO 639-1 code; English where there is no file for it.
    pub fn of(&self, language: &str) -> &Wording {
        self.others.get(language).unwrap_or(&self.english)
    }

    /// Every language, English first.
    pub fn all(&self) -> impl Iterator<Item = &Wording> {
        std::iter::once(&self.english).chain(self.others.values())
    }

    /// The languages beside English, by code.
    pub fn others(&self) -> impl Iterator<Item = (&str, &Wording)> {
        self.others.iter().map(|(language, wording)| (language.as_str(), wording))
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
