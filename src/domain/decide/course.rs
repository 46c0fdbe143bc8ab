//! What one event does to the protocols that a patient is on: the prompts that it answers, and what follows of it.

use jiff::Timestamp;

use crate::domain::alert::Severity;
use crate::domain::answer::{Answer, AnswerValue, PastAnswer};
use crate::domain::event::Event;
use crate::domain::id::{QuestionId, RuleId};
use crate::domain::patient::Standing;
use crate::domain::protocol::{Prompt, PromptState, Speech};
use crate::domain::reading::Measurement;
use crate::domain::vital::Vital;

use super::follow::{Happened, follow};
use super::judge::Judgement;
use super::prompt::{Pending, asking, asking_for};
use super::{Catalog, Decision, PatientState};

/// Gathers what happens while one event is decided.
#[derive(Debug, Default)]
pub(super) struct Course<'a> {
    measured: Vec<Vital>,
    fired: Vec<(&'a RuleId, Severity)>,
    answered: Vec<(&'a QuestionId, &'a AnswerValue)>,
    closed: Vec<&'a Prompt>,
    /// A human is called: no protocol goes on by itself.
    is_halted: bool,
}

impl<'a> Course<'a> {
    /// A reading that counts was made at `taken_at`: it answers every open prompt that asks for it. A question for one
    /// number has that number as its answer, which rules may listen for.
    #[expect(clippy::too_many_arguments, reason = "they are what deciding knows, and what was measured")]
    pub(super) fn measure(
        &mut self,
        decision: &mut Decision,
        state: &'a PatientState,
        catalog: &'a Catalog,
        event: &Event,
        measurements: &[Measurement],
        taken_at: Timestamp,
        now: Timestamp,
    ) -> Vec<PastAnswer> {
        self.measured.extend(measurements.iter().map(|measurement| measurement.vital()));
        let prompts = asking_for(state, catalog, measurements, taken_at);
        let mut answers: Vec<Answer> = Vec::new();
        for Pending { prompt, question, .. } in &prompts {
            let [vital] = question.asks.vitals() else { continue };
            let number = measurements.iter().find(|m| m.vital() == *vital).and_then(|m| m.amount().value());
            let Some(number) =
                number.filter(|_| answers.iter().all(|known| known.question != prompt.question))
            else {
                continue;
            };
            answers.push(Answer {
                question: prompt.question.clone(),
                value: AnswerValue::Number(number),
                at: taken_at,
                event: event.id.clone(),
                prompt: Some(prompt.id.clone()),
            });
        }
        let past = answers.iter().map(PastAnswer::from).collect();
        decision.answers.extend(answers);
        self.close(decision, prompts, now);
        past
    }

    /// A question about no vital sign was answered: so is every open prompt that asks the same.
    pub(super) fn answer(
        &mut self,
        decision: &mut Decision,
        state: &'a PatientState,
        catalog: &'a Catalog,
        (question, value): (&'a QuestionId, &'a AnswerValue),
        at: Timestamp,
        now: Timestamp,
    ) {
        self.answered.push((question, value));
        self.close(decision, asking(state, catalog, question, at), now);
    }

    pub(super) fn find(&mut self, judgement: &Judgement<'a>) {
        self.fired.extend(judgement.findings.iter().map(|finding| (&finding.rule.id, finding.band.severity)));
    }

    pub(super) const fn halt(&mut self) {
        self.is_halted = true;
    }

    fn close(&mut self, decision: &mut Decision, prompts: Vec<Pending<'a>>, now: Timestamp) {
        for Pending { prompt, .. } in prompts {
            let answered = Prompt { state: PromptState::Answered, since: now, ..prompt.clone() };
            decision.put_prompt(answered);
            self.closed.push(prompt);
        }
    }

    /// Plans what follows. What is to be said at once is added to the reply that `event` gets.
    pub(super) fn follow(
        self,
        decision: &mut Decision,
        state: &PatientState,
        catalog: &Catalog,
        event: &Event,
        now: Timestamp,
        reply: &mut Speech,
    ) {
        if self.is_halted || !may_be_texted(decision, state) {
            return;
        }
        let Self { measured, fired, answered, closed, .. } = self;
        let happened = Happened { measured, fired, answered, closed, ..Happened::default() };
        let name = |n| event.id.prompt(n);
        let text = Some((&event.id.message(1), reply));
        let following = follow(state, catalog, &happened, now, name, text);
        decision.prompts.extend(following.prompts);
        decision.follow_counts.extend(following.counts);
    }
}

/// Nobody who left is texted, and nobody who leaves just now.
pub(super) fn may_be_texted(decision: &Decision, state: &PatientState) -> bool {
    let standing = decision.standing_of(&state.patient);
    standing == Standing::Active && state.patient.texted_at().is_some()
}
