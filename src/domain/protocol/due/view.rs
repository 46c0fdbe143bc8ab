//! The judgements that settling and waking share: what is to become of a prompt now, and when it changes next.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{ON_TIME, cover, zone_of};
use crate::domain::decide::{Catalog, PatientState};
use crate::domain::id::ProtocolId;
use crate::domain::patient::Standing;
use crate::domain::protocol::prompt::minutes;
use crate::domain::protocol::{
    Does, Enrolment, Entry, MissCause, Prompt, PromptState, Protocol, Question, Quiet, Sent,
};

/// A text is given at least so long to leave, however late the question is already.
const LEAVE_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// How soon a text that has not left is looked at again, at first and at last.
const LOOK_AGAIN: [SignedDuration; 2] = [SignedDuration::from_mins(1), SignedDuration::from_mins(5)];

/// One patient at one instant.
#[derive(Debug, Clone)]
pub(super) struct View<'a> {
    pub state: &'a PatientState,
    pub catalog: &'a Catalog,
    pub zone: TimeZone,
    pub now: Timestamp,
}

/// What is to become of a prompt that waits and whose time has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Turn<'p> {
    Ask,
    Say,
    /// It is asked already: by this prompt.
    Share(&'p Prompt),
    Answered,
    Miss(MissCause),
    /// A text that came too late to be said.
    Drop,
    Wait(Timestamp),
}

impl<'a> View<'a> {
    pub(super) fn new(state: &'a PatientState, catalog: &'a Catalog, now: Timestamp) -> Self {
        Self { state, catalog, zone: zone_of(&state.patient), now }
    }

