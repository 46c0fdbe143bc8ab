//! A team: who is in it, how soon it promises to look, and whom its chains tell.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::hours::instant;
use super::{Address, Hours, Organisation};
use crate::domain::alert::Severity;
use crate::domain::id::{RotaId, ServiceId, TeamId, UserName};

#[derive(Debug, Clone, PartialEq)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    /// Where its patients live: outside services name the localities that they serve.
    pub locality: Option<String>,
    /// When somebody of the team is at work.
    pub staffed: Hours,
    pub members: BTreeMap<UserName, MemberRole>,
    pub standards: BTreeMap<Severity, Standard>,
    /// For amber and red. Advice asks for nobody.
    pub chains: BTreeMap<Severity, Chain>,
    /// The team's own: a shared mailbox, a duty phone, a hook.
    pub addresses: Vec<TeamAddress>,
    /// An acknowledgement without progress lapses after so many minutes.
    pub lapse_minutes: u16,
    /// Patients are told when somebody has really looked at their reading.
    pub tells_seen: bool,
    /// Patients are told honestly when nobody has looked within the standard.
    pub tells_unseen: bool,
}

/// An address from the file, with the day on which somebody saw that it works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamAddress {
    pub address: Address,
    pub verified: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Acts on alerts.
    Clinician,
    /// Acts on alerts, and changes rotas and hand-overs of others.
    Lead,
    /// Sees the queue, acts on tasks only.
    Clerk,
}

/// Within how many minutes somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standard {
    pub minutes: u32,
    pub clock: StandardClock,
}

/// Which minutes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandardClock {
    /// Those in which the team is staffed.
    Staffed,
    Always,
}

/// Who is told in which order. An alert keeps the chain that it opened with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    pub steps: Vec<ChainStep>,
    /// How often all steps are gone through before the chain counts as exhausted.
    pub rounds: u8,
    /// Between rounds after that: it never falls silent.
    pub again_minutes: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainStep {
    pub notify: Vec<Target>,
    /// Until the next step.
    pub wait_minutes: u16,
}

/// Whom a step tells. In the file: `person:amina`, `rota:nights`, `team:north`, `service:navigator`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Person(UserName),
    /// Whoever is on call.
    OnCall(RotaId),
    /// The team's own addresses.
    Team(TeamId),
    Service(ServiceId),
}

/// An outside service: who takes over when, and for whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    pub id: ServiceId,
    pub name: String,
    pub hours: Hours,
    /// Empty: everywhere.
    pub localities: Vec<String>,
    pub addresses: Vec<TeamAddress>,
}

impl Team {
    pub(super) fn unwritten() -> Self {
        let always = |minutes| Standard { minutes, clock: StandardClock::Always };
        Self {
            id: TeamId::trusted("everyone"),
            name: "Everyone".to_owned(),
            locality: None,
            staffed: Hours::always(),
            members: BTreeMap::new(),
            standards: BTreeMap::from([
                (Severity::Red, always(15)),
                (Severity::Amber, always(4 * 60)),
                (Severity::Advice, always(24 * 60)),
            ]),
            chains: BTreeMap::new(),
            addresses: Vec::new(),
            lapse_minutes: 60,
            tells_seen: false,
            tells_unseen: false,
        }
    }

    /// When an alert that came at `from` must have been looked at.
    pub fn deadline(&self, severity: Severity, from: Timestamp, site: &Organisation) -> Option<Timestamp> {
        let standard = self.standards.get(&severity)?;
        let allowed = SignedDuration::from_mins(i64::from(standard.minutes));
        match standard.clock {
            StandardClock::Always => from.checked_add(allowed).ok(),
            StandardClock::Staffed => self.staffed.after(from, allowed, site),
        }
    }

    /// The chain for a severity. A team that has none for amber tells nobody of amber, which the coverage proof shows; red
    /// without one of its own takes amber's.
    pub fn chain(&self, severity: Severity) -> Chain {
        let amber = || self.chains.get(&Severity::Amber).filter(|_| severity > Severity::Amber);
        self.chains.get(&severity).or_else(amber).cloned().unwrap_or_else(Chain::silent)
    }

    pub fn lapse(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.lapse_minutes))
    }
}

impl Target {
    /// As the file writes it, `rota:nights`.
    pub fn written(&self) -> String {
        match self {
            Self::Person(id) => format!("person:{id}"),
            Self::OnCall(id) => format!("rota:{id}"),
            Self::Team(id) => format!("team:{id}"),
            Self::Service(id) => format!("service:{id}"),
        }
    }

    /// The target that a file or a row writes; nothing when it is none.
    pub fn from_written(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        match kind {
            "person" => UserName::parse(id).ok().map(Self::Person),
            "rota" => RotaId::parse(id).ok().map(Self::OnCall),
            "team" => TeamId::parse(id).ok().map(Self::Team),
            "service" => ServiceId::parse(id).ok().map(Self::Service),
            _ => None,
        }
    }
}

impl MemberRole {
    pub const ALL: [Self; 3] = [Self::Clinician, Self::Lead, Self::Clerk];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Clinician => "clinician",
            Self::Lead => "lead",
            Self::Clerk => "clerk",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl Chain {
    /// Tells nobody: the queue is all there is.
    pub fn silent() -> Self {
        Self { steps: Vec::new(), rounds: 1, again_minutes: 30 }
    }
}

impl TeamAddress {
    /// The end of the last day on which it counts as verified; nothing when nobody ever saw it work.
    pub fn proved_until(&self, site: &Organisation) -> Option<Timestamp> {
        let days = Span::new().days(i64::from(site.verified_days) + 1);
        instant(self.verified?.checked_add(days).ok()?, Time::midnight(), &site.zone)
    }
}

impl Service {
    pub fn serves(&self, team: &Team) -> bool {
        self.localities.is_empty()
            || team.locality.as_ref().is_some_and(|place| self.localities.contains(place))
    }
}
