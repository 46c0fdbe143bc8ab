//! Reads a file of past readings into arrivals, in the order that they were received.

use std::collections::HashMap;
use std::io::BufRead;

use crate::domain::id::PatientId;
use crate::engine::backtest::Arrival;

use super::line::{Line, Said, What, read};

/// What a file holds, and what of it could not be read.
#[derive(Debug, Default)]
pub(super) struct Readings {
    pub(super) arrivals: Vec<Arrival>,
    /// Line number and sentence.
    pub(super) faults: Vec<(usize, String)>,
}

/// Lines of one patient that share a set are one arrival, wherever they stand.
pub(super) fn gather(input: impl BufRead) -> std::io::Result<Readings> {
    let mut readings = Readings::default();
    let mut sets: HashMap<(PatientId, String), usize> = HashMap::new();
    let mut patients: Vec<PatientId> = Vec::new();
    let mut known: std::collections::HashSet<PatientId> = std::collections::HashSet::new();
    let mut for_all = Vec::new();
    for (number, bytes) in input.split(b'\n').enumerate() {
        let bytes = bytes?;
        let number = number + 1;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        let line = match read(text) {
            Ok(line) => line,
            Err(why) => {
                readings.faults.push((number, why));
                continue;
            }
        };
        let Line { patient, what } = line;
        if let Some(patient) = &patient
            && known.insert(patient.clone())
        {
            patients.push(patient.clone());
        }
        match (patient, what) {
            (Some(patient), What::Said { id, set, taken_at, received_at, said }) => {
                let place = match &set {
                    None => None,
                    Some(set) => sets.get(&(patient.clone(), set.clone())).copied(),
                };
                let place = place.unwrap_or_else(|| {
                    let place = readings.arrivals.len();
                    readings.arrivals.push(empty(patient.clone(), taken_at, received_at));
                    place
                });
                if let Some(set) = &set {
                    sets.insert((patient, set.clone()), place);
                }
                let Some(arrival) = readings.arrivals.get_mut(place) else { continue };
                arrival.taken_at = arrival.taken_at.max(taken_at);
                arrival.received_at = arrival.received_at.max(received_at);
                let id = id.unwrap_or_else(|| stable_id(set.as_deref(), &said, number));
                match said {
                    Said::Measured(measured) => arrival.readings.push((id, measured)),
                    Said::Answered(question, value) => arrival.answers.push((id, question, value)),
                }
            }
            (Some(patient), What::Now(now)) => readings.arrivals.push(empty(patient, now, now)),
            (None, What::Now(now)) => for_all.push(now),
            // `read` lets no reading through that names no patient.
            (None, What::Said { .. }) => {}
        }
    }
    for now in for_all {
        readings.arrivals.extend(patients.iter().map(|patient| empty(patient.clone(), now, now)));
    }
    // Stable: what was received at the same time stays in the order of the file.
    readings.arrivals.sort_by_key(|arrival| arrival.received_at);
    Ok(readings)
}

fn empty(patient: PatientId, taken_at: jiff::Timestamp, received_at: jiff::Timestamp) -> Arrival {
    Arrival { patient, taken_at, received_at, readings: Vec::new(), answers: Vec::new() }
}

/// A reading without an id of its own is named as the views name it, by set and vital; without a set by its line.
fn stable_id(set: Option<&str>, said: &Said, line: usize) -> String {
    match (set, said) {
        (Some(set), Said::Measured(measured)) => format!("{set}.{}", measured.vital()),
        (Some(set), Said::Answered(question, _)) => format!("{set}.{question}"),
        (None, _) => format!("line-{line}"),
    }
}
