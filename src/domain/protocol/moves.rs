//! How a patient comes onto a protocol, leaves it, and is left in peace for a while.
//!
//! Every move raises the enrolment's revision and cancels what was planned under the one before; nothing is ever asked
//! from before the move.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::due::{due, zone_of};
use super::schedule::date_of;
use super::{
    ConsentRecord, ConsentSource, EndReason, Enrolment, EnrolmentState, Pause, Prompt, PromptState, Protocol,
    Speech,
};
use crate::domain::decide::{Catalog, Decision, PatientState};
use crate::domain::id::{EventId, ProtocolId};
use crate::domain::message::Purpose;
use crate::domain::patient::{Consent, Patient, Standing};
use crate::domain::wording::{Phrase, Wording};

/// A welcome or an invitation that has not left for so long says nothing any more.
const WELCOME_VALIDITY: SignedDuration = SignedDuration::from_hours(24);

/// Why a move changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("there is no protocol '{0}'")]
    UnknownProtocol(ProtocolId),
    #[error("the patient is on '{0}' already; end that first")]
    AlreadyOn(ProtocolId),
    #[error("the patient is not on '{0}'")]
    NotOn(ProtocolId),
    #[error("the patient has left by texting STOP; only a START from their own phone restores texts")]
    HasLeft,
    #[error("whoever texted does not answer for the patient; ask the patient")]
    NotTheirs,
    #[error("'{0}' asks the patient by text first, and no phone is known; enter the phone first")]
    NoPhone(ProtocolId),
    #[error("the last day {last} lies before the first day {first}")]
    EndsBeforeItStarts { first: Date, last: Date },
    #[error("the last day, {0}, is over")]
    IsOver(Date),
    #[error("there is no open invitation to '{0}'")]
    NotInvited(ProtocolId),
    #[error("'{entry}' is no entry of the schedule of '{protocol}'")]
    UnknownEntry { protocol: ProtocolId, entry: String },
    #[error("'{0}' needs at least one time of day")]
    NoTimes(String),
}

/// A wish to put a patient on a protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEnrolment {
    pub protocol: ProtocolId,
    /// Day 1 of the schedule.
    pub first_day: Date,
    /// Inclusive. Nothing: as the protocol says.
    pub last_day: Option<Date>,
    pub consent: ConsentRecord,
    /// This patient's own times of day, by schedule entry.
    pub own_times: BTreeMap<String, Vec<Time>>,
}

/// Puts a patient on a protocol. One that asks first sends its invitation, unless the patient's own text is the consent;
/// any other sends its welcome.
pub fn enrol(
    state: &PatientState,
    catalog: &Catalog,
    new: NewEnrolment,
    tick: &EventId,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let patient = &state.patient;
    let Some(protocol) = catalog.protocols.get(&new.protocol) else {
        return Err(Refusal::UnknownProtocol(new.protocol));
    };
    if state.enrolments.iter().any(|known| known.protocol == new.protocol) {
        return Err(Refusal::AlreadyOn(new.protocol));
    }
    if patient.standing == Standing::Stopped {
        return Err(Refusal::HasLeft);
    }
    let last_day = new.last_day.or_else(|| {
        let days = i32::try_from(protocol.days?).ok()?;
        date_of(new.first_day, days)
    });
    if let Some(last) = last_day {
        if last < new.first_day {
            return Err(Refusal::EndsBeforeItStarts { first: new.first_day, last });
        }
        if last < now.to_zoned(zone_of(patient)).date() {
            return Err(Refusal::IsOver(last));
        }
    }
    check_times(protocol, &new.own_times)?;
    let asks_first =
        protocol.consent == Consent::OptIn && !matches!(new.consent.source, ConsentSource::Text(_));
    if asks_first && patient.texted_at().is_none() {
        return Err(Refusal::NoPhone(new.protocol));
    }
    let enrolment = Enrolment {
        patient: patient.id.clone(),
        protocol: new.protocol,
        first_day: new.first_day,
        last_day,
        state: if asks_first { EnrolmentState::Invited { at: now } } else { EnrolmentState::Active },
        consent: new.consent,
        pause: None,
        own_times: new.own_times,
        settled_until: now,
        revision: 1,
    };
    let speech = if asks_first {
        let mut speech = Speech::default();
        speech.tell(protocol, "invite", patient);
        speech
    } else {
        welcome(protocol, catalog.words_for(patient), patient)
    };
    let reason = if asks_first { "invited" } else { "enrolled" };
    let mut decision = about(state, reason);
    decision.enrolments.push(enrolment);
    tell(&mut decision, speech, patient, tick, now);
    Ok(decision)
}

