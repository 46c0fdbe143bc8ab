use jiff::Timestamp;

use super::{Deadlines, Lane, Place, Rank};
use crate::domain::alert::Severity;
use crate::domain::id::{TaskId, TeamId, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::task::TaskKind;

/// An open task, as far as its place goes by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub id: TaskId,
    pub kind: TaskKind,
    pub urgent: bool,
    /// Its own team, or else the patient's, as the record names it.
    pub team: Option<String>,
    pub opened_at: Timestamp,
    /// What somebody has set; else the standard counts.
    pub due_at: Option<Timestamp>,
    pub owner: Option<UserName>,
}

/// A task in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    pub task: TaskId,
    pub lane: Lane,
    pub team: TeamId,
    pub place: Place,
    pub due_at: Option<Timestamp>,
    pub owner: Option<UserName>,
}

impl Piece {
    /// What urgent work counts as among standards, and other work.
    pub const fn severity(&self) -> Severity {
        if self.urgent { Severity::Amber } else { Severity::Advice }
    }
}

impl Work {
    pub fn is_breached(&self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|due| due <= now)
    }
}

/// Open tasks in the order of the queue. Who has accepted one still owes it: it keeps its deadline, behind those that are
/// nobody's.
pub fn place_work(pieces: &[Piece], site: &Organisation, now: Timestamp) -> Vec<Work> {
    let mut deadlines = Deadlines::new(site, now);
    let mut placed: Vec<Work> = pieces
        .iter()
        .map(|piece| {
            let team = site.team_of(piece.team.as_deref());
            let severity = piece.severity();
            let due_at = piece.due_at.or_else(|| deadlines.of(team, severity, piece.opened_at));
            let rank = match piece.owner {
                Some(_) => Rank::held(severity),
                None => Rank::waiting(severity),
            };
            Work {
                task: piece.id.clone(),
                lane: piece.kind.lane(),
                team: team.id.clone(),
                place: Place::due(rank, due_at, piece.id.as_str()),
                due_at,
                owner: piece.owner.clone(),
            }
        })
        .collect();
    placed.sort_by(|a, b| a.place.cmp(&b.place));
    placed
}
