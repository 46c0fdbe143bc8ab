use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Place;

/// Where a page of the queue ended. `asked_at` keeps time from moving anything between two pages: what was put off until
/// noon stays put off for whoever began to read before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub asked_at: Timestamp,
    pub after: Place,
    /// The last change that the page knew of, where changes are counted. What has come to stand above since is to be shown too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<i64>,
}

/// A page of a lane.
#[derive(Debug)]
pub struct Page<T> {
    /// The instant that the order goes by.
    pub asked_at: Timestamp,
    pub rows: Vec<T>,
    /// How many stand before the first of these. A reader who has seen fewer knows that something has come in above.
    pub ahead: usize,
    pub next: Option<Mark>,
}

impl<T> Page<T> {
    /// At most `limit` of a sorted lane, those after `mark`. What keeps its place is on exactly one page, whatever happens to
    /// the others meanwhile.
    pub fn of(
        mut sorted: Vec<T>,
        mark: Option<&Mark>,
        limit: usize,
        asked_at: Timestamp,
        place: impl Fn(&T) -> &Place,
    ) -> Self {
        let ahead = mark.map_or(0, |mark| sorted.partition_point(|one| *place(one) <= mark.after));
        let mut rows = sorted.split_off(ahead);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|last| Mark {
            asked_at,
            after: place(last).clone(),
            known: None,
        });
        Self { asked_at, rows, ahead, next }
    }
}
