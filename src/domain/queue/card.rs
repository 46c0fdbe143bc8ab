use jiff::Timestamp;

use super::{Deadlines, Load, Placed};
use crate::domain::alert::{AlertState, Severity};
use crate::domain::escalation::Snooze;
use crate::domain::id::{AlertId, PatientId, RuleId, UserName};
use crate::domain::organisation::Organisation;

/// All that waits of one patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    pub placed: Placed,
    pub name: Option<String>,
    /// The worst that nobody has in hand.
    pub waiting: Option<Severity>,
    /// The worst of all.
    pub worst: Severity,
    /// Those who have something of it in hand, by name.
    pub owners: Vec<UserName>,
    /// When the first of what was put off comes back.
    pub snoozed_until: Option<Timestamp>,
    /// All of it rests on late readings.
    pub late: bool,
    /// All that is watched is fine again.
    pub recovered: bool,
    /// The worst first, then the oldest.
    pub alerts: Vec<CardAlert>,
    /// Open tasks about this patient.
    pub tasks: u32,
    /// When somebody is told next, or an acknowledgement or snooze ends.
    pub next_step_at: Option<Timestamp>,
    /// Since when everybody has been told without anybody taking it on.
    pub exhausted_at: Option<Timestamp>,
}

/// An unresolved alert, its repeats counted on it.
#[derive(Debug, Clone, PartialEq)]
pub struct CardAlert {
    pub id: AlertId,
    pub rule: RuleId,
    pub severity: Severity,
    pub state: AlertState,
    pub title: String,
    pub why: String,
    pub proposal: String,
    pub opened_at: Timestamp,
    pub last_at: Timestamp,
    pub count: i64,
    pub worsened_at: Option<Timestamp>,
    pub recovered_at: Option<Timestamp>,
    pub late: bool,
    pub acknowledged_at: Option<Timestamp>,
    pub owner: Option<UserName>,
    pub lapses_at: Option<Timestamp>,
    pub snooze: Option<Snooze>,
}

/// What is stored about a patient on the queue, beside the alerts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    pub name: Option<String>,
    /// The team on the record.
    pub team: Option<String>,
    pub tasks: u32,
    pub next_step_at: Option<Timestamp>,
    pub exhausted_at: Option<Timestamp>,
}

impl CardAlert {
    /// Somebody has it: taken on and not lapsed, or put off before it became worse.
    pub fn is_held(&self, now: Timestamp) -> bool {
        match self.state {
            AlertState::Open => self.snooze.as_ref().is_some_and(|snooze| snooze.holds(self.severity, now)),
            AlertState::Acknowledged => self.lapses_at.is_none_or(|lapses| lapses > now),
            AlertState::Resolved => true,
        }
    }

    /// From when the response standard counts: what became worse is promised anew.
    pub fn since(&self) -> Timestamp {
        self.worsened_at.unwrap_or(self.opened_at)
    }
}

impl Card {
    /// A patient's card; nothing when no alert is left.
    pub fn of(
        patient: &PatientId,
        mut alerts: Vec<CardAlert>,
        facts: Facts,
        site: &Organisation,
        deadlines: &mut Deadlines<'_>,
        now: Timestamp,
    ) -> Option<Self> {
        alerts.retain(|alert| alert.state != AlertState::Resolved);
        alerts.sort_by(|a, b| (b.severity, a.opened_at, &a.id).cmp(&(a.severity, b.opened_at, &b.id)));
        let mut load = Load::default();
        for alert in &alerts {
            load.add(alert.severity, alert.since(), alert.is_held(now));
        }
        let placed = Placed::of(patient, facts.team.as_deref(), &load, site, deadlines)?;
        let mut owners: Vec<UserName> = alerts.iter().filter_map(|alert| alert.owner.clone()).collect();
        owners.sort();
        owners.dedup();
        let put_off = alerts.iter().filter(|alert| alert.state == AlertState::Open && alert.is_held(now));
        Some(Self {
            waiting: alerts.iter().filter(|alert| !alert.is_held(now)).map(|alert| alert.severity).max(),
            worst: alerts.iter().map(|alert| alert.severity).max()?,
            owners,
            snoozed_until: put_off.filter_map(|alert| Some(alert.snooze.as_ref()?.until)).min(),
            late: alerts.iter().all(|alert| alert.late),
            recovered: alerts.iter().all(|alert| alert.recovered_at.is_some()),
            placed,
            name: facts.name,
            alerts,
            tasks: facts.tasks,
            next_step_at: facts.next_step_at,
            exhausted_at: facts.exhausted_at,
        })
    }
}
