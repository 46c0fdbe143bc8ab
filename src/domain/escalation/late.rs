//! What late readings have made of an alert is no news of this hour: while nobody of the team is there, it waits for them.
//! What came in time never does.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Snooze, Stage, Watch, WatchedAlert};
use crate::domain::alert::Severity;
use crate::domain::id::UserName;
use crate::domain::organisation::Away;

/// Who puts it off.
const LAMPLIGHT: &str = "lamplight";
/// Why, as the record and the card say it.
const REASON: &str = "Only readings that came hours late make it so bad, and the team is not there.";

/// Of what Lamplight has put off: how the alert stands without its late readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// Amber at most. Anything worse in time ends the snooze.
    pub in_time: Option<Severity>,
    /// As that it waits meanwhile, for nobody has taken it on.
    pub waits: bool,
}

/// The snooze of an open alert that somebody would have to be told of now, and need not be woken for; nothing for an alert
/// that is as bad by what came in time, or that those who are being told know as it is.
pub(super) fn adjourn(
    alert: &WatchedAlert,
    watch: Option<&Watch>,
    away: Option<Away>,
    now: Timestamp,
) -> Option<Snooze> {
    let away = away?;
    let known = watch.filter(|watch| watch.covers.contains(&alert.id));
    let is_told =
        |watch: &Watch| matches!(watch.stage, Stage::Running { .. }) && watch.severity >= alert.severity;
    if alert.timely >= Some(alert.severity) || known.is_some_and(is_told) {
        return None;
    }
    let in_time = alert.in_time();
    let mut until = away.until(alert.severity);
    let in_hand = match &alert.snooze {
        Some(Snooze { late: Some(late), .. }) => !late.waits && in_time <= late.in_time,
        Some(snooze) if snooze.until > now && in_time <= Some(snooze.severity) => {
            until = until.min(snooze.until);
            true
        }
        Some(_) => false,
        // It was taken on before late readings made it worse.
        None => known.is_some_and(|watch| matches!(watch.stage, Stage::Attended { .. })),
    };
    let late = Late { in_time, waits: in_time.is_some() && !in_hand };
    Some(Snooze {
        until,
        by: UserName::trusted(LAMPLIGHT),
        reason: REASON.to_owned(),
        severity: alert.severity,
        late: Some(late),
    })
}

impl WatchedAlert {
    /// How bad it is by what came in time, if that asks for anybody.
    fn in_time(&self) -> Option<Severity> {
        self.timely.filter(|severity| *severity > Severity::Advice)
    }

    /// Whether it became worse than it was when it was put off.
    pub(super) fn outgrew(&self, snooze: &Snooze) -> bool {
        let in_time = |late: &Late| self.in_time() > late.in_time;
        self.severity > snooze.severity || snooze.late.as_ref().is_some_and(in_time)
    }
}
