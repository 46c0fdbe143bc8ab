//! Plays a conversation and finds the first line that went otherwise.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::domain::decide::Catalog;
use crate::domain::id::PatientId;
use crate::domain::patient::Patient;
use crate::domain::protocol::Protocol;
use crate::domain::rehearsal::{Line, Rehearsal};

use super::case::{Case, Expected, Input};

/// Where a conversation went otherwise than it is written, and how.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) place: Range<usize>,
    pub(super) why: String,
}

/// Plays a case with a patient who reads `language`: how it went, and where that is not as written.
///
/// # Errors
/// When it cannot be played to its end.
pub(super) fn play<'c>(
    catalog: &'c Catalog,
    protocol: &Protocol,
    case: &Case,
    language: &str,
) -> Result<(Rehearsal<'c>, Option<Difference>), Difference> {
    let instant = |civil: DateTime, place: &Range<usize>| {
        case.zone.to_ambiguous_zoned(civil).compatible().map(|zoned| zoned.timestamp()).map_err(|error| {
            Difference { place: place.clone(), why: format!("{civil} is no time there: {error}") }
        })
    };
    let mut patient = Patient::unknown(PatientId::trusted("rehearsed"));
    patient.name = Some("Margaret Hall".to_owned());
    language.clone_into(&mut patient.language);
    case.zone_name.clone_into(&mut patient.time_zone);
    let mut house = Rehearsal::new(catalog, patient, instant(case.enrolled, &case.place)?);
    house.state_mut().thresholds = case.thresholds.clone();
    house.enrol(&protocol.id, case.first_day, None).map_err(|refusal| Difference {
        place: case.place.clone(),
        why: format!("the patient is not enrolled: {refusal}"),
    })?;
    for line in &case.lines {
        let Some(input) = &line.input else { continue };
        house.pass_to(instant(line.at, &line.place)?);
        put_in(&mut house, input, |civil| instant(civil, &line.place))
            .map_err(|why| Difference { place: line.place.clone(), why })?;
    }
    house.pass_to(instant(case.until, &case.place)?);
    let difference = first_difference(&case.lines, house.lines(), &case.place);
    Ok((house, difference))
}

fn put_in(
    house: &mut Rehearsal<'_>,
    input: &Input,
    instant: impl Fn(DateTime) -> Result<Timestamp, Difference>,
) -> Result<(), String> {
    let instant = |civil: DateTime| instant(civil).map_err(|difference| difference.why);
    match input {
        Input::Text(body) => house.text(body),
        Input::Device(measurements) => house.device(measurements.clone()),
        Input::Outage(until) => house.outage(instant(*until)?),
        Input::Undelivered => house.undelivered(),
        Input::Pause(until) => house.pause(until.map(instant).transpose()?),
        Input::Resume => house.resume(),
        Input::End => house.end(),
        Input::Also(protocol, first_day) => {
            house
                .also(protocol, *first_day)
                .map_err(|refusal| format!("the patient is not enrolled: {refusal}"))?;
        }
    }
    Ok(())
}

/// Lines are compared one by one: everything that happens must be written, in order, and nothing else may happen.
fn first_difference(expected: &[Expected], happened: &[Line], end: &Range<usize>) -> Option<Difference> {
    for (n, line) in expected.iter().enumerate() {
        let instead = match happened.get(n) {
            Some(actual) if is_same(line, actual) => continue,
            Some(actual) => format!("instead of this comes '{actual}'"),
            None => "this does not come, and nothing else".to_owned(),
        };
        return Some(Difference { place: line.place.clone(), why: instead });
    }
    let more = happened.get(expected.len())?;
    let place = expected.last().map_or_else(|| end.clone(), |line| line.place.clone());
    Some(Difference { place, why: format!("after this line comes '{more}', which is not written") })
}

/// What is put in is the same by its minute and sign: it is this very line that was put in.
fn is_same(expected: &Expected, actual: &Line) -> bool {
    expected.at == actual.civil
        && expected.sign == actual.sign
        && (expected.input.is_some() || expected.words == actual.words)
}
