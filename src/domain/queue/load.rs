use jiff::Timestamp;

use super::{Deadlines, Place, Rank};
use crate::domain::alert::Severity;
use crate::domain::id::{PatientId, TeamId};
use crate::domain::organisation::Organisation;

/// A patient's unresolved alerts, as far as the order of the queue goes by them. Deadlines of one severity come in the order
/// in which its alerts came, so the oldest is enough.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    pub red: Standing,
    pub amber: Standing,
    pub advice: Standing,
}

/// The alerts of one severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Since when the oldest waits that nobody has in hand.
    pub waits: Option<Timestamp>,
    /// Since when the oldest is there that somebody has in hand.
    pub held: Option<Timestamp>,
}

/// A patient's place in the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    pub patient: PatientId,
    pub team: TeamId,
    pub place: Place,
    /// Since when what it stands there for is there.
    pub since: Timestamp,
    /// When the first standard among all that waits is breached.
    pub due_at: Option<Timestamp>,
}

impl Load {
    pub const fn of(&self, severity: Severity) -> Standing {
        match severity {
            Severity::Red => self.red,
            Severity::Amber => self.amber,
            Severity::Advice => self.advice,
        }
    }

    /// Counts one more alert.
    pub fn add(&mut self, severity: Severity, since: Timestamp, held: bool) {
        let standing = match severity {
            Severity::Red => &mut self.red,
            Severity::Amber => &mut self.amber,
            Severity::Advice => &mut self.advice,
        };
        let oldest = if held { &mut standing.held } else { &mut standing.waits };
        *oldest = Some(oldest.map_or(since, |before| before.min(since)));
    }

    /// Rank, and since when what gives it is there; nothing when there is no alert.
    fn rank(&self) -> Option<(Rank, Timestamp)> {
        let worst_first = || Severity::ALL.into_iter().rev();
        let waits = |s: Severity| Some((Rank::waiting(s), self.of(s).waits?));
        let held = |s: Severity| Some((Rank::held(s), self.of(s).held?));
        worst_first().filter_map(waits).chain(worst_first().filter_map(held)).min_by_key(|(rank, _)| *rank)
    }
}

impl Placed {
    pub fn of(
        patient: &PatientId,
        team_named: Option<&str>,
        load: &Load,
        site: &Organisation,
        deadlines: &mut Deadlines<'_>,
    ) -> Option<Self> {
        let team = site.team_of(team_named);
        let (rank, since) = load.rank()?;
        let due_at = Severity::ALL
            .into_iter()
            .filter_map(|severity| deadlines.of(team, severity, load.of(severity).waits?))
            .min();
        let place = match rank.is_held() {
            true => Place::since(rank, since, patient.as_str()),
            false => Place::due(rank, due_at, patient.as_str()),
        };
        Some(Self { patient: patient.clone(), team: team.id.clone(), place, since, due_at })
    }

    pub fn is_breached(&self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|due| due <= now)
    }
}

/// Everybody with an unresolved alert, in the order of the queue. `loads`: whose, the team on the record, and what.
pub fn place_all(
    loads: &[(PatientId, Option<String>, Load)],
    site: &Organisation,
    now: Timestamp,
) -> Vec<Placed> {
    let mut deadlines = Deadlines::new(site, now);
    let mut placed: Vec<Placed> = loads
        .iter()
        .filter_map(|(patient, team, load)| Placed::of(patient, team.as_deref(), load, site, &mut deadlines))
        .collect();
    placed.sort_by(|a, b| a.place.cmp(&b.place));
    placed
}
