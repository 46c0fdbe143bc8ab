use jiff::{SignedDuration, Span, Timestamp};
use serde::Serialize;

use super::Shifts;
use crate::domain::id::TeamId;
use crate::domain::organisation::{Organisation, Team};

/// How many weeks back are looked at, at most and at least.
const WEEKS: i64 = 8;
const LEAST_WEEKS: usize = 4;
/// No shift is further away.
const AHEAD: SignedDuration = SignedDuration::from_hours(8 * 24);

/// An alert that opened, of the team on the patient's record.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    pub team: Option<String>,
    pub at: Timestamp,
}

/// A guess at a team's next shift: how many alerts opened on the same weekday in the same hours of the weeks before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    pub team: TeamId,
    pub shift: String,
    pub from: Timestamp,
    pub to: Timestamp,
    pub mean: f64,
    pub least: u32,
    pub most: u32,
    /// How many weeks it rests on.
    pub weeks: u32,
}

/// The guess for a team; nothing without four weeks to go by, or a next shift.
///
/// `openings` reach at least eight weeks and a shift back; weeks before the first of all are no evidence of quiet.
pub fn forecast(
    team: &Team,
    openings: &[Opening],
    began: Timestamp,
    site: &Organisation,
    now: Timestamp,
) -> Option<Forecast> {
    let until = now.checked_add(AHEAD).ok()?;
    let (next, shift) = Shifts::between(site, now, until).next(team, now, until)?;
    let weeks_before = |at: Timestamp, weeks: i64| {
        let zoned = at.to_zoned(site.zone.clone());
        zoned.checked_sub(Span::new().try_weeks(weeks).ok()?).ok().map(|zoned| zoned.timestamp())
    };
    let mine: Vec<Timestamp> = openings
        .iter()
        .filter(|opening| site.team_of(opening.team.as_deref()).id == team.id)
        .map(|opening| opening.at)
        .collect();
    let mut counts: Vec<u32> = Vec::new();
    for weeks in 1..=WEEKS {
        let (from, to) = (weeks_before(next.from, weeks)?, weeks_before(next.to, weeks)?);
        // A shift that is not over yet, or from before there was anything, says nothing.
        if to > now || from < began {
            continue;
        }
        let opened = mine.iter().filter(|at| from <= **at && **at < to).count();
        counts.push(u32::try_from(opened).unwrap_or(u32::MAX));
    }
    if counts.len() < LEAST_WEEKS {
        return None;
    }
    let weeks = u32::try_from(counts.len()).ok()?;
    Some(Forecast {
        team: team.id.clone(),
        shift,
        from: next.from,
        to: next.to,
        mean: f64::from(counts.iter().sum::<u32>()) / f64::from(weeks),
        least: counts.iter().copied().min()?,
        most: counts.iter().copied().max()?,
        weeks,
    })
}
