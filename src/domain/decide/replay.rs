//! Judges again what was measured once, without its edges: for trying rules over the past.

use jiff::Timestamp;

use crate::domain::answer::PastAnswer;
use crate::domain::event::{Edge, Event, Origin};
use crate::domain::id::EventId;
use crate::domain::reading::{Measurement, Reading, ReadingSource, ReadingState, TimeBasis};
use crate::domain::silence::Silence;

use super::judge::{Circumstance, chart, judge};
use super::{Catalog, Decision, PatientState};

/// What came of one patient at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    pub set: EventId,
    pub measurements: Vec<Measurement>,
    pub answers: Vec<PastAnswer>,
    pub silence: Vec<Silence>,
    pub taken_at: Timestamp,
    pub received_at: Timestamp,
}

/// Judges `past` over what `state` knows. Nobody is texted; [`PatientState::apply`] takes over what it changes.
pub fn replay(state: &PatientState, catalog: &Catalog, past: &Past) -> Decision {
    let event = Event {
        id: past.set.clone(),
        key: String::new(),
        received_at: past.received_at,
        origin: Origin::Stray { edge: Edge::Device, address: String::new(), why: String::new() },
        raw: Vec::new(),
    };
    let mut decision = Decision::accepted("judged again".to_owned());
    decision.patient = Some(state.patient.id.clone());
    if !past.measurements.is_empty() {
        decision.readings.push(Reading {
            set: past.set.clone(),
            patient: state.patient.id.clone(),
            measurements: past.measurements.clone(),
            taken_at: past.taken_at,
            received_at: past.received_at,
            basis: TimeBasis::Device,
            claimed_at: None,
            source: ReadingSource::Device,
            device: None,
            state: ReadingState::Accepted,
        });
    }
    let circumstance = Circumstance {
        answered: &past.answers,
        silence: &past.silence,
        ..Circumstance::of(&past.set, past.taken_at, past.received_at)
    };
    judge(&mut decision, state, catalog, &event, &past.measurements, circumstance);
    decision
}

/// Whether the rule of an alert had something to say to `past` and said nothing.
pub fn is_quiet_now(state: &PatientState, catalog: &Catalog, past: &Past, decision: &Decision) -> Vec<usize> {
    let circumstance = Circumstance {
        answered: &past.answers,
        silence: &past.silence,
        ..Circumstance::of(&past.set, past.taken_at, past.received_at)
    };
    let chart = chart(state, &past.measurements, circumstance);
    let changed = |id| decision.alerts.iter().any(|change| change.is_of(id));
    let asked = |alert: &super::OpenAlert| {
        let rule = catalog.rules.iter().find(|rule| rule.id == alert.rule);
        rule.is_some_and(|rule| rule.clear.is_none() && rule.is_touched_by(&chart))
    };
    let alerts = state.alerts.iter().enumerate();
    alerts.filter(|(_, alert)| !changed(&alert.id) && asked(alert)).map(|(place, _)| place).collect()
}
