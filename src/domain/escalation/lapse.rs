//! How long somebody has what they take on.

use jiff::{SignedDuration, Timestamp};

use crate::domain::id::UserName;
use crate::domain::organisation::{Roster, Rota, Team};

/// Time to hand over after the end of a shift.
const HANDING_OVER: SignedDuration = SignedDuration::from_mins(15);

/// When an acknowledgement that shows no progress ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapse {
    pub at: Timestamp,
    /// It is the end of the owner's shift, not of the time that the team allows.
    pub with_shift: bool,
}

/// What somebody takes on at `now` is theirs for the time that their team allows, but not past the end of the shift that
/// they are on, and a quarter of an hour to hand it over. Whoever is on no rota just now has the team's time.
pub fn lapse(owner: &UserName, team: &Team, roster: &Roster<'_>, now: Timestamp) -> Lapse {
    let allowed = now.saturating_add(longest(team)).unwrap_or(now);
    let off = goes_off(owner, roster, now, allowed).and_then(|off| off.checked_add(HANDING_OVER).ok());
    match off {
        Some(off) if off < allowed => Lapse { at: off, with_shift: true },
        _ => Lapse { at: allowed, with_shift: false },
    }
}

/// How long anything can be somebody's without progress.
pub(super) fn longest(team: &Team) -> SignedDuration {
    team.lapse().max(SignedDuration::from_mins(1))
}

/// When a person who is on call at `now` goes off, on whichever rota that is last; nothing when they are not on call.
fn goes_off(person: &UserName, roster: &Roster<'_>, now: Timestamp, horizon: Timestamp) -> Option<Timestamp> {
    let theirs = |rota: &Rota| {
        let spells = rota.spells(now, horizon, roster.site, roster.changes);
        spells.into_iter().filter(|spell| spell.person.as_ref() == Some(person))
    };
    let mut spells: Vec<_> = roster.site.rotas.values().flat_map(theirs).collect();
    spells.sort_by_key(|spell| spell.from);
    // One shift after another is one stretch of work.
    let off = spells.iter().fold(now, |off, spell| if spell.from <= off { off.max(spell.to) } else { off });
    (off > now).then_some(off)
}
