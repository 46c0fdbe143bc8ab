//! The decision: what one event means for one patient, given what is known and the time.
//!
//! `decide(state, catalog, event, now) -> Decision` is pure. It is the only place where a reading becomes an
//! answer and an alert, so a decision can be replayed from the journal with the rules and limits of its day.

use super::rule::Rule;
use super::wording::Wording;

/// The clinical files in force: rules and words.
#[derive(Debug, Clone)]
pub struct Catalog {
    pub rules: Vec<Rule>,
    pub wording: Wording,
}
