//! Settling one patient, step by step.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::compose::{Part, Says, compose};
use super::course::{has_open, unanswered_at};
use super::miss::silences;
use super::view::{Turn, View, after, leaves_by};
use super::{count_misses, cover};
use crate::domain::decide::{Absence, ConfirmationChange, Decision, Happened, follow, judge_absence};
use crate::domain::id::{EventId, PromptId, ProtocolId, QuestionId, TaskId};
use crate::domain::message::Purpose;
use crate::domain::protocol::{
    Does, EndReason, Enrolment, EnrolmentState, Entry, MissCause, Misses, Prompt, PromptState, Protocol,
    Sent, Slot,
};
use crate::domain::task::{NewTask, TaskKind};

/// Closing words that have not left for so long say nothing any more.
const GOODBYE_VALIDITY: SignedDuration = SignedDuration::from_hours(24);

/// One patient being settled. Every prompt stays in `prompts` until the end, closed ones too.
pub(super) struct Settlement<'a> {
    pub(super) view: View<'a>,
    tick: &'a EventId,
    pub(super) prompts: Vec<Prompt>,
    pub(super) changed: BTreeSet<PromptId>,
    enrolments: Vec<Enrolment>,
    tasks: Vec<NewTask>,
    follow_counts: Vec<((ProtocolId, String), u32)>,
    put_up: usize,
    pub(super) questions: Vec<Part<'a>>,
    notices: Vec<Part<'a>>,
}

