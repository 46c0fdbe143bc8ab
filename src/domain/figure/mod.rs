//! Figures of a team's work: what alerted, what came of it, how long it took, whether the standards were kept; and a guess
//! at the next shift.

mod forecast;
mod shift;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::alert::Severity;
use super::id::{AlertId, PatientId, RuleId, TeamId};
use super::organisation::Organisation;

pub use forecast::{Forecast, Opening, forecast};
pub use shift::Shifts;

/// What figures are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Rule,
    /// The shift in which an alert opened.
    Shift,
    Team,
}

/// An alert, from its opening to what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub alert: AlertId,
    pub patient: PatientId,
    pub rule: RuleId,
    /// The team on the patient's record.
    pub team: Option<String>,
    pub severity: Severity,
    pub opened_at: Timestamp,
    /// From when the standard counts: when it opened, or became worse.
    pub since: Timestamp,
    /// When anybody took it on or closed it: first of all, and first since the standard counts.
    pub first_taken_at: Option<Timestamp>,
    pub taken_since_at: Option<Timestamp>,
    /// How often it was taken on.
    pub takings: u32,
    /// Whether somebody has it now, or has closed it.
    pub is_taken: bool,
    pub resolved_at: Option<Timestamp>,
    /// It closed when the vital recovered.
    pub closed_itself: bool,
    pub outcome: Option<String>,
}

/// One notification that went to somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Notified {
    pub patient: PatientId,
    pub team: TeamId,
    pub at: Timestamp,
}

/// The figures of one group.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    pub red: u32,
    pub amber: u32,
    pub advice: u32,
    /// Resolved with an outcome that did something for the patient.
    pub action: u32,
    pub no_action: u32,
    /// Resolved by somebody without an outcome of the site's list.
    pub unsaid: u32,
    pub closed_itself: u32,
    pub unresolved: u32,
    pub minutes_to_acknowledge: Spread,
    pub minutes_to_resolve: Spread,
    pub standards_met: u32,
    pub standards_missed: u32,
    /// Of those whose time is over, in per cent; nothing when there is none.
    pub standards_met_percent: Option<u32>,
    /// How often what somebody had taken on came back.
    pub reopened: u32,
    pub notifications: u32,
}

/// The middle and the slow end of a set, in whole minutes; nothing when it is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    pub median: Option<i64>,
    pub ninetieth: Option<i64>,
}

/// A group's name, below its team where the name is only known there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Group {
    pub team: Option<TeamId>,
    pub name: String,
}

/// What a group gathers before it is worked out.
#[derive(Debug, Default)]
struct Gathered {
    figures: Figures,
    to_acknowledge: Vec<i64>,
    to_resolve: Vec<i64>,
}

impl By {
    pub fn from_name(name: &str) -> Option<Self> {
        [("rule", Self::Rule), ("shift", Self::Shift), ("team", Self::Team)]
            .into_iter()
            .find_map(|(known, by)| (known == name).then_some(by))
    }
}

/// The figures of these alerts, as things stand `now`. A team's alone, if one is named.
///
/// By rule, a notification counts for every rule that had an alert of that patient waiting: people are told of patients.
pub fn figures(
    cases: &[Case],
    notices: &[Notified],
    by: By,
    team: Option<&TeamId>,
    site: &Organisation,
    shifts: &Shifts<'_>,
    now: Timestamp,
) -> BTreeMap<Group, Figures> {
    let mut groups: BTreeMap<Group, Gathered> = BTreeMap::new();
    let is_asked = |of: &TeamId| team.is_none_or(|team| team == of);
    for case in cases {
        let team = site.team_of(case.team.as_deref());
        if !is_asked(&team.id) {
            continue;
        }
        let group = match by {
            By::Rule => Group { team: None, name: case.rule.to_string() },
            By::Shift => Group { team: Some(team.id.clone()), name: shifts.at(team, case.opened_at) },
            By::Team => Group { team: Some(team.id.clone()), name: team.name.clone() },
        };
        let gathered = groups.entry(group).or_default();
        gathered.add(case, site, team.deadline(case.severity, case.since, site), now);
        if by == By::Rule {
            let told =
                notices.iter().filter(|notice| notice.patient == case.patient && case.waited(notice.at));
            gathered.figures.notifications += u32::try_from(told.count()).unwrap_or(u32::MAX);
        }
    }
    for notice in notices.iter().filter(|notice| by != By::Rule && is_asked(&notice.team)) {
        let team = site.team(&notice.team);
        let name = if by == By::Shift { shifts.at(team, notice.at) } else { team.name.clone() };
        groups.entry(Group { team: Some(team.id.clone()), name }).or_default().figures.notifications += 1;
    }
    groups.into_iter().map(|(group, gathered)| (group, gathered.worked_out())).collect()
}

impl Case {
    /// Whether it was unresolved then.
    fn waited(&self, at: Timestamp) -> bool {
        self.opened_at <= at && self.resolved_at.is_none_or(|end| at <= end)
    }
}

impl Gathered {
    fn add(&mut self, case: &Case, site: &Organisation, due: Option<Timestamp>, now: Timestamp) {
        let figures = &mut self.figures;
        match case.severity {
            Severity::Red => figures.red += 1,
            Severity::Amber => figures.amber += 1,
            Severity::Advice => figures.advice += 1,
        }
        let outcome = case.outcome.as_ref().and_then(|name| site.outcomes.iter().find(|o| o.name == *name));
        match (case.resolved_at, outcome) {
            (None, _) => figures.unresolved += 1,
            (Some(_), _) if case.closed_itself => figures.closed_itself += 1,
            (Some(_), Some(outcome)) if outcome.action => figures.action += 1,
            (Some(_), Some(_)) => figures.no_action += 1,
            (Some(_), None) => figures.unsaid += 1,
        }
        let minutes = |at: Timestamp| at.duration_since(case.opened_at).as_mins().max(0);
        if !case.closed_itself {
            self.to_acknowledge.extend(case.first_taken_at.map(minutes));
            self.to_resolve.extend(case.resolved_at.map(minutes));
            match (due, case.taken_since_at) {
                (Some(due), Some(taken)) if taken <= due => figures.standards_met += 1,
                (Some(due), taken) if taken.is_some() || due <= now => figures.standards_missed += 1,
                _ => {}
            }
        }
        // Taken on three times and in somebody's hand: it came back twice.
        figures.reopened += case.takings.saturating_sub(u32::from(case.is_taken));
    }

    fn worked_out(self) -> Figures {
        let mut figures = self.figures;
        let judged = figures.standards_met + figures.standards_missed;
        figures.standards_met_percent = (figures.standards_met * 100 + judged / 2).checked_div(judged);
        figures.minutes_to_acknowledge = Spread::of(self.to_acknowledge);
        figures.minutes_to_resolve = Spread::of(self.to_resolve);
        figures
    }
}

impl Spread {
    /// By nearest rank: both are minutes that somebody really waited.
    pub fn of(mut minutes: Vec<i64>) -> Self {
        minutes.sort_unstable();
        let rank = |percent: usize| {
            let place = (minutes.len() * percent).div_ceil(100);
            minutes.get(place.checked_sub(1)?).copied()
        };
        Self { median: rank(50), ninetieth: rank(90) }
    }
}
