//! What a text means to a patient who was asked something.
//!
//! First it is read as if nothing had been asked: an emergency, a command or a reading that says what it is needs no question.
//! What is left is tried as the answer to each question that is open. A meaning that is the only one is taken; where a
//! number could be two vital signs the graver one is read back, and nothing is guessed.

use jiff::Timestamp;

use crate::domain::answer::AnswerValue;
use crate::domain::protocol::{Asks, Enrolment, EnrolmentState, Protocol, Question};
use crate::domain::reading::Measurement;
use crate::domain::reply::{self, Asked, Command, Context, Outcome, Understanding};

use super::prompt::{Pending, pending};
use super::{Catalog, Confirmation, PatientState};

/// What is shown when a text was not understood and nothing was asked.
pub(super) const EXAMPLE: &str = Asked::BloodPressure.example();

/// A text, understood in its conversation.
#[derive(Debug, Clone)]
pub(super) struct Hearing<'a> {
    pub understanding: Understanding,
    /// What it answers beside vital signs.
    pub answers: Vec<Answered<'a>>,
    /// The invitation that its YES or NO is for.
    pub invitation: Option<&'a Enrolment>,
    /// The protocol whose keyword it is.
    pub keyword: Option<&'a Protocol>,
    /// Readings that it may be, of which none is more likely: the gravest is read back.
    pub alternatives: Vec<Vec<Measurement>>,
    /// How to answer what was asked last.
    pub example: &'a str,
}

#[derive(Debug, Clone)]
pub(super) struct Answered<'a> {
    pub pending: Pending<'a>,
    pub value: AnswerValue,
}

impl From<Understanding> for Hearing<'_> {
    fn from(understanding: Understanding) -> Self {
        Self {
            understanding,
            answers: Vec::new(),
            invitation: None,
            keyword: None,
            alternatives: Vec::new(),
            example: EXAMPLE,
        }
    }
}

/// What `text`, sent at `said_at`, means to this patient. It answers nothing that was asked after it.
pub(super) fn hear<'a>(
    state: &'a PatientState,
    catalog: &'a Catalog,
    text: &'a str,
    said_at: Timestamp,
) -> Hearing<'a> {
    let mut pending = pending(state, catalog);
    pending.retain(|pending| pending.prompt.since <= said_at);
    let ear = Ear { state, pending, text, said_at };
    let example = ear.pending.iter().find_map(|pending| pending.question.example.as_deref());
    let heard = match keyword(catalog, text) {
        Some(protocol) => Hearing { keyword: Some(protocol), ..Hearing::from(ear.read(None, None)) },
        None => ear.hear(),
    };
    Hearing { example: example.unwrap_or(EXAMPLE), ..heard }
}

/// The protocol whose keyword is the whole text, in whatever case.
pub(super) fn keyword<'a>(catalog: &'a Catalog, text: &str) -> Option<&'a Protocol> {
    let text = text.trim().trim_end_matches(['.', '!']);
    let is_text = |keyword: &String| keyword.eq_ignore_ascii_case(text);
    catalog
        .protocols
        .values()
        .map(AsRef::as_ref)
        .find(|protocol| protocol.keyword.as_ref().is_some_and(is_text))
}

/// Reads one text of one patient in several ways.
struct Ear<'a> {
    state: &'a PatientState,
    pending: Vec<Pending<'a>>,
    text: &'a str,
    said_at: Timestamp,
}

