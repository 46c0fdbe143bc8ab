//! An alert and its life: open, acknowledged by a named person, resolved with an outcome.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::id::{AlertId, EventId, PatientId, RuleId};
use super::rule::Breach;

/// Part of an alert's reason while the reading was read back and the patient has not answered…
pub const NOT_CONFIRMED: &str = "(read back, not confirmed yet)";
/// …and what stands there once the patient has taken it back.
pub const TAKEN_BACK: &str = "(read back, and taken back by the patient)";

/// …and what stands there where the reading came from a phone that several patients share, and is not this patient's.
pub const NOT_THEIRS: &str = "(from a shared phone; it was another patient's reading)";

/// A reading that reaches us longer after it was taken is late: it is judged by its own time, and nobody is woken for it
/// as if it were new. Six hours: a hub that was offline for a night.
pub const LATE: SignedDuration = SignedDuration::from_hours(6);

/// How much it matters, least first, so that `max` is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Advice,
    Amber,
    Red,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::Advice, Self::Amber, Self::Red];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Advice => "advice",
            Self::Amber => "amber",
            Self::Red => "red",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    Open,
    Acknowledged,
    Resolved,
}

impl AlertState {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Open, Self::Acknowledged, Self::Resolved].into_iter().find(|s| s.name() == name)
    }

    /// Somebody named takes it on. Taking on what is taken, or done, is refused.
    pub fn acknowledge(self) -> Result<Self, Refused> {
        match self {
            Self::Open => Ok(Self::Acknowledged),
            Self::Acknowledged => Err(Refused::AlreadyAcknowledged),
            Self::Resolved => Err(Refused::AlreadyResolved),
        }
    }

    /// Somebody named closes it, taken on before or not.
    pub fn resolve(self) -> Result<Self, Refused> {
        match self {
            Self::Open | Self::Acknowledged => Ok(Self::Resolved),
            Self::Resolved => Err(Refused::AlreadyResolved),
        }
    }

    /// The same rule fires again at `now`, having stood at `before`: only something worse undoes an acknowledgement.
    pub fn joined(self, before: Severity, now: Severity) -> Self {
        match self {
            Self::Acknowledged if now > before => Self::Open,
            state => state,
        }
    }
}

/// Why a nurse's action on an alert changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    #[error("this alert is already acknowledged")]
    AlreadyAcknowledged,
    #[error("this alert is already resolved")]
    AlreadyResolved,
}

/// One firing of a rule: what an alert rests on. Enough to replay the judgement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// The event, which names the reading set.
    pub set_id: EventId,
    pub rule_version: String,
    pub severity: Severity,
    pub taken_at: Timestamp,
    pub received_at: Timestamp,
    pub breaches: Vec<Breach>,
    /// The reading was read back and has no YES yet.
    pub unconfirmed: bool,
    /// It came longer after it was taken than [`LATE`].
    pub late: bool,
}

/// What is known of an alert that is not resolved, as far as deciding needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenAlert {
    pub id: AlertId,
    pub rule: RuleId,
    pub severity: Severity,
    pub state: AlertState,
    /// Nothing while it rests on [`LATE`] readings alone, of which nobody was told at the time.
    pub timely: Option<Timely>,
    /// What it watches is fine again.
    pub recovered: bool,
}

/// What those firings of a rule came to that were no news from yesterday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timely {
    /// The worst of them.
    pub severity: Severity,
    /// When the last of them was.
    pub at: Timestamp,
}

impl OpenAlert {
    /// What is known once the rule has fired again; a late firing adds nothing.
    pub fn timely_after(&self, severity: Severity, late: bool, at: Timestamp) -> Option<Timely> {
        let worst = self.timely.map_or(severity, |before| before.severity.max(severity));
        if late { self.timely } else { Some(Timely { severity: worst, at }) }
    }

    /// Whether no firing in time was as bad as this: then it is news, however bad late ones had made the alert.
    pub fn is_surpassed_by(&self, timely: Option<Timely>) -> bool {
        timely.map(|now| now.severity) > self.timely.map(|before| before.severity)
    }
}

/// What a decision does to a patient's alerts. One unresolved alert a patient and rule.
#[derive(Debug, Clone, PartialEq)]
pub enum AlertChange {
    Open(NewAlert),
    Join(JoinAlert),
    Recover(Recovery),
}

impl AlertChange {
    /// The alert that it closes without a human.
    pub fn closed(&self) -> Option<&AlertId> {
        match self {
            Self::Recover(recovery) if recovery.closes => Some(&recovery.id),
            _ => None,
        }
    }

    /// Whether it changes this alert.
    pub fn is_of(&self, alert: &AlertId) -> bool {
        *alert
            == *match self {
                Self::Open(new) => &new.id,
                Self::Join(join) => &join.id,
                Self::Recover(recovery) => &recovery.id,
            }
    }
}

/// What an alert watches is fine again. A fact beside its state: amber and red still wait for a human.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovery {
    pub id: AlertId,
    pub patient: PatientId,
    pub rule: RuleId,
    /// When the reading was taken that shows it.
    pub at: Timestamp,
    /// Advice asks for nobody: it is closed.
    pub closes: bool,
    pub now: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NewAlert {
    pub id: AlertId,
    pub patient: PatientId,
    pub rule: RuleId,
    pub rule_version: String,
    pub severity: Severity,
    pub title: String,
    pub why: String,
    pub proposal: String,
    pub opened_at: Timestamp,
    /// It rests on a reading that is [`LATE`] by now: it came late, or was held until its sender was known.
    pub late: bool,
    /// Nothing for alerts that rest on no reading, such as a text that could not be delivered.
    pub evidence: Option<Evidence>,
}

impl NewAlert {
    pub fn timely(&self) -> Option<Timely> {
        (!self.late).then_some(Timely { severity: self.severity, at: self.opened_at })
    }
}

/// A repeat: it counts on the alert that stands. `severity` is the worst so far, `raised` whether this made it worse, and
/// `worsened` whether it did so in time.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinAlert {
    pub id: AlertId,
    pub severity: Severity,
    pub raised: bool,
    pub worsened: bool,
    /// What firings in time have shown, this one included.
    pub timely: Option<Timely>,
    /// Nothing in time was as bad before: whoever heard of less, or of nothing, is to be told.
    pub surpasses: bool,
    /// A person calls for help anew: whoever put the alert off did not know of it.
    pub is_cry: bool,
    /// Whether the alert says this firing's words now: not when it said worse before.
    pub restated: bool,
    /// Whether this is another reading; a confirmation of one that counted already is none.
    pub repeat: bool,
    pub state: AlertState,
    pub rule_version: String,
    pub why: String,
    pub proposal: String,
    pub at: Timestamp,
    pub evidence: Option<Evidence>,
}
