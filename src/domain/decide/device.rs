//! What a device's publish means.

use jiff::Timestamp;

use crate::domain::alert::{AlertChange, LATE, OpenAlert};
use crate::domain::event::{DeviceDoubt, DeviceReading, DeviceStatus, Event};
use crate::domain::message::Purpose;
use crate::domain::patient::Patient;
use crate::domain::payload::{Payload, is_believed};
use crate::domain::protocol::Speech;
use crate::domain::protocol::due::zone_of;
use crate::domain::reading::{Reading, ReadingSource, ReadingState, TimeBasis};
use crate::domain::stream::Stream;
use crate::domain::task::TaskKind;

use super::course::{Course, may_be_texted};
use super::judge::{Circumstance, Judgement, judge};
use super::text::REPLY_VALIDITY;
use super::words::breach_words;
use super::{Catalog, ConfirmationChange, Decision, DeviceChange, HubChange, Party, PatientState};

/// How our own topics begin, of which there are no profiles.
const NATIVE: &str = "lamplight/";

pub(super) fn decide_reading(
    party: Party<'_>,
    catalog: &Catalog,
    event: &Event,
    reading: &DeviceReading,
    now: Timestamp,
) -> Decision {
    let state = match party {
        Party::Patient(state) => state,
        Party::DoubtfulDevice { why } => return doubtful_device(event, reading.device.as_str(), why),
        _ => return unknown_device(event, reading.device.as_str()),
    };
    let payload = match &reading.payload {
        Ok(payload) => payload,
        Err(refusal) => {
            let mut decision = Decision::rejected(refusal.to_string());
            decision.patient = Some(state.patient.id.clone());
            decision.task(
                event,
                TaskKind::UnreadablePayload,
                reading.device.as_str(),
                format!("Device {} sent what cannot be read: {refusal}", reading.device),
            );
            return decision;
        }
    };
    let claimed = payload.claimed_at(|| zone_of(&state.patient));
    let clock = believe(claimed, event.received_at);
    let mut decision = Decision::accepted(clock.reason.to_owned());
    decision.patient = Some(state.patient.id.clone());
    decision.device = Some(DeviceChange {
        device: reading.device.clone(),
        at: event.received_at,
        // What the broker kept is old, whatever the clock says.
        clock_offset_ms: claimed
            .filter(|_| !reading.retained)
            .map(|at| at.duration_since(event.received_at).as_millis() as i64),
        online: None,
        // A kept message's battery is of another day.
        battery: reading.battery.filter(|_| !reading.retained),
    });
    let ageless = reading.retained && claimed.is_none();
    let sound = clock.claimed_at.is_none() && !ageless;
    decision.readings.push(Reading {
        set: event.id.clone(),
        patient: state.patient.id.clone(),
        measurements: payload.measurements.clone(),
        taken_at: clock.taken_at,
        received_at: event.received_at,
        basis: clock.basis,
        claimed_at: clock.claimed_at,
        source: ReadingSource::Device,
        device: Some(reading.device.clone()),
        state: if sound { ReadingState::Accepted } else { ReadingState::Flagged },
    });
    if ageless {
        "kept by the broker for an unknown time: flagged and not judged".clone_into(&mut decision.reason);
        return decision;
    }
    let mut course = Course::default();
    let answered =
        course.measure(&mut decision, state, catalog, event, &payload.measurements, clock.taken_at, now);
    let circumstance =
        Circumstance { answered: &answered, ..Circumstance::of(&event.id, clock.taken_at, now) };
    let judgement = judge(&mut decision, state, catalog, event, &payload.measurements, circumstance);
    course.find(&judgement);
    // A patient is not texted about late readings: the advice would be for another day.
    if now.duration_since(clock.taken_at) <= LATE {
        answer(&mut decision, state, catalog, event, payload, &judgement, course, now);
    } else if !judgement.findings.is_empty() {
        // One item for all that a device catches up on, however much that is.
        let detail = format!(
            "Device {} has caught up on readings that were taken more than {} hours before they came, and some are beyond \
             a limit. They were judged by their own times, and nobody was told of them as new. Look at the chart of that \
             time.",
            reading.device,
            LATE.as_hours()
        );
        decision.task(event, TaskKind::LateReadings, reading.device.as_str(), detail);
    }
    let adds =
        |stream: Stream| stream.adds(&state.samples, &reading.device, clock.taken_at, &payload.measurements);
    if reading.stream.is_some_and(|stream| !adds(stream))
        && !judgement.news
        && changes_nothing(&decision, state)
    {
        return judged_and_not_kept(decision);
    }
    decision
}

