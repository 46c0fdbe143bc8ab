//! Vitals that are one plain number: pulse, breaths, oxygen, peak flow. Others have files of their own.

use super::Context;
use super::figure::{Figure, Shape};
use super::finding::{Doubt, Finding, Refusal};
use super::{glucose, pressure, temperature, weight};
use crate::domain::reading::{Beyond, Measurement};
use crate::domain::unit::Unit;
use crate::domain::vital::{Span, Vital};

/// Peak flows outside this lack a digit more often than they are true (L/min).
const USUAL_PEAK_FLOW: Span = Span::new(60.0, 800.0);

/// What a figure means for the one vital that a label, a unit or the question names.
pub(super) fn read(vital: Vital, figure: &Figure, context: &Context<'_>) -> Result<Finding, Refusal> {
    if let (Some(side), Some(number)) = (figure.bound, figure.one()) {
        let stated = number.value().ok_or(Refusal::RunTogether)?;
        return bounded(vital, stated, side, exact(vital, figure, context).ok().as_ref());
    }
    exact(vital, figure, context)
}

fn exact(vital: Vital, figure: &Figure, context: &Context<'_>) -> Result<Finding, Refusal> {
    let finding = match vital {
        Vital::Glucose => glucose::read(figure),
        Vital::Ketones => glucose::read_ketones(figure),
        Vital::Temperature => temperature::read(figure),
        Vital::Weight => weight::read(figure, context),
        Vital::Systolic | Vital::Diastolic => match figure.one() {
            Some(number) => pressure::half(vital, number),
            None => Err(Refusal::NoMeaning),
        },
        Vital::Spo2 => match &figure.shape {
            Shape::Joined(_) => oxygen_and_pulse(figure),
            _ => plain(vital, figure),
        },
        Vital::Pulse | Vital::RespiratoryRate | Vital::PeakFlow => plain(vital, figure),
    }?;
    Ok(finding.doubting_if(figure.is_doubtful(), Doubt::Misprint))
}

fn plain(vital: Vital, figure: &Figure) -> Result<Finding, Refusal> {
    let number = figure.one().ok_or(Refusal::NoMeaning)?;
    let value = number.value().ok_or(Refusal::RunTogether)?;
    if figure.unit.is_some_and(|unit| !measures(unit, vital)) {
        return Err(Refusal::NoSuchValue(vital, value));
    }
    let unusual = match vital {
        Vital::PeakFlow => !USUAL_PEAK_FLOW.holds(value),
        Vital::Pulse | Vital::RespiratoryRate => value.fract() != 0.0,
        _ => false,
    };
    Ok(Finding::exactly(vital, value, None)?.doubting_if(unusual, Doubt::Unlikely(vital)))
}

/// Whether the unit is one that this vital is measured in.
pub(super) fn measures(unit: Unit, vital: Vital) -> bool {
    match unit {
        // "350 litres" of breath in a peak flow.
        Unit::LitrePerMinute => vital == Vital::PeakFlow,
        unit => unit.to_canonical(vital, 1.0).is_some(),
    }
}

/// `94/80` after an oximeter was asked for: its two numbers, or a low blood pressure.
fn oxygen_and_pulse(figure: &Figure) -> Result<Finding, Refusal> {
    let values: Vec<f64> = figure.numbers().iter().filter_map(|number| number.value()).collect();
    let [oxygen, pulse] = values.as_slice() else { return Err(Refusal::NoMeaning) };
    let likely =
        vec![Measurement::exactly(Vital::Spo2, *oxygen)?, Measurement::exactly(Vital::Pulse, *pulse)?];
    let finding = Finding::new(likely, None).doubting(Doubt::Pairing);
    Ok(match pressure::read(&figure.numbers(), None) {
        Ok(rival) => finding.or_else(rival.likely),
        Err(_) => finding,
    })
}

/// "less than 1": kept with its side, and judged as the stated bound.
fn bounded(vital: Vital, stated: f64, side: Beyond, exact: Option<&Finding>) -> Result<Finding, Refusal> {
    let canonical =
        exact.and_then(|finding| finding.likely.first()).and_then(|likely| likely.amount().value());
    let bound = Measurement::bounded(vital, canonical.unwrap_or(stated), side)?;
    Ok(Finding::new(vec![bound], None).doubting(Doubt::Bound))
}
