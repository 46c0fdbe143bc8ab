//! Which of two meanings of the same words is the more dangerous one.
//!
//! This only ranks meanings against each other. Whether a reading breaches a limit is for the patient's rules.

use crate::domain::reading::Measurement;
use crate::domain::vital::{Span, Vital};

/// Values of no concern, and how far outside them one step of danger lies.
struct Comfort {
    span: Span,
    step_below: f64,
    step_above: f64,
}

/// Steps follow the bands of NEWS2 (Royal College of Physicians 2017) where it has them; the others are
/// defaults for a clinician to confirm.
fn comfort(vital: Vital) -> Option<Comfort> {
    let (low, high, step_below, step_above) = match vital {
        Vital::Systolic => (110.0, 135.0, 10.0, 25.0),
        Vital::Diastolic => (60.0, 85.0, 10.0, 15.0),
        Vital::Pulse => (51.0, 90.0, 10.0, 20.0),
        Vital::Spo2 => (96.0, 100.0, 2.0, 1.0),
        Vital::RespiratoryRate => (12.0, 20.0, 3.0, 4.0),
        Vital::Temperature => (36.1, 38.0, 1.0, 1.0),
        // Hypo counts for more than hyper: it kills within hours.
        Vital::Glucose => (4.0, 10.0, 0.5, 5.0),
        Vital::Ketones => (0.0, 0.5, 1.0, 1.0),
        Vital::PeakFlow => (450.0, 900.0, 100.0, 100.0),
        // Weight is dangerous only against the patient's own history.
        Vital::Weight => return None,
    };
    Some(Comfort { span: Span::new(low, high), step_below, step_above })
}

/// Steps outside comfort: of a set, its worst member.
pub(super) fn danger(measurements: &[Measurement]) -> f64 {
    measurements.iter().map(|measurement| danger_of(*measurement)).fold(0.0, f64::max)
}

fn danger_of(measurement: Measurement) -> f64 {
    let value = measurement.judged_value();
    comfort(measurement.vital()).map_or(0.0, |comfort| {
        let below = (comfort.span.low - value) / comfort.step_below;
        let above = (value - comfort.span.high) / comfort.step_above;
        below.max(above).max(0.0)
    })
}