impl<'a> Ear<'a> {
    fn confirmation(&self) -> Option<&'a Confirmation> {
        self.state.confirmation.as_ref().filter(|confirmation| confirmation.asked_at <= self.said_at)
    }

    fn read(&self, asked: Option<Asked>, example: Option<&str>) -> Understanding {
        let context = Context {
            asked,
            example,
            last_weight_kg: self.state.last_weight_kg,
            awaits_confirmation: self.confirmation().is_some(),
            language: &self.state.patient.language,
        };
        let heard = reply::understand(self.text, &context);
        if heard.outcome == Outcome::Ignored && example.is_some() {
            return doubt_echo(heard, self.text, &context);
        }
        heard
    }

    /// Read as if nothing had been asked. What any question showed as its example is doubted.
    fn read_plainly(&self) -> Understanding {
        let mut examples = self.pending.iter().filter_map(|pending| shown(pending.question));
        let first = self.read(None, Some(examples.next().unwrap_or(EXAMPLE)));
        examples.fold(first, |heard, example| match heard.outcome {
            Outcome::Accepted => self.read(None, Some(example)),
            _ => heard,
        })
    }

    fn hear(&self) -> Hearing<'a> {
        let plainly = self.read_plainly();
        if plainly.outcome == Outcome::Command {
            return self.obey(plainly);
        }
        if self.pending.is_empty() || self.is_echo(&plainly) {
            return plainly.into();
        }
        let mut heard = match plainly.outcome {
            Outcome::Accepted | Outcome::Urgent => Hearing::from(plainly),
            _ => self.ask_each(plainly),
        };
        if heard.answers.is_empty() {
            heard.answers.extend(self.answered_beside(&heard.understanding));
        }
        if heard.answers.is_empty()
            && heard.alternatives.is_empty()
            && !self.is_asked_for(&heard.understanding)
        {
            heard.answers.extend(self.free_words());
        }
        if !heard.answers.is_empty()
            && matches!(heard.understanding.outcome, Outcome::Unclear | Outcome::Ignored)
        {
            heard.understanding = answered(heard.understanding);
        }
        heard
    }

    /// A reaction to one of our texts, or our own example: nothing in it is the patient's.
    fn is_echo(&self, plainly: &Understanding) -> bool {
        plainly.outcome == Outcome::Ignored && self.read(Some(Asked::YesNo), None).outcome == Outcome::Ignored
    }

    /// A YES or NO is for what was asked last: a reading that was read back, a question or an invitation.
    fn obey(&self, command: Understanding) -> Hearing<'a> {
        if !matches!(command.command, Some(Command::Yes | Command::No)) {
            return command.into();
        }
        let read_back = self.confirmation().map(|confirmation| confirmation.asked_at);
        let question = self.pending.iter().find_map(|pending| {
            let value = self.value_for(pending.question, false)?;
            Some(Answered { pending: *pending, value })
        });
        let invitation = invitation(self.state).filter(|(at, _)| *at <= self.said_at);
        let asked_at = question.as_ref().map(|answered| answered.pending.prompt.since);
        let invited_at = invitation.map(|(at, _)| at);
        if read_back.is_some() && read_back >= asked_at && read_back >= invited_at {
            return command.into();
        }
        match (question, invitation) {
            (Some(answered), _) if asked_at >= invited_at => {
                Hearing { answers: vec![answered], ..Hearing::from(command) }
            }
            (_, Some((_, enrolment))) => Hearing { invitation: Some(enrolment), ..Hearing::from(command) },
            _ => command.into(),
        }
    }

    /// The one meaning that the open questions give to a text which has none, or no sure one, by itself.
    fn ask_each(&self, plainly: Understanding) -> Hearing<'a> {
        let mut sure: Vec<Understanding> = Vec::new();
        let mut likely: Vec<Understanding> = Vec::new();
        for pending in &self.pending {
            let Asks::Vital(asked) = &pending.question.asks else { continue };
            let read = self.read(Some(*asked), Some(shown(pending.question).unwrap_or(EXAMPLE)));
            match read.outcome {
                Outcome::Urgent => return read.into(),
                Outcome::Accepted => put(&mut sure, read),
                Outcome::Confirm if !read.readings.is_empty() => put(&mut likely, read),
                _ => {}
            }
        }
        // What says itself which vital it is may become sure by a question, but not another vital.
        if plainly.outcome == Outcome::Confirm && !plainly.readings.is_empty() {
            let same = sure.into_iter().find(|sure| measures_same(sure, &plainly));
            return same.unwrap_or(plainly).into();
        }
        let answer = self.pending.iter().find_map(|pending| {
            let value = self.value_for(pending.question, true)?;
            Some(Answered { pending: *pending, value })
        });
        let meanings = if sure.is_empty() { likely } else { sure };
        match (meanings.as_slice(), answer) {
            ([], Some(answer)) => Hearing { answers: vec![answer], ..Hearing::from(plainly) },
            ([], None) => plainly.into(),
            ([only], None) => only.clone().into(),
            // The one is a word and the other a number: both were said.
            ([only], Some(answer)) if matches!(answer.value, AnswerValue::YesNo(_)) => {
                Hearing { answers: vec![answer], ..Hearing::from(only.clone()) }
            }
            (several, answer) => {
                let why = match answer {
                    Some(_) => "The number could be a reading or the answer to another question.",
                    None => "More than one question is open that the number could answer.",
                };
                Hearing {
                    alternatives: several.iter().map(|meaning| meaning.readings.clone()).collect(),
                    ..Hearing::from(Understanding { why: why.to_owned(), ..plainly })
                }
            }
        }
    }

    /// What a text that brings a reading, or that a human must see, answers beside. Of a reading only words are taken: its
    /// number is the reading's.
    fn answered_beside(&self, heard: &Understanding) -> Option<Answered<'a>> {
        let numbers = match heard.outcome {
            Outcome::Urgent => true,
            Outcome::Accepted | Outcome::Confirm => false,
            _ => return None,
        };
        self.pending.iter().find_map(|pending| {
            let value = self.value_for(pending.question, numbers)?;
            Some(Answered { pending: *pending, value })
        })
    }

    /// The text as the answer to a question that is about no vital sign; with a number only where `numbers` may be one.
    fn value_for(&self, question: &Question, numbers: bool) -> Option<AnswerValue> {
        match &question.asks {
            Asks::Vital(_) | Asks::Words => None,
            Asks::Choice(choices) => {
                let choices = choices.iter().map(|choice| (choice.value.as_str(), choice.words.as_slice()));
                reply::chosen(self.text, choices).map(|value| AnswerValue::Choice(value.to_owned()))
            }
            Asks::YesNo => self.answer_to(Asked::YesNo),
            Asks::Scale1To5 if numbers => self.answer_to(Asked::Scale1To5),
            Asks::Number { min, max } if numbers => self
                .answer_to(Asked::Number)
                .filter(|value| value.number().is_some_and(|n| *min <= n && n <= *max)),
            Asks::Scale1To5 | Asks::Number { .. } => None,
        }
    }

    fn answer_to(&self, asked: Asked) -> Option<AnswerValue> {
        let language = &self.state.patient.language;
        let context = Context { asked: Some(asked), language, ..Context::default() };
        let heard = reply::understand(self.text, &context);
        // A number that may be a misprint is asked for again.
        if heard.outcome == Outcome::Confirm && heard.readings.is_empty() {
            return None;
        }
        heard.answers.into_iter().next().map(AnswerValue::from)
    }

    /// Whether somebody asked for the readings in it.
    fn is_asked_for(&self, heard: &Understanding) -> bool {
        heard.readings.iter().any(|measurement| {
            self.pending.iter().any(|pending| pending.question.asks.vitals().contains(&measurement.vital()))
        })
    }

    fn free_words(&self) -> Option<Answered<'a>> {
        if self.text.trim().is_empty() {
            return None;
        }
        let pending = self.pending.iter().find(|pending| pending.question.asks == Asks::Words)?;
        Some(Answered { pending: *pending, value: AnswerValue::Words })
    }
}

