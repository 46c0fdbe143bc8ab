//! What must hold after every step, and of the whole run.

use jiff::Timestamp;
use jiff::civil::Time;
use lamplight::domain::decide::Decision;
use lamplight::domain::id::ProtocolId;
use lamplight::domain::protocol::due::ON_TIME;
use lamplight::domain::protocol::{Does, Entry, Prompt, PromptState};
use lamplight::domain::vital::Vital;
use std::collections::BTreeSet;

use super::Ward;

impl Ward<'_> {
    pub(super) fn check(&mut self, decision: &Decision) {
        for prompt in &decision.prompts {
            let protocol = &self.catalog.protocols[&prompt.protocol];
            let is_new = self.state.prompts.iter().all(|known| known.id != prompt.id);
            if is_new {
                assert!(protocol.schedule.iter().any(|entry| entry.id == prompt.entry));
                let slot = (
                    prompt.protocol.clone(),
                    prompt.entry.clone(),
                    prompt.question.clone(),
                    prompt.planned_at,
                );
                // Tips of several quiet slots wait for the same morning.
                let is_tip = prompt.question.as_str().starts_with("tip");
                assert!(self.settled.insert(slot.clone()) || is_tip, "{slot:?} is settled twice");
            }
            assert!(!self.closed.contains(prompt.id.as_str()), "{prompt:?} was closed already");
            if !prompt.is_open() {
                self.closed.insert(prompt.id.to_string());
            }
            // Nobody is woken but by a question of the schedule, on time. Another that asks the same may join it.
            let may_speak = |prompt: &Prompt| {
                let quiet = self.catalog.protocols[&prompt.protocol].quiet;
                !quiet.holds(self.now.to_zoned(self.zone.clone()).time())
                    || self.now.duration_since(prompt.planned_at) <= ON_TIME
            };
            let speaks = match prompt.state {
                PromptState::Asked => {
                    prompt.since == self.now
                        && decision.messages.iter().any(|text| Some(&text.id) == prompt.message.as_ref())
                }
                PromptState::Told => true,
                _ => false,
            };
            let joins = |other: &Prompt| {
                prompt.message.is_some()
                    && other.message == prompt.message
                    && other.question == prompt.question
                    && may_speak(other)
            };
            assert!(
                !speaks || may_speak(prompt) || decision.prompts.iter().any(joins),
                "{prompt:?} wakes at {}",
                self.now
            );
            let was = self.state.prompts.iter().find(|known| known.id == prompt.id);
            if was.is_some_and(|was| was.reminded < prompt.reminded) {
                assert!(prompt.reminded as usize <= prompt.reminders.len());
            }
        }
        for message in &decision.messages {
            let reminds = message.says.iter().any(|part| part.starts_with("remind"));
            let quiet_for_all = self
                .catalog
                .protocols
                .values()
                .all(|protocol| protocol.quiet.holds(self.now.to_zoned(self.zone.clone()).time()));
            assert!(!(reminds && quiet_for_all), "reminds at {}", self.now);
            assert_eq!(message.says.iter().collect::<BTreeSet<_>>().len(), message.says.len(), "said twice");
        }
    }

    pub(super) fn vitals(&self, prompt: &Prompt) -> &'static [Vital] {
        self.catalog.protocols[&prompt.protocol]
            .question(&prompt.question)
            .map(|question| question.asks.vitals())
            .unwrap_or_default()
    }

    /// Open prompts of one vital share a text; open questions that are no vitals are one question.
    pub(super) fn check_open(&self) {
        let asked: Vec<&Prompt> =
            self.state.prompts.iter().filter(|prompt| prompt.state == PromptState::Asked).collect();
        for (n, one) in asked.iter().enumerate() {
            for other in &asked[n + 1..] {
                let (a, b) = (self.vitals(one), self.vitals(other));
                if a.is_empty() && b.is_empty() {
                    assert_eq!(one.question, other.question, "two questions at once at {}", self.now);
                }
                if one.question == other.question {
                    assert_eq!(one.message, other.message, "{} is asked twice in a window", one.question);
                }
            }
        }
    }

    /// Every minute of every day that the schedule names is settled, by the times that held then.
    pub(super) fn check_none_lost(&self) {
        for (id, regimes) in &self.regimes {
            let protocol = &self.catalog.protocols[id];
            for (n, (from, times)) in regimes.iter().enumerate() {
                let Some(times) = times else { continue };
                let until = regimes.get(n + 1).map_or(Timestamp::MAX, |(until, _)| *until);
                for entry in protocol.schedule.iter().filter(|entry| matches!(entry.does, Does::Ask(_))) {
                    let at = times.get(&entry.id).unwrap_or(&entry.at);
                    self.check_entry(id, entry, at, *from, until);
                }
            }
        }
    }

    pub(super) fn check_entry(
        &self,
        id: &ProtocolId,
        entry: &Entry,
        times: &[Time],
        from: Timestamp,
        until: Timestamp,
    ) {
        let Does::Ask(questions) = &entry.does else { return };
        for day in entry.from_day.. {
            let date = self.first_day.checked_add(jiff::Span::new().days(i64::from(day) - 1)).unwrap();
            if date > self.last_day {
                break;
            }
            let is_on = match &entry.days {
                lamplight::domain::protocol::Days::Every(step) => {
                    ((day - entry.from_day) as u32).is_multiple_of(*step)
                }
                lamplight::domain::protocol::Days::On(days) => days.contains(&date.weekday().into()),
            };
            for time in times.iter().filter(|_| is_on) {
                let at =
                    self.zone.to_ambiguous_zoned(date.to_datetime(*time)).compatible().unwrap().timestamp();
                if at <= from || at > until {
                    continue;
                }
                for question in questions {
                    let slot = (id.clone(), entry.id.clone(), question.clone(), at);
                    assert!(self.settled.contains(&slot), "{slot:?} is lost");
                }
            }
        }
    }
}
