//! A text in the making: parts with names, each in the patient's language, sent as one.

use jiff::Timestamp;

use crate::domain::id::{MessageId, QuestionId};
use crate::domain::message::{NewMessage, Purpose};
use crate::domain::patient::Patient;
use crate::domain::phone::Phone;
use crate::domain::wording::fill;

use super::Protocol;

/// What one text says so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Speech {
    words: Vec<String>,
    says: Vec<String>,
    basis: Vec<String>,
}

impl Speech {
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// A part that no protocol states. `label` is its name in protocol tests.
    pub fn add(&mut self, label: &str, words: String) {
        if !words.is_empty() && !self.words.contains(&words) {
            self.words.push(words);
            self.says.push(label.to_owned());
        }
    }

    /// A part before all others.
    pub fn begin_with(&mut self, label: &str, words: String) {
        self.words.insert(0, words);
        self.says.insert(0, label.to_owned());
    }

    /// Words that belong to what was said last, under its name.
    pub fn close_with(&mut self, words: String) {
        if !self.is_empty() && !words.is_empty() {
            self.words.push(words);
        }
    }

    /// The words as they would be sent.
    pub fn body(&self) -> String {
        self.words.join(" ")
    }

    /// The question `ask.<question>` of a protocol.
    pub fn ask(&mut self, protocol: &Protocol, question: &QuestionId, patient: &Patient) {
        self.part(protocol, "ask", question.as_str(), patient, &[]);
    }

    /// The reminder of a question; the question itself where the protocol has no words for it.
    pub fn remind(&mut self, protocol: &Protocol, question: &QuestionId, patient: &Patient) {
        let key = format!("remind.{question}");
        let words = protocol
            .text(&patient.language, &key)
            .or_else(|| protocol.text(&patient.language, &format!("ask.{question}")))
            .map(|template| fill(template, &[("name", first_name(patient))]));
        self.add(&format!("remind {question}"), words.unwrap_or_default());
        self.rest_on(protocol);
    }

    /// The text `say.<key>` of a protocol.
    pub fn say(&mut self, protocol: &Protocol, key: &str, patient: &Patient, values: &[(&str, &str)]) {
        self.part(protocol, "say", key, patient, values);
    }

    /// The text `thanks.<question>` of a protocol. Whether it has one.
    pub fn thank(&mut self, protocol: &Protocol, question: &QuestionId, patient: &Patient) -> bool {
        self.part(protocol, "thanks", question.as_str(), patient, &[])
    }

    /// A text that stands by itself in the file: `welcome`, `invite`. Whether the protocol has it.
    pub fn tell(&mut self, protocol: &Protocol, key: &str, patient: &Patient) -> bool {
        let template = protocol.text(&patient.language, key);
        if let Some(template) = template {
            self.add(key, fill(template, &[("name", first_name(patient))]));
            self.rest_on(protocol);
        }
        template.is_some()
    }

    fn part(
        &mut self,
        protocol: &Protocol,
        kind: &str,
        key: &str,
        patient: &Patient,
        values: &[(&str, &str)],
    ) -> bool {
        let Some(template) = protocol.text(&patient.language, &format!("{kind}.{key}")) else { return false };
        let values: Vec<_> = values.iter().copied().chain([("name", first_name(patient))]).collect();
        self.add(&format!("{kind} {key}"), fill(template, &values));
        self.rest_on(protocol);
        true
    }

    fn rest_on(&mut self, protocol: &Protocol) {
        let basis = format!("{}@{}", protocol.id, protocol.version);
        if !self.basis.contains(&basis) {
            self.basis.push(basis);
        }
    }

    /// The text, unless nothing is said or the patient has no phone.
    pub fn into_message(
        self,
        id: MessageId,
        patient: &Patient,
        purpose: Purpose,
        created_at: Timestamp,
        not_after: Timestamp,
    ) -> Option<NewMessage> {
        let to = patient.texted_at()?.clone();
        self.into_message_to(to, id, patient, purpose, created_at, not_after)
    }

    /// The text about `patient` to this number, unless nothing is said.
    pub fn into_message_to(
        self,
        to: Phone,
        id: MessageId,
        patient: &Patient,
        purpose: Purpose,
        created_at: Timestamp,
        not_after: Timestamp,
    ) -> Option<NewMessage> {
        if self.is_empty() {
            return None;
        }
        Some(NewMessage {
            id,
            patient: Some(patient.id.clone()),
            pinned: patient.texted_at() != Some(&to),
            to,
            body: self.body(),
            purpose,
            says: self.says,
            basis: self.basis,
            created_at,
            not_after,
        })
    }
}

/// What comes before the first blank of a patient's name; nothing if it is not known.
pub fn first_name(patient: &Patient) -> &str {
    patient.name.as_deref().and_then(|name| name.split_whitespace().next()).unwrap_or_default()
}
