//! What is red, by a table of its own: written from the clinical sources and not from the rule files, so that a rule that
//! was loosened by mistake shows here.
//!
//! Sources: NICE NG136 (180/120), NHS pregnancy guidance (160/110), NHS oximetry at home (92 % and less), level 2 hypo
//! below 3.0 mmol/L, ketones above 3.0 mmol/L, fever of 38.0 C on chemotherapy.

/// One thing that a simulated patient says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Said {
    Pressure {
        upper: f64,
        lower: f64,
    },
    Oxygen(f64),
    Glucose(f64),
    Ketones(f64),
    Temperature(f64),
    /// Words of an emergency.
    Emergency,
    Harmless,
}

/// The circumstances that change a limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances {
    pub pregnant: bool,
    pub chemotherapy: bool,
    /// An oxygen range of the patient's own, as in COPD: the common limit does not hold.
    pub own_oxygen: bool,
}

/// What makes it red; nothing when it is not.
pub fn red(said: Said, about: Circumstances) -> Option<&'static str> {
    match said {
        Said::Pressure { upper, lower } if about.pregnant && (upper >= 160.0 || lower >= 110.0) => {
            Some("blood pressure in pregnancy")
        }
        Said::Pressure { upper, lower } if upper >= 180.0 || lower >= 120.0 => Some("blood pressure"),
        Said::Oxygen(percent) if percent <= 92.0 && !about.own_oxygen => Some("oxygen"),
        Said::Glucose(level) if level < 3.0 => Some("glucose"),
        Said::Ketones(level) if level > 3.0 => Some("ketones"),
        Said::Temperature(degrees) if about.chemotherapy && degrees >= 38.0 => Some("fever on chemotherapy"),
        Said::Emergency => Some("words of an emergency"),
        _ => None,
    }
}