/// An echo of our example may be a patient who copied it, or one whose pressure is just so. It is read back: silence
/// would cost the second one a reading.
fn doubt_echo(ignored: Understanding, text: &str, context: &Context<'_>) -> Understanding {
    let plainly = reply::understand(text, &Context { example: None, ..*context });
    match plainly.outcome {
        Outcome::Accepted => Understanding {
            outcome: Outcome::Confirm,
            worst_plausible: plainly.readings.clone(),
            why: "The reading is that of our own example.".to_owned(),
            ..plainly
        },
        _ => ignored,
    }
}

fn answered(heard: Understanding) -> Understanding {
    Understanding { outcome: Outcome::Answer, why: "The pending question is answered.".to_owned(), ..heard }
}

/// What a question for a vital sign shows as an answer. Of another question the example is an answer like any.
fn shown(question: &Question) -> Option<&str> {
    question.example.as_deref().filter(|_| !question.asks.vitals().is_empty())
}

fn put(meanings: &mut Vec<Understanding>, meaning: Understanding) {
    if !meanings.iter().any(|known| known.readings == meaning.readings) {
        meanings.push(meaning);
    }
}

fn measures_same(one: &Understanding, other: &Understanding) -> bool {
    one.readings.iter().map(|m| m.vital()).eq(other.readings.iter().map(|m| m.vital()))
}

/// The latest invitation that waits for an answer.
fn invitation(state: &PatientState) -> Option<(Timestamp, &Enrolment)> {
    let invited = state.enrolments.iter().filter_map(|enrolment| match enrolment.state {
        EnrolmentState::Invited { at } => Some((at, enrolment)),
        EnrolmentState::Active | EnrolmentState::Ended { .. } => None,
    });
    invited.max_by_key(|(at, _)| *at)
}
