//! Glucose in mmol/L or mg/dL, and ketones in mmol/L.

use super::figure::Figure;
use super::finding::{Doubt, Finding, Refusal};
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

/// Home meters show HI above this (mmol/L), so a larger bare number is something else.
const METER_TOP: f64 = 33.3;
/// A bare whole number above this (mmol/L) is a very low glucose if it is mg/dL.
const MAYBE_MILLIGRAMS: f64 = 20.0;
/// The largest number that mg/dL meters show.
const MILLIGRAMS_TOP: f64 = 600.0;

pub(super) fn read(figure: &Figure) -> Result<Finding, Refusal> {
    let number = figure.one().ok_or(Refusal::NoMeaning)?;
    let value = number.value().ok_or(Refusal::RunTogether)?;
    let refusal = Refusal::NoSuchValue(Vital::Glucose, value);
    match figure.unit {
        Some(unit @ (Unit::MillimolePerLitre | Unit::MilligramPerDecilitre)) => in_unit(value, unit),
        Some(_) => Err(refusal),
        None => bare(value, number.is_whole()),
    }
}

fn exactly(value: f64) -> Result<Finding, Refusal> {
    Finding::exactly(Vital::Glucose, value, None)
}

fn from_milligrams(value: f64) -> f64 {
    Unit::MilligramPerDecilitre.to_canonical(Vital::Glucose, value).unwrap_or(value)
}

fn in_unit(value: f64, unit: Unit) -> Result<Finding, Refusal> {
    let stated = unit.to_canonical(Vital::Glucose, value).unwrap_or(value);
    if Vital::Glucose.possible().holds(stated) {
        return exactly(stated);
    }
    // "5.6 mg/dL", "126 mmol": the number is right and the unit is the other one.
    let slipped = if unit == Unit::MilligramPerDecilitre {
        exactly(value)
    } else {
        exactly(from_milligrams(value)).map(|finding| finding.or_else_exactly(Vital::Glucose, value / 10.0))
    };
    let finding = slipped.map_err(|_| Refusal::NoSuchValue(Vital::Glucose, value))?;
    Ok(finding.doubting(Doubt::UnitGuessed))
}

fn bare(value: f64, whole: bool) -> Result<Finding, Refusal> {
    let (milligrams, lost_point) = (from_milligrams(value), value / 10.0);
    if value <= MAYBE_MILLIGRAMS || (!whole && value <= METER_TOP) {
        return exactly(value);
    }
    let finding = if !whole {
        exactly(value)?.or_else_exactly(Vital::Glucose, milligrams)
    } else if value <= METER_TOP {
        exactly(value)?
            .or_else_exactly(Vital::Glucose, milligrams)
            .or_else_exactly(Vital::Glucose, lost_point)
    } else if value < 100.0 {
        let lost = exactly(lost_point)?.or_else_exactly(Vital::Glucose, milligrams);
        return Ok(lost.doubting(Doubt::LostPoint));
    } else if value <= MILLIGRAMS_TOP {
        let finding = exactly(milligrams)?;
        if lost_point <= METER_TOP { finding.or_else_exactly(Vital::Glucose, lost_point) } else { finding }
    } else {
        return Err(Refusal::NoSuchValue(Vital::Glucose, value));
    };
    Ok(finding.doubting(Doubt::UnitGuessed))
}

/// Ketones; meters show one decimal, so a whole number beyond the scale lost its point.
pub(super) fn read_ketones(figure: &Figure) -> Result<Finding, Refusal> {
    let number = figure.one().ok_or(Refusal::NoMeaning)?;
    let value = number.value().ok_or(Refusal::RunTogether)?;
    if !matches!(figure.unit, None | Some(Unit::MillimolePerLitre)) {
        return Err(Refusal::NoSuchValue(Vital::Ketones, value));
    }
    let exactly = |value| Finding::exactly(Vital::Ketones, value, None);
    if number.is_whole() && !Vital::Ketones.possible().holds(value) && value < 100.0 {
        return Ok(exactly(value / 10.0)?.doubting(Doubt::LostPoint));
    }
    exactly(value)
}
