//! What one part of the site's file says of another, proved when all parts are read.

use std::ops::Range;

use toml::Spanned;

use crate::domain::id::{TeamId, UserName};
use crate::domain::organisation::{Organisation, Target};

use super::super::fault::Report;

#[derive(Debug, Default)]
pub(super) struct References {
    /// Whom the chains of which team tell.
    pub targets: Vec<(Range<usize>, TeamId, Target)>,
    /// Where services say that they serve.
    pub localities: Vec<Spanned<String>>,
}

impl References {
    pub(super) fn prove(self, site: &Organisation, report: &mut Report<'_>) {
        for (span, team, target) in self.targets {
            if let Some(why) = unreachable(&target, &team, site) {
                report.add(span, why);
            }
        }
        for locality in self.localities {
            if site.teams.values().all(|team| team.locality.as_ref() != Some(locality.get_ref())) {
                let why =
                    format!("no team has the locality '{}'; write it as the team does", locality.get_ref());
                report.add(locality.span(), why);
            }
        }
    }
}

/// Why a target can never reach anybody for this team's patients, whatever the day and whoever is on call.
fn unreachable(target: &Target, team: &TeamId, site: &Organisation) -> Option<String> {
    match target {
        Target::Person(person) if is_known(person, site) => None,
        Target::Person(person) => {
            Some(format!("'{person}' is in no team and on no rota; add them to one, or mend the name"))
        }
        Target::OnCall(id) if site.rotas.contains_key(id) => None,
        Target::OnCall(id) => {
            let known: Vec<_> = site.rotas.keys().map(ToString::to_string).collect();
            Some(format!("there is no rota '{id}'; {}", there_are("rotas", &known)))
        }
        Target::Team(id) => match site.teams.get(id) {
            None => {
                let known: Vec<_> = site.teams.keys().map(ToString::to_string).collect();
                Some(format!("there is no team '{id}'; {}", there_are("teams", &known)))
            }
            Some(named) if named.addresses.is_empty() => {
                Some(format!("the team '{id}' has no addresses of its own; give it one, or name a rota"))
            }
            Some(_) => None,
        },
        Target::Service(id) => match site.services.get(id) {
            None => {
                let known: Vec<_> = site.services.keys().map(ToString::to_string).collect();
                Some(format!("there is no service '{id}'; {}", there_are("services", &known)))
            }
            Some(service) if !service.serves(site.team(team)) => {
                Some(format!("the service '{id}' does not serve the locality of the team '{team}'"))
            }
            Some(_) => None,
        },
    }
}

fn is_known(person: &UserName, site: &Organisation) -> bool {
    let on_rotas = || site.rotas.values().flat_map(|rota| &rota.shifts).flat_map(|shift| &shift.people);
    site.teams.values().any(|team| team.members.contains_key(person))
        || on_rotas().any(|other| other == person)
}

fn there_are(what: &str, known: &[String]) -> String {
    if known.is_empty() {
        format!("there are no {what}")
    } else {
        format!("the {what} are {}", known.join(", "))
    }
}
