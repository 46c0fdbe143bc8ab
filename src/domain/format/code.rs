//! Codes and units by which standards name vital signs.

use super::refusal;
use crate::domain::payload::Refusal;
use crate::domain::reading::Measurement;
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

/// Pascals in one mmHg, by definition.
const PA_PER_MMHG: f64 = 133.322_387_415;

/// A vital by its LOINC code.
pub(super) fn by_loinc(code: &str) -> Option<Vital> {
    Some(match code {
        "8480-6" => Vital::Systolic,
        "8462-4" => Vital::Diastolic,
        "8867-4" => Vital::Pulse,
        "59408-5" | "2708-6" => Vital::Spo2,
        "9279-1" => Vital::RespiratoryRate,
        "8310-5" => Vital::Temperature,
        "29463-7" | "3141-9" => Vital::Weight,
        // In moles and in mass; of blood, of capillary blood, by a meter.
        "15074-8" | "2339-0" | "14743-9" | "41653-7" | "32016-8" => Vital::Glucose,
        "19935-6" => Vital::PeakFlow,
        _ => return None,
    })
}

/// A vital by its code in the nomenclature of IEEE 11073-10101, which personal health devices use.
pub(super) fn by_mdc(code: &str) -> Option<Vital> {
    Some(match code {
        "150021" => Vital::Systolic,
        "150022" => Vital::Diastolic,
        "149530" | "149546" | "147842" => Vital::Pulse,
        "150456" => Vital::Spo2,
        "151562" => Vital::RespiratoryRate,
        "150364" => Vital::Temperature,
        "188736" => Vital::Weight,
        "160368" | "160184" | "160188" => Vital::Glucose,
        "152584" => Vital::PeakFlow,
        _ => return None,
    })
}

/// A number in a unit as standards spell it, in the vital's own.
///
/// # Errors
/// `Ok(None)`: the unit does not measure the vital, or is unknown; an error: the value is not possible.
pub(super) fn quantity(vital: Vital, value: f64, unit: &str) -> Result<Option<Measurement>, Refusal> {
    let canonical = match (unit, vital) {
        ("Pa", Vital::Systolic | Vital::Diastolic) => Some(value / PA_PER_MMHG),
        ("/" | "1", Vital::Spo2) => Some(value * 100.0),
        ("L/s", Vital::PeakFlow) => Some(value * 60.0),
        ("cL/s", Vital::PeakFlow) => Some(value * 0.6),
        ("beat/min" | "beats/min" | "{beat}/min" | "{Beats}/min" | "/{min}", Vital::Pulse) => Some(value),
        ("breath/min" | "breaths/min" | "{breath}/min", Vital::RespiratoryRate) => Some(value),
        _ => Unit::from_code(unit).and_then(|unit| unit.to_canonical(vital, value)),
    };
    let Some(canonical) = canonical else { return Ok(None) };
    let tidy = (canonical * 1e6).round() / 1e6;
    match Measurement::exactly(vital, tidy) {
        Ok(measurement) => Ok(Some(measurement)),
        Err(_) => Err(refusal(format!("The {} is not possible.", vital.title()))),
    }
}
