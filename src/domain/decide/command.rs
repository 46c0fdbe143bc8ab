//! Words that steer the service: YES and NO, STOP and START, HELP, and the keyword of a protocol.

use jiff::Timestamp;

use crate::domain::event::Event;
use crate::domain::id::{EventId, ProtocolId};
use crate::domain::patient::{Consent, Standing};
use crate::domain::protocol::due::zone_of;
use crate::domain::protocol::moves::{self, NewEnrolment, Refusal};
use crate::domain::protocol::{
    ConsentRecord, ConsentSource, Enrolment, EnrolmentState, Prompt, PromptState, Protocol,
};
use crate::domain::reading::ReadingState;
use crate::domain::task::{NewTask, TaskKind};
use crate::domain::wording::Phrase;

use super::carer::leave;
use super::reply::{Answer, Speaker};
use super::words::{breach_words, describe};
use super::{ConfirmationChange, Decision, PatientState};

impl<'a> Answer<'a> {
    /// The YES or NO to what was read back.
    pub(super) fn settle(&mut self, is_right: bool) {
        // A YES is for no question that was put after it.
        let asked = self.state.confirmation.as_ref().filter(|asked| asked.asked_at <= self.event.said_at());
        let Some(pending) = asked else {
            return self.say(Phrase::NothingPending, &[], None);
        };
        let state = if is_right { ReadingState::Accepted } else { ReadingState::Withdrawn };
        self.decision.confirmation = ConfirmationChange::Settle { set: pending.set.clone(), state };
        if is_right {
            self.measure(&pending.readings, pending.asked_at);
            let judgement = self.judge_confirmed(pending);
            if judgement.severity().is_some() {
                let body = breach_words(self.wording, &pending.readings, &judgement);
                return self.send(Phrase::Breach, body, judgement.severity());
            }
        }
        let phrase = if is_right { Phrase::Confirmed } else { Phrase::Discarded };
        self.say(phrase, &[("readings", &describe(self.wording, &pending.readings))], None);
    }

    /// Obeyed at once and without a word from us: the carrier answers. A clinical event all the same. Nothing is asked any
    /// more; the enrolments stay, for whoever comes back.
    pub(super) fn stop(&mut self) {
        if let Speaker::Carer(charge) = self.speaker {
            return leave(self.decision, self.event, charge);
        }
        stop_texting(self.decision, self.state, self.event, self.now);
    }

    pub(super) fn restart(&mut self) {
        if let Speaker::Carer(charge) = self.speaker {
            self.decision.carers.extend(charge.carer.stopped.then(|| charge.carer.change(false)));
        } else {
            text_again(self.decision, self.state, self.now);
        }
        self.say(Phrase::Restarted, &[], None);
    }

    /// HELP may be a keyword or a cry: it is answered as the one and looked at as the other.
    pub(super) fn help(&mut self) {
        let patient = self.state.patient.id.clone();
        let detail = format!("{} texted for help. Read the text and ring.", self.who_begins());
        self.decision.task(self.event, TaskKind::AskedForHelp, patient.as_str(), detail);
        self.say(Phrase::Help, &[], None);
    }

    /// The YES or NO to the invitation to a protocol.
    pub(super) fn reply_to_invitation(&mut self, invitation: &Enrolment, joins: bool) {
        if !self.speaker.speaks_for_patient() {
            return self.say(Phrase::NothingPending, &[], None);
        }
        if joins {
            return self.accept_invitation(&invitation.protocol);
        }
        let declined = moves::decline_invitation(self.state, &invitation.protocol, self.now);
        self.take(declined);
        let patient = self.state.patient.id.clone();
        let title = self.catalog.protocols.get(&invitation.protocol).map(|protocol| protocol.title.as_str());
        let detail = match title {
            Some(title) => format!("The patient does not want to be texted for '{title}'."),
            None => "The patient does not want to be texted for a protocol.".to_owned(),
        };
        self.decision.task(self.event, TaskKind::Declined, patient.as_str(), detail);
        self.say(Phrase::Declined, &[], None);
    }

    fn accept_invitation(&mut self, protocol: &ProtocolId) {
        // A YES to an invitation is no START.
        if !self.may_text() {
            return self.take(Err(Refusal::HasLeft));
        }
        let accepted = moves::accept_invitation(
            self.state,
            self.catalog,
            protocol,
            self.own_consent(),
            &self.event.id,
            self.now,
        );
        self.take(accepted);
    }

