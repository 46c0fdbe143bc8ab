//! Who is on call when: shifts in civil time that people take in turn, and what changes them.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::hours::{Stretch, days_of, stretch};
use super::{Days, Organisation};
use crate::domain::id::{RotaId, UserName};

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
    /// The person is away, on every rota. Their shifts are nobody's until somebody covers them.
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
    pub fn spells(
        &self,
        from: Timestamp,
        to: Timestamp,
        site: &Organisation,
        changes: &[Change],
    ) -> Vec<Spell> {
        let mut changes: Vec<&Change> =
            changes.iter().filter(|change| change.from < to && from < change.to).collect();
        // Leave first: what covers a shift is arranged because of it. Then as they were made: the last word counts.
        changes.sort_by_key(|change| (!matches!(change.kind, ChangeKind::Leave { .. }), change.made_at));
        let mut spells = self.planned(from, to, site);
        for change in changes {
            spells = self.changed(spells, change, from, to);
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

    /// The spells as one change leaves them.
    fn changed(&self, spells: Vec<Spell>, change: &Change, from: Timestamp, to: Timestamp) -> Vec<Spell> {
        let window = Stretch { from: change.from.max(from), to: change.to.min(to) };
        let mut after = Vec::with_capacity(spells.len() + 2);
        let stands_in = |spell: &Spell| match &change.kind {
            ChangeKind::Override { .. } => None,
            ChangeKind::Cover { rota, person, stands_in } => (*rota == self.id
                && (spell.person.as_ref() == Some(person)
                    || spell.person.is_none() && spell.planned.as_ref() == Some(person)))
            .then(|| Some(stands_in.clone())),
            ChangeKind::Leave { person } => (spell.person.as_ref() == Some(person)).then_some(None),
        };
        let overrides = matches!(&change.kind, ChangeKind::Override { rota, .. } if *rota == self.id);
        for spell in spells {
            let inside = Stretch { from: spell.from, to: spell.to }.within(window.from, window.to);
            let replaced = stands_in(&spell);
            let Some(inside) = inside.filter(|_| overrides || replaced.is_some()) else {
                after.push(spell);
                continue;
            };
            for (from, to) in [(spell.from, inside.from), (inside.to, spell.to)] {
                if from < to {
                    after.push(Spell { from, to, ..spell.clone() });
                }
            }
            if let Some(person) = replaced {
                after.push(Spell { from: inside.from, to: inside.to, person, ..spell });
            }
        }
        if let ChangeKind::Override { stands_in, .. } = &change.kind
            && overrides
        {
            after.push(Spell {
                from: window.from,
                to: window.to,
                shift: "override".to_owned(),
                person: Some(stands_in.clone()),
                planned: None,
            });
        }
        after
    }
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