/// Whether all that a decision asks for is to keep its reading, and to say again what its window has said.
fn changes_nothing(decision: &Decision, state: &PatientState) -> bool {
    let is_repeat = |change: &AlertChange| match change {
        AlertChange::Join(join) => {
            let stood = |alert: &&OpenAlert| alert.id == join.id && !alert.recovered;
            !join.worsened && !join.surpasses && state.alerts.iter().any(|alert| stood(&alert))
        }
        AlertChange::Open(_) | AlertChange::Recover(_) => false,
    };
    decision.alerts.iter().all(is_repeat)
        && decision.tasks.iter().all(|task| task.kind == TaskKind::FailingRule)
        && decision.messages.is_empty()
        && decision.confirmation == ConfirmationChange::Keep
        && decision.enrolments.is_empty()
        && decision.prompts.is_empty()
        && decision.answers.is_empty()
        && decision.follow_counts.is_empty()
}

/// A device that sends every few seconds says again what its window has on record.
fn judged_and_not_kept(decision: Decision) -> Decision {
    let mut reduced = Decision::accepted("judged, and like what its window has on record".to_owned());
    reduced.patient = decision.patient;
    reduced.device = decision.device;
    reduced
}

/// When a patient's reading was taken, as far as the device's clock is believed.
pub fn when_taken(payload: &Payload, patient: &Patient, received_at: Timestamp) -> Timestamp {
    believe(payload.claimed_at(|| zone_of(patient)), received_at).taken_at
}

/// Devices are answered only with news, and with what a protocol asks next: a cuff that repeats a known breach does not
/// make the phone ring again.
#[expect(clippy::too_many_arguments, reason = "they are what deciding knows, and one step of it")]
fn answer(
    decision: &mut Decision,
    state: &PatientState,
    catalog: &Catalog,
    event: &Event,
    payload: &Payload,
    judgement: &Judgement<'_>,
    course: Course<'_>,
    now: Timestamp,
) {
    let mut reply = Speech::default();
    let severity = judgement.severity().filter(|_| judgement.news);
    if severity.is_some() && may_be_texted(decision, state) {
        let words = breach_words(catalog.words_for(&state.patient), &payload.measurements, judgement);
        reply.add(&Purpose::reply_label(severity), words);
    }
    course.follow(decision, state, catalog, event, now, &mut reply);
    let not_after = now.saturating_add(REPLY_VALIDITY).unwrap_or(now);
    let purpose = Purpose::Reply(severity);
    decision.messages.extend(reply.into_message(
        event.id.message(1),
        &state.patient,
        purpose,
        now,
        not_after,
    ));
}

/// Of a hub nobody is told that it is unknown: it needs no patient, and its devices are registered each for itself.
pub(super) fn decide_status(party: Party<'_>, event: &Event, status: &DeviceStatus) -> Decision {
    let hub = match &status.report {
        Ok(report) if status.hub => {
            let change = |online| HubChange { hub: status.device.clone(), at: event.received_at, online };
            report.online.map(change)
        }
        _ => None,
    };
    let state = match party {
        Party::Patient(state) => state,
        _ if status.hub => {
            let mut decision = Decision::accepted("a hub's status".to_owned());
            decision.hub = hub;
            return decision;
        }
        _ => return unknown_device(event, status.device.as_str()),
    };
    match &status.report {
        Ok(report) => {
            let mut decision = Decision::accepted("device status".to_owned());
            decision.patient = Some(state.patient.id.clone());
            decision.hub = hub;
            decision.device = Some(DeviceChange {
                device: status.device.clone(),
                at: event.received_at,
                clock_offset_ms: None,
                online: report.online,
                battery: report.battery,
            });
            decision
        }
        Err(refusal) => {
            let mut decision = Decision::rejected(refusal.to_string());
            decision.patient = Some(state.patient.id.clone());
            decision
        }
    }
}

