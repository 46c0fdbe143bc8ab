//! A reading that was read back and that nobody confirms: rules say after how many minutes staff are told.

use jiff::{SignedDuration, Timestamp};

use super::view::{View, after};
use crate::domain::rule::{Figure, Test};
use crate::domain::threshold::Thresholds;

impl View<'_> {
    /// When it has next waited as long as a rule allows; nothing once staff were told by the last of them.
    pub(super) fn chase_at(&self) -> Option<Timestamp> {
        let waiting = self.state.confirmation.as_ref()?;
        let own = &self.state.thresholds;
        let rules = self.catalog.rules_in_force(self.state);
        rules
            .filter(|rule| matches!(rule.figure, Figure::Unconfirmed))
            .flat_map(|rule| rule.tests().filter_map(Test::limit).map(move |limit| (rule, limit)))
            .filter_map(|(rule, limit)| {
                // A limit that cannot be used must not silence its rule.
                let usable = rule.limit(limit, own).or_else(|_| rule.limit(limit, &Thresholds::default()));
                usable.ok().flatten()
            })
            .map(|(minutes, _)| {
                after(waiting.asked_at, SignedDuration::from_secs_f64((minutes * 60.0).ceil()))
            })
            .filter(|at| waiting.chased_at.is_none_or(|chased| *at > chased))
            .min()
    }

    /// How long it has waited, where staff are to be told now.
    pub(super) fn waiting_minutes(&self) -> Option<f64> {
        let waiting =
            self.state.confirmation.as_ref().filter(|_| self.chase_at().is_some_and(|at| at <= self.now))?;
        Some(self.now.duration_since(waiting.asked_at).as_secs_f64() / 60.0)
    }
}
