//! When a team that is not there now is told of what can wait for it.

use jiff::civil::Time;
use jiff::{SignedDuration, Span, Timestamp};

use super::hours::instant;
use super::{Organisation, Team};
use crate::domain::alert::Severity;

/// Red waits for the team no longer than this. Where nobody comes within it, the morning is told.
const RED_WAITS: SignedDuration = SignedDuration::from_hours(24);
/// The same of amber.
const AMBER_WAITS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// When nobody is woken any more, in the site's civil time.
const MORNING: Time = Time::constant(8, 0, 0, 0);

/// A team that is not there: when it is told of what is no news of this hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away {
    red: Timestamp,
    amber: Timestamp,
}

impl Away {
    /// Nothing while somebody of the team is there. A team that comes back too late for red is told of it in the morning,
    /// by whatever its chain reaches then.
    pub fn of(team: &Team, site: &Organisation, now: Timestamp) -> Option<Self> {
        if team.staffed.is_open(now, site) {
            return None;
        }
        let back = team.staffed.after(now, SignedDuration::ZERO, site);
        let morning = morning(site, now)?;
        let within = |longest| back.filter(|back| back.duration_since(now) <= longest).unwrap_or(morning);
        Some(Self { red: within(RED_WAITS), amber: within(AMBER_WAITS) })
    }

    pub const fn until(self, severity: Severity) -> Timestamp {
        match severity {
            Severity::Red => self.red,
            Severity::Amber | Severity::Advice => self.amber,
        }
    }

    /// No end that [`Away::until`] gives lies further off. A night may have an hour more.
    pub const fn longest(severity: Severity) -> SignedDuration {
        match severity {
            Severity::Red => SignedDuration::from_hours(25),
            Severity::Amber | Severity::Advice => AMBER_WAITS,
        }
    }
}

/// The next morning after `now`.
fn morning(site: &Organisation, now: Timestamp) -> Option<Timestamp> {
    let today = now.to_zoned(site.zone.clone()).date();
    let tomorrow = today.checked_add(Span::new().days(1)).ok()?;
    [today, tomorrow].into_iter().filter_map(|day| instant(day, MORNING, &site.zone)).find(|at| *at > now)
}
