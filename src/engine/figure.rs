//! Figures of a stretch of time, and the guess at what comes next.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::figure::{By, Figures, Forecast, Group, Shifts, figures, forecast};
use crate::domain::id::TeamId;
use crate::domain::organisation::Organisation;
use crate::store::{Store, StoreError};

/// Eight weeks, and the longest shift.
const PAST: SignedDuration = SignedDuration::from_hours(10 * 7 * 24);

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Question {
    pub from: Timestamp,
    pub to: Timestamp,
    pub by: By,
    pub team: Option<TeamId>,
}

#[derive(Debug)]
pub struct Answer {
    pub groups: BTreeMap<Group, Figures>,
    /// By team; a team without enough of a past has none.
    pub forecasts: Vec<Forecast>,
}

pub async fn work_out(
    store: &Store,
    site: &Organisation,
    question: &Question,
    now: Timestamp,
) -> Result<Answer, StoreError> {
    let Question { from, to, by, team } = question;
    let cases = store.cases(*from, *to).await?;
    let notices = store.notified(*from, *to).await?;
    let shifts = match by {
        By::Shift => Shifts::between(site, *from, *to),
        By::Rule | By::Team => Shifts::between(site, *from, *from),
    };
    let groups = figures(&cases, &notices, *by, team.as_ref(), site, &shifts, now);
    let (openings, began) = store.openings(now.saturating_sub(PAST).unwrap_or(Timestamp::UNIX_EPOCH)).await?;
    let asked = site.teams.values().filter(|one| team.as_ref().is_none_or(|team| one.id == *team));
    let forecasts = match began {
        Some(began) => asked.filter_map(|team| forecast(team, &openings, began, site, now)).collect(),
        None => Vec::new(),
    };
    Ok(Answer { groups, forecasts })
}
