//! Blood pressure: two numbers, upper first, and the pulse that cuffs show as the third.

use super::finding::{Doubt, Finding, Refusal};
use super::number::Number;
use crate::domain::reading::{Measurement, check_together};
use crate::domain::unit::{MMHG_PER_KPA, Unit};
use crate::domain::vital::Vital;

/// Numbers closer than this are read back: cuffs that err, and pairs that are no blood pressure, come so close.
const NARROW: f64 = 15.0;

/// Two or three numbers as systolic, diastolic and pulse. A swapped pair is never swapped back by guessing.
pub(super) fn read(numbers: &[&Number], unit: Option<Unit>) -> Result<Finding, Refusal> {
    let values: Vec<f64> = numbers.iter().filter_map(|number| number.value()).collect();
    let (upper, lower, pulse) = match values.as_slice() {
        [upper, lower] => (*upper, *lower, None),
        [upper, lower, pulse] => (*upper, *lower, Some(*pulse)),
        _ => return Err(Refusal::RunTogether),
    };
    if upper < 40.0 && lower < 25.0 && upper > lower {
        return tens_or_kilopascals(upper, lower, pulse, unit);
    }
    let mut measured = pair(upper, lower)?;
    if let Some(pulse) = pulse {
        measured.push(Measurement::exactly(Vital::Pulse, pulse)?);
    }
    let exact = numbers.iter().all(|number| number.is_whole());
    Ok(Finding::new(measured, None)
        .doubting_if(upper - lower < NARROW, Doubt::NarrowPair)
        .doubting_if(!exact, Doubt::LooseWords))
}

/// `12/8` for 120/80 is a habit of Italy and Latin America; `18.9/11` may be that or kilopascals.
fn tens_or_kilopascals(
    upper: f64,
    lower: f64,
    pulse: Option<f64>,
    unit: Option<Unit>,
) -> Result<Finding, Refusal> {
    let pulse = pulse.and_then(|pulse| Measurement::exactly(Vital::Pulse, pulse).ok());
    let scaled = |factor: f64| -> Result<Vec<Measurement>, Refusal> {
        let tidy = |value: f64| (value * factor * 10.0).round() / 10.0;
        let mut measured = pair(tidy(upper), tidy(lower))?;
        measured.extend(pulse);
        Ok(measured)
    };
    let (tens, kilopascals) = (scaled(10.0), scaled(MMHG_PER_KPA));
    let (likely, rival) = match (unit, tens, kilopascals) {
        (Some(Unit::Kilopascal), _, kilopascals) => return Ok(Finding::new(kilopascals?, None)),
        (_, Ok(tens), kilopascals) => (tens, kilopascals.ok()),
        (_, Err(_), kilopascals) => (kilopascals.map_err(|_| refused(upper, lower))?, None),
    };
    let finding = Finding::new(likely, None).doubting(Doubt::Habit);
    Ok(rival.into_iter().fold(finding, Finding::or_else))
}

fn refused(upper: f64, lower: f64) -> Refusal {
    if Vital::Systolic.possible().holds(upper) {
        Refusal::NoSuchValue(Vital::Diastolic, lower)
    } else {
        Refusal::NoSuchValue(Vital::Systolic, upper)
    }
}

fn pair(upper: f64, lower: f64) -> Result<Vec<Measurement>, Refusal> {
    let possible = |vital, value| Measurement::exactly(vital, value);
    let measured = vec![possible(Vital::Systolic, upper)?, possible(Vital::Diastolic, lower)?];
    check_together(&measured)?;
    Ok(measured)
}

/// One of the two alone, where the patient named it.
pub(super) fn half(vital: Vital, number: &Number) -> Result<Finding, Refusal> {
    let value = number.value().ok_or(Refusal::RunTogether)?;
    Ok(Finding::exactly(vital, value, None)?.doubting(Doubt::HalfPressure))
}

/// The pairs and triples in numbers without slashes, such as two measurements one after the other.
pub(super) fn rows<'a>(numbers: &[&'a Number]) -> Option<Vec<Vec<&'a Number>>> {
    let starts: Vec<usize> = numbers
        .iter()
        .enumerate()
        .filter(|(at, number)| {
            let next = numbers.get(at + 1).and_then(|next| next.value());
            let value = number.value();
            value.zip(next).is_some_and(|(upper, lower)| {
                Vital::Systolic.likely().holds(upper)
                    && Vital::Diastolic.likely().holds(lower)
                    && upper - lower >= NARROW
            })
        })
        .map(|(at, _)| at)
        .collect();
    for length in [2, 3] {
        let regular = numbers.len().is_multiple_of(length)
            && (0..numbers.len()).step_by(length).all(|at| starts.contains(&at));
        if regular {
            return Some(numbers.chunks(length).map(<[_]>::to_vec).collect());
        }
    }
    None
}
