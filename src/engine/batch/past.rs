//! Recalls as much of the past as the rules in force need for a batch: nothing for patients whom only plain bands watch.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::alert::AlertChange;
use crate::domain::answer::PastAnswer;
use crate::domain::decide::{Catalog, Decision, Party, PatientState};
use crate::domain::event::{Event, Origin};
use crate::domain::history::{History, PastReading, Reach};
use crate::domain::id::PatientId;
use crate::domain::payload::is_believed;
use crate::domain::vital::Vital;
use crate::store::history::Wanted;
use crate::store::{StoreError, Tx};

use super::Touched;
use super::known::Known;

/// A civil day begins up to half a day off the day by which readings are stored, and lasts up to 25 hours.
const LEEWAY_DAYS: u32 = 1;
/// More than any believed clock runs ahead.
const AHEAD: SignedDuration = SignedDuration::from_hours(48);
/// How much longer than it is wanted the past is kept before it is worth forgetting.
const NEEDLESS: SignedDuration = SignedDuration::from_hours(72);
/// Fewer do not come so fast that the next would have to wait: it looks for itself.
const CROWD: usize = 16;
/// No civil time is further ahead of UTC or behind it.
const FURTHEST_ZONE: SignedDuration = SignedDuration::from_hours(14);

/// What a batch may measure of one patient.
#[derive(Debug)]
struct Measures {
    /// The earliest that anything in it was taken.
    from: Timestamp,
    until: Timestamp,
    /// Nothing: a text, which may state any.
    vitals: Option<BTreeSet<Vital>>,
}

impl Known {
    /// Loads the histories that judging `events` needs, with one query a table for all of them or none. False, and nothing
    /// is loaded, if one of them is of a patient whom the batch before touches.
    pub(super) async fn recollect(
        &mut self,
        tx: &mut Tx,
        catalog: &Catalog,
        events: &[&Event],
        ahead_of: Option<&Touched>,
    ) -> Result<bool, StoreError> {
        let mut wanted = Vec::new();
        for (patient, all) in &self.measured(events) {
            // Whom only plain bands watch needs nothing until an alert is raised.
            let Some(needed) = self.wanted(catalog, patient, all, false) else { continue };
            if !self.remembers(&needed) {
                wanted.extend(self.wanted(catalog, patient, all, true));
            }
        }
        if wanted.is_empty() {
            return Ok(true);
        }
        if ahead_of.is_some_and(|before| wanted.iter().any(|one| before.patients.contains(&one.patient))) {
            return Ok(false);
        }
        for (patient, past) in past(tx, wanted).await? {
            if let Some(state) = self.patients.get_mut(&patient) {
                state.history = History::new(past.readings, past.answers).reaching(past.reach);
            }
        }
        Ok(true)
    }

