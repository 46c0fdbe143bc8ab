//! One rule judged again over one moment of the past: the same code as at the first time, given what was known then.

use jiff::Timestamp;

use crate::domain::alert::{Evidence, LATE};
use crate::domain::answer::PastAnswer;
use crate::domain::chart::{Chart, Person};
use crate::domain::history::History;
use crate::domain::id::EventId;
use crate::domain::reading::Measurement;
use crate::domain::rule::Rule;
use crate::domain::silence::Silence;
use crate::domain::threshold::Thresholds;

use super::judge::usable;

/// What was known when something was judged.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    pub set: &'a EventId,
    pub taken_at: Timestamp,
    pub received_at: Timestamp,
    /// IANA name.
    pub zone: &'a str,
    pub person: Person,
    pub measurements: &'a [Measurement],
    /// What was answered with it.
    pub answered: &'a [PastAnswer],
    /// What had come before.
    pub history: &'a History,
    pub silence: &'a [Silence],
    pub unreadable_in_a_row: u32,
    pub waiting_minutes: Option<f64>,
    pub unconfirmed: bool,
    /// As of then.
    pub limits: &'a Thresholds,
}

/// What the rule finds in the moment, as an alert would keep it; nothing when it does not fire.
pub fn judge_again(rule: &Rule, moment: &Moment<'_>) -> Option<Evidence> {
    let chart = Chart {
        zone: moment.zone,
        answered: moment.answered,
        silence: moment.silence,
        unreadable_in_a_row: moment.unreadable_in_a_row,
        waiting_minutes: moment.waiting_minutes,
        person: moment.person,
        ..Chart::of(moment.set, moment.taken_at, moment.measurements, moment.history)
    };
    let found = rule.judge(&chart, moment.limits);
    let finding = found.or_else(|_| rule.judge(&chart, &usable(rule, moment.limits))).ok().flatten()?;
    Some(Evidence {
        set_id: moment.set.clone(),
        rule_version: rule.version.clone(),
        severity: finding.band.severity,
        taken_at: moment.taken_at,
        received_at: moment.received_at,
        breaches: finding.breaches,
        unconfirmed: moment.unconfirmed,
        late: moment.received_at.duration_since(moment.taken_at) > LATE,
    })
}