    /// The keyword of a protocol: the patient's own text is the consent. The course begins with the next whole day.
    pub(super) fn join(&mut self, protocol: &Protocol) {
        if !self.speaker.speaks_for_patient() {
            return self.take(Err(Refusal::NotTheirs));
        }
        let known = self.state.enrolments.iter().find(|enrolment| enrolment.protocol == protocol.id);
        match known.map(|enrolment| enrolment.state) {
            Some(EnrolmentState::Invited { .. }) => return self.accept_invitation(&protocol.id),
            // Again, for whoever is not sure that it worked.
            Some(EnrolmentState::Active) if self.may_text() => {
                let welcome = moves::welcome(protocol, self.wording, &self.state.patient);
                return self.reply.add("welcome", welcome.body());
            }
            _ => {}
        }
        let tomorrow = self.now.to_zoned(zone_of(&self.state.patient)).date().tomorrow();
        let Ok(first_day) = tomorrow else { return };
        let new = NewEnrolment {
            protocol: protocol.id.clone(),
            first_day,
            last_day: None,
            consent: self.own_consent(),
            own_times: Default::default(),
        };
        let enrolled = moves::enrol(self.state, self.catalog, new, &self.event.id, self.now);
        self.take(enrolled);
    }

    fn own_consent(&self) -> ConsentRecord {
        let source = ConsentSource::Text(self.event.id.to_string());
        ConsentRecord { mode: Consent::OptIn, at: self.event.said_at(), source }
    }

    /// Takes a move of an enrolment over into this decision. One that cannot be made is a human's to make.
    fn take(&mut self, moved: Result<Decision, Refusal>) {
        match moved {
            Ok(moved) => {
                self.decision.enrolments.extend(moved.enrolments);
                moved.prompts.into_iter().for_each(|prompt| self.decision.put_prompt(prompt));
                self.decision.messages.extend(moved.messages);
            }
            Err(refusal) => {
                let patient = self.state.patient.id.clone();
                let detail =
                    format!("A text asks for the patient to join or leave a protocol, and {refusal}.");
                self.decision.task(self.event, TaskKind::SelfEnrolment, patient.as_str(), detail);
            }
        }
    }
}

/// The patient has left: nothing is asked any more, and a human is told. Alerts stand as they did.
pub(super) fn stop_texting(decision: &mut Decision, state: &PatientState, event: &Event, now: Timestamp) {
    if decision.standing_of(&state.patient) == Standing::Stopped {
        return;
    }
    cease(decision, state, now);
    let open = state.alerts.len();
    let detail = match open {
        0 => "The patient asked for no more texts.".to_owned(),
        1 => "The patient asked for no more texts while one of their alerts is not resolved.".to_owned(),
        n => format!("The patient asked for no more texts while {n} of their alerts are not resolved."),
    };
    let patient = &state.patient.id;
    decision.task(event, TaskKind::LeftMonitoring, patient.as_str(), detail);
    if let Some(task) = decision.tasks.last_mut() {
        task.patient = Some(patient.clone());
    }
}

fn cease(decision: &mut Decision, state: &PatientState, now: Timestamp) {
    decision.standings.insert(state.patient.id.clone(), Standing::Stopped);
    for prompt in state.prompts.iter().filter(|prompt| prompt.is_open()) {
        let cancelled = Prompt { state: PromptState::Cancelled, since: now, ..prompt.clone() };
        decision.put_prompt(cancelled);
    }
}

/// Staff have stopped the texts: what STOP does, and the team is told. Nothing of it where nothing is sent as it is.
pub fn stopped_by_staff(state: &PatientState, tick: &EventId, now: Timestamp) -> Decision {
    let mut decision = Decision::accepted("staff have stopped the texts".to_owned());
    let patient = &state.patient.id;
    decision.patient = Some(patient.clone());
    if state.patient.standing == Standing::Stopped {
        return decision;
    }
    cease(&mut decision, state, now);
    decision.tasks.push(NewTask {
        id: tick.task(0),
        kind: TaskKind::LeftMonitoring,
        subject: patient.to_string(),
        patient: Some(patient.clone()),
        detail: "Staff have stopped the texts to the patient; why is on the patient's record. Readings are still judged."
            .to_owned(),
    });
    decision
}

/// Staff have the patient's word that texts are wanted again: what START does. Nothing of it where they are sent as it is.
pub fn texted_again_by_staff(state: &PatientState, now: Timestamp) -> Decision {
    let mut decision = Decision::accepted("the patient wants texts again".to_owned());
    decision.patient = Some(state.patient.id.clone());
    text_again(&mut decision, state, now);
    decision
}

/// The patient is back. What fell into the time between is neither asked now nor a miss.
pub(super) fn text_again(decision: &mut Decision, state: &PatientState, now: Timestamp) {
    if state.patient.standing == Standing::Stopped {
        decision.standings.insert(state.patient.id.clone(), Standing::Active);
        decision.enrolments.extend(moves::return_to(state, now));
    }
}
