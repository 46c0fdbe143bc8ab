//! Who looks, at what, when, and who is next if they do not: teams with their standards and chains, rotas, services.
//!
//! A site keeps all of this in one file. What moves from day to day (how people are reached, leave, swaps) is stored and
//! meets the file in a [`Roster`].

mod away;
mod contact;
mod coverage;
mod hours;
pub mod ical;
mod roster;
mod rota;
mod team;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::id::{RotaId, ServiceId, TeamId};

pub use away::Away;
pub use contact::{Address, Channel, Contact};
pub use coverage::{Cause, Hole, Owner, holes};
pub use hours::{Days, HolidayRule, Hours, Stretch, WeekSpan};
pub use roster::{Recipient, Roster, Unreached};
pub use rota::{Change, ChangeKind, OVERRIDE, Rota, Shift, Spell};
pub use team::{Chain, ChainStep, MemberRole, Service, Standard, StandardClock, Target, Team, TeamAddress};

/// The version of a site that has no file.
const UNWRITTEN: &str = "unwritten";

/// The site as its file describes it. Every id that it names in one place is defined in another: the file is proved when
/// it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Organisation {
    pub name: String,
    /// The civil time of every team and rota of the site.
    pub zone: TimeZone,
    pub teams: BTreeMap<TeamId, Team>,
    /// Whose a patient is who names no team that there is.
    pub default_team: TeamId,
    pub rotas: BTreeMap<RotaId, Rota>,
    pub services: BTreeMap<ServiceId, Service>,
    pub holidays: BTreeSet<Date>,
    /// What an alert can be resolved with.
    pub outcomes: Vec<Outcome>,
    pub detail: Detail,
    /// How many days a channel counts as verified.
    pub verified_days: u16,
    /// Content hash: files that say the same have the same.
    pub version: String,
    /// The file as it was read; empty where there is none.
    pub text: String,
}

/// How an alert was dealt with, from the site's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub name: String,
    /// Whether somebody did something for the patient. The share of alerts without is what a rule's tuning goes by.
    pub action: bool,
}

/// How much a notification to staff may say. Readings, rules and names never stand in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// That something waits.
    Nothing,
    /// And how urgent it is.
    Severity,
    /// And the patient's initials.
    Initials,
}

impl Organisation {
    /// A site that has no file: one team without members, whose queue is all there is.
    pub fn unwritten() -> Self {
        let team = Team::unwritten();
        Self {
            name: "This site".to_owned(),
            zone: TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC),
            default_team: team.id.clone(),
            teams: BTreeMap::from([(team.id.clone(), team)]),
            rotas: BTreeMap::new(),
            services: BTreeMap::new(),
            holidays: BTreeSet::new(),
            outcomes: Outcome::usual(),
            detail: Detail::Nothing,
            verified_days: 90,
            version: UNWRITTEN.to_owned(),
            text: String::new(),
        }
    }

    /// Whether somebody has written a file for this site: only then does it say who does what.
    pub fn is_written(&self) -> bool {
        self.version != UNWRITTEN
    }

    /// Whose a patient is, by the team's id or name on their record.
    pub fn team_of(&self, named: Option<&str>) -> &Team {
        named.and_then(|name| self.by_name(name)).unwrap_or_else(|| self.default())
    }

    /// Whether a team has this id or name.
    pub fn has_team(&self, named: &str) -> bool {
        self.by_name(named).is_some()
    }

    fn by_name(&self, name: &str) -> Option<&Team> {
        self.teams
            .values()
            .find(|team| team.id.as_str().eq_ignore_ascii_case(name) || team.name.eq_ignore_ascii_case(name))
    }

    pub fn team(&self, id: &TeamId) -> &Team {
        self.teams.get(id).unwrap_or_else(|| self.default())
    }

    fn default(&self) -> &Team {
        // The file is refused without its default team; the index cannot miss.
        &self.teams[&self.default_team]
    }
}

impl Detail {
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Severity, Self::Initials];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Severity => "severity",
            Self::Initials => "initials",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|detail| detail.name() == name)
    }
}

impl Outcome {
    /// What a site without a list of its own offers.
    pub fn usual() -> Vec<Self> {
        [
            ("called patient", true),
            ("advice given", true),
            ("GP informed", true),
            ("999", true),
            ("no action needed", false),
        ]
        .map(|(name, action)| Self { name: name.to_owned(), action })
        .into()
    }
}
