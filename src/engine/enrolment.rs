//! Patients onto protocols and off them: each move, its texts, its audit row and the new time on the agenda are one
//! transaction.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde_json::json;
use thiserror::Error;

use crate::domain::decide::{Catalog, Decision, PatientState};
use crate::domain::id::{EventId, PatientId, ProtocolId};
use crate::domain::patient::Consent;
use crate::domain::protocol::due::zone_of;
use crate::domain::protocol::moves::{self, NewEnrolment, Refusal};
use crate::domain::protocol::{ConsentRecord, ConsentSource, Protocol};
use crate::store::{Store, StoreError, Tx};

use super::batch::Known;
use super::effect::{Plan, carry_out};
use super::id::IdSource;
use super::nurse::Hand;

/// A wish of staff to put a patient on a protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    pub protocol: ProtocolId,
    /// Nothing: the first day all of which lies ahead.
    pub first_day: Option<Date>,
    /// Inclusive. Nothing: as the protocol says.
    pub last_day: Option<Date>,
    /// Nothing: as the protocol has it.
    pub consent: Option<Consent>,
}

/// What is done to an enrolment.
#[derive(Debug, Clone, PartialEq)]
pub enum Move {
    /// Until `to`, or until it is resumed.
    Pause {
        to: Option<Timestamp>,
        reason: String,
    },
    Resume,
    End,
    /// The patient's own times of day, by entry of the schedule.
    Times(BTreeMap<String, Vec<Time>>),
}

/// Why a move changes nothing.
#[derive(Debug, Error)]
pub enum MoveError {
    #[error("there is no such patient")]
    UnknownPatient,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where moves are made.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    pub store: &'a Store,
    pub catalog: &'a Catalog,
    pub ids: &'a IdSource,
    pub now: Timestamp,
}

impl Desk<'_> {
    /// Puts a patient on a protocol.
    pub async fn start(&self, patient: &PatientId, wish: &Wish, hand: &Hand) -> Result<(), MoveError> {
        let act = |state: &PatientState, tick: &EventId| {
            enrol(state, self.catalog, wish, &hand.actor, tick, self.now)
        };
        self.act(patient, &wish.protocol, "enrolment.started", hand, act).await
    }

    /// Changes how a patient is on a protocol.
    pub async fn change(
        &self,
        patient: &PatientId,
        protocol: &ProtocolId,
        change: Move,
        hand: &Hand,
    ) -> Result<(), MoveError> {
        let action = match change {
            Move::Pause { .. } => "enrolment.paused",
            Move::Resume => "enrolment.resumed",
            Move::End => "enrolment.ended",
            Move::Times(_) => "enrolment.times_changed",
        };
        let act = |state: &PatientState, tick: &EventId| match change {
            Move::Pause { to, reason } => moves::pause(state, protocol, to, reason, self.now),
            Move::Resume => moves::resume(state, protocol, self.now),
            Move::End => moves::end(state, protocol, self.now),
            Move::Times(times) => moves::change_times(state, self.catalog, protocol, times, tick, self.now),
        };
        self.act(patient, protocol, action, hand, act).await
    }

    async fn act(
        &self,
        patient: &PatientId,
        protocol: &ProtocolId,
        action: &str,
        hand: &Hand,
        act: impl FnOnce(&PatientState, &EventId) -> Result<Decision, Refusal>,
    ) -> Result<(), MoveError> {
        let tick = self.ids.event(self.now);
        let mut tx = self.store.begin().await?;
        let mut known = Known::of(&mut tx, std::slice::from_ref(patient), self.now).await?;
        let decision = known
            .decide_about(self.catalog, patient, self.now, |state| act(state, &tick))
            .ok_or(MoveError::UnknownPatient)??;
        let plan = Plan::of(&mut known, &[&decision]);
        carry_out(&mut tx, &plan, &[&decision], self.now).await?;
        let detail = json!({ "protocol": protocol });
        tx.audit(&hand.entry(self.now, action, patient.as_str(), detail)).await?;
        Ok(tx.commit().await?)
    }
}

/// Puts patients on protocols within a larger transaction, as a list says. Whoever is on one already stays as they are, and
/// so does whoever was: a list that is imported every night starts no finished course anew. Gives the enrolments that
/// began, or all that are refused.
pub(super) async fn start_all(
    tx: &mut Tx,
    catalog: &Catalog,
    ids: &IdSource,
    actor: &str,
    wishes: &[(PatientId, ProtocolId)],
    now: Timestamp,
) -> Result<Result<Vec<(PatientId, ProtocolId)>, Vec<(PatientId, Refusal)>>, StoreError> {
    if wishes.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let patients: Vec<PatientId> = wishes.iter().map(|(patient, _)| patient.clone()).collect();
    let over = tx.ended_enrolments(&patients).await?;
    let mut known = Known::of(tx, &patients, now).await?;
    let (mut decisions, mut started, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (patient, protocol) in wishes.iter().filter(|wish| !over.contains(*wish)) {
        let wish = Wish { protocol: protocol.clone(), first_day: None, last_day: None, consent: None };
        let tick = ids.event(now);
        let act = |state: &PatientState| enrol(state, catalog, &wish, actor, &tick, now);
        match known.decide_about(catalog, patient, now, act) {
            Some(Ok(decision)) => {
                decisions.push(decision);
                started.push((patient.clone(), protocol.clone()));
            }
            Some(Err(Refusal::AlreadyOn(_))) | None => {}
            Some(Err(why)) => refused.push((patient.clone(), why)),
        }
    }
    if !refused.is_empty() {
        return Ok(Err(refused));
    }
    let made: Vec<_> = decisions.iter().collect();
    carry_out(tx, &Plan::of(&mut known, &made), &made, now).await?;
    Ok(Ok(started))
}

fn enrol(
    state: &PatientState,
    catalog: &Catalog,
    wish: &Wish,
    actor: &str,
    tick: &EventId,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let Some(protocol) = catalog.protocols.get(&wish.protocol) else {
        return Err(Refusal::UnknownProtocol(wish.protocol.clone()));
    };
    let first_day =
        wish.first_day.unwrap_or_else(|| whole_day_ahead(protocol, &zone_of(&state.patient), now));
    let consent = ConsentRecord {
        mode: wish.consent.unwrap_or(protocol.consent),
        at: now,
        source: ConsentSource::Staff(actor.to_owned()),
    };
    let new = NewEnrolment {
        protocol: wish.protocol.clone(),
        first_day,
        last_day: wish.last_day,
        consent,
        own_times: BTreeMap::new(),
    };
    moves::enrol(state, catalog, new, tick, now)
}

/// Today while nothing of the schedule's times of day is over, else tomorrow: a course of days begins with a whole one.
fn whole_day_ahead(protocol: &Protocol, zone: &TimeZone, now: Timestamp) -> Date {
    let now = now.to_zoned(zone.clone());
    let begun = protocol.schedule.iter().flat_map(|entry| &entry.at).any(|time| *time <= now.time());
    let today = now.date();
    if begun { today.tomorrow().unwrap_or(today) } else { today }
}
