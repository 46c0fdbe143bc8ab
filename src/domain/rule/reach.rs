//! How far back a rule looks, so that the store reads no more of the past than the rules in force need.

use jiff::SignedDuration;

use crate::domain::threshold::Thresholds;
use crate::domain::vital::Vital;

use super::Rule;
use super::figure::{Figure, Setting};

/// Readings that show a recovery are no older than this.
pub(super) const CLEAR_MEMORY: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What of the past a rule needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LookBack {
    /// Whole days before the day of the new reading, generously.
    pub days: u32,
    pub vitals: Vec<Vital>,
    pub questions: Vec<String>,
}

impl Rule {
    /// How far back this rule looks for this patient. Nothing for a plain band.
    pub fn look_back(&self, limits: &Thresholds) -> Option<LookBack> {
        let days = match &self.figure {
            Figure::Consecutive(figure) => self.days(&figure.within_days, limits),
            Figure::Average(figure) => self.days(&figure.days, limits),
            Figure::Change(figure) => self.days(&figure.days, limits),
            Figure::Answer(figure) if figure.in_a_row > 1 => self.days(&figure.within_days, limits),
            Figure::News2(_) => 1,
            Figure::Band
            | Figure::Distance(_)
            | Figure::Answer(_)
            | Figure::Silence(_)
            | Figure::Unreadable
            | Figure::Unconfirmed => return None,
        };
        Some(self.looking(days))
    }

    /// What it takes to see that an open alert of this rule has recovered.
    pub fn look_back_to_clear(&self) -> Option<LookBack> {
        let clear = self.clear.filter(|clear| clear.readings > 1 && matches!(self.figure, Figure::Band))?;
        debug_assert!(clear.readings > 1);
        Some(self.looking(u32::try_from(CLEAR_MEMORY.as_hours() / 24).unwrap_or(14)))
    }

    fn looking(&self, days: u32) -> LookBack {
        LookBack {
            days,
            vitals: self.vitals().collect(),
            questions: self.questions().into_iter().map(str::to_owned).collect(),
        }
    }

    /// A limit that cannot be used gives way to the widest that could be.
    fn days(&self, setting: &Setting, limits: &Thresholds) -> u32 {
        let days = match setting {
            Setting::Fixed(days) => *days,
            Setting::Parameter(name) => match self.parameter(name, limits) {
                Ok(found) => found.map_or(0.0, |(days, _)| days),
                Err(_) => self.parameters.get(name).map_or(0.0, |parameter| parameter.max),
            },
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded just here")]
        let whole = days.clamp(0.0, 400.0).ceil() as u32;
        whole
    }
}
