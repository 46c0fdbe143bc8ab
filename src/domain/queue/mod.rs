//! The queue that a team works through: one card a patient, worst first, then whoever's standard is breached first.
//!
//! The order is total and rests on stored facts and one instant alone, so that a page can go on where another ended. What
//! nobody has in hand stands above what somebody has; advice, which asks for nobody, stands last.

mod card;
mod deadline;
mod load;
mod page;
mod roll;
mod tally;
mod work;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::alert::Severity;

pub use card::{Card, CardAlert, Facts};
pub use deadline::Deadlines;
pub use load::{Load, Placed, Standing, place_all};
pub use page::{Mark, Page};
pub use roll::Roll;
pub use tally::{Tallies, Tally, tally};
pub use work::{Piece, Work, place_work};

/// What stands side by side in the queue of a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// One card a patient.
    Alerts,
    /// What Lamplight itself asks people to see to.
    Tasks,
    /// What people have given each other.
    AdHoc,
}

/// How soon somebody must look, first of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    RedWaits,
    AmberWaits,
    /// Somebody has all of it in hand, and the worst is red.
    RedHeld,
    AmberHeld,
    AdviceWaits,
    AdviceHeld,
}

/// Where something stands: rank, then when, then its id, which makes the order total.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    pub rank: Rank,
    /// When its standard is breached; for what somebody has in hand, since when it is there. Milliseconds since the epoch.
    pub at: i64,
    pub id: String,
}

impl Lane {
    pub const ALL: [Self; 3] = [Self::Alerts, Self::Tasks, Self::AdHoc];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Tasks => "tasks",
            Self::AdHoc => "ad_hoc",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.name() == name)
    }
}

impl Rank {
    pub const fn waiting(severity: Severity) -> Self {
        match severity {
            Severity::Red => Self::RedWaits,
            Severity::Amber => Self::AmberWaits,
            Severity::Advice => Self::AdviceWaits,
        }
    }

    pub const fn held(severity: Severity) -> Self {
        match severity {
            Severity::Red => Self::RedHeld,
            Severity::Amber => Self::AmberHeld,
            Severity::Advice => Self::AdviceHeld,
        }
    }

    pub const fn severity(self) -> Severity {
        match self {
            Self::RedWaits | Self::RedHeld => Severity::Red,
            Self::AmberWaits | Self::AmberHeld => Severity::Amber,
            Self::AdviceWaits | Self::AdviceHeld => Severity::Advice,
        }
    }

    pub const fn is_held(self) -> bool {
        matches!(self, Self::RedHeld | Self::AmberHeld | Self::AdviceHeld)
    }
}

impl Place {
    /// Without a deadline it stands behind those that have one.
    pub fn due(rank: Rank, due_at: Option<Timestamp>, id: &str) -> Self {
        Self { rank, at: due_at.map_or(i64::MAX, Timestamp::as_millisecond), id: id.to_owned() }
    }

    pub fn since(rank: Rank, since: Timestamp, id: &str) -> Self {
        Self { rank, at: since.as_millisecond(), id: id.to_owned() }
    }
}
