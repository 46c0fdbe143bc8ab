//! What a protocol makes of an answer, a finding or a miss: a second measurement, the next question, advice.
//!
//! How often in a row: a follow-up that leads to its own answer counts on. An answer to any question of the protocol's
//! schedule begins again, and so does a quiet one. So what a day's question leads to may be followed by a second
//! measurement, and a second one that is high again is not followed by a third for ever. A follow-up on misses begins
//! again with the next row of them.

use jiff::Timestamp;

use crate::domain::alert::Severity;
use crate::domain::answer::AnswerValue;
use crate::domain::id::{MessageId, PromptId, ProtocolId, QuestionId, RuleId};
use crate::domain::protocol::prompt::minutes;
use crate::domain::protocol::{
    Does, Enrolment, FollowUp, Prompt, PromptState, Protocol, Sent, Speech, Trigger, Wanted,
};
use crate::domain::vital::Vital;

use super::{Catalog, PatientState};

/// What one event, or one look at what is due, has come to for one patient.
#[derive(Debug, Clone, Default)]
pub struct Happened<'a> {
    /// The vital signs of which a reading was accepted and judged.
    pub measured: Vec<Vital>,
    /// What the rules found.
    pub fired: Vec<(&'a RuleId, Severity)>,
    pub answered: Vec<(&'a QuestionId, &'a AnswerValue)>,
    /// Questions that were missed just now, each with its misses in a row, this one included.
    pub missed: Vec<(&'a QuestionId, u32)>,
    /// The prompts that this has closed with an answer…
    pub closed: Vec<&'a Prompt>,
    /// …and those that are closed without one.
    pub lapsed: Vec<&'a Prompt>,
}

/// What follows. What is to be said at once stands in the speech that was handed in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Following {
    /// Asked in that speech, or waiting for their time.
    pub prompts: Vec<Prompt>,
    pub counts: Vec<((ProtocolId, String), u32)>,
}

/// Plans what follows of `happened` for every protocol that the patient is on. What is to be said at once is added to the
/// text that is being written; where none is, it waits as a prompt whose time has come. `name` makes the id of the nth
/// new prompt.
///
/// The caller sees to it that the patient may be texted at all.
pub fn follow(
    state: &PatientState,
    catalog: &Catalog,
    happened: &Happened<'_>,
    now: Timestamp,
    name: impl Fn(usize) -> PromptId,
    text: Option<(&MessageId, &mut Speech)>,
) -> Following {
    let mut plan = Plan { state, catalog, happened, now, steps: Vec::new(), counts: Vec::new() };
    for enrolment in state.enrolments.iter().filter(|enrolment| enrolment.asks_at(now)) {
        let Some(protocol) = catalog.protocols.get(&enrolment.protocol) else { continue };
        for follow_up in &protocol.follow_ups {
            plan.consider(enrolment, protocol, follow_up);
        }
    }
    plan.settle(name, text)
}

struct Plan<'a> {
    state: &'a PatientState,
    catalog: &'a Catalog,
    happened: &'a Happened<'a>,
    now: Timestamp,
    steps: Vec<Step<'a>>,
    counts: Vec<((ProtocolId, String), u32)>,
}

