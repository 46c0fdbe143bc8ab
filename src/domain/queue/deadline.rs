use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::alert::Severity;
use crate::domain::id::TeamId;
use crate::domain::organisation::{Organisation, StandardClock, Stretch, Team};

/// What began longer ago is worked out one by one.
const BACK: SignedDuration = SignedDuration::from_hours(31 * 24);
/// Longer than any promise is kept.
const AHEAD: SignedDuration = SignedDuration::from_hours(63 * 24);
/// A promise that is kept so late is left to [`Team::deadline`], which knows when it is none any more.
const FAR: SignedDuration = SignedDuration::from_hours(60 * 24);

/// [`Team::deadline`] for many alerts: the hours of a team are laid out once. It says the same.
#[derive(Debug)]
pub struct Deadlines<'a> {
    site: &'a Organisation,
    from: Timestamp,
    now: Timestamp,
    staffed: HashMap<TeamId, Vec<Open>>,
}

/// A stretch in which a team is staffed, and how much staffed time there was before it.
#[derive(Debug, Clone, Copy)]
struct Open {
    stretch: Stretch,
    before: SignedDuration,
}

impl<'a> Deadlines<'a> {
    pub fn new(site: &'a Organisation, now: Timestamp) -> Self {
        let from = now.saturating_sub(BACK).unwrap_or(Timestamp::MIN);
        Self { site, from, now, staffed: HashMap::new() }
    }

    pub fn of(&mut self, team: &Team, severity: Severity, from: Timestamp) -> Option<Timestamp> {
        let standard = team.standards.get(&severity)?;
        if standard.clock == StandardClock::Always || from < self.from || from > self.now {
            return team.deadline(severity, from, self.site);
        }
        let staffed = match self.staffed.get(&team.id) {
            Some(staffed) => staffed,
            None => {
                let laid_out = lay_out(team, self.from, self.now, self.site);
                self.staffed.entry(team.id.clone()).or_insert(laid_out)
            }
        };
        let first = staffed.partition_point(|open| open.stretch.to <= from);
        let begins = staffed.get(first)?;
        let passed = from.duration_since(begins.stretch.from).max(SignedDuration::ZERO);
        let target = begins.before + passed + SignedDuration::from_mins(i64::from(standard.minutes));
        let rest = &staffed[first..];
        let ends = rest.get(rest.partition_point(|open| open.after() < target))?;
        let due = ends.stretch.from.checked_add(target - ends.before).ok()?;
        if due.duration_since(from) > FAR { team.deadline(severity, from, self.site) } else { Some(due) }
    }
}

impl Open {
    fn after(&self) -> SignedDuration {
        self.before + self.stretch.to.duration_since(self.stretch.from)
    }
}

fn lay_out(team: &Team, from: Timestamp, now: Timestamp, site: &Organisation) -> Vec<Open> {
    let to = now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
    let mut before = SignedDuration::ZERO;
    let stretches = team.staffed.stretches(from, to, site);
    let opens = stretches.into_iter().map(|stretch| {
        let open = Open { stretch, before };
        before = open.after();
        open
    });
    opens.collect()
}