impl<'a> Settlement<'a> {
    pub(super) fn new(view: View<'a>, tick: &'a EventId) -> Self {
        let prompts = view.state.prompts.clone();
        Self {
            view,
            tick,
            prompts,
            changed: BTreeSet::new(),
            enrolments: Vec::new(),
            tasks: Vec::new(),
            follow_counts: Vec::new(),
            put_up: 0,
            questions: Vec::new(),
            notices: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Decision {
        self.cancel();
        self.close();
        self.follow_misses();
        for enrolment in &self.view.state.enrolments {
            self.lay_out(enrolment);
        }
        while self.take_turns() {}
        self.remind();
        for enrolment in &self.view.state.enrolments {
            self.end(enrolment);
        }
        self.decide()
    }

    /// What was overtaken asks nothing any more, and what was answered waits no longer.
    fn cancel(&mut self) {
        for n in 0..self.prompts.len() {
            if self.view.is_overtaken(&self.prompts[n]) {
                self.settle(n, PromptState::Cancelled);
            } else if cover::is_answered(&self.view, &self.prompts[n]) {
                self.settle(n, PromptState::Answered);
            }
        }
    }

    fn close(&mut self) {
        for n in 0..self.prompts.len() {
            let prompt = &self.prompts[n];
            if prompt.state == PromptState::Asked {
                let (at, cause) = self.view.closing(prompt, &self.prompts);
                if at <= self.view.now {
                    self.settle(n, PromptState::Missed(cause));
                }
            }
        }
    }

    /// Plans what follows from silence. Other misses are nobody's silence. Nobody is woken to be asked why they were
    /// silent: it waits for the end of quiet hours.
    fn follow_misses(&mut self) {
        if self.view.has_left() {
            return;
        }
        let changed = self.changed_prompts();
        let before = &self.view.state.misses;
        let mut misses = before.clone();
        count_misses(&mut misses, &self.view.state.prompts, &changed);
        let silent = |question| before.get(question).map_or(0, |row: &Misses| row.silent);
        let missed: Vec<(&QuestionId, u32)> = misses
            .iter()
            .filter(|(question, row)| row.silent > silent(*question))
            .map(|(question, row)| (question, row.silent))
            .collect();
        if missed.is_empty() {
            return;
        }
        let lapsed = changed.iter().filter(|prompt| !prompt.is_open()).collect();
        let happened = Happened { missed, lapsed, ..Happened::default() };
        let (view, first) = (&self.view, self.put_up);
        let name = |n| self.tick.prompt(first + n);
        let following = follow(view.state, view.catalog, &happened, view.now, name, None);
        self.put_up += following.prompts.len();
        self.follow_counts.extend(following.counts);
        for prompt in following.prompts {
            let planned_at = self.view.defer(&prompt.protocol, prompt.planned_at);
            self.changed.insert(prompt.id.clone());
            self.prompts.push(Prompt { planned_at, ..prompt });
        }
    }

    /// Makes prompts of the slots that are due, and moves `settled_until` past them.
    fn lay_out(&mut self, enrolment: &Enrolment) {
        let mut settled = false;
        match enrolment.state {
            EnrolmentState::Invited { .. } => {
                if unanswered_at(enrolment).is_some_and(|at| at <= self.view.now) {
                    self.hand_over(enrolment);
                    settled = true;
                }
            }
            EnrolmentState::Active => {
                let Some(protocol) = self.view.protocol(&enrolment.protocol) else { return };
                for (slot, entry) in self.view.unsettled(enrolment, protocol) {
                    settled = true;
                    // What falls into a pause is neither asked later nor missed.
                    let asks = enrolment.asks_at(slot.at) && enrolment.asks_at(self.view.now);
                    if asks && !self.view.has_left() {
                        self.put_up_slot(enrolment, protocol, slot, entry);
                    }
                }
            }
            EnrolmentState::Ended { .. } => {}
        }
        if settled {
            self.enrolments.push(Enrolment { settled_until: self.view.now, ..enrolment.clone() });
        }
    }

    fn put_up_slot(&mut self, enrolment: &Enrolment, protocol: &Protocol, slot: Slot, entry: &Entry) {
        let (questions, planned_at) = match &entry.does {
            Does::Ask(questions) => (questions.clone(), slot.at),
            Does::Say(keys) => {
                let turn = usize::try_from(slot.turn).unwrap_or(0) % keys.len().max(1);
                let key = keys.get(turn).map(QuestionId::trusted);
                (key.into_iter().collect(), self.view.defer(&protocol.id, slot.at))
            }
        };
        for question in questions {
            self.put_up(enrolment, protocol, |prompt| Prompt {
                entry: entry.id.clone(),
                question,
                planned_at,
                window_minutes: entry.window_minutes,
                reminders: entry.reminders.clone(),
                late_minutes: entry.late_minutes,
                ..prompt
            });
        }
    }

    fn put_up(&mut self, enrolment: &Enrolment, protocol: &Protocol, fill: impl FnOnce(Prompt) -> Prompt) {
        let id = self.tick.prompt(self.put_up);
        self.put_up += 1;
        self.changed.insert(id.clone());
        self.prompts.push(fill(Prompt {
            id,
            patient: enrolment.patient.clone(),
            protocol: protocol.id.clone(),
            protocol_version: protocol.version.clone(),
            revision: enrolment.revision,
            entry: String::new(),
            question: QuestionId::trusted(""),
            planned_at: self.view.now,
            window_minutes: 0,
            reminders: Vec::new(),
            reminded: 0,
            late_minutes: 0,
            state: PromptState::Waiting,
            since: self.view.now,
            message: None,
            sent: Sent::Pending,
        }));
    }

    fn hand_over(&mut self, enrolment: &Enrolment) {
        let patient = &self.view.state.patient.id;
        self.tasks.push(NewTask {
            id: self.tick.task(self.tasks.len()),
            kind: TaskKind::InvitationUnanswered,
            subject: format!("{patient}/{}", enrolment.protocol),
            patient: Some(patient.clone()),
            detail: format!(
                "The patient was asked by text to join {} and has not answered for three days. Ask them.",
                enrolment.protocol
            ),
        });
    }

    /// Gives every prompt that waits its turn, the earliest planned first. Whether any of them moved: then others may have
    /// their turn too.
    fn take_turns(&mut self) -> bool {
        let mut order: Vec<usize> =
            (0..self.prompts.len()).filter(|n| self.prompts[*n].state == PromptState::Waiting).collect();
        order.sort_by_key(|n| self.prompts[*n].planned_at);
        let mut moved = false;
        for n in order {
            let prompt = &self.prompts[n];
            match self.view.turn(prompt, &self.prompts) {
                Turn::Wait(_) => continue,
                Turn::Answered => self.settle(n, PromptState::Answered),
                Turn::Miss(cause) => self.settle(n, PromptState::Missed(cause)),
                Turn::Drop => self.settle(n, PromptState::Cancelled),
                Turn::Say => self.say(n),
                Turn::Ask => self.ask(n),
                Turn::Share(asked) => {
                    let asked = asked.clone();
                    self.share(n, &asked);
                }
            }
            moved = true;
        }
        moved
    }

    fn say(&mut self, n: usize) {
        self.settle(n, PromptState::Told);
        let prompt = &self.prompts[n];
        if let Some(protocol) = self.view.protocol(&prompt.protocol) {
            let not_after = leaves_by(prompt, &[]);
            self.notices.push(Part { protocol, says: Says::Tip(prompt.question.clone()), not_after });
        }
    }

    fn ask(&mut self, n: usize) {
        self.settle(n, PromptState::Asked);
        let prompt = &self.prompts[n];
        if let Some(protocol) = self.view.protocol(&prompt.protocol) {
            let says = Says::Ask(prompt.question.clone(), vec![prompt.id.clone()]);
            self.questions.push(Part { protocol, says, not_after: leaves_by(prompt, &[]) });
        }
    }

    /// One text asks for both. The window and the reminders of the second count from now all the same.
    fn share(&mut self, n: usize, asked: &Prompt) {
        self.settle(n, PromptState::Asked);
        let now = self.view.now;
        let prompt = &mut self.prompts[n];
        for part in &mut self.questions {
            if let Says::Ask(_, prompts) = &mut part.says
                && prompts.contains(&asked.id)
            {
                prompts.push(prompt.id.clone());
                part.not_after = part.not_after.max(leaves_by(prompt, &[]));
                return;
            }
        }
        let base = match asked.sent {
            Sent::At(sent) => sent,
            Sent::Pending | Sent::Failed(_) => asked.since,
        };
        let waited = now.duration_since(base).as_secs().max(0);
        let shift = u32::try_from((waited + 59) / 60).unwrap_or(0);
        prompt.message.clone_from(&asked.message);
        prompt.sent = asked.sent;
        prompt.window_minutes = prompt.window_minutes.saturating_add(shift);
        for reminder in &mut prompt.reminders {
            *reminder = reminder.saturating_add(shift);
        }
    }

    /// Ends an enrolment whose last day is over and of which nothing is open, with its closing words.
    fn end(&mut self, enrolment: &Enrolment) {
        let is_due = self.view.ends_at(enrolment).is_some_and(|at| at <= self.view.now);
        if !is_due || enrolment.is_over() || has_open(enrolment, &self.prompts) {
            return;
        }
        let says_goodbye = self.view.says_goodbye(enrolment);
        if let Some(protocol) = self.view.protocol(&enrolment.protocol).filter(|_| says_goodbye)
            && let Some(completion) = &protocol.completion
        {
            let (key, average) = self.view.closing_words(enrolment, completion);
            let not_after = after(self.view.now, GOODBYE_VALIDITY);
            self.notices.push(Part { protocol, says: Says::Close(key, average), not_after });
        }
        let why = match enrolment.state {
            EnrolmentState::Invited { .. } => EndReason::Lapsed,
            EnrolmentState::Active | EnrolmentState::Ended { .. } => EndReason::Completed,
        };
        self.enrolments.retain(|known| known.protocol != enrolment.protocol);
        self.enrolments.push(Enrolment {
            state: EnrolmentState::Ended { at: self.view.now, why },
            settled_until: self.view.now.max(enrolment.settled_until),
            ..enrolment.clone()
        });
    }

    fn settle(&mut self, n: usize, state: PromptState) {
        let prompt = &mut self.prompts[n];
        prompt.state = state;
        prompt.since = self.view.now;
        self.changed.insert(prompt.id.clone());
    }

    fn changed_prompts(&self) -> Vec<Prompt> {
        let mut changed: Vec<Prompt> =
            self.prompts.iter().filter(|prompt| self.changed.contains(&prompt.id)).cloned().collect();
        changed.sort_by_key(|prompt| prompt.planned_at);
        changed
    }

    fn decide(mut self) -> Decision {
        let (patient, now) = (&self.view.state.patient, self.view.now);
        let mut texts = compose(&self.questions, patient, Purpose::Prompt, self.tick, 1, now);
        for text in &texts {
            for prompt in &mut self.prompts {
                if text.asks.contains(&prompt.id) {
                    prompt.message = Some(text.message.id.clone());
                }
            }
        }
        let told = compose(&self.notices, patient, Purpose::Notice, self.tick, texts.len() + 1, now);
        texts.extend(told);
        let prompts = self.changed_prompts();
        let count = |wanted: fn(PromptState) -> bool| prompts.iter().filter(|p| wanted(p.state)).count();
        let mut decision = Decision::accepted(format!(
            "what was due: {} asked, {} answered already, {} missed, {} texts",
            count(|state| state == PromptState::Asked),
            count(|state| state == PromptState::Answered),
            count(|state| matches!(state, PromptState::Missed(_))),
            texts.len(),
        ));
        decision.patient = Some(patient.id.clone());
        decision.messages = texts.into_iter().map(|text| text.message).collect();
        decision.enrolments = self.enrolments;
        decision.tasks = self.tasks;
        decision.follow_counts = self.follow_counts;
        let state = self.view.state;
        let silence = silences(&state.misses, &state.prompts, &prompts);
        if count(|state| state == PromptState::Missed(MissCause::OurOutage)) > 0 {
            decision.tasks.push(outage(self.tick.task(decision.tasks.len()), now));
        }
        decision.prompts = prompts;
        let waiting_minutes = self.view.waiting_minutes();
        if waiting_minutes.is_some() {
            decision.confirmation = ConfirmationChange::Chase { at: now };
        }
        if !silence.is_empty() || waiting_minutes.is_some() {
            let absence = Absence { silence: &silence, waiting_minutes };
            judge_absence(&mut decision, state, self.view.catalog, self.tick, absence, now);
        }
        decision
    }
}

/// We did not run. One task a day for the whole house: each patient whom it touched is a repeat of it.
fn outage(id: TaskId, now: Timestamp) -> NewTask {
    let day = now.to_zoned(TimeZone::UTC).date();
    NewTask {
        id,
        kind: TaskKind::OurOutage,
        subject: day.to_string(),
        patient: None,
        detail: format!(
            "Lamplight did not run when patients were to be asked, as found on {day}. Nobody is blamed for a missed \
             answer. Find out why, and ask by phone whoever cannot wait for the next question."
        ),
    }
}