/// What a profile is not sure of waits for a better profile, or for a human.
pub(super) fn decide_doubt(party: Party<'_>, event: &Event, doubt: &DeviceDoubt) -> Decision {
    let Party::Patient(state) = party else { return unknown_device(event, doubt.device.as_str()) };
    let mut decision = Decision::held(doubt.why.clone());
    let detail = format!(
        "Device {} sent what must not become a reading unseen: {} It is kept, and taken in once its profile is sure; whoever knows what it says can give it to the patient (held readings). {}",
        doubt.device,
        doubt.why,
        make_a_profile(&doubt.topic)
    );
    decision.task(event, TaskKind::UnreadablePayload, doubt.device.as_str(), detail);
    decision.tasks.iter_mut().for_each(|task| task.patient = Some(state.patient.id.clone()));
    decision
}

/// What no profile knows. One item stands for all topics that begin with the same level: a house may have many.
pub(super) fn decide_stray(event: &Event, topic: &str, why: &str) -> Decision {
    let mut decision = Decision::rejected(why.to_owned());
    if topic.starts_with(NATIVE) {
        return decision;
    }
    let root = topic.split('/').next().unwrap_or_default();
    let detail =
        format!("No device profile reads what comes on {}. {}", quoted(topic), make_a_profile(topic));
    decision.task(event, TaskKind::UnreadablePayload, root, detail);
    decision
}

/// How somebody makes a profile for what comes on `topic`.
fn make_a_profile(topic: &str) -> String {
    format!(
        "To make a profile from such a message: lamplight profile suggest --topic {} < PAYLOAD",
        quoted(topic)
    )
}

/// As one word to a shell, whatever a stranger has put into it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ':' | '+');
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

pub(super) fn unknown_device(event: &Event, device: &str) -> Decision {
    let mut decision = Decision::held("the device is not registered to a patient".to_owned());
    decision.task(
        event,
        TaskKind::UnknownDevice,
        device,
        format!(
            "Device {device} is not registered to a patient. Register it, and what it sent is taken in: lamplight device \
             add {device} --patient ID"
        ),
    );
    decision
}

/// A reading of a device that has changed hands waits for a human, and is never guessed to be somebody's.
fn doubtful_device(event: &Event, device: &str, why: &str) -> Decision {
    let mut decision = Decision::held(format!("whose reading it is cannot be told: {why}"));
    let detail = format!(
        "Device {device} has had more than one patient, and whose reading this is cannot be told: {why} It is kept. \
         Have the patient measure again, and set the device's clock; whoever knows whose it is can give it to them (held \
         readings)."
    );
    // Not done by what the device sends after: it has a task of its own.
    decision.task(event, TaskKind::UnknownDevice, &format!("{device}/whose"), detail);
    decision
}

/// A device's clock, weighed against ours.
struct Believed {
    taken_at: Timestamp,
    basis: TimeBasis,
    claimed_at: Option<Timestamp>,
    reason: &'static str,
}

/// An impossible clock never costs a reading: it is taken as of now, flagged, and what was claimed is kept.
fn believe(claimed: Option<Timestamp>, received_at: Timestamp) -> Believed {
    let received = |claimed_at, reason| Believed {
        taken_at: received_at,
        basis: TimeBasis::Received,
        claimed_at,
        reason,
    };
    let Some(claimed) = claimed else { return received(None, "taken when it arrived") };
    if !is_believed(claimed, received_at) {
        return received(Some(claimed), "the device's clock cannot be right: flagged, taken when it arrived");
    }
    Believed {
        taken_at: claimed,
        basis: TimeBasis::Device,
        claimed_at: None,
        reason: "taken at the device's time",
    }
}
