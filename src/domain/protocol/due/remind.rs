//! Reminders: once a question, as often as the longest list says, never in quiet hours.

use super::compose::{Part, Says};
use super::cover;
use super::settle::Settlement;
use crate::domain::protocol::PromptState;

impl Settlement<'_> {
    /// Reminds once of each question, however many prompts ask it, and however many reminders fell into an outage.
    pub(super) fn remind(&mut self) {
        for n in 0..self.prompts.len() {
            let prompt = &self.prompts[n];
            let is_due = prompt.state == PromptState::Asked
                && self.view.remind_at(prompt).is_some_and(|at| at <= self.view.now);
            if !is_due {
                continue;
            }
            let prompt = prompt.clone();
            let closes = prompt.closes_at().unwrap_or(self.view.now);
            if let Some(protocol) = self.view.protocol(&prompt.protocol) {
                let says = Says::Remind(prompt.question.clone());
                self.questions.push(Part { protocol, says, not_after: closes });
            }
            for m in 0..self.prompts.len() {
                let other = &self.prompts[m];
                if other.state == PromptState::Asked
                    && (other.id == prompt.id || cover::asks_the_same(&self.view, &prompt, other))
                {
                    self.count_reminder(m);
                }
            }
        }
    }

    /// One reminder more, and all that are overdue.
    fn count_reminder(&mut self, n: usize) {
        let prompt = &mut self.prompts[n];
        let before = prompt.reminded;
        let most = u32::try_from(prompt.reminders.len()).unwrap_or(u32::MAX);
        prompt.reminded = before.saturating_add(1).min(most);
        while prompt.remind_at().is_some_and(|at| at <= self.view.now) {
            prompt.reminded += 1;
        }
        if prompt.reminded != before {
            self.changed.insert(prompt.id.clone());
        }
    }
}