/// The patient said YES to the invitation. A course whose first day is over by then starts today, unless it counts
/// towards a day that stands fast, such as an appointment.
pub fn accept_invitation(
    state: &PatientState,
    catalog: &Catalog,
    protocol: &ProtocolId,
    consent: ConsentRecord,
    tick: &EventId,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let mut enrolment = invitation(state, protocol)?.clone();
    let Some(protocol) = catalog.protocols.get(protocol) else {
        return Err(Refusal::UnknownProtocol(protocol.clone()));
    };
    let today = now.to_zoned(zone_of(&state.patient)).date();
    if today > enrolment.first_day && protocol.schedule.iter().all(|entry| entry.from_day >= 1) {
        let late = today.since(enrolment.first_day).unwrap_or_default();
        enrolment.last_day = enrolment.last_day.and_then(|last| last.checked_add(late).ok());
        enrolment.first_day = today;
    }
    enrolment.state = EnrolmentState::Active;
    enrolment.consent = consent;
    enrolment.settled_until = now;
    enrolment.revision += 1;
    let mut decision = about(state, "the invitation was accepted");
    decision.enrolments.push(enrolment);
    tell(
        &mut decision,
        welcome(protocol, catalog.words_for(&state.patient), &state.patient),
        &state.patient,
        tick,
        now,
    );
    Ok(decision)
}

/// The patient said NO to the invitation. What is answered is the conversation's affair.
pub fn decline_invitation(
    state: &PatientState,
    protocol: &ProtocolId,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let mut enrolment = invitation(state, protocol)?.clone();
    enrolment.state = EnrolmentState::Ended { at: now, why: EndReason::Declined };
    enrolment.revision += 1;
    let mut decision = about(state, "the invitation was declined");
    decision.enrolments.push(enrolment);
    Ok(decision)
}

/// Asks nothing from now on until `to`, or until somebody resumes it. What falls in a pause is no miss.
pub fn pause(
    state: &PatientState,
    protocol: &ProtocolId,
    to: Option<Timestamp>,
    reason: String,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    change(state, protocol, "paused", now, |enrolment| {
        enrolment.pause = Some(Pause { from: now, to, reason });
        enrolment.settled_until = enrolment.settled_until.max(now);
    })
}

/// Ends a pause. Nothing of it is made up for.
pub fn resume(state: &PatientState, protocol: &ProtocolId, now: Timestamp) -> Result<Decision, Refusal> {
    change(state, protocol, "resumed", now, |enrolment| {
        enrolment.pause = None;
        enrolment.settled_until = enrolment.settled_until.max(now);
    })
}

/// Staff take the patient off the protocol.
pub fn end(state: &PatientState, protocol: &ProtocolId, now: Timestamp) -> Result<Decision, Refusal> {
    change(state, protocol, "ended", now, |enrolment| {
        enrolment.state = EnrolmentState::Ended { at: now, why: EndReason::Ended };
    })
}

