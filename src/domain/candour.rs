//! What a patient is told of what became of a reading that alerted: that somebody has seen it, or, honestly, that nobody
//! has in the time that was promised. Both only where the team has switched it on.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::alert::Severity;
use super::id::{AlertId, PatientId};
use super::organisation::{Organisation, Team};
use super::phone::Phone;
use super::protocol::Quiet;
use super::wording::Phrase;

/// What happened longer ago is no news any more. Longer than a night, so that what is not said at night is said in the
/// morning.
pub const FRESH: SignedDuration = SignedDuration::from_hours(12);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    Seen,
    Unseen,
}

/// An amber or red alert that rests on what the patient sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    pub alert: AlertId,
    pub severity: Severity,
    /// From when the standard counts: when it opened, or became worse.
    pub since: Timestamp,
    /// When the last reading came that counts on it.
    pub last_at: Timestamp,
    /// Nobody has it in hand, and nobody has looked at it since.
    pub unseen: bool,
    /// When a named person last took it on or closed it.
    pub seen_at: Option<Timestamp>,
}

/// What was said already.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub alert: AlertId,
    pub word: Word,
    pub at: Timestamp,
}

/// A patient whom we may text, and the alerts that there may be something to say about.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    pub patient: PatientId,
    pub phone: Phone,
    pub language: String,
    pub zone: TimeZone,
    /// The team on the record.
    pub team: Option<String>,
    pub alerts: Vec<Spoken>,
    pub told: Vec<Told>,
}

/// One text, and the alerts that it speaks of.
#[derive(Debug, Clone, PartialEq)]
pub struct Tell {
    pub word: Word,
    pub severity: Severity,
    pub alerts: Vec<AlertId>,
}

impl Word {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Unseen => "unseen",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Seen, Self::Unseen].into_iter().find(|word| word.name() == name)
    }

    pub const fn phrase(self) -> Phrase {
        match self {
            Self::Seen => Phrase::Seen,
            Self::Unseen => Phrase::Unseen,
        }
    }
}

impl Listener {
    /// The one text that is due now, if any: red at any hour, amber outside the quiet hours.
    ///
    /// While anything of the patient waits past its standard, nothing reassuring is said.
    pub fn is_to_be_told(&self, site: &Organisation, now: Timestamp) -> Option<Tell> {
        let team = site.team_of(self.team.as_deref());
        let overdue = self.overdue(team, site, now);
        let tell = if overdue.is_empty() { self.seen(team, now) } else { self.unseen(team, &overdue, now) }?;
        (tell.severity == Severity::Red || !self.is_in_peace(now)).then_some(tell)
    }

    /// It is night where the patient lives: only red wakes them.
    pub fn is_in_peace(&self, now: Timestamp) -> bool {
        Quiet::NIGHT.holds(now.to_zoned(self.zone.clone()).time())
    }

    /// The alerts that nobody has looked at in time, and since when that is so.
    fn overdue(&self, team: &Team, site: &Organisation, now: Timestamp) -> Vec<(&Spoken, Timestamp)> {
        self.alerts
            .iter()
            .filter(|alert| alert.unseen && alert.severity > Severity::Advice)
            .filter_map(|alert| Some((alert, team.deadline(alert.severity, alert.since, site)?)))
            .filter(|(_, due)| *due <= now)
            .collect()
    }

    /// Once an alert.
    fn unseen(&self, team: &Team, overdue: &[(&Spoken, Timestamp)], now: Timestamp) -> Option<Tell> {
        let news = overdue.iter().filter(|(alert, due)| {
            let said = |told: &Told| told.word == Word::Unseen && told.alert == alert.alert;
            is_fresh(*due, now) && !self.told.iter().any(said)
        });
        Tell::of(Word::Unseen, news.map(|(alert, _)| *alert)).filter(|_| team.tells_unseen)
    }

    /// Once for what an alert was about when it was looked at, and not when a text since the last reading has said it of
    /// another alert.
    fn seen(&self, team: &Team, now: Timestamp) -> Option<Tell> {
        let said = |alert: &Spoken| {
            self.told.iter().any(|told| {
                let again = told.alert == alert.alert && told.at >= alert.since;
                told.word == Word::Seen && (again || told.at >= alert.last_at)
            })
        };
        let news = self.alerts.iter().filter(|alert| {
            let seen = alert.seen_at.is_some_and(|at| at >= alert.last_at && is_fresh(at, now));
            seen && alert.severity > Severity::Advice && !said(alert)
        });
        Tell::of(Word::Seen, news).filter(|_| team.tells_seen)
    }
}

impl Tell {
    fn of<'a>(word: Word, alerts: impl Iterator<Item = &'a Spoken>) -> Option<Self> {
        let alerts: Vec<&Spoken> = alerts.collect();
        let severity = alerts.iter().map(|alert| alert.severity).max()?;
        Some(Self { word, severity, alerts: alerts.into_iter().map(|alert| alert.alert.clone()).collect() })
    }
}

fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) <= FRESH
}
