use std::collections::HashMap;

use jiff::Timestamp;

use crate::domain::id::{RotaId, TeamId};
use crate::domain::organisation::{Organisation, Stretch, Target, Team};

/// What the hours of a team without a rota are called.
const STAFFED: &str = "staffed";
const UNSTAFFED: &str = "unstaffed";

/// The shifts of every team between two instants, by the plan in the site's file: who stood in for whom changes no shift.
#[derive(Debug)]
pub struct Shifts<'a> {
    site: &'a Organisation,
    teams: HashMap<TeamId, Vec<(Stretch, String)>>,
}

impl<'a> Shifts<'a> {
    pub fn between(site: &'a Organisation, from: Timestamp, to: Timestamp) -> Self {
        let teams =
            site.teams.values().map(|team| (team.id.clone(), planned(team, from, to, site))).collect();
        Self { site, teams }
    }

    /// The shift at an instant, or whether the team was staffed when no rota of its chains knows of one.
    pub fn at(&self, team: &Team, at: Timestamp) -> String {
        let planned = self.teams.get(&team.id);
        let shift = planned.and_then(|spells| spells.iter().find(|(stretch, _)| stretch.contains(at)));
        match shift {
            Some((_, name)) => name.clone(),
            None if team.staffed.is_open(at, self.site) => STAFFED.to_owned(),
            None => UNSTAFFED.to_owned(),
        }
    }

    /// The first shift that begins after `now`, within the stretch that is laid out.
    pub fn next(&self, team: &Team, now: Timestamp, until: Timestamp) -> Option<(Stretch, String)> {
        let planned = self.teams.get(&team.id)?;
        if let Some(next) =
            planned.iter().filter(|(stretch, _)| stretch.from > now).min_by_key(|(stretch, _)| stretch.from)
        {
            return Some(next.clone());
        }
        let open = team.staffed.stretches(now, until, self.site);
        let first = open.first()?;
        match first.from > now {
            true => Some((*first, STAFFED.to_owned())),
            // Staffed now: what comes next is the gap after it.
            false => Some((Stretch { from: first.to, to: open.get(1)?.from }, UNSTAFFED.to_owned())),
        }
    }
}

fn planned(team: &Team, from: Timestamp, to: Timestamp, site: &Organisation) -> Vec<(Stretch, String)> {
    let mut rotas: Vec<&RotaId> = Vec::new();
    let steps = team.chains.values().flat_map(|chain| &chain.steps);
    for target in steps.flat_map(|step| &step.notify) {
        if let Target::OnCall(rota) = target
            && !rotas.contains(&rota)
        {
            rotas.push(rota);
        }
    }
    let rotas = rotas.into_iter().filter_map(|rota| site.rotas.get(rota));
    rotas
        .flat_map(|rota| rota.spells(from, to, site, &[]))
        .map(|spell| (Stretch { from: spell.from, to: spell.to }, spell.shift))
        .collect()
}
