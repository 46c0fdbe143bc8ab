//! Brings a watch in line with the alerts that it stands for.

use jiff::{SignedDuration, Timestamp};

use super::lapse::longest;
use super::late::adjourn;
use super::{Reason, Snooze, Stage, Watch, WatchedAlert};
use crate::domain::alert::{AlertState, Severity};
use crate::domain::id::{AlertId, PatientId};
use crate::domain::organisation::{Away, Chain, Team};

/// A patient's unresolved alerts, and who answers for them.
#[derive(Debug, Clone, Copy)]
pub struct Card<'a> {
    pub patient: &'a PatientId,
    pub alerts: &'a [WatchedAlert],
    pub team: &'a Team,
    /// Nothing while the team is there.
    pub away: Option<Away>,
    pub site_version: &'a str,
    /// The highest episode that a notification about this patient names. A watch that begins anew counts on from there:
    /// nothing may look as if it had been said already.
    pub episodes: u32,
}

/// What comes of looking at a patient's alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct Attended {
    /// Nothing: nobody needs to be told of this patient any more.
    pub watch: Option<Watch>,
    /// Acknowledgements that end here without progress: these alerts are open again.
    pub lapsed: Vec<AlertId>,
    /// Snoozes that end here.
    pub woken: Vec<AlertId>,
    /// Ends that lie further off than any that could be given now: the clock was wrong when they were set. They are
    /// brought to here.
    pub cut: Vec<(AlertId, Timestamp)>,
    /// What only late readings have made so bad, while the team is away: put off by Lamplight from here on.
    pub put_off: Vec<(AlertId, Snooze)>,
    /// When the first acknowledgement or snooze ends, which is looked at then whatever the chain waits for.
    pub until: Option<Timestamp>,
}

/// Where one alert stands for those who watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Somebody has it, or it is put off, until then.
    Until(Timestamp),
    Waits,
    /// What late readings made of it is put off until then; as bad as it is without them it waits.
    Meanwhile {
        severity: Severity,
        until: Timestamp,
    },
    /// An acknowledgement that is over.
    Lapsed,
    /// A snooze that is over.
    Woken,
    /// It became worse than it was when it was put off.
    Worse,
}

/// The watch that a patient's unresolved alerts ask for, given the one there is. Advice asks for none.
///
/// Evidence restarts a chain and nothing else does: something worse, or another kind of breach where those who were told
/// had taken on what they knew of. An acknowledgement or a snooze that is over lets the chain go on where it stood.
pub fn attend(watch: Option<Watch>, card: &Card<'_>, now: Timestamp) -> Attended {
    let mut found = Attended {
        watch: None,
        lapsed: Vec::new(),
        woken: Vec::new(),
        cut: Vec::new(),
        put_off: Vec::new(),
        until: None,
    };
    let mut waiting = Waiting::default();
    for alert in card.asking() {
        let mut standing = standing(alert, card.team, now, &mut found.cut);
        if matches!(standing, Standing::Waits | Standing::Worse)
            && let Some(snooze) = adjourn(alert, watch.as_ref(), card.away, now)
        {
            standing = Standing::put_off(&snooze, snooze.until);
            found.put_off.push((alert.id.clone(), snooze));
        }
        let mut ends = |end: Timestamp| found.until = Some(found.until.map_or(end, |first| first.min(end)));
        let severity = match standing {
            Standing::Until(end) => {
                ends(end);
                continue;
            }
            Standing::Meanwhile { severity, until } => {
                ends(until);
                severity
            }
            Standing::Waits => alert.severity,
            Standing::Lapsed => {
                found.lapsed.push(alert.id.clone());
                alert.severity
            }
            Standing::Woken | Standing::Worse => {
                found.woken.push(alert.id.clone());
                alert.severity
            }
        };
        waiting.0.push(Waiter { alert, standing, severity });
    }
    found.watch = match (waiting.worst(), found.until) {
        (Some(worst), _) => Some(card.awaited(watch, worst, &waiting, now)),
        (None, Some(until)) => Some(card.attended(watch, until, now)),
        (None, None) => None,
    };
    found
}

