//! What protocols add to a patient's state, and what they leave behind: enrolments, prompts, answers, and when the
//! patient is next looked at. Whoever is on no protocol costs a batch nothing.

use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::decide::{Catalog, ConfirmationChange, Decision, PatientState};
use crate::domain::id::{PatientId, QuestionId};
use crate::domain::protocol::due::wake_at;
use crate::domain::protocol::{Enrolment, Misses};
use crate::store::{StoreError, Tx};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How a patient's courses stand after a decision.
#[derive(Debug)]
pub(super) struct Standing {
    /// When the patient is next looked at; nothing: not at all.
    wake_at: Option<Timestamp>,
    misses: BTreeMap<QuestionId, Misses>,
}

/// Those whose courses a decision can have moved.
pub(super) type Moved = HashMap<PatientId, Standing>;

/// Fills in what moves while the patients' protocols stand as they are. `asked` are those who may have prompts open.
pub(super) async fn load(
    tx: &mut Tx,
    patients: &mut HashMap<PatientId, PatientState>,
    asked: &[PatientId],
    now: Timestamp,
) -> Result<(), StoreError> {
    let enrolled: Vec<&PatientId> = patients
        .values()
        .filter(|state| !state.enrolments.is_empty())
        .map(|state| &state.patient.id)
        .collect();
    if enrolled.is_empty() {
        return Ok(());
    }
    let mut taken = tx.last_taken(&enrolled, now).await?;
    let troubles = tx.device_troubles(&enrolled).await?;
    let asked: Vec<&PatientId> = asked.iter().collect();
    let mut prompts = match asked.is_empty() {
        true => HashMap::new(),
        false => tx.open_prompts(&asked).await?,
    };
    for (patient, state) in patients.iter_mut().filter(|(_, state)| !state.enrolments.is_empty()) {
        if let Some(first_day) = first_day_of_ending(&state.enrolments, now) {
            state.course_readings = tx.accepted_since(patient, first_day, now).await?;
        }
        state.device_trouble = troubles.get(patient).copied();
        state.prompts = prompts.remove(patient).unwrap_or_default();
        state.last_taken = taken.remove(patient).unwrap_or_default();
    }
    Ok(())
}

/// From when on readings count for the courses that are about to be completed; nothing when none is.
fn first_day_of_ending(enrolments: &[Enrolment], now: Timestamp) -> Option<Timestamp> {
    // Days are the patient's: somewhere it is tomorrow already, or still yesterday.
    let (yesterday, tomorrow) = (now.saturating_sub(DAY).ok()?, now.saturating_add(DAY).ok()?);
    let ending = |enrolment: &&Enrolment| {
        let tomorrow = tomorrow.to_zoned(TimeZone::UTC).date();
        enrolment.last_day.is_some_and(|last| last <= tomorrow)
    };
    let first = enrolments.iter().filter(ending).map(|enrolment| enrolment.first_day).min()?;
    let first = first.to_zoned(TimeZone::UTC).ok()?.timestamp().saturating_sub(DAY).ok()?;
    Some(first.min(yesterday))
}

/// Notes how the patient of a decision now stands, if it can have moved anything. `state` is as it now is.
pub(super) fn note(
    moved: &mut Moved,
    state: &PatientState,
    decision: &Decision,
    catalog: &Catalog,
    now: Timestamp,
) {
    let waits = state.confirmation.is_some() || decision.confirmation != ConfirmationChange::Keep;
    if state.enrolments.is_empty() && decision.enrolments.is_empty() && decision.prompts.is_empty() && !waits
    {
        return;
    }
    let standing = Standing { wake_at: wake_at(state, catalog, now), misses: state.misses.clone() };
    moved.insert(state.patient.id.clone(), standing);
}

/// Writes what decisions say of protocols.
pub(super) async fn keep(tx: &mut Tx, decisions: &[&Decision], moved: &Moved) -> Result<(), StoreError> {
    let enrolments: Vec<_> = decisions.iter().flat_map(|decision| &decision.enrolments).collect();
    let prompts: Vec<_> = decisions.iter().flat_map(|decision| &decision.prompts).collect();
    let answers: Vec<_> = decisions
        .iter()
        .filter_map(|decision| Some((decision.patient.as_ref()?, &decision.answers)))
        .flat_map(|(patient, answers)| answers.iter().map(move |answer| (patient, answer)))
        .collect();
    tx.put_enrolments(&enrolments).await?;
    tx.put_prompts(&prompts).await?;
    tx.keep_answers(&answers).await?;
    let counts: Vec<_> = decisions
        .iter()
        .filter_map(|decision| Some((decision.patient.as_ref()?, &decision.follow_counts)))
        .flat_map(|(patient, counts)| counts.iter().map(move |(follow_up, n)| (patient, follow_up, *n)))
        .collect();
    tx.put_follow_counts(&counts).await?;
    if moved.is_empty() {
        return Ok(());
    }
    let misses: Vec<_> = moved.iter().map(|(patient, standing)| (patient, &standing.misses)).collect();
    tx.put_misses(&misses).await?;
    let wakes: Vec<_> = moved.iter().map(|(patient, standing)| (patient, standing.wake_at)).collect();
    tx.set_wakes(&wakes).await
}
