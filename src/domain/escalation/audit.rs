//! What must hold of every alert that waits, looked at from outside: it does not ask how a watch came to stand as it
//! does, and judges what it means to stand so by itself. A fault of [`super::attend`] or of whoever runs it is found here.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::Stage;
use crate::domain::alert::Severity;
use crate::domain::id::{AlertId, PatientId};

/// A step that comes so much late is no step. The runner looks every few seconds.
pub const GRACE: SignedDuration = SignedDuration::from_mins(2);
/// Nobody has an alert, or puts it off, for longer: an end beyond it is no end.
pub const FARTHEST: SignedDuration = SignedDuration::from_hours(31 * 24);

/// A patient with a watch, or with alerts that ask for one.
#[derive(Debug, Clone, PartialEq)]
pub struct Bedside {
    pub patient: PatientId,
    /// Every amber or red alert that is not resolved.
    pub alerts: Vec<SeenAlert>,
    pub watch: Option<SeenWatch>,
}

/// An alert that asks for somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenAlert {
    pub id: AlertId,
    pub severity: Severity,
    /// Since when it stands as bad as it does.
    pub since: Timestamp,
    pub held: Held,
}

/// Whether somebody has an alert, as far as its row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    Waits,
    /// Somebody named has acknowledged it, until then.
    Owned {
        until: Timestamp,
    },
    /// It is acknowledged, but nobody is named, or no end.
    Ownerless,
    /// Put off until then, for what is no worse than this.
    Snoozed {
        until: Timestamp,
        severity: Severity,
    },
    /// What late readings have made of it, no worse than `severity`, is put off until then; it waits as what came in time.
    Adjourned {
        until: Timestamp,
        severity: Severity,
        in_time: Severity,
    },
}

/// A watch as it is stored, whatever it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenWatch {
    /// Something has changed, and nobody has looked yet.
    pub marked: bool,
    /// What only a watch has that was looked at once.
    pub begun: Option<Begun>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Begun {
    pub severity: Severity,
    pub stage: Stage,
    pub next_at: Timestamp,
    /// The longest that its chain waits before a step.
    pub longest_wait: SignedDuration,
    pub covers: BTreeSet<AlertId>,
    pub exhausted_at: Option<Timestamp>,
}

/// What must not be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// Alerts wait, and there is no watch.
    Unwatched,
    /// Something has changed, and for minutes nobody has looked.
    Overlooked,
    /// The next step is overdue.
    Overdue,
    /// The next step is later than any step of the chain.
    OutOfReach,
    /// The watch never began, and nothing makes it.
    Unbegun,
    /// The chain is that of something less than what waits.
    Underrated,
    /// This alert waits, and the watch rests as if somebody had it.
    Unattended(AlertId),
    /// Those who are told know nothing of this alert.
    Uncovered(AlertId),
    /// Somebody has taken this alert on, and either nobody is named or it lapsed and nothing came of that.
    Ownerless(AlertId),
    /// The snooze of this alert is over, and nothing came of that.
    Unwoken(AlertId),
    /// Whoever has this alert, or has put it off, has done so for ever.
    Endless(AlertId),
    /// A watch over nobody.
    Idle,
    /// The whole chain was told of something red or amber and nobody has taken it on.
    Exhausted(Severity),
}

impl Flaw {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unwatched => "unwatched",
            Self::Overlooked => "overlooked",
            Self::Overdue => "overdue",
            Self::OutOfReach => "out_of_reach",
            Self::Unbegun => "unbegun",
            Self::Underrated => "underrated",
            Self::Unattended(_) => "unattended",
            Self::Uncovered(_) => "uncovered",
            Self::Ownerless(_) => "ownerless",
            Self::Unwoken(_) => "unwoken",
            Self::Endless(_) => "endless",
            Self::Idle => "idle",
            Self::Exhausted(Severity::Red) => "exhausted_red",
            Self::Exhausted(_) => "exhausted",
        }
    }

    /// One sentence for whoever looks.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Unwatched => "alerts wait and nobody is told of them",
            Self::Overlooked => "something has changed and nobody has looked at it: is the runner running?",
            Self::Overdue => "the next step is overdue",
            Self::OutOfReach => "the next step is later than its chain allows",
            Self::Unbegun => "the watch never began",
            Self::Underrated => "the chain is that of something less than what waits",
            Self::Unattended(_) => "the alert waits, and the watch rests as if somebody had it",
            Self::Uncovered(_) => "those who are told know nothing of this alert",
            Self::Ownerless(_) => "the alert is acknowledged and nobody has it any more",
            Self::Unwoken(_) => "the alert's snooze is over and it has not come back",
            Self::Endless(_) => "the alert is put off, or taken on, without an end",
            Self::Idle => "there is a watch and no alert that asks for one",
            Self::Exhausted(_) => "everybody in the chain was told and nobody has taken it on",
        }
    }

    /// Whether looking at the watch again sets it right. Nothing but a person ends what everybody has let be, and what was
    /// put off for ever was put off by somebody.
    pub const fn is_repairable(&self) -> bool {
        !matches!(self, Self::Exhausted(_) | Self::Overlooked | Self::Endless(_))
    }

    /// Whether somebody outside must be told, by the heartbeat's silence.
    pub const fn withholds(&self) -> bool {
        !matches!(self, Self::Exhausted(Severity::Advice | Severity::Amber) | Self::Idle)
    }

    /// The alert, where it is of one.
    pub const fn alert(&self) -> Option<&AlertId> {
        match self {
            Self::Unattended(alert)
            | Self::Uncovered(alert)
            | Self::Ownerless(alert)
            | Self::Unwoken(alert)
            | Self::Endless(alert) => Some(alert),
            _ => None,
        }
    }
}

