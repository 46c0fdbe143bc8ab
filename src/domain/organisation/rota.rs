//! Who is on call when: shifts in civil time that people take in turn, and what changes them.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::hours::{Stretch, days_of, stretch};
use super::{Days, Organisation};
use crate::domain::id::{RotaId, UserName};

/// What a stretch is called that no shift has. No shift of a file is called so.
pub const OVERRIDE: &str = "override";

#[derive(Debug, Clone, PartialEq)]
pub struct Rota {
    pub id: RotaId,
    pub name: String,
    /// Where two overlap, both people are on call.
    pub shifts: Vec<Shift>,
}

/// The same hours on days of the week. A shift belongs to the day that it begins on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    pub name: String,
    pub days: Days,
    pub from: Time,
    /// Not after `from`: on the next day.
    pub to: Time,
    /// In turn. One person: always the same. None: nobody, which the coverage proof shows.
    pub people: Vec<UserName>,
    /// Days of one turn: 7 hands over every week.
    pub turn_days: u16,
    /// The first day of the first person's first turn.
    pub first: Date,
}

/// A change of a rota, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub id: String,
    pub kind: ChangeKind,
    pub from: Timestamp,
    pub to: Timestamp,
    pub made_by: UserName,
    pub made_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// This person is on call, whoever was, and also where nobody was.
    Override { rota: RotaId, stands_in: UserName },
    /// One person takes another's shifts. A swap is two of these.
    Cover { rota: RotaId, person: UserName, stands_in: UserName },
    /// The person is away, on every rota. What they had is nobody's unless somebody covers it.
    Leave { person: UserName },
}

/// A stretch of one shift with whoever is on call then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spell {
    pub from: Timestamp,
    pub to: Timestamp,
    pub shift: String,
    pub person: Option<UserName>,
    /// Whom the file names.
    pub planned: Option<UserName>,
}

impl ChangeKind {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Override { .. } => "override",
            Self::Cover { .. } => "cover",
            Self::Leave { .. } => "leave",
        }
    }
}

impl Change {
    /// Nobody can be asked to stand in while they are away.
    pub fn is_leave_of(&self, who: &UserName) -> bool {
        matches!(&self.kind, ChangeKind::Leave { person } if person == who)
    }

    pub fn overlaps(&self, from: Timestamp, to: Timestamp) -> bool {
        self.from < to && from < self.to
    }
}

impl Rota {
    /// Who is on call at an instant, in the order of the shifts.
    pub fn on_call(&self, at: Timestamp, site: &Organisation, changes: &[Change]) -> Vec<UserName> {
        let next = Timestamp::from_millisecond(at.as_millisecond() + 1).unwrap_or(at);
        let mut people = Vec::new();
        for person in self.spells(at, next, site, changes).into_iter().filter_map(|spell| spell.person) {
            if !people.contains(&person) {
                people.push(person);
            }
        }
        people
    }

    /// The shifts between two instants, cut where a change begins or ends. In order of time.
    ///
    /// Overrides and covers count in the order in which they were made: the last word holds. Leave counts over all of
    /// them, whenever it was booked: nobody who is away is ever on call, and a shift that they took on for somebody
    /// else is nobody's too until it is covered anew.
    pub fn spells(
        &self,
        from: Timestamp,
        to: Timestamp,
        site: &Organisation,
        changes: &[Change],
    ) -> Vec<Spell> {
        let mut changes: Vec<&Change> = changes.iter().filter(|change| change.overlaps(from, to)).collect();
        changes.sort_by(|a, b| (a.made_at, &a.id).cmp(&(b.made_at, &b.id)));
        let mut spells = self.planned(from, to, site);
        for change in &changes {
            let Some(window) = Stretch { from: change.from, to: change.to }.within(from, to) else {
                continue;
            };
            match &change.kind {
                ChangeKind::Override { rota, stands_in } if *rota == self.id => {
                    spells = redone(spells, window, |_| true, |_| None);
                    spells.push(Spell::stood_in(window, stands_in));
                }
                ChangeKind::Cover { rota, person, stands_in } if *rota == self.id => {
                    let taken_on = |spell: Spell| Some(Spell { person: Some(stands_in.clone()), ..spell });
                    spells = redone(spells, window, |spell| spell.person.as_ref() == Some(person), taken_on);
                }
                _ => {}
            }
        }
        for change in changes {
            let ChangeKind::Leave { person } = &change.kind else { continue };
            let Some(window) = Stretch { from: change.from, to: change.to }.within(from, to) else {
                continue;
            };
            let is_theirs = |spell: &Spell| spell.person.as_ref() == Some(person);
            spells = redone(spells, window, is_theirs, |spell| Some(Spell { person: None, ..spell }));
        }
        spells.sort_by(|a, b| (a.from, &a.shift).cmp(&(b.from, &b.shift)));
        spells
    }

    fn planned(&self, from: Timestamp, to: Timestamp, site: &Organisation) -> Vec<Spell> {
        let mut spells = Vec::new();
        for date in days_of(from, to, site) {
            for shift in self.shifts.iter().filter(|shift| shift.days.contains(date.weekday())) {
                let part = stretch(date, shift.from, shift.to, site).and_then(|whole| whole.within(from, to));
                let Some(Stretch { from, to }) = part else { continue };
                let person = shift.person_on(date).cloned();
                spells.push(Spell { from, to, shift: shift.name.clone(), planned: person.clone(), person });
            }
        }
        spells
    }
}

impl Spell {
    fn stood_in(window: Stretch, person: &UserName) -> Self {
        Self {
            from: window.from,
            to: window.to,
            shift: OVERRIDE.to_owned(),
            person: Some(person.clone()),
            planned: None,
        }
    }
}

/// The spells, of which those parts are redone that lie in a window and are meant.
fn redone(
    spells: Vec<Spell>,
    window: Stretch,
    is_meant: impl Fn(&Spell) -> bool,
    redo: impl Fn(Spell) -> Option<Spell>,
) -> Vec<Spell> {
    let mut after = Vec::with_capacity(spells.len() + 2);
    for spell in spells {
        let inside = Stretch { from: spell.from, to: spell.to }.within(window.from, window.to);
        let Some(inside) = inside.filter(|_| is_meant(&spell)) else {
            after.push(spell);
            continue;
        };
        for (from, to) in [(spell.from, inside.from), (inside.to, spell.to)] {
            if from < to {
                after.push(Spell { from, to, ..spell.clone() });
            }
        }
        after.extend(redo(Spell { from: inside.from, to: inside.to, ..spell }));
    }
    after
}

impl Shift {
    /// Whose turn it is on a date.
    pub fn person_on(&self, date: Date) -> Option<&UserName> {
        let people = i64::try_from(self.people.len()).ok().filter(|people| *people > 0)?;
        let days = i64::from(date.since(self.first).ok()?.get_days());
        let turn = days.div_euclid(i64::from(self.turn_days.max(1))).rem_euclid(people);
        self.people.get(usize::try_from(turn).ok()?)
    }
}
