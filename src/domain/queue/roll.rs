use std::collections::HashMap;

use jiff::Timestamp;

use super::{Mark, Page, Place, Placed};
use crate::domain::id::PatientId;

/// The order of a queue as of one instant, kept while somebody reads through it, so that only whoever has changed since is
/// placed again.
#[derive(Debug, Clone)]
pub struct Roll {
    asked_at: Timestamp,
    /// The last change that it knows of.
    known: i64,
    placed: Vec<Placed>,
    places: HashMap<PatientId, Place>,
}

impl Roll {
    /// `placed` comes in order.
    pub fn new(asked_at: Timestamp, known: i64, placed: Vec<Placed>) -> Self {
        let places = placed.iter().map(|placed| (placed.patient.clone(), placed.place.clone())).collect();
        Self { asked_at, known, placed, places }
    }

    pub const fn known(&self) -> i64 {
        self.known
    }

    /// Whoever of these is not in `placed` stands in this queue no more.
    pub fn place_again<'a>(
        &mut self,
        changed: impl IntoIterator<Item = &'a PatientId>,
        placed: Vec<Placed>,
        known: i64,
    ) {
        for patient in changed {
            if let Some(place) = self.places.remove(patient)
                && let Ok(at) = self.placed.binary_search_by(|other| other.place.cmp(&place))
            {
                self.placed.remove(at);
            }
        }
        for placed in placed {
            self.places.insert(placed.patient.clone(), placed.place.clone());
            let at = self.placed.partition_point(|other| other.place < placed.place);
            self.placed.insert(at, placed);
        }
        self.known = known;
    }

    /// At most `limit` of those after `mark`, and before them whoever has come to stand above it since: whoever is in the queue
    /// all the time is on one page at least, and on no other unless something about them has changed. `changes` are those after
    /// the mark, each with its number, in their order.
    pub fn page(&self, mark: Option<&Mark>, changes: &[(i64, PatientId)], limit: usize) -> Page<Placed> {
        let ahead = mark.map_or(0, |mark| self.first_after(&mark.after));
        let seen = mark.and_then(|mark| mark.known);
        let mut rows: Vec<Placed> = Vec::new();
        let mut known = self.known;
        for (number, patient) in changes.iter().filter(|(number, _)| seen.is_some_and(|seen| *number > seen))
        {
            let Some(place) = self.places.get(patient) else { continue };
            let at = self.first_after(place);
            if at > ahead {
                continue;
            }
            if rows.len() == limit {
                // The rest of them comes first on the page after this.
                known = number - 1;
                break;
            }
            rows.extend(at.checked_sub(1).and_then(|at| self.placed.get(at)).cloned());
        }
        rows.sort_by(|a, b| a.place.cmp(&b.place));
        let after = &self.placed[ahead..];
        let shown = after.len().min(limit - rows.len());
        rows.extend_from_slice(&after[..shown]);
        let is_more = known < self.known || shown < after.len();
        let last = after[..shown].last().map(|last| &last.place).or(mark.map(|mark| &mark.after));
        let next = last.filter(|_| is_more).map(|last| Mark {
            asked_at: self.asked_at,
            after: last.clone(),
            known: Some(known),
        });
        Page { asked_at: self.asked_at, rows, ahead, next }
    }

    fn first_after(&self, place: &Place) -> usize {
        self.placed.partition_point(|placed| placed.place <= *place)
    }
}
