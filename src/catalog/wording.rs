//! Reads what patients are told, and holds it to what a text message and its reader can bear.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::alert::Severity;
use crate::domain::decide::describe;
use crate::domain::id::RuleId;
use crate::domain::reading::Measurement;
use crate::domain::rule::{Band, Rule, Test};
use crate::domain::vital::Vital;
use crate::domain::wording::{Phrase, Term, Wording};

use super::fault::{Fault, Report};
use super::rule::Draft;
use super::source::SourceFile;
use super::table::{self, Table, text_of};
use super::words::{self, ENGLISH, Language};

/// Keys and values of a table, in the order of the file.
type Entries<'t> = Vec<(Spanned<&'t str>, &'t Spanned<DeValue<'t>>)>;

/// Values as long as they usually get, for counting characters.
const TYPICAL_READINGS: &str = "blood pressure 184/121, pulse 118";
const TYPICAL_EXAMPLE: &str = "BP 141 80";

/// Parts of a text in plain letters that a phrase may take, and a rule's reply with all that is sent along.
const MOST_OF_PHRASE: u32 = 1;
const MOST_OF_REPLY: u32 = 2;

/// Reads the English phrases of a folder, `shown` by that name. Files in folders of their own are protocols'.
pub(super) fn read(shown: &str, files: &[SourceFile], faults: &mut Vec<Fault>) -> Option<Wording> {
    for file in common(files).filter(|file| language_of(file).is_none()) {
        let why = "nothing reads this file; the messages stand in messages.<language>.toml, with a language's two letters (ISO 639-1)";
        faults.push(Fault::whole(&file.shown, why));
    }
    let Some(file) = common(files).find(|file| language_of(file) == Some(ENGLISH)) else {
        if faults.is_empty() {
            faults.push(Fault::whole(shown, "messages.en.toml is missing from this folder"));
        }
        return None;
    };
    let mut report = Report::new(&file.shown, &file.text);
    let read =
        Reader { language: Language::English, english: None, rules: None }.read(&file.text, &mut report);
    faults.extend(report.into_faults());
    read
}

/// Reads the phrases of every other language, by code. `rules` are those that have replies; nothing when they did not
/// load, and then no name is held against them.
pub(super) fn read_others(
    files: &[SourceFile],
    english: &Wording,
    rules: Option<&[Rule]>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<String, Wording> {
    let reader = Reader { language: Language::Other, english: Some(english), rules };
    let mut others = BTreeMap::new();
    for file in common(files) {
        let Some(language) = language_of(file).filter(|language| *language != ENGLISH) else { continue };
        let mut report = Report::new(&file.shown, &file.text);
        others.extend(reader.read(&file.text, &mut report).map(|wording| (language.to_owned(), wording)));
        faults.extend(report.into_faults());
    }
    others
}

/// The files that stand beside the protocols' folders.
fn common(files: &[SourceFile]) -> impl Iterator<Item = &SourceFile> {
    files.iter().filter(|file| file.parts.len() == 1)
}

/// The two letters in `messages.cy.toml`.
fn language_of(file: &SourceFile) -> Option<&str> {
    let code = file.name().strip_prefix("messages.")?.strip_suffix(".toml")?;
    (code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase())).then_some(code)
}

/// What a file of phrases is held against.
struct Reader<'r> {
    language: Language,
    english: Option<&'r Wording>,
    rules: Option<&'r [Rule]>,
}