/// The alerts that nobody has and nobody has put off.
#[derive(Debug, Default)]
struct Waiting<'a>(Vec<Waiter<'a>>);

#[derive(Debug)]
struct Waiter<'a> {
    alert: &'a WatchedAlert,
    standing: Standing,
    /// As it is to be told of now.
    severity: Severity,
}

impl Waiting<'_> {
    fn worst(&self) -> Option<Severity> {
        self.0.iter().map(|waiter| waiter.severity).max()
    }

    fn are(&self, standing: Standing) -> bool {
        self.0.iter().any(|waiter| waiter.standing == standing)
    }

    /// Whether something waits that nobody had, or that became worse while somebody had it.
    fn are_news(&self) -> bool {
        self.0.iter().any(|waiter| !matches!(waiter.standing, Standing::Lapsed | Standing::Woken))
    }

    fn ids(&self) -> impl Iterator<Item = AlertId> {
        self.0.iter().map(|waiter| waiter.alert.id.clone())
    }

    /// Alerts that those who were told by `watch` do not know of.
    fn unknown(&self, watch: &Watch) -> usize {
        self.0.iter().filter(|waiter| !watch.covers.contains(&waiter.alert.id)).count()
    }

    /// Why the alerts wait, as far as they say it themselves; else `otherwise`.
    fn why(&self, watch: &Watch, otherwise: Reason) -> Reason {
        let worse = |waiter: &Waiter<'_>| match waiter.standing {
            Standing::Worse => true,
            Standing::Waits | Standing::Meanwhile { .. } => waiter.severity > watch.severity,
            Standing::Lapsed | Standing::Woken | Standing::Until(_) => false,
        };
        let lapsed = || self.0.iter().filter(|waiter| waiter.standing == Standing::Lapsed);
        if self.0.iter().any(worse) {
            Reason::Worsened
        } else if lapsed().next().is_some() {
            match lapsed().all(|waiter| waiter.alert.ends_with_shift) {
                true => Reason::HandedOver,
                false => Reason::Lapsed,
            }
        } else if self.are(Standing::Woken) {
            Reason::SnoozeOver
        } else {
            otherwise
        }
    }
}