/// Gives the patient their own times of day from now on. What was due by the old ones is settled first.
pub fn change_times(
    state: &PatientState,
    catalog: &Catalog,
    protocol: &ProtocolId,
    own_times: BTreeMap<String, Vec<Time>>,
    tick: &EventId,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let Some(file) = catalog.protocols.get(protocol) else {
        return Err(Refusal::UnknownProtocol(protocol.clone()));
    };
    check_times(file, &own_times)?;
    let mut settled = due(state, catalog, tick, now);
    let mut after = state.clone();
    after.apply(&settled);
    let changed = change(&after, protocol, "times changed", now, |enrolment| {
        enrolment.own_times = own_times;
        enrolment.settled_until = enrolment.settled_until.max(now);
    })?;
    settled.reason = changed.reason;
    settled.enrolments.retain(|enrolment| enrolment.protocol != *protocol);
    settled.enrolments.extend(changed.enrolments);
    settled.prompts.retain(|prompt| changed.prompts.iter().all(|newer| newer.id != prompt.id));
    settled.prompts.extend(changed.prompts);
    Ok(settled)
}

/// Somebody who had left is back: what fell into the time between is neither asked now nor a miss.
pub fn return_to(state: &PatientState, now: Timestamp) -> Vec<Enrolment> {
    let settle = |enrolment: &Enrolment| Enrolment {
        settled_until: enrolment.settled_until.max(now),
        revision: enrolment.revision + 1,
        ..enrolment.clone()
    };
    state.enrolments.iter().filter(|enrolment| !enrolment.is_over()).map(settle).collect()
}

/// The first words of a protocol. Who looks and when belongs to them, and how to leave unless staff have said so.
pub fn welcome(protocol: &Protocol, wording: &Wording, patient: &Patient) -> Speech {
    let mut speech = Speech::default();
    if speech.tell(protocol, "welcome", patient) {
        speech.close_with(wording.say(Phrase::WhoLooks, &[]));
        if protocol.consent != Consent::Given {
            speech.close_with(wording.say(Phrase::Leave, &[]));
        }
    }
    speech
}

fn invitation<'s>(state: &'s PatientState, protocol: &ProtocolId) -> Result<&'s Enrolment, Refusal> {
    let is_open = |known: &&Enrolment| {
        known.protocol == *protocol && matches!(known.state, EnrolmentState::Invited { .. })
    };
    state.enrolments.iter().find(is_open).ok_or_else(|| Refusal::NotInvited(protocol.clone()))
}

fn check_times(protocol: &Protocol, own_times: &BTreeMap<String, Vec<Time>>) -> Result<(), Refusal> {
    for (entry, times) in own_times {
        if !protocol.schedule.iter().any(|known| known.id == *entry) {
            return Err(Refusal::UnknownEntry { protocol: protocol.id.clone(), entry: entry.clone() });
        }
        if times.is_empty() {
            return Err(Refusal::NoTimes(entry.clone()));
        }
    }
    Ok(())
}

/// The enrolment after `edit`, and what had not gone out under it cancelled; after a pause or the end, all that is open.
fn change(
    state: &PatientState,
    protocol: &ProtocolId,
    reason: &str,
    now: Timestamp,
    edit: impl FnOnce(&mut Enrolment),
) -> Result<Decision, Refusal> {
    let Some(known) = state.enrolments.iter().find(|known| known.protocol == *protocol) else {
        return Err(Refusal::NotOn(protocol.clone()));
    };
    let mut enrolment = known.clone();
    edit(&mut enrolment);
    enrolment.revision += 1;
    let mut decision = about(state, reason);
    let overtaken = |prompt: &&Prompt| prompt.state == PromptState::Waiting || !enrolment.asks_at(now);
    decision.prompts = state
        .prompts
        .iter()
        .filter(|prompt| prompt.protocol == *protocol)
        .filter(overtaken)
        .map(|prompt| Prompt { state: PromptState::Cancelled, since: now, ..prompt.clone() })
        .collect();
    decision.enrolments.push(enrolment);
    Ok(decision)
}

fn about(state: &PatientState, reason: &str) -> Decision {
    let mut decision = Decision::accepted(reason.to_owned());
    decision.patient = Some(state.patient.id.clone());
    decision
}

fn tell(decision: &mut Decision, speech: Speech, patient: &Patient, tick: &EventId, now: Timestamp) {
    let not_after = now.saturating_add(WELCOME_VALIDITY).unwrap_or(now);
    let message = speech.into_message(tick.message(1), patient, Purpose::Notice, now, not_after);
    decision.messages.extend(message);
}