impl Reader<'_> {
    fn read(&self, text: &str, report: &mut Report<'_>) -> Option<Wording> {
        let document = table::parse(text, report)?;
        let mut root = Table::new(&document);
        let signed_off = words::signed_off(&mut root, self.language, report);
        let vital = root.maybe_table("vital", report);
        let rule = root.maybe_table("rule", report).filter(|_| self.language == Language::Other);
        let tables: &[&str] = match self.language {
            Language::English => &["translator", "vital"],
            Language::Other => &["translator", "vital", "rule"],
        };
        let phrases = root.into_entries().into_iter().filter(|(key, _)| !tables.contains(key.get_ref()));
        let templates = self.read_phrases(phrases.collect(), report);
        let terms = self.read_terms(vital.map(Table::into_entries).unwrap_or_default(), report);
        let replies = rule.map(|rules| self.read_replies(rules, report)).unwrap_or_default();
        // What is there and wrong is told of already.
        let is_there = |at: Option<&DeTable<'_>>, key: &str| at.is_some_and(|table| table.contains_key(key));
        let vitals = document.get_ref().get("vital").and_then(|value| value.get_ref().as_table());
        let wording = Wording::new(templates, terms).map_err(|missing| {
            for phrase in missing.phrases.iter().map(|phrase| phrase.key()) {
                if !is_there(Some(document.get_ref()), phrase) {
                    report.add(0..0, format!("the phrase '{phrase}' is missing"));
                }
            }
            for term in missing.terms.iter().map(|term| term.key()).filter(|term| !is_there(vitals, term)) {
                report.add(0..0, format!("'{term}' of [vital] is missing"));
            }
        });
        let wording = wording.ok()?.translated(replies, signed_off);
        self.check_lengths(&wording, &document, report);
        Some(wording)
    }

    /// Each translated reply, with all that is sent along.
    fn check_lengths(&self, wording: &Wording, document: &Spanned<DeTable<'_>>, report: &mut Report<'_>) {
        let place = |rule: &RuleId, severity: Severity| {
            let rules = document.get_ref().get("rule")?.get_ref().as_table()?;
            let entry = rules.get(rule.as_str())?.get_ref().as_table()?;
            Some(entry.get(severity.name())?.span())
        };
        for (id, severity, reply) in wording.replies() {
            let rule = self.rules.and_then(|rules| rules.iter().find(|rule| rule.id == *id));
            let band = rule.and_then(|rule| rule.bands.iter().find(|band| band.severity == severity));
            if let Some(why) = band.and_then(|band| too_long(wording, band, reply)) {
                report.add(place(id, severity).unwrap_or(0..0), why);
            }
        }
    }

    fn read_phrases(&self, entries: Entries<'_>, report: &mut Report<'_>) -> BTreeMap<Phrase, String> {
        let mut templates = BTreeMap::new();
        for (key, value) in entries {
            let Some(phrase) = Phrase::ALL.into_iter().find(|phrase| phrase.key() == *key.get_ref()) else {
                let keys: Vec<_> = Phrase::ALL.into_iter().map(Phrase::key).collect();
                let why = format!("'{}' is not a phrase; the phrases are {}", key.get_ref(), keys.join(", "));
                report.add(key.span(), why);
                continue;
            };
            let Some(template) = text_of(value, key.get_ref(), report) else { continue };
            let english = self.english.map(|english| english.template(phrase));
            let numbers = english.and_then(|english| words::other_numbers(template.get_ref(), english));
            for why in faults_of(self.language, phrase, template.get_ref()).into_iter().chain(numbers) {
                report.add(template.span(), format!("'{}': {why}", phrase.key()));
            }
            templates.insert(phrase, template.into_inner());
        }
        templates
    }

    fn read_terms(&self, entries: Entries<'_>, report: &mut Report<'_>) -> BTreeMap<Term, String> {
        let mut terms = BTreeMap::new();
        for (key, value) in entries {
            let Some(term) = Term::all().find(|term| term.key() == *key.get_ref()) else {
                let keys: Vec<_> = Term::all().map(Term::key).collect();
                let why = format!("'{}' is not measured; [vital] has {}", key.get_ref(), keys.join(", "));
                report.add(key.span(), why);
                continue;
            };
            let Some(template) = text_of(value, key.get_ref(), report) else { continue };
            let mut faults = words::faults_in(self.language, &without_placeholders(template.get_ref()), None);
            faults.extend(placeholder_faults(term.placeholders(), template.get_ref()));
            for why in faults {
                report.add(template.span(), format!("'{}' of [vital]: {why}", term.key()));
            }
            terms.insert(term, template.into_inner());
        }
        terms
    }

    /// `[rule.<rule>]` with a text for each severity that the rule answers with.
    fn read_replies(
        &self,
        rules: Table<'_>,
        report: &mut Report<'_>,
    ) -> BTreeMap<(RuleId, Severity), String> {
        let mut replies = BTreeMap::new();
        for (name, value) in rules.into_entries() {
            let Some(entry) = Table::from_value(value, &format!("[rule.{}]", name.get_ref()), report) else {
                continue;
            };
            let rule =
                self.rules.and_then(|rules| rules.iter().find(|rule| rule.id.as_str() == *name.get_ref()));
            if self.rules.is_some() && rule.is_none() {
                let why =
                    format!("there is no rule '{}'; take this out or put its name right", name.get_ref());
                report.add(name.span(), why);
                continue;
            }
            for (key, value) in entry.into_entries() {
                let Some(severity) = Severity::from_name(key.get_ref()) else {
                    let why = format!("'{}' is not a severity; use red, amber or advice", key.get_ref());
                    report.add(key.span(), why);
                    continue;
                };
                let Some(reply) = text_of(value, key.get_ref(), report) else { continue };
                let mut faults = words::faults_in(self.language, reply.get_ref(), None);
                if let Some(rule) = rule {
                    let band = rule.bands.iter().find(|band| band.severity == severity);
                    match band.filter(|band| !band.reply.is_empty()) {
                        Some(band) => faults.extend(words::other_numbers(reply.get_ref(), &band.reply)),
                        None => faults.push("the rule says nothing here in English".to_owned()),
                    }
                }
                for why in faults {
                    let shown = format!("{} of [rule.{}]", key.get_ref(), name.get_ref());
                    report.add(reply.span(), format!("{shown}: {why}"));
                }
                replies.insert((RuleId::trusted(*name.get_ref()), severity), reply.into_inner());
            }
        }
        replies
    }
}

