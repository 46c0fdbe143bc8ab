//! Brings a watch in line with the alerts that it stands for.

use jiff::{SignedDuration, Timestamp};

use super::{Reason, Stage, Watch, WatchedAlert};
use crate::domain::alert::{AlertState, Severity};
use crate::domain::id::{AlertId, PatientId};
use crate::domain::organisation::{Chain, Team};

/// What comes of looking at a patient's alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct Attended {
    /// Nothing: nobody needs to be told of this patient any more.
    pub watch: Option<Watch>,
    /// Acknowledgements that end here without progress: these alerts are open again.
    pub lapsed: Vec<AlertId>,
    /// Snoozes that end here.
    pub woken: Vec<AlertId>,
}

/// Where one alert stands for those who watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Somebody has it, or it is put off, until then.
    Until(Timestamp),
    Waits,
    /// An acknowledgement that is over.
    Lapsed,
    /// A snooze that is over.
    Woken,
}

/// The watch that a patient's unresolved alerts ask for, given the one there is. Advice asks for none.
///
/// Evidence restarts a chain and nothing else does: something worse, or another kind of breach where those who were told
/// had taken on what they knew of. An acknowledgement or a snooze that is over lets the chain go on where it stood.
pub fn attend(
    watch: Option<Watch>,
    patient: &PatientId,
    alerts: &[WatchedAlert],
    team: &Team,
    site_version: &str,
    now: Timestamp,
) -> Attended {
    let mut found = Attended { watch: None, lapsed: Vec::new(), woken: Vec::new() };
    let mut waiting: Vec<&WatchedAlert> = Vec::new();
    let mut until: Option<Timestamp> = None;
    for alert in alerts.iter().filter(|alert| asks_for_somebody(alert)) {
        match standing(alert, now) {
            Standing::Until(end) => {
                until = Some(until.map_or(end, |before| before.min(end)));
                continue;
            }
            Standing::Waits => {}
            Standing::Lapsed => found.lapsed.push(alert.id.clone()),
            Standing::Woken => found.woken.push(alert.id.clone()),
        }
        waiting.push(alert);
    }
    let blank = |reason| Begin { patient, team, site_version, reason, now };
    let Some(worst) = waiting.iter().map(|alert| alert.severity).max() else {
        found.watch = until.map(|until| {
            let mut watch = watch.unwrap_or_else(|| blank(Reason::First).run(0, worst_of(alerts), &waiting));
            watch
                .covers
                .extend(alerts.iter().filter(|alert| asks_for_somebody(alert)).map(|alert| alert.id.clone()));
            let (Stage::Running { round, step } | Stage::Attended { round, step }) = watch.stage;
            watch.stage = Stage::Attended { round, step };
            watch.next_at = until;
            watch
        });
        return found;
    };
    let unknown = |watch: &Watch| waiting.iter().any(|alert| !watch.covers.contains(&alert.id));
    found.watch = Some(match watch {
        None => blank(Reason::First).run(0, worst, &waiting),
        Some(watch) if worst > watch.severity => blank(Reason::Worsened).run(watch.episode, worst, &waiting),
        Some(watch) if watch.team != team.id => blank(Reason::PassedOn).run(watch.episode, worst, &waiting),
        Some(mut watch) => match watch.stage {
            Stage::Running { .. } if worst < watch.severity => {
                blank(Reason::Remaining).run(watch.episode, worst, &waiting)
            }
            Stage::Running { .. } => {
                watch.covers.extend(waiting.iter().map(|alert| alert.id.clone()));
                // A clock that was set back must not put the next step off.
                watch.next_at = watch.next_at.min(latest_step(&watch.chain, now));
                watch
            }
            Stage::Attended { .. } if unknown(&watch) => {
                blank(Reason::NewKind).run(watch.episode, worst, &waiting)
            }
            Stage::Attended { .. } if worst < watch.severity => {
                blank(Reason::Remaining).run(watch.episode, worst, &waiting)
            }
            Stage::Attended { round, step } => {
                watch.reason = match (found.lapsed.is_empty(), found.woken.is_empty()) {
                    (false, _) => Reason::Lapsed,
                    (true, false) => Reason::SnoozeOver,
                    (true, true) => Reason::PassedOn,
                };
                watch.stage = Stage::Running { round, step };
                watch.episode += 1;
                watch.announced = false;
                watch.next_at = now;
                watch
            }
        },
    });
    found
}

fn asks_for_somebody(alert: &WatchedAlert) -> bool {
    alert.severity > Severity::Advice && alert.state != AlertState::Resolved
}

fn worst_of(alerts: &[WatchedAlert]) -> Severity {
    let asking = alerts.iter().filter(|alert| asks_for_somebody(alert));
    asking.map(|alert| alert.severity).max().unwrap_or(Severity::Amber)
}

fn standing(alert: &WatchedAlert, now: Timestamp) -> Standing {
    if alert.state == AlertState::Acknowledged {
        return match alert.lapses_at.filter(|_| alert.owner.is_some()) {
            Some(end) if end > now => Standing::Until(end),
            // Taken on by nobody, or for ever: neither is an owner.
            _ => Standing::Lapsed,
        };
    }
    match &alert.snooze {
        None => Standing::Waits,
        Some(snooze) if snooze.until > now && alert.severity <= snooze.severity => {
            Standing::Until(snooze.until)
        }
        Some(_) => Standing::Woken,
    }
}

/// No step of a chain can be later than this.
fn latest_step(chain: &Chain, now: Timestamp) -> Timestamp {
    let waits = chain.steps.iter().map(|step| step.wait_minutes);
    let longest = waits.chain([chain.again_minutes, 1]).max().unwrap_or(1);
    now.saturating_add(SignedDuration::from_mins(i64::from(longest))).unwrap_or(now)
}

/// What a new run of a chain begins with.
struct Begin<'a> {
    patient: &'a PatientId,
    team: &'a Team,
    site_version: &'a str,
    reason: Reason,
    now: Timestamp,
}

impl Begin<'_> {
    fn run(&self, episodes: u32, severity: Severity, waiting: &[&WatchedAlert]) -> Watch {
        Watch {
            patient: self.patient.clone(),
            team: self.team.id.clone(),
            severity,
            chain: self.team.chain(severity),
            site_version: self.site_version.to_owned(),
            episode: episodes + 1,
            reason: self.reason,
            announced: false,
            started_at: self.now,
            covers: waiting.iter().map(|alert| alert.id.clone()).collect(),
            stage: Stage::Running { round: 0, step: 0 },
            next_at: self.now,
            exhausted_at: None,
        }
    }
}
