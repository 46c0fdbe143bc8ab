//! The proof that somebody is there: at every instant, for every team, an amber and a red alert reach at least one
//! recipient by a channel that was recently seen to work. Wherever they do not is a hole, and has its causes.
//!
//! Nothing is sampled. What decides whom a chain reaches changes at known instants only (shifts and their changes, hours,
//! the days on which verifications end); between two of them one look tells all.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::team::TeamAddress;
use super::{Chain, Channel, Organisation, Recipient, Roster, Stretch, Target, Team, Unreached};
use crate::domain::alert::Severity;
use crate::domain::id::{RotaId, TeamId, UserName};

/// A stretch in which an alert of this severity would reach nobody for sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    pub team: TeamId,
    pub severity: Severity,
    pub from: Timestamp,
    pub to: Timestamp,
    /// Of every step of the chain, in its order, each once.
    pub causes: Vec<Cause>,
}

/// Why a part of a chain does not count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The team tells nobody of this severity.
    NoChain,
    Unreached(Unreached),
    /// The shift is theirs, they are on leave, and nobody covers it.
    Away(UserName, RotaId),
    /// It would be sent, and nobody has proved lately that it arrives.
    Unproved(Channel, Owner),
}

/// Whose channel it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    Person(UserName),
    /// The team's or service's own, as the chain names it.
    Target(String),
}

/// Every hole between two instants, by team, the red ones first, in order of time. Stretches that have the same causes
/// and meet are one.
pub fn holes(roster: &Roster<'_>, from: Timestamp, to: Timestamp) -> Vec<Hole> {
    let mut found = Vec::new();
    for team in roster.site.teams.values() {
        for severity in [Severity::Red, Severity::Amber] {
            found.extend(holes_of(team, severity, roster, from, to));
        }
    }
    found
}

fn holes_of(
    team: &Team,
    severity: Severity,
    roster: &Roster<'_>,
    from: Timestamp,
    to: Timestamp,
) -> Vec<Hole> {
    let chain = team.chain(severity);
    let mut found: Vec<Hole> = Vec::new();
    let edges = edges(&chain, roster, from, to);
    for (at, end) in edges.iter().zip(edges.iter().skip(1)) {
        let causes = misses(&chain, team, roster, *at);
        if causes.is_empty() {
            continue;
        }
        match found.last_mut().filter(|hole| hole.to == *at && hole.causes == causes) {
            Some(hole) => hole.to = *end,
            None => found.push(Hole { team: team.id.clone(), severity, from: *at, to: *end, causes }),
        }
    }
    found
}

/// Why the chain reaches nobody for sure at an instant; empty when it reaches somebody.
fn misses(chain: &Chain, team: &Team, roster: &Roster<'_>, at: Timestamp) -> Vec<Cause> {
    let mut causes = Vec::new();
    for target in chain.steps.iter().flat_map(|step| &step.notify) {
        let found: Vec<Cause> = match roster.reach(target, team, at) {
            Ok(recipients) if recipients.iter().any(|recipient| recipient.proved) => return Vec::new(),
            Ok(recipients) => recipients.iter().map(|recipient| Cause::unproved(recipient, target)).collect(),
            Err(why) => why.into_iter().flat_map(|why| unreached(why, roster, at)).collect(),
        };
        for cause in found {
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        }
    }
    if causes.is_empty() { vec![Cause::NoChain] } else { causes }
}

/// An empty shift says whose it was.
fn unreached(why: Unreached, roster: &Roster<'_>, at: Timestamp) -> Vec<Cause> {
    let Unreached::NobodyOnCall(id) = &why else { return vec![Cause::Unreached(why)] };
    let spells = roster.site.rotas.get(id).map(|rota| {
        let next = Timestamp::from_millisecond(at.as_millisecond() + 1).unwrap_or(at);
        rota.spells(at, next, roster.site, roster.changes)
    });
    let away: Vec<Cause> = spells
        .unwrap_or_default()
        .into_iter()
        .filter_map(|spell| Some(Cause::Away(spell.planned?, id.clone())))
        .collect();
    if away.is_empty() { vec![Cause::Unreached(why)] } else { away }
}

/// The instants at which something may change for this chain, from the first to the last.
fn edges(chain: &Chain, roster: &Roster<'_>, from: Timestamp, to: Timestamp) -> BTreeSet<Timestamp> {
    let site = roster.site;
    let mut edges = BTreeSet::from([from, to]);
    let days = site.verified_days;
    edges.extend(roster.contacts.iter().filter_map(|contact| contact.proved_until(days)));
    let own = |edges: &mut BTreeSet<_>, addresses: &[TeamAddress]| {
        edges.extend(addresses.iter().filter_map(|address| address.proved_until(site)));
    };
    for target in chain.steps.iter().flat_map(|step| &step.notify) {
        match target {
            Target::Person(_) => {}
            Target::OnCall(id) => {
                let Some(rota) = site.rotas.get(id) else { continue };
                let spells = rota.spells(from, to, site, roster.changes);
                edges.extend(spells.into_iter().flat_map(|spell| [spell.from, spell.to]));
            }
            Target::Team(id) => own(&mut edges, &site.team(id).addresses),
            Target::Service(id) => {
                let Some(service) = site.services.get(id) else { continue };
                own(&mut edges, &service.addresses);
                let open = service.hours.stretches(from, to, site);
                edges.extend(open.into_iter().flat_map(|Stretch { from, to }| [from, to]));
            }
        }
    }
    edges.retain(|edge| from <= *edge && *edge <= to);
    edges
}

impl Cause {
    fn unproved(recipient: &Recipient, target: &Target) -> Self {
        let owner = match &recipient.person {
            Some(person) => Owner::Person(person.clone()),
            None => Owner::Target(target.written()),
        };
        Self::Unproved(recipient.address.channel(), owner)
    }

    /// What whoever keeps the rota reads: names as the site's file has them.
    pub fn words(&self, site: &Organisation) -> String {
        let rota = |id: &RotaId| site.rotas.get(id).map_or(id.as_str(), |rota| rota.name.as_str()).to_owned();
        let service =
            |id: &_| site.services.get(id).map_or_else(|| "the service".to_owned(), |one| one.name.clone());
        match self {
            Self::NoChain => "the team tells nobody of this severity".to_owned(),
            Self::Away(person, id) => format!("{person} is on leave and nobody covers {}", rota(id)),
            Self::Unproved(channel, owner) => {
                let whose = match owner {
                    Owner::Person(person) => person.as_str(),
                    Owner::Target(target) => target,
                };
                format!("{whose} has no verified channel ({} is not proved)", channel.name())
            }
            Self::Unreached(why) => match why {
                Unreached::NobodyOnCall(id) => format!("nobody is on call on {}", rota(id)),
                Unreached::Gone(person) => format!("{person} may not sign in here"),
                Unreached::NoContact(person) => format!("{person} has no channel at all"),
                Unreached::ServiceClosed(id) => format!("{} is closed", service(id)),
                Unreached::NotServed(id) => {
                    format!("{} does not serve this team's locality", service(id))
                }
                Unreached::NoAddress(name) => format!("{name} has no address"),
            },
        }
    }
}

impl Hole {
    /// Its causes in words, one after the other.
    pub fn why(&self, site: &Organisation) -> String {
        self.causes.iter().map(|cause| cause.words(site)).collect::<Vec<_>>().join("; ")
    }
}