impl Card<'_> {
    /// The alerts that somebody must deal with.
    fn asking(&self) -> impl Iterator<Item = &WatchedAlert> {
        let asks =
            |alert: &&WatchedAlert| alert.severity > Severity::Advice && alert.state != AlertState::Resolved;
        self.alerts.iter().filter(asks)
    }

    /// The watch while something waits.
    fn awaited(&self, watch: Option<Watch>, worst: Severity, waiting: &Waiting<'_>, now: Timestamp) -> Watch {
        let Some(mut watch) = watch else {
            return self.begin(None, Reason::First, worst, waiting, now);
        };
        let unknown = waiting.unknown(&watch);
        // What is known, waits, and is neither lapsed nor woken was taken on before: only something worse reopens it.
        let restart = match watch.stage {
            _ if worst > watch.severity => Some(Reason::Worsened),
            _ if watch.team != self.team.id => Some(Reason::PassedOn),
            Stage::Running { .. } if unknown == waiting.0.len() => Some(Reason::NewKind),
            Stage::Attended { .. } if unknown > 0 => Some(Reason::NewKind),
            Stage::Attended { .. } if waiting.are_news() => Some(Reason::Worsened),
            _ if worst < watch.severity => Some(Reason::Remaining),
            _ => None,
        };
        if let Some(reason) = restart {
            let reason = match reason {
                Reason::PassedOn => reason,
                reason => waiting.why(&watch, reason),
            };
            return self.begin(Some(&watch), reason, worst, waiting, now);
        }
        watch.covers.extend(waiting.ids());
        match watch.stage {
            Stage::Running { .. } => {
                if watch.exhausted_at.is_some_and(|since| since != now) {
                    self.renew(&mut watch, now);
                }
                // A clock that was set back must not put the next step off.
                watch.next_at = watch.next_at.min(latest_step(&watch.chain, now));
            }
            Stage::Attended { round, step } => {
                watch.reason = waiting.why(&watch, Reason::Lapsed);
                let gone_through = round >= u16::from(watch.chain.rounds);
                let (round, step) = if gone_through { (0, 0) } else { (round, step) };
                watch.stage = Stage::Running { round, step };
                watch.episode = self.next_episode(Some(&watch));
                watch.announced = false;
                watch.next_at = now;
            }
        }
        watch
    }

    /// The watch while everything is taken on or put off.
    fn attended(&self, watch: Option<Watch>, until: Timestamp, now: Timestamp) -> Watch {
        let worst = self.asking().map(|alert| alert.severity).max().unwrap_or(Severity::Amber);
        let mut watch =
            watch.unwrap_or_else(|| self.begin(None, Reason::First, worst, &Waiting::default(), now));
        watch.covers.extend(self.asking().map(|alert| alert.id.clone()));
        let (Stage::Running { round, step } | Stage::Attended { round, step }) = watch.stage;
        watch.stage = Stage::Attended { round, step };
        watch.exhausted_at = None;
        watch.next_at = until;
        watch
    }

    fn begin(
        &self,
        before: Option<&Watch>,
        reason: Reason,
        severity: Severity,
        waiting: &Waiting<'_>,
        now: Timestamp,
    ) -> Watch {
        Watch {
            patient: self.patient.clone(),
            team: self.team.id.clone(),
            severity,
            chain: self.team.chain(severity),
            site_version: self.site_version.to_owned(),
            episode: self.next_episode(before),
            reason,
            announced: false,
            started_at: now,
            covers: waiting.ids().collect(),
            stage: Stage::Running { round: 0, step: 0 },
            next_at: now,
            exhausted_at: None,
        }
    }

    fn next_episode(&self, before: Option<&Watch>) -> u32 {
        before.map_or(0, |watch| watch.episode).max(self.episodes).saturating_add(1)
    }

    /// A chain that was gone through in vain, or that tells nobody, gives way to the one of today's file: somebody has put
    /// the file right because of it.
    fn renew(&self, watch: &mut Watch, now: Timestamp) {
        if watch.site_version == self.site_version {
            return;
        }
        self.site_version.clone_into(&mut watch.site_version);
        let chain = self.team.chain(watch.severity);
        if let (true, Stage::Running { round, .. }) = (chain != watch.chain, watch.stage) {
            watch.chain = chain;
            watch.stage = Stage::Running { round: round.saturating_add(1), step: 0 };
            watch.next_at = now;
        }
    }
}

fn standing(
    alert: &WatchedAlert,
    team: &Team,
    now: Timestamp,
    cut: &mut Vec<(AlertId, Timestamp)>,
) -> Standing {
    let mut bounded = |end: Timestamp, longest: SignedDuration| {
        let latest = now.saturating_add(longest).unwrap_or(now);
        if end > latest {
            cut.push((alert.id.clone(), latest));
        }
        end.min(latest)
    };
    if alert.state == AlertState::Acknowledged {
        return match alert.lapses_at.filter(|_| alert.owner.is_some()) {
            Some(end) if end > now => Standing::Until(bounded(end, longest(team))),
            // Taken on by nobody, or for ever: neither is an owner.
            _ => Standing::Lapsed,
        };
    }
    match &alert.snooze {
        None => Standing::Waits,
        Some(snooze) if alert.outgrew(snooze) => Standing::Worse,
        Some(snooze) if snooze.until > now => {
            Standing::put_off(snooze, bounded(snooze.until, snooze.bound()))
        }
        Some(_) => Standing::Woken,
    }
}

impl Standing {
    /// Until when, at the latest.
    fn put_off(snooze: &Snooze, until: Timestamp) -> Self {
        match snooze.late.filter(|late| late.waits).and_then(|late| late.in_time) {
            Some(severity) => Self::Meanwhile { severity, until },
            None => Self::Until(until),
        }
    }
}

/// No step of a chain can be later than this.
fn latest_step(chain: &Chain, now: Timestamp) -> Timestamp {
    let waits = chain.steps.iter().map(|step| step.wait_minutes);
    let longest = waits.chain([chain.again_minutes, 1]).max().unwrap_or(1);
    now.saturating_add(SignedDuration::from_mins(i64::from(longest))).unwrap_or(now)
}
