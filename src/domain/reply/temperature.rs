//! Body temperature in Celsius or Fahrenheit.

use super::figure::Figure;
use super::finding::{Doubt, Finding, Refusal};
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

pub(super) fn read(figure: &Figure) -> Result<Finding, Refusal> {
    let number = figure.one().ok_or(Refusal::NoMeaning)?;
    let value = number.value().ok_or(Refusal::RunTogether)?;
    let celsius = Finding::exactly(Vital::Temperature, value, None);
    let fahrenheit = Finding::exactly(Vital::Temperature, from_fahrenheit(value), None);
    match figure.unit {
        Some(Unit::Celsius) if celsius.is_ok() => celsius,
        Some(Unit::Fahrenheit) if fahrenheit.is_ok() => fahrenheit,
        Some(Unit::Fahrenheit) if celsius.is_ok() => {
            celsius.map(|finding| finding.doubting(Doubt::UnitGuessed))
        }
        None if celsius.is_ok() => celsius,
        // The scales do not overlap, so the number itself says which one was meant.
        None | Some(Unit::Celsius | Unit::Fahrenheit) => celsius.or_else(|refusal| match fahrenheit {
            Ok(finding) => Ok(finding.doubting(Doubt::UnitGuessed)),
            Err(_) if number.is_whole() => lost_point(value, refusal),
            Err(_) => Err(refusal),
        }),
        Some(_) => Err(Refusal::NoSuchValue(Vital::Temperature, value)),
    }
}

/// `382` for 38.2, `986` for 98.6.
fn lost_point(value: f64, refusal: Refusal) -> Result<Finding, Refusal> {
    [value / 10.0, from_fahrenheit(value / 10.0)]
        .into_iter()
        .find_map(|degrees| Finding::exactly(Vital::Temperature, degrees, None).ok())
        .map(|finding| finding.doubting(Doubt::LostPoint))
        .ok_or(refusal)
}

fn from_fahrenheit(value: f64) -> f64 {
    Unit::Fahrenheit.to_canonical(Vital::Temperature, value).unwrap_or(value)
}
