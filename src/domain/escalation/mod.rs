//! The watch over a patient: from the moment that something amber or red waits until a named person has dealt with it.
//!
//! Alerts group: one watch a patient, however many alerts they have. Whatever changes an alert only marks its patient's
//! watch as due, in the same transaction; what follows is worked out here, from what is stored and the time:
//! [`attend`] brings the watch in line with the alerts, [`advance`] tells whoever is next. Both are pure and say the same
//! again if they are asked again.

mod advance;
mod attend;
pub mod audit;
mod lapse;
mod late;
mod phone;
mod reply;
mod words;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::alert::{AlertState, Severity};
use super::id::{AlertId, PatientId, RuleId, TeamId, UserName};
use super::organisation::{Away, Chain, ChainStep, Recipient, Target, Unreached};

pub use advance::{Advanced, advance};
pub use attend::{Attended, Card, attend};
pub use lapse::{Lapse, lapse};
pub use late::Late;
pub use phone::{ContactCheck, LiveCode, MOST_WRONG, StaffDeed, StaffPhone, WRONG_WINDOW};
pub use reply::StaffReply;
pub use words::{NotificationText, notification};

/// How long whoever something is passed on to has, in minutes, where the chain has no step that says it.
const PASSED_ON_WAIT: u16 = 15;

/// What is done so that somebody looks at one patient's alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    pub patient: PatientId,
    pub team: TeamId,
    /// What the chain is for: the worst that waited when it began.
    pub severity: Severity,
    /// As it stood in the site's file when this run of the chain began.
    pub chain: Chain,
    /// The version of the site's file that the chain is from.
    pub site_version: String,
    /// Counts the runs of a chain for this patient: what a notification names, so that none goes out twice.
    pub episode: u32,
    /// Why this run began.
    pub reason: Reason,
    /// Whether somebody has been told the reason. Until then every step gives it.
    pub announced: bool,
    pub started_at: Timestamp,
    /// The alerts that those who were told know of. What joins one of them is a repeat and tells nobody again.
    pub covers: BTreeSet<AlertId>,
    pub stage: Stage,
    /// When it is looked at next. Always set: a watch without a next step is what must never be.
    pub next_at: Timestamp,
    /// When the chain was first gone through without anybody taking the alerts on. The outside heartbeat stops while a
    /// red stands so.
    pub exhausted_at: Option<Timestamp>,
}

/// Where a watch stands. A watch ends, and its row with it, when no amber or red alert is unresolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The step that is next, of which round, both from 0.
    Running { round: u16, step: u16 },
    /// Every alert is taken on or snoozed, until [`Watch::next_at`] at the latest. If that lapses, the chain goes on here.
    Attended { round: u16, step: u16 },
}

/// Why somebody is notified. It is kept with every notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Something waits that did not before.
    First,
    /// What waited, or was taken on, became worse.
    Worsened,
    /// Another kind of breach came to what was taken on.
    NewKind,
    /// The next of the chain, because nobody before has taken it on.
    Escalated,
    /// The chain was gone through, and goes round again.
    RepeatDue,
    /// It was taken on, and nothing came of it in time.
    Lapsed,
    SnoozeOver,
    /// Somebody passed it on by hand.
    PassedOn,
    /// Whoever had it has gone home and nobody took it over.
    HandedOver,
    /// The worst is resolved, and something less waits still.
    Remaining,
}

impl Reason {
    pub const ALL: [Self; 10] = [
        Self::First,
        Self::Worsened,
        Self::NewKind,
        Self::Escalated,
        Self::RepeatDue,
        Self::Lapsed,
        Self::SnoozeOver,
        Self::PassedOn,
        Self::HandedOver,
        Self::Remaining,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Worsened => "worsened",
            Self::NewKind => "new_kind",
            Self::Escalated => "escalated",
            Self::RepeatDue => "repeat_due",
            Self::Lapsed => "lapsed",
            Self::SnoozeOver => "snooze_over",
            Self::PassedOn => "passed_on",
            Self::HandedOver => "handed_over",
            Self::Remaining => "remaining",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// An unresolved alert as a watch sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchedAlert {
    pub id: AlertId,
    pub rule: RuleId,
    pub severity: Severity,
    /// How bad it is by what came in time. Nothing while it rests on late readings alone.
    pub timely: Option<Severity>,
    pub state: AlertState,
    pub opened_at: Timestamp,
    pub worsened_at: Option<Timestamp>,
    pub owner: Option<UserName>,
    /// When the acknowledgement lapses. Every acknowledged alert has it.
    pub lapses_at: Option<Timestamp>,
    /// It lapses because the owner goes home.
    pub ends_with_shift: bool,
    pub snooze: Option<Snooze>,
}

/// Put off, by whom, why and until when. Something worse ends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snooze {
    pub until: Timestamp,
    pub by: UserName,
    pub reason: String,
    /// How bad it was when it was put off.
    pub severity: Severity,
    /// Lamplight has put it off, because late readings alone make it so bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
}

impl Snooze {
    /// For how long at most something may be put off: four hours when it is red, a week when it is not.
    pub const fn longest(severity: Severity) -> SignedDuration {
        match severity {
            Severity::Red => SignedDuration::from_hours(4),
            Severity::Amber | Severity::Advice => SignedDuration::from_hours(7 * 24),
        }
    }

    /// Nothing that is put off as this is ends later than that.
    pub const fn bound(&self) -> SignedDuration {
        match self.late {
            None => Self::longest(self.severity),
            Some(_) => Away::longest(self.severity),
        }
    }

    /// Whether nobody needs to act on what is so bad now.
    pub fn holds(&self, severity: Severity, now: Timestamp) -> bool {
        self.until > now && severity <= self.severity && !self.late.is_some_and(|late| late.waits)
    }
}

impl Watch {
    /// The chain's next step now, because somebody passes the alerts on: to whom they name, or to whoever is next.
    pub fn pass_on(mut self, to: Option<Target>, now: Timestamp) -> Self {
        let (Stage::Running { round, step } | Stage::Attended { round, step }) = self.stage;
        let place = usize::from(step).min(self.chain.steps.len());
        if let Some(to) = to {
            let wait_minutes = self.chain.steps.get(place).map_or(PASSED_ON_WAIT, |step| step.wait_minutes);
            self.chain.steps.insert(place, ChainStep { notify: vec![to], wait_minutes });
        }
        self.stage = Stage::Running { round, step };
        self.reason = Reason::PassedOn;
        self.announced = false;
        self.episode += 1;
        self.next_at = now;
        self
    }
}

/// One attempt to tell somebody, or the record that a target reached nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub patient: PatientId,
    pub team: TeamId,
    pub severity: Severity,
    pub episode: u32,
    pub round: u16,
    pub step: u16,
    pub reason: Reason,
    pub target: Target,
    pub told: Told,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Recipient(Recipient),
    Nobody(Unreached),
}
