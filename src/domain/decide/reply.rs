//! One text being answered: what is kept of it, and the one reply that is put together meanwhile.

use jiff::Timestamp;

use crate::domain::alert::Severity;
use crate::domain::answer::{self, PastAnswer};
use crate::domain::event::{Event, TextIn};
use crate::domain::message::Purpose;
use crate::domain::protocol::Speech;
use crate::domain::reading::Measurement;
use crate::domain::wording::{Phrase, Wording};

use super::course::{Course, may_be_texted};
use super::hearing::{Answered, EXAMPLE};
use super::judge::{Judgement, end_waiting};
use super::text::REPLY_VALIDITY;
use super::{Catalog, ConfirmationChange, Decision, PatientState};

pub(super) struct Answer<'a> {
    pub state: &'a PatientState,
    pub catalog: &'a Catalog,
    /// The patient's language.
    pub wording: &'a Wording,
    pub event: &'a Event,
    pub to: &'a TextIn,
    pub now: Timestamp,
    pub decision: &'a mut Decision,
    /// How a text that is not understood should have read.
    pub example: &'a str,
    /// Answers that no judgement has heard yet.
    pub answered: Vec<PastAnswer>,
    pub course: Course<'a>,
    pub reply: Speech,
    /// The worst that the reply answers to.
    pub severity: Option<Severity>,
}

impl<'a> Answer<'a> {
    pub(super) fn new(
        state: &'a PatientState,
        catalog: &'a Catalog,
        event: &'a Event,
        to: &'a TextIn,
        now: Timestamp,
        decision: &'a mut Decision,
    ) -> Self {
        Self {
            state,
            catalog,
            wording: catalog.words_for(&state.patient),
            event,
            to,
            now,
            decision,
            example: EXAMPLE,
            answered: Vec::new(),
            course: Course::default(),
            reply: Speech::default(),
            severity: None,
        }
    }

    /// A reading that counts was made: it answers whatever asked for it.
    pub(super) fn measure(&mut self, measurements: &[Measurement], taken_at: Timestamp) {
        let event = self.event;
        let (decision, course) = (&mut *self.decision, &mut self.course);
        let answers =
            course.measure(decision, self.state, self.catalog, event, measurements, taken_at, self.now);
        self.answered.extend(answers);
    }

    /// Keeps what the text answers beside vital signs.
    pub(super) fn take_answers(&mut self, answers: &'a [Answered<'a>]) {
        let at = self.event.received_at;
        for Answered { pending, value } in answers {
            let question = &pending.prompt.question;
            self.course.answer(self.decision, self.state, self.catalog, (question, value), at, self.now);
            let answer = answer::Answer {
                question: question.clone(),
                value: value.clone(),
                at,
                event: self.event.id.clone(),
                prompt: Some(pending.prompt.id.clone()),
            };
            self.answered.push(PastAnswer::from(&answer));
            self.decision.answers.push(answer);
        }
    }

    /// Answers to the answers. What a reading in the same text was judged with is judged.
    pub(super) fn answer(&mut self, answers: &'a [Answered<'a>]) {
        let judgement = match self.answered.is_empty() {
            true => Judgement::default(),
            false => self.judge(&[], false),
        };
        match judgement.severity() {
            Some(severity) => {
                let mut body = judgement.advice(self.wording).join(" ");
                if severity == Severity::Red {
                    body = format!("{body} {}", self.wording.say(Phrase::WhoLooks, &[]));
                }
                self.send(Phrase::Breach, body, Some(severity));
            }
            // Whoever is told to call 999 is not thanked beside.
            None if self.severity == Some(Severity::Red) => {}
            None => answers.iter().for_each(|answered| self.thank(answered)),
        }
    }

    /// In the protocol's own words, or else in those for everyone where nothing else is said.
    fn thank(&mut self, answered: &Answered<'_>) {
        let question = &answered.pending.prompt.question;
        if self.may_text()
            && !self.reply.thank(answered.pending.protocol, question, &self.state.patient)
            && self.reply.is_empty()
        {
            self.reply.add(&format!("thanks {question}"), self.wording.say(Phrase::Answered, &[]));
        }
    }

    /// Says a phrase; a red one also says who looks and when.
    pub(super) fn say(&mut self, phrase: Phrase, values: &[(&str, &str)], severity: Option<Severity>) {
        let mut body = self.wording.say(phrase, values);
        if severity == Some(Severity::Red) {
            body.push(' ');
            body.push_str(&self.wording.say(Phrase::WhoLooks, &[]));
        }
        self.send(phrase, body, severity);
    }

    /// Says `body`, which is `phrase` in full. Nobody who left is texted; only START changes that.
    pub(super) fn send(&mut self, phrase: Phrase, body: String, severity: Option<Severity>) {
        if !self.may_text() {
            return;
        }
        let label = match phrase {
            Phrase::Fine | Phrase::Noted | Phrase::Breach => Purpose::reply_label(severity),
            phrase => phrase.key().to_owned(),
        };
        self.reply.add(&label, body);
        self.severity = self.severity.max(severity);
    }

    pub(super) fn may_text(&self) -> bool {
        may_be_texted(self.decision, self.state)
    }

    /// Adds what follows, and puts the reply into the outbox: one text, whatever it has come to.
    pub(super) fn close(mut self) {
        if matches!(self.decision.confirmation, ConfirmationChange::Settle { .. }) {
            end_waiting(self.decision, self.state, self.catalog, self.now);
        }
        self.course.follow(self.decision, self.state, self.catalog, self.event, self.now, &mut self.reply);
        if !self.decision.messages.is_empty() {
            return;
        }
        let not_after = self.now.saturating_add(REPLY_VALIDITY).unwrap_or(self.now);
        let id = self.event.id.message(1);
        let purpose = Purpose::Reply(self.severity);
        self.decision.messages.extend(self.reply.into_message(
            id,
            &self.state.patient,
            purpose,
            self.now,
            not_after,
        ));
    }
}