    pub(super) fn enrolment(&self, protocol: &ProtocolId) -> Option<&'a Enrolment> {
        self.state.enrolments.iter().find(|enrolment| enrolment.protocol == *protocol)
    }

    pub(super) fn protocol(&self, id: &ProtocolId) -> Option<&'a Protocol> {
        self.catalog.protocols.get(id).map(AsRef::as_ref)
    }

    pub(super) fn question(&self, prompt: &Prompt) -> Option<&'a Question> {
        self.protocol(&prompt.protocol)?.question(&prompt.question)
    }

    pub(super) fn has_left(&self) -> bool {
        self.state.patient.standing == Standing::Stopped
    }

    /// What the entry or follow-up behind a prompt does; nothing when the file does not have it any more.
    fn does(&self, prompt: &Prompt) -> Option<&'a Does> {
        let protocol = self.protocol(&prompt.protocol)?;
        let entries = protocol.schedule.iter().map(|entry| (&entry.id, &entry.does));
        let follow_ups = protocol.follow_ups.iter().map(|follow_up| (&follow_up.id, &follow_up.does));
        entries.chain(follow_ups).find(|(id, _)| **id == prompt.entry).map(|(_, does)| does)
    }

    pub(super) fn entry(&self, prompt: &Prompt) -> Option<&'a Entry> {
        self.protocol(&prompt.protocol)?.schedule.iter().find(|entry| entry.id == prompt.entry)
    }

    fn quiet(&self, protocol: &ProtocolId) -> Option<Quiet> {
        self.protocol(protocol).map(|protocol| protocol.quiet)
    }

    /// `at`, or the end of the protocol's quiet hours that it falls in.
    pub(super) fn defer(&self, protocol: &ProtocolId, at: Timestamp) -> Timestamp {
        self.quiet(protocol).map_or(at, |quiet| quiet.defer(at, &self.zone))
    }

    pub(super) fn is_quiet(&self, protocol: &ProtocolId) -> bool {
        self.defer(protocol, self.now) > self.now
    }

    /// STOP, a pause, the end or, before it has gone out, an edit have overtaken it.
    pub(super) fn is_overtaken(&self, prompt: &Prompt) -> bool {
        let Some(enrolment) = self.enrolment(&prompt.protocol) else { return true };
        self.has_left()
            || !enrolment.asks_at(self.now)
            || (prompt.state == PromptState::Waiting
                && (prompt.revision < enrolment.revision || !self.can_speak(prompt)))
    }

    /// Whether the file in force still has what the prompt was planned to do.
    fn can_speak(&self, prompt: &Prompt) -> bool {
        match self.does(prompt) {
            Some(Does::Say(_)) => true,
            Some(Does::Ask(_)) => self.question(prompt).is_some(),
            None => false,
        }
    }

    /// What is to become now of a prompt that waits, beside the `open` ones.
    pub(super) fn turn<'p>(&self, prompt: &Prompt, open: &'p [Prompt]) -> Turn<'p> {
        if prompt.planned_at > self.now {
            return Turn::Wait(prompt.planned_at);
        }
        let is_late = self.now.duration_since(prompt.planned_at) > ON_TIME;
        let expiry = after(prompt.planned_at, minutes(prompt.late_minutes).max(ON_TIME));
        let spoken = self.defer(&prompt.protocol, self.now);
        let waits_for_morning = is_late && spoken > self.now;
        if let Some(Does::Say(_)) = self.does(prompt) {
            return match () {
                () if self.now > expiry || (waits_for_morning && spoken > expiry) => Turn::Drop,
                () if waits_for_morning => Turn::Wait(spoken),
                () => Turn::Say,
            };
        }
        if cover::is_fresh(self, prompt) {
            return Turn::Answered;
        }
        if let Some(asked) = cover::asking(self, prompt, open) {
            return Turn::Share(asked);
        }
        let is_blocked = cover::is_blocked(self, prompt, open);
        match () {
            () if self.now > expiry && is_blocked => Turn::Miss(MissCause::NotPrompted),
            () if self.now > expiry || (waits_for_morning && spoken > expiry) => {
                Turn::Miss(MissCause::OurOutage)
            }
            () if waits_for_morning => Turn::Wait(spoken),
            // It is missed once it has expired, and not at that very instant.
            () if is_blocked => Turn::Wait(after(expiry, SignedDuration::from_secs(1))),
            () => Turn::Ask,
        }
    }

    /// When the window of an asked prompt closes without an answer, and why that will have been.
    pub(super) fn closing(&self, prompt: &Prompt, open: &[Prompt]) -> (Timestamp, MissCause) {
        match prompt.sent {
            Sent::Failed(_) => (prompt.since, MissCause::Undelivered),
            Sent::Pending if prompt.message.is_some() => (leaves_by(prompt, open), MissCause::NotPrompted),
            // Nobody to text to: readings are waited for all the same, and come from devices or not at all.
            Sent::Pending => {
                let at = after(prompt.since, minutes(prompt.window_minutes));
                let cause = match self.state.patient.devices.is_empty() {
                    true => MissCause::NotPrompted,
                    false => self.silence(prompt, at),
                };
                (at, cause)
            }
            Sent::At(sent) => {
                let at = after(sent, minutes(prompt.window_minutes));
                (at, self.silence(prompt, at))
            }
        }
    }

    /// Why nothing came by `closed`. If we did not run then, who knows what was sent to us.
    fn silence(&self, prompt: &Prompt, closed: Timestamp) -> MissCause {
        if self.now.duration_since(closed) > ON_TIME {
            return MissCause::OurOutage;
        }
        let by_device = self.question(prompt).is_some_and(|question| !question.asks.vitals().is_empty());
        self.state.device_trouble.filter(|_| by_device).unwrap_or(MissCause::Silent)
    }

    /// When the next reminder goes out; nothing when none is left before the window closes.
    pub(super) fn remind_at(&self, prompt: &Prompt) -> Option<Timestamp> {
        let planned = prompt.remind_at()?;
        let at = match planned > self.now {
            true => self.defer(&prompt.protocol, planned),
            false if self.is_quiet(&prompt.protocol) => self.defer(&prompt.protocol, self.now),
            false => planned,
        };
        (at < prompt.closes_at()?).then_some(at)
    }

    /// When something is next to be done about an open prompt.
    pub(super) fn look_at(&self, prompt: &Prompt, open: &[Prompt]) -> Option<Timestamp> {
        if self.is_overtaken(prompt) || cover::is_answered(self, prompt) {
            return Some(prompt.since.min(self.now));
        }
        match prompt.state {
            PromptState::Waiting => Some(match self.turn(prompt, open) {
                Turn::Wait(until) => until,
                _ => prompt.planned_at,
            }),
            PromptState::Asked => {
                let (closes, _) = self.closing(prompt, open);
                let waits = prompt.sent == Sent::Pending && prompt.message.is_some();
                let again = waits.then(|| self.look_again(prompt));
                [Some(closes), self.remind_at(prompt), again].into_iter().flatten().min()
            }
            _ => None,
        }
    }

    fn look_again(&self, prompt: &Prompt) -> Timestamp {
        let [soon, late] = LOOK_AGAIN;
        after(self.now, (self.now.duration_since(prompt.since) / 4).clamp(soon, late))
    }
}

/// The last moment at which the text that asks may leave. Of prompts that share it the most patient one counts.
pub(super) fn leaves_by(prompt: &Prompt, open: &[Prompt]) -> Timestamp {
    let own = |prompt: &Prompt| {
        after(prompt.planned_at, minutes(prompt.late_minutes)).max(after(prompt.since, LEAVE_WITHIN))
    };
    let sharing = open.iter().filter(|other| {
        other.state == PromptState::Asked && other.message.is_some() && other.message == prompt.message
    });
    sharing.map(own).fold(own(prompt), Timestamp::max)
}

pub(super) fn after(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_add(span).unwrap_or(Timestamp::MAX)
}