    /// Loads the histories of those in a crowd for whom devices have just raised an alert: how it clears will be asked at
    /// their next reading, which need not wait then until this batch is written. `tx` must not see this batch.
    pub(super) async fn foresee(
        &mut self,
        tx: &mut Tx,
        catalog: &Catalog,
        events: &[&Event],
        decisions: &[Decision],
        ahead_of: Option<&Touched>,
    ) -> Result<(), StoreError> {
        let opens = |decision: &&Decision| {
            decision.alerts.iter().any(|change| matches!(change, AlertChange::Open(_)))
        };
        let raised: HashSet<&PatientId> =
            decisions.iter().filter(opens).filter_map(|decision| decision.patient.as_ref()).collect();
        if raised.is_empty() || events.len() < CROWD {
            return Ok(());
        }
        let mut wanted = Vec::new();
        for (patient, all) in &self.measured(events) {
            let is_unsure = ahead_of.is_some_and(|before| before.patients.contains(patient));
            let knows = self.patients.get(patient).is_none_or(|state| state.history.reach().is_some());
            if raised.contains(patient) && all.vitals.is_some() && !is_unsure && !knows {
                wanted.extend(self.wanted(catalog, patient, all, true));
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        for (patient, past) in past(tx, wanted).await? {
            if let Some(state) = self.patients.get_mut(&patient) {
                // All that it holds by now is of this batch.
                let own = std::mem::take(&mut state.history);
                state.history = own.preceded_by(past.readings, past.answers).reaching(past.reach);
            }
        }
        Ok(())
    }

    /// What a batch may measure, of each patient.
    fn measured(&self, events: &[&Event]) -> Vec<(PatientId, Measures)> {
        let mut measured: HashMap<&PatientId, Measures> = HashMap::new();
        for event in events {
            let Some((at, vitals)) = measures(event) else { continue };
            for state in self.concerned(event) {
                measured
                    .entry(&state.patient.id)
                    .and_modify(|all| all.add(at, event.received_at, vitals.as_ref()))
                    .or_insert(Measures {
                        from: at,
                        until: event.received_at.max(at),
                        vitals: vitals.clone(),
                    });
            }
        }
        measured.into_iter().map(|(patient, all)| (patient.clone(), all)).collect()
    }

    /// Whether a patient's past is known as far as it is wanted. What is known far beyond that is forgotten.
    fn remembers(&mut self, wanted: &Wanted) -> bool {
        let Some(state) = self.patients.get_mut(&wanted.patient) else { return false };
        if !state.history.covers(wanted.since, &wanted.vitals, &wanted.questions) {
            return false;
        }
        let idle = |reach: &Reach| wanted.since.duration_since(reach.since) > NEEDLESS;
        if state.history.reach().is_some_and(idle) {
            state.history.forget_before(wanted.since);
        }
        true
    }

    /// Whom an event may be about: all of those who share a phone.
    fn concerned(&self, event: &Event) -> Vec<&PatientState> {
        let sharers = self.sharers(event);
        let alone = match self.party(event, &sharers) {
            Party::Patient(state) => self.patients.get(&state.patient.id),
            _ => None,
        };
        alone.map_or(sharers.states, |state| vec![state])
    }

    /// What judging needs; `widely` also what it may need soon, once an alert is raised: whoever looks does so once.
    fn wanted(&self, catalog: &Catalog, patient: &PatientId, all: &Measures, widely: bool) -> Option<Wanted> {
        let state = self.patients.get(patient)?;
        let (mut vitals, mut questions) = (BTreeSet::new(), BTreeSet::new());
        let mut days = 0;
        // A device's number answers a question too, when one is open.
        let may_answer = all.vitals.is_none() || !state.prompts.is_empty();
        let soon = widely.then(|| catalog.look_back_to_clear(state)).into_iter().flatten();
        for look in catalog.look_back(state).chain(soon) {
            let touches = |vital: &Vital| all.vitals.as_ref().is_none_or(|measured| measured.contains(vital));
            if look.vitals.iter().any(touches) || may_answer && !look.questions.is_empty() {
                days = days.max(look.days);
                vitals.extend(look.vitals);
                questions.extend(look.questions);
            }
        }
        if vitals.is_empty() && questions.is_empty() {
            return None;
        }
        let back = SignedDuration::from_hours(24 * i64::from(days + LEEWAY_DAYS));
        let since = all.from.saturating_sub(back).unwrap_or(all.from);
        // A device's clock may run ahead: what it dated so is past when the next message comes.
        let until = all.until.saturating_add(AHEAD).unwrap_or(all.until);
        Some(Wanted { patient: patient.clone(), since, until, vitals, questions })
    }
}

/// What is stored of one patient's past.
struct Past {
    readings: Vec<PastReading>,
    answers: Vec<PastAnswer>,
    reach: Reach,
}

/// Loads what is wanted, with one query a table.
async fn past(tx: &mut Tx, wanted: Vec<Wanted>) -> Result<Vec<(PatientId, Past)>, StoreError> {
    let mut readings = tx.past_readings(&wanted).await?;
    let mut answers = tx.past_answers(&wanted).await?;
    let past = wanted.into_iter().map(|Wanted { patient, since, vitals, questions, .. }| {
        let past = Past {
            readings: readings.remove(&patient).unwrap_or_default(),
            answers: answers.remove(&patient).unwrap_or_default(),
            // The query is one for all patients: it has brought more vitals than this one needs, perhaps not all days.
            reach: Reach { since, vitals, questions },
        };
        (patient, past)
    });
    Ok(past.collect())
}

impl Measures {
    fn add(&mut self, at: Timestamp, received_at: Timestamp, vitals: Option<&BTreeSet<Vital>>) {
        self.from = self.from.min(at);
        self.until = self.until.max(at).max(received_at);
        match (&mut self.vitals, vitals) {
            (Some(all), Some(vitals)) => all.extend(vitals),
            (all, _) => *all = None,
        }
    }
}

/// When an event's readings were taken, and which they are as far as that is known before it is decided.
fn measures(event: &Event) -> Option<(Timestamp, Option<BTreeSet<Vital>>)> {
    match &event.origin {
        Origin::Text(_) => Some((event.said_at(), None)),
        Origin::Reading(reading) => {
            let payload = reading.payload.as_ref().ok()?;
            // Whose wall is not looked up for this: no zone is further than that from UTC.
            let at = match payload.wall {
                Some(_) => {
                    payload.claimed_at(|| TimeZone::UTC).and_then(|at| at.checked_sub(FURTHEST_ZONE).ok())
                }
                None => payload.taken_at,
            };
            let at = at.filter(|at| is_believed(*at, event.received_at)).unwrap_or(event.received_at);
            Some((at, Some(payload.measurements.iter().map(|measured| measured.vital()).collect())))
        }
        Origin::Status(_) | Origin::Call(_) | Origin::Doubt(_) | Origin::Stray { .. } => None,
    }
}
