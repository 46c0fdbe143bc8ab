//! One text being answered: what is kept of it, and the one reply that is put together meanwhile.

use jiff::Timestamp;

use crate::domain::alert::Severity;
use crate::domain::answer::{self, PastAnswer};
use crate::domain::carer::Carer;
use crate::domain::event::{Event, TextIn};
use crate::domain::message::Purpose;
use crate::domain::patient::Standing;
use crate::domain::phone::Phone;
use crate::domain::protocol::Speech;
use crate::domain::reading::Measurement;
use crate::domain::wording::{Phrase, Wording};

use super::course::Course;
use super::hearing::{Answered, EXAMPLE};
use super::judge::{Judgement, end_waiting};
use super::late;
use super::text::REPLY_VALIDITY;
use super::{Catalog, Charge, ConfirmationChange, Decision, PatientState};

/// Who texts about a patient.
#[derive(Debug, Clone, Copy)]
pub(super) enum Speaker<'a> {
    Patient(&'a PatientState),
    Carer(Charge<'a>),
}

pub(super) struct Answer<'a> {
    pub speaker: Speaker<'a>,
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

impl<'a> Speaker<'a> {
    pub(super) const fn state(self) -> &'a PatientState {
        match self {
            Self::Patient(state) | Self::Carer(Charge { state, .. }) => state,
        }
    }

    pub(super) const fn carer(self) -> Option<&'a Carer> {
        match self {
            Self::Patient(_) => None,
            Self::Carer(charge) => Some(charge.carer),
        }
    }

    /// Whether this very speaker asked for no more texts.
    pub(super) fn has_left(self) -> bool {
        match self {
            Self::Patient(state) => state.patient.standing == Standing::Stopped,
            Self::Carer(charge) => charge.carer.stopped,
        }
    }

    /// Whether the words bind the patient: to a protocol, say.
    pub(super) const fn speaks_for_patient(self) -> bool {
        match self {
            Self::Patient(_) => true,
            Self::Carer(charge) => charge.carer.answers_for,
        }
    }
}

impl<'a> Answer<'a> {
    pub(super) fn new(
        speaker: Speaker<'a>,
        catalog: &'a Catalog,
        event: &'a Event,
        to: &'a TextIn,
        now: Timestamp,
        decision: &'a mut Decision,
    ) -> Self {
        let state = speaker.state();
        Self {
            speaker,
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
        let at = self.event.said_at();
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

    /// A carer who asks is answered even when the patient has left: they are another person.
    pub(super) fn may_text(&self) -> bool {
        match self.speaker {
            Speaker::Patient(state) => self.decision.standing_of(&state.patient) == Standing::Active,
            Speaker::Carer(charge) => {
                let changed = self.decision.carers.iter().find(|c| c.patient == self.state.patient.id);
                !changed.map_or(charge.carer.stopped, |change| change.stopped)
            }
        }
    }

    /// Who texted, for a sentence to staff.
    pub(super) const fn who(&self) -> &'static str {
        match self.speaker {
            Speaker::Patient(_) => "the patient",
            Speaker::Carer(_) => "a carer of the patient",
        }
    }

    /// [`Self::who`] at the beginning of a sentence.
    pub(super) const fn who_begins(&self) -> &'static str {
        match self.speaker {
            Speaker::Patient(_) => "The patient",
            Speaker::Carer(_) => "A carer of the patient",
        }
    }

    /// Adds what follows, and puts the reply into the outbox: one text, whatever it has come to.
    pub(super) fn close(mut self) {
        if matches!(self.decision.confirmation, ConfirmationChange::Settle { .. }) {
            end_waiting(self.decision, self.state, self.catalog, self.now);
        }
        if late::is_stale(self.event, self.now) && self.decision.messages.is_empty() {
            return self.close_late();
        }
        let course = std::mem::take(&mut self.course);
        course.follow(self.decision, self.state, self.catalog, self.event, self.now, &mut self.reply);
        self.queue();
    }

    /// Puts the reply into the outbox.
    pub(super) fn queue(self) {
        if !self.decision.messages.is_empty() {
            return;
        }
        let not_after = self.now.saturating_add(REPLY_VALIDITY).unwrap_or(self.now);
        let id = self.event.id.message(1);
        let purpose = Purpose::Reply(self.severity);
        let Some(to) = Phone::from_carrier(&self.to.from) else { return };
        self.decision.messages.extend(self.reply.into_message_to(
            to,
            id,
            &self.state.patient,
            purpose,
            self.now,
            not_after,
        ));
    }
}
