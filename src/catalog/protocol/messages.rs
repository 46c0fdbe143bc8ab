//! Reads `messages.<language>.toml`, and holds it against what its protocol says and what a text message can bear.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;

use crate::domain::patient::Consent;
use crate::domain::protocol::{Does, Messages, Protocol};
use crate::domain::segment::{self, Encoding};
use crate::domain::wording::fill;

use super::super::fault::{Fault, Report};
use super::super::table::{self, Table, text_of};
use super::super::words::{self, Language};

/// A text takes one text message, and two at the most: twice as many where the alphabet is wide.
const USUAL_SEGMENTS: u32 = 1;
const MOST_SEGMENTS: u32 = 2;
/// Values as long as they usually get, for counting characters.
const TYPICAL: [(&str, &str); 2] = [("name", "Margaret"), ("average", "142 over 88")];

/// Texts of one language, not yet believed.
#[derive(Debug)]
pub(super) struct Read {
    language: String,
    texts: BTreeMap<String, Spanned<String>>,
    /// Keys that are there and wrong, which is told already.
    spoilt: BTreeSet<String>,
    signed_off: bool,
}

/// The keys that a protocol says, and those of them that it can do without.
#[derive(Debug, Default)]
pub(super) struct Needs {
    must: BTreeSet<String>,
    may: BTreeSet<String>,
    /// `say.done` has an average to fill in.
    average: bool,
}

/// Reads one file. Nothing comes back only when it is no TOML.
pub(super) fn read(text: &str, language: &str, report: &mut Report<'_>) -> Option<Read> {
    let document = table::parse(text, report)?;
    let mut root = Table::new(&document);
    let mut read = Read {
        language: language.to_owned(),
        texts: BTreeMap::new(),
        spoilt: BTreeSet::new(),
        signed_off: words::signed_off(&mut root, Language::of(language), report),
    };
    for key in ["welcome", "invite"] {
        if let Some(value) = root.maybe(key) {
            let text = text_of(value, key, report);
            read.keep(key.to_owned(), text, value.span(), report);
        }
    }
    for kind in ["ask", "remind", "thanks", "say"] {
        let Some(texts) = root.maybe_table(kind, report) else { continue };
        for (name, value) in texts.into_entries() {
            let key = format!("{kind}.{}", name.get_ref());
            let text = text_of(value, &key, report);
            read.keep(key, text, value.span(), report);
        }
    }
    root.close(report);
    Some(read)
}

/// Holds the texts against what the protocol says, both ways, and against the keys that English has.
pub(super) fn hold(
    read: &Read,
    needs: &Needs,
    english: Option<&BTreeMap<String, String>>,
    report: &mut Report<'_>,
    notices: &mut Vec<Fault>,
) {
    let is_there = |key: &String| read.texts.contains_key(key) || read.spoilt.contains(key);
    // A key that English needs and has not is told there.
    let missing: Vec<_> = match english {
        None => needs.must.iter().filter(|key| !is_there(key)).collect(),
        Some(english) => english.keys().filter(|key| !is_there(key)).collect(),
    };
    for key in missing {
        report.add(0..0, format!("the text {} is missing", shown(key)));
    }
    for (key, text) in &read.texts {
        if !needs.must.contains(key) && !needs.may.contains(key) {
            report.add(text.span(), format!("the protocol never says {}; take it out", shown(key)));
        } else if english.is_some_and(|english| !english.contains_key(key)) {
            report.add(text.span(), format!("English has no {}, so this is never said", shown(key)));
        }
        if let Some(why) = english.and_then(|english| words::other_numbers(text.get_ref(), english.get(key)?))
        {
            report.add(text.span(), format!("{}: {why}", shown(key)));
        }
        let placeholder = if needs.average && key == "say.done" { "average" } else { "" };
        for why in placeholder_faults(text.get_ref(), placeholder) {
            report.add(text.span(), format!("{}: {why}", shown(key)));
        }
        let counted = segment::count(&fill(text.get_ref(), &TYPICAL));
        if !counted.fits(USUAL_SEGMENTS) {
            let alphabet = if counted.encoding == Encoding::Ucs2 { " of 67 letters" } else { "" };
            let why = format!("{} takes {} text messages{alphabet}", shown(key), counted.segments);
            notices.push(report.fault(text.span(), why));
        }
    }
}

