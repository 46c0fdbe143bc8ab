use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Lane, Placed, Work};
use crate::domain::alert::Severity;
use crate::domain::id::TeamId;
use crate::domain::organisation::Organisation;

/// What stands in one part of a team's queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Nobody has it in hand.
    pub waiting: u32,
    /// Somebody has.
    pub held: u32,
    /// Those that wait past a standard.
    pub breached: u32,
    /// When the first standard of those that wait is breached, or was.
    pub due_at: Option<Timestamp>,
    /// Since when the oldest waits. Tasks do not say.
    pub oldest: Option<Timestamp>,
}

/// A team's queue in figures. A patient counts once, by the worst.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tallies {
    pub red: Tally,
    pub amber: Tally,
    pub advice: Tally,
    pub tasks: Tally,
    pub ad_hoc: Tally,
}

impl Tally {
    fn add(&mut self, held: bool, breached: bool, due_at: Option<Timestamp>, since: Option<Timestamp>) {
        if held {
            self.held += 1;
            return;
        }
        self.waiting += 1;
        self.oldest = earlier(self.oldest, since);
        self.breached += u32::from(breached);
        self.due_at = earlier(self.due_at, due_at);
    }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}

/// Every team of the site, also those with nothing to do.
pub fn tally(
    site: &Organisation,
    cards: &[Placed],
    work: &[Work],
    now: Timestamp,
) -> BTreeMap<TeamId, Tallies> {
    let mut teams: BTreeMap<TeamId, Tallies> =
        site.teams.keys().map(|team| (team.clone(), Tallies::default())).collect();
    for card in cards {
        let team = teams.entry(card.team.clone()).or_default();
        let tally = match card.place.rank.severity() {
            Severity::Red => &mut team.red,
            Severity::Amber => &mut team.amber,
            Severity::Advice => &mut team.advice,
        };
        tally.add(card.place.rank.is_held(), card.is_breached(now), card.due_at, Some(card.since));
    }
    for piece in work {
        let team = teams.entry(piece.team.clone()).or_default();
        let tally = match piece.lane {
            Lane::AdHoc => &mut team.ad_hoc,
            Lane::Tasks | Lane::Alerts => &mut team.tasks,
        };
        tally.add(piece.owner.is_some(), piece.is_breached(now), piece.due_at, None);
    }
    teams
}