/// Everything that is wrong at one bedside. `marked_since`: when the mark on its watch was first seen.
pub fn audit(bedside: &Bedside, marked_since: Option<Timestamp>, now: Timestamp) -> Vec<Flaw> {
    let asking = &bedside.alerts;
    let Some(watch) = &bedside.watch else {
        return if asking.is_empty() { Vec::new() } else { vec![Flaw::Unwatched] };
    };
    let late = |since: Timestamp| now.duration_since(since) > GRACE;
    let mut flaws = Vec::new();
    if let Some(begun) = &watch.begun {
        if begun.exhausted_at.is_some() && matches!(begun.stage, Stage::Running { .. }) && !asking.is_empty()
        {
            flaws.push(Flaw::Exhausted(begun.severity));
        }
        if late(begun.next_at) && !asking.is_empty() {
            flaws.push(Flaw::Overdue);
        }
    }
    if watch.marked {
        // What has changed is not judged before somebody had the time to look.
        let never_begun = watch.begun.is_none() && asking.iter().any(|alert| late(alert.since));
        if never_begun || marked_since.is_some_and(late) {
            flaws.push(Flaw::Overlooked);
        }
        return flaws;
    }
    if asking.is_empty() {
        flaws.push(Flaw::Idle);
        return flaws;
    }
    match &watch.begun {
        None => flaws.push(Flaw::Unbegun),
        Some(begun) => flaws.extend(weigh(begun, asking, now)),
    }
    flaws
}

fn weigh(begun: &Begun, asking: &[SeenAlert], now: Timestamp) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let mut worst_waiting: Option<Severity> = None;
    let is_running = matches!(begun.stage, Stage::Running { .. });
    let mut ends = |until: Timestamp, over: Flaw, alert: &SeenAlert| {
        if now.duration_since(until) > GRACE {
            flaws.push(over);
        } else if until.duration_since(now) > FARTHEST {
            flaws.push(Flaw::Endless(alert.id.clone()));
        }
    };
    let mut waiting: Vec<(&SeenAlert, Severity)> = Vec::new();
    for alert in asking {
        match alert.held {
            Held::Owned { until } => ends(until, Flaw::Ownerless(alert.id.clone()), alert),
            Held::Ownerless => ends(Timestamp::MIN, Flaw::Ownerless(alert.id.clone()), alert),
            Held::Snoozed { until, severity } if alert.severity <= severity => {
                ends(until, Flaw::Unwoken(alert.id.clone()), alert);
            }
            Held::Adjourned { until, severity, in_time } if alert.severity <= severity => {
                ends(until, Flaw::Unwoken(alert.id.clone()), alert);
                waiting.push((alert, in_time));
            }
            Held::Snoozed { .. } | Held::Adjourned { .. } | Held::Waits => {
                waiting.push((alert, alert.severity));
            }
        }
    }
    for (alert, severity) in waiting {
        worst_waiting = worst_waiting.max(Some(severity));
        if !is_running {
            flaws.push(Flaw::Unattended(alert.id.clone()));
        } else if !begun.covers.contains(&alert.id) {
            flaws.push(Flaw::Uncovered(alert.id.clone()));
        }
    }
    if is_running && worst_waiting > Some(begun.severity) {
        flaws.push(Flaw::Underrated);
    }
    let farthest = if is_running { begun.longest_wait } else { FARTHEST };
    if begun.next_at.duration_since(now) > farthest.saturating_add(GRACE) {
        flaws.push(Flaw::OutOfReach);
    }
    flaws
}