/// One question or text of a follow-up.
struct Step<'a> {
    enrolment: &'a Enrolment,
    protocol: &'a Protocol,
    follow_up: &'a FollowUp,
    part: Part<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Ask(&'a QuestionId),
    /// The key under `say`.
    Say(&'a str),
}

impl<'a> Plan<'a> {
    fn consider(&mut self, enrolment: &'a Enrolment, protocol: &'a Protocol, follow_up: &'a FollowUp) {
        let id = (protocol.id.clone(), follow_up.id.clone());
        let count = self.state.follow_counts.get(&id).copied().unwrap_or(0);
        let begins = self.begins(protocol, follow_up);
        if !self.is_triggered(&follow_up.when) {
            if count > 0 && (begins || self.is_quiet(protocol, follow_up)) {
                self.counts.push((id, 0));
            }
            return;
        }
        let so_far = if begins { 0 } else { count };
        let is_waited_for =
            self.open().any(|prompt| prompt.protocol == protocol.id && prompt.entry == follow_up.id);
        if so_far >= follow_up.most || is_waited_for {
            return;
        }
        self.counts.push((id, so_far + 1));
        let parts: Vec<Part<'a>> = match &follow_up.does {
            Does::Ask(questions) => questions.iter().map(Part::Ask).collect(),
            Does::Say(keys) => keys.iter().map(|key| Part::Say(key)).collect(),
        };
        self.steps.extend(parts.into_iter().map(|part| Step { enrolment, protocol, follow_up, part }));
    }

    /// Whether it is counted anew: a question of the schedule was answered, or a new row of misses has grown long enough.
    fn begins(&self, protocol: &Protocol, follow_up: &FollowUp) -> bool {
        if let Trigger::Missed { question, in_a_row } = &follow_up.when {
            return self
                .happened
                .missed
                .iter()
                .any(|(missed, count)| *missed == question && count <= in_a_row);
        }
        let is_scheduled = |prompt: &Prompt| {
            prompt.protocol == protocol.id && protocol.schedule.iter().any(|entry| entry.id == prompt.entry)
        };
        self.happened.closed.iter().copied().any(is_scheduled)
    }

    fn is_triggered(&self, when: &Trigger) -> bool {
        match when {
            // A reading closes its question without a word of its own: any answer leads on.
            Trigger::Answered { question, wanted: Wanted::Any } => {
                self.happened.answered.iter().any(|(answered, _)| *answered == question)
                    || self.happened.closed.iter().any(|prompt| prompt.question == *question)
            }
            Trigger::Answered { question, wanted } => self
                .happened
                .answered
                .iter()
                .any(|(answered, value)| *answered == question && wanted.holds(value)),
            Trigger::Fired { rule, severities } => self
                .happened
                .fired
                .iter()
                .any(|(fired, severity)| *fired == rule && severities.contains(severity)),
            Trigger::Missed { question, in_a_row } => {
                self.happened.missed.iter().any(|(missed, count)| *missed == question && count >= in_a_row)
            }
        }
    }

    /// Whether what happened speaks of the follow-up's matter, and all is well with it.
    fn is_quiet(&self, protocol: &Protocol, follow_up: &FollowUp) -> bool {
        match &follow_up.when {
            Trigger::Answered { question, .. } | Trigger::Missed { question, .. } => {
                self.is_answered(protocol, question)
            }
            Trigger::Fired { .. } => match &follow_up.does {
                Does::Ask(questions) => questions.iter().any(|question| self.is_answered(protocol, question)),
                Does::Say(_) => !self.happened.measured.is_empty(),
            },
        }
    }

    fn is_answered(&self, protocol: &Protocol, question: &QuestionId) -> bool {
        let vitals = vitals(protocol, question);
        self.happened.answered.iter().any(|(answered, _)| *answered == question)
            || !vitals.is_empty() && vitals.iter().all(|vital| self.happened.measured.contains(vital))
    }

    /// The prompts that stay open.
    fn open(&self) -> impl Iterator<Item = &'a Prompt> {
        let (closed, lapsed) = (&self.happened.closed, &self.happened.lapsed);
        let is_done = move |prompt: &Prompt| closed.iter().chain(lapsed).any(|done| done.id == prompt.id);
        self.state.prompts.iter().filter(move |prompt| prompt.is_open() && !is_done(prompt))
    }

    /// Of steps that ask the same, the soonest stays; none that a prompt asks already, or will ask sooner.
    fn settle(
        mut self,
        name: impl Fn(usize) -> PromptId,
        mut text: Option<(&MessageId, &mut Speech)>,
    ) -> Following {
        let mut steps = std::mem::take(&mut self.steps);
        steps.sort_by_key(|step| step.follow_up.after_minutes);
        let mut following = Following { prompts: Vec::new(), counts: std::mem::take(&mut self.counts) };
        let mut said: Vec<&Step<'_>> = Vec::new();
        for step in &steps {
            if said.iter().any(|earlier| earlier.is_same_as(step)) || self.is_asked_anyway(step) {
                continue;
            }
            said.push(step);
            let patient = &self.state.patient;
            let now = text.as_mut().filter(|_| step.follow_up.after_minutes == 0);
            let asked_in = match (now, step.part) {
                (Some((_, speech)), Part::Say(key)) => {
                    speech.say(step.protocol, key, patient, &[]);
                    continue;
                }
                (Some((message, speech)), Part::Ask(question)) => {
                    speech.ask(step.protocol, question, patient);
                    Some((*message).clone())
                }
                (None, _) => None,
            };
            let id = name(following.prompts.len());
            following.prompts.push(step.prompt(id, asked_in, self.now));
        }
        following
    }

    fn is_asked_anyway(&self, step: &Step<'_>) -> bool {
        let planned_at = step.planned_at(self.now);
        self.open().filter(|prompt| prompt.planned_at <= planned_at).any(|prompt| {
            let protocol = self.catalog.protocols.get(&prompt.protocol);
            protocol.is_some_and(|protocol| {
                protocol.asked_by(prompt).is_some() && step.asks_same_as(protocol, &prompt.question)
            })
        })
    }
}

impl Step<'_> {
    fn planned_at(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(minutes(self.follow_up.after_minutes)).unwrap_or(now)
    }

    fn is_same_as(&self, other: &Self) -> bool {
        match other.part {
            Part::Ask(question) => self.asks_same_as(other.protocol, question),
            Part::Say(_) => self.part == other.part && self.protocol.id == other.protocol.id,
        }
    }

    /// The same question, or one for the same vital signs.
    fn asks_same_as(&self, protocol: &Protocol, question: &QuestionId) -> bool {
        let Part::Ask(own) = self.part else { return false };
        let measures = vitals(self.protocol, own);
        own == question || !measures.is_empty() && measures == vitals(protocol, question)
    }

    fn prompt(&self, id: PromptId, message: Option<MessageId>, now: Timestamp) -> Prompt {
        Prompt {
            id,
            patient: self.enrolment.patient.clone(),
            protocol: self.protocol.id.clone(),
            protocol_version: self.protocol.version.clone(),
            revision: self.enrolment.revision,
            entry: self.follow_up.id.clone(),
            question: match self.part {
                Part::Ask(question) => question.clone(),
                Part::Say(key) => QuestionId::trusted(key),
            },
            planned_at: self.planned_at(now),
            window_minutes: self.follow_up.window_minutes,
            reminders: self.follow_up.reminders.clone(),
            reminded: 0,
            late_minutes: self.follow_up.window_minutes / 2,
            state: if message.is_some() { PromptState::Asked } else { PromptState::Waiting },
            since: now,
            message,
            sent: Sent::Pending,
        }
    }
}

impl Wanted {
    pub fn holds(&self, value: &AnswerValue) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(words) => words.contains(&value.word()),
            Self::AtOrAbove(limit) => value.number().is_some_and(|number| number >= *limit),
            Self::AtOrBelow(limit) => value.number().is_some_and(|number| number <= *limit),
        }
    }
}

fn vitals(protocol: &Protocol, question: &QuestionId) -> &'static [Vital] {
    protocol.question(question).map(|question| question.asks.vitals()).unwrap_or_default()
}
