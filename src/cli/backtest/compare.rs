//! The past as a database holds it, and how the trial differs from what was raised then.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::decide::PatientState;
use crate::domain::id::PatientId;
use crate::engine::backtest::{Arrival, Told, Turn};
use crate::store::Store;
use crate::store::history::RaisedAlert;

use super::Failure;

/// An alert of the trial and one of the past are the same when they lie no further apart.
const NEAR: SignedDuration = SignedDuration::from_hours(24);

/// What was measured and what was raised.
pub(super) struct Recorded {
    pub(super) arrivals: Vec<Arrival>,
    pub(super) states: BTreeMap<PatientId, PatientState>,
    pub(super) alerts: Vec<RaisedAlert>,
}

pub(super) async fn load(store: &Store, since: Timestamp) -> Result<Recorded, Failure> {
    let mut arrivals: Vec<Arrival> = Vec::new();
    for row in store.recorded_since(since).await? {
        let id = format!("{}.{}", row.past.set, row.past.measurement.vital());
        let same = arrivals.last_mut().filter(|last| {
            last.patient == row.patient
                && last.taken_at == row.past.taken_at
                && last.received_at == row.received_at
        });
        match same {
            Some(last) => last.readings.push((id, row.past.measurement)),
            None => arrivals.push(Arrival {
                patient: row.patient,
                taken_at: row.past.taken_at,
                received_at: row.received_at,
                readings: vec![(id, row.past.measurement)],
                answers: Vec::new(),
            }),
        }
    }
    arrivals.sort_by_key(|arrival| arrival.received_at);
    let mut ids: Vec<PatientId> = arrivals.iter().map(|arrival| arrival.patient.clone()).collect();
    ids.sort();
    ids.dedup();
    let mut tx = store.begin().await?;
    let mut thresholds = tx.thresholds(&ids).await?;
    let mut enrolments = tx.enrolments(&ids.iter().collect::<Vec<_>>()).await?;
    let states = tx
        .patients_by_id(&ids)
        .await?
        .into_iter()
        .map(|(id, patient)| {
            let limits = thresholds.remove(&id).unwrap_or_default();
            let enrolments = enrolments.remove(&id).unwrap_or_default();
            (id, PatientState { thresholds: limits, enrolments, ..PatientState::of(patient) })
        })
        .collect();
    drop(tx);
    let alerts = store.raised_since(since).await?;
    Ok(Recorded { arrivals, states, alerts })
}

/// Tells on stderr what appears, what vanishes, and which of that a nurse had acted on. Ids only, no words.
pub(super) fn differences(told: &[Told], raised: &[RaisedAlert]) {
    let fires = |line: &&Told| line.state != Turn::Recovered;
    let same = |line: &Told, alert: &RaisedAlert| {
        line.patient == alert.patient
            && line.rule == alert.rule
            && line.at.saturating_add(NEAR).is_ok_and(|end| end >= alert.opened_at)
            && line.at.saturating_sub(NEAR).is_ok_and(|start| start <= alert.last_at)
    };
    let opened = || told.iter().filter(|line| line.state == Turn::Opened);
    let appear: Vec<_> = opened().filter(|line| !raised.iter().any(|alert| same(line, alert))).collect();
    let vanish: Vec<_> =
        raised.iter().filter(|alert| !told.iter().filter(fires).any(|line| same(line, alert))).collect();
    let acted: Vec<_> = vanish.iter().filter(|alert| alert.acted_on).collect();
    eprintln!(
        "Against the database: {} alerts appear, {} vanish, {} of them had been acted on.",
        appear.len(),
        vanish.len(),
        acted.len()
    );
    for line in appear {
        eprintln!("appears: {} {} {} at {}", line.patient, line.rule, line.severity.name(), line.at);
    }
    for alert in vanish {
        let acted = if alert.acted_on { ", acted on by a nurse" } else { "" };
        let severity = alert.severity.name();
        eprintln!("vanishes: {} {} {severity} of {}{acted}", alert.patient, alert.rule, alert.opened_at);
    }
}