fn faults_of(language: Language, phrase: Phrase, template: &str) -> Vec<String> {
    let allowed = match phrase {
        Phrase::Confirm => Some("YES"),
        Phrase::Leave => Some("STOP"),
        _ => None,
    };
    let mut faults = words::faults_in(language, &without_placeholders(template), allowed);
    faults.extend(placeholder_faults(phrase.placeholders(), template));
    let filled =
        fill(template, &[("readings", TYPICAL_READINGS), ("example", TYPICAL_EXAMPLE), ("advice", "")]);
    faults.extend(words::too_long(&filled, MOST_OF_PHRASE));
    match phrase {
        Phrase::Confirm if !template.contains("YES") => {
            faults.push("it must ask for a YES, in capitals".to_owned());
        }
        Phrase::Leave if !template.contains("STOP") => {
            faults.push("it must say to text STOP, in capitals".to_owned());
        }
        Phrase::WhoLooks | Phrase::Urgent | Phrase::Help | Phrase::Unseen if !template.contains("999") => {
            faults.push("it must say to call 999 in an emergency".to_owned());
        }
        _ => {}
    }
    faults
}

/// All the placeholders that a text needs must be there, and no other brace.
fn placeholder_faults(placeholders: &[&str], template: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for name in placeholders {
        if !template.contains(&format!("{{{name}}}")) {
            faults.push(format!("the placeholder {{{name}}} is missing"));
        }
    }
    let mut bare = template.to_owned();
    for name in placeholders {
        bare = bare.replace(&format!("{{{name}}}"), "");
    }
    if let Some(at) = bare.find(['{', '}']) {
        let from: String = bare[at..].chars().take(20).collect();
        faults.push(match placeholders {
            [] => format!("it has no placeholders, so '{from}' would be sent as it is"),
            known => format!("'{from}' is no placeholder here; there is only {{{}}}", known.join("} and {")),
        });
    }
    faults
}

/// A placeholder counts as one plain word.
fn without_placeholders(template: &str) -> String {
    ["readings", "advice", "example", "value"]
        .into_iter()
        .fold(template.to_owned(), |text, name| text.replace(&format!("{{{name}}}"), "9"))
}

fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// What a patient is sent when this band fires: the readings, the advice and, when red, who looks.
fn whole_reply(wording: &Wording, readings: &str, advice: &str, severity: Severity) -> String {
    let reply = wording.say(Phrase::Breach, &[("readings", readings), ("advice", advice)]);
    match severity {
        Severity::Red => format!("{reply} {}", wording.say(Phrase::WhoLooks, &[])),
        Severity::Advice | Severity::Amber => reply,
    }
}

/// The advice of every band, with all that is sent along, must fit into two texts.
pub(super) fn check_replies(draft: &Draft, wording: &Wording, report: &mut Report<'_>) {
    for (band, marks) in draft.rule.bands.iter().zip(&draft.marks) {
        if let Some(why) = too_long(wording, band, &band.reply) {
            report.add(marks.reply.clone(), why);
        }
    }
}

/// Why a band's reply, with all that is sent along, takes more texts than it may, if it does.
fn too_long(wording: &Wording, band: &Band, reply: &str) -> Option<String> {
    if reply.is_empty() {
        return None;
    }
    let readings = describe(wording, &typical(band.any.first().and_then(Test::vital)));
    let why = words::too_long(&whole_reply(wording, &readings, reply, band.severity), MOST_OF_REPLY)?;
    Some(format!("the whole reply is too long: {why}"))
}

/// What is told back beside a reading of this vital sign, with values as long as they usually get.
fn typical(vital: Option<Vital>) -> Vec<Measurement> {
    let values: &[(Vital, f64)] = match vital {
        None | Some(Vital::Systolic | Vital::Diastolic | Vital::Pulse) => {
            &[(Vital::Systolic, 184.0), (Vital::Diastolic, 121.0), (Vital::Pulse, 118.0)]
        }
        Some(Vital::Spo2) => &[(Vital::Spo2, 91.0), (Vital::Pulse, 118.0)],
        Some(Vital::RespiratoryRate) => &[(Vital::RespiratoryRate, 26.0)],
        Some(Vital::Temperature) => &[(Vital::Temperature, 39.2)],
        Some(Vital::Weight) => &[(Vital::Weight, 102.4)],
        Some(Vital::Glucose) => &[(Vital::Glucose, 13.4)],
        Some(Vital::PeakFlow) => &[(Vital::PeakFlow, 240.0)],
        Some(Vital::Ketones) => &[(Vital::Ketones, 3.2)],
    };
    values.iter().filter_map(|(vital, value)| Measurement::exactly(*vital, *value).ok()).collect()
}
