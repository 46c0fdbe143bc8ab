//! Reads what patients are told, and holds it to what a text message and its reader can bear.

use std::collections::BTreeMap;

use crate::domain::alert::Severity;
use crate::domain::rule::Test;
use crate::domain::vital::Vital;
use crate::domain::wording::{Phrase, Wording};

use super::fault::{Fault, Report};
use super::rule::Draft;
use super::source::SourceFile;
use super::table::{self, Table, text_of};
use super::words;

/// The one language so far. A patient of another language needs a file of its own here.
const FILE: &str = "messages.en.toml";

/// Values as long as they usually get, for counting characters.
const TYPICAL_READINGS: &str = "blood pressure 184 over 121, pulse 118";
const TYPICAL_EXAMPLE: &str = "BP 141 80";

/// Reads the phrases of a folder, `shown` by that name. Files in folders of their own are protocols'.
pub(super) fn read(shown: &str, files: &[SourceFile], faults: &mut Vec<Fault>) -> Option<Wording> {
    for file in files.iter().filter(|file| file.parts.len() == 1 && file.parts != [FILE]) {
        let why = format!("nothing reads this file; the messages stand in {FILE}");
        faults.push(Fault::whole(&file.shown, why));
    }
    let Some(file) = files.iter().find(|file| file.parts == [FILE]) else {
        if faults.is_empty() {
            faults.push(Fault::whole(shown, format!("{FILE} is missing from this folder")));
        }
        return None;
    };
    let mut report = Report::new(&file.shown, &file.text);
    let wording = read_phrases(&file.text, &mut report);
    faults.extend(report.into_faults());
    wording
}

fn read_phrases(text: &str, report: &mut Report<'_>) -> Option<Wording> {
    let document = table::parse(text, report)?;
    let mut templates = BTreeMap::new();
    for (key, value) in Table::new(&document).into_entries() {
        let Some(phrase) = Phrase::ALL.into_iter().find(|phrase| phrase.key() == *key.get_ref()) else {
            let keys: Vec<_> = Phrase::ALL.into_iter().map(Phrase::key).collect();
            report.add(
                key.span(),
                format!("'{}' is not a phrase; the phrases are {}", key.get_ref(), keys.join(", ")),
            );
            continue;
        };
        let Some(template) = text_of(value, key.get_ref(), report) else { continue };
        for why in faults_of(phrase, template.get_ref()) {
            report.add(template.span(), format!("'{}': {why}", phrase.key()));
        }
        templates.insert(phrase, template.into_inner());
    }
    // A phrase that is there and wrong is told of already.
    let present: Vec<_> = document.get_ref().keys().map(|key| key.get_ref().to_string()).collect();
    Wording::new(templates)
        .map_err(|missing| {
            for phrase in missing.into_iter().filter(|phrase| !present.iter().any(|key| key == phrase.key()))
            {
                report.add(0..0, format!("the phrase '{}' is missing", phrase.key()));
            }
        })
        .ok()
}

fn faults_of(phrase: Phrase, template: &str) -> Vec<String> {
    let allowed = match phrase {
        Phrase::Confirm => Some("YES"),
        Phrase::Leave => Some("STOP"),
        _ => None,
    };
    let mut faults = words::faults(&without_placeholders(template), allowed);
    faults.extend(placeholder_faults(phrase, template));
    let filled =
        fill(template, &[("readings", TYPICAL_READINGS), ("example", TYPICAL_EXAMPLE), ("advice", "")]);
    faults.extend(words::too_long(&filled, 1));
    match phrase {
        Phrase::Confirm if !template.contains("YES") => {
            faults.push("it must ask for a YES, in capitals".to_owned());
        }
        Phrase::Leave if !template.contains("STOP") => {
            faults.push("it must say to text STOP, in capitals".to_owned());
        }
        Phrase::WhoLooks | Phrase::Urgent | Phrase::Help if !template.contains("999") => {
            faults.push("it must say to call 999 in an emergency".to_owned());
        }
        _ => {}
    }
    faults
}

/// All the placeholders that a phrase needs must be there, and no other brace.
fn placeholder_faults(phrase: Phrase, template: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for name in phrase.placeholders() {
        if !template.contains(&format!("{{{name}}}")) {
            faults.push(format!("the placeholder {{{name}}} is missing"));
        }
    }
    let mut bare = template.to_owned();
    for name in phrase.placeholders() {
        bare = bare.replace(&format!("{{{name}}}"), "");
    }
    if let Some(at) = bare.find(['{', '}']) {
        let from: String = bare[at..].chars().take(20).collect();
        faults.push(match phrase.placeholders() {
            [] => format!("it has no placeholders, so '{from}' would be sent as it is"),
            known => format!("'{from}' is no placeholder here; there is only {{{}}}", known.join("} and {")),
        });
    }
    faults
}

/// A placeholder counts as one plain word.
fn without_placeholders(template: &str) -> String {
    ["readings", "advice", "example"]
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
        if band.reply.is_empty() {
            continue;
        }
        let vital = band.any.first().and_then(Test::vital);
        let readings = vital.map_or(TYPICAL_READINGS, typical);
        let reply = whole_reply(wording, readings, &band.reply, band.severity);
        if let Some(why) = words::too_long(&reply, 2) {
            report.add(marks.reply.clone(), format!("the whole reply is too long: {why}"));
        }
    }
}

const fn typical(vital: Vital) -> &'static str {
    match vital {
        Vital::Systolic | Vital::Diastolic | Vital::Pulse => TYPICAL_READINGS,
        Vital::Spo2 => "oxygen level 91 %, pulse 118",
        Vital::RespiratoryRate => "breathing rate 26 a minute",
        Vital::Temperature => "temperature 39.2 C",
        Vital::Weight => "weight 102.4 kg",
        Vital::Glucose => "blood glucose 13.4 mmol/L",
        Vital::PeakFlow => "peak flow 240 L/min",
        Vital::Ketones => "ketones 3.2 mmol/L",
    }
}