/// `{name}` may stand anywhere, and so may the one that the text must have; no other brace.
fn placeholder_faults(text: &str, wanted: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut bare = text.replace("{name}", "");
    if !wanted.is_empty() {
        let wanted = format!("{{{wanted}}}");
        if !text.contains(&wanted) {
            faults.push(format!("the placeholder {wanted} is missing"));
        }
        bare = bare.replace(&wanted, "");
    }
    if let Some(at) = bare.find(['{', '}']) {
        let from: String = bare[at..].chars().take(20).collect();
        faults.push(format!(
            "'{from}' would be sent as it is; the placeholders are {{name}} and, in say.done, {{average}}"
        ));
    }
    faults
}

/// `ask.bp` as `[ask] bp`, as the file has it.
fn shown(key: &str) -> String {
    key.split_once('.').map_or_else(|| format!("'{key}'"), |(table, name)| format!("'{name}' of [{table}]"))
}

impl Read {
    /// Keeps a text with what is wrong in its words.
    fn keep(
        &mut self,
        key: String,
        text: Option<Spanned<String>>,
        place: Range<usize>,
        report: &mut Report<'_>,
    ) {
        let Some(text) = text else {
            self.spoilt.insert(key);
            return;
        };
        let language = Language::of(&self.language);
        let filled = fill(text.get_ref(), &TYPICAL);
        let allowed = (key == "invite").then_some("YES");
        let mut faults = words::faults_in(language, &filled, allowed);
        faults.extend(words::too_long(&filled, MOST_SEGMENTS));
        if key == "invite" && language == Language::English && !filled.contains("YES") {
            faults.push("it must ask for a YES, in capitals".to_owned());
        }
        for why in faults {
            report.add(place.clone(), format!("{}: {why}", shown(&key)));
        }
        self.texts.insert(key, Spanned::new(place, text.into_inner()));
    }

    /// The texts by key, for another language to be held against.
    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        let spoilt = self.spoilt.iter().map(|key| (key.clone(), String::new()));
        spoilt.chain(self.texts.iter().map(|(key, text)| (key.clone(), text.get_ref().clone()))).collect()
    }

    pub(super) fn into_messages(self) -> Messages {
        let texts = self.texts.into_iter().map(|(key, text)| (key, text.into_inner())).collect();
        Messages { texts, signed_off: self.signed_off }
    }
}

impl Needs {
    pub(super) fn of(protocol: &Protocol) -> Self {
        let mut needs = Self::default();
        needs.must.insert("welcome".to_owned());
        if protocol.consent == Consent::OptIn {
            needs.must.insert("invite".to_owned());
        }
        for (id, question) in &protocol.questions {
            needs.must.insert(format!("ask.{id}"));
            if question.asks.vitals().is_empty() {
                needs.may.insert(format!("thanks.{id}"));
            }
        }
        let scheduled = protocol.schedule.iter().map(|entry| (&entry.does, &entry.reminders));
        let following = protocol.follow_ups.iter().map(|follow_up| (&follow_up.does, &follow_up.reminders));
        for (does, reminders) in scheduled.chain(following) {
            match does {
                Does::Ask(questions) if !reminders.is_empty() => {
                    needs.may.extend(questions.iter().map(|id| format!("remind.{id}")));
                }
                Does::Ask(_) => {}
                Does::Say(keys) => needs.must.extend(keys.iter().map(|key| format!("say.{key}"))),
            }
        }
        if let Some(completion) = &protocol.completion {
            needs.must.insert("say.done".to_owned());
            needs.average = !completion.average.is_empty();
            if needs.average {
                needs.must.insert("say.too_few".to_owned());
            }
        }
        needs
    }
}
