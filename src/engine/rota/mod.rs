//! Changes of rotas: cover, swaps, overrides, leave, and calendars that come in. Each deed is one transaction with its
//! audit rows; a change that cannot mean anything is refused rather than kept.

mod calendar;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use thiserror::Error;

use crate::domain::id::{RotaId, UserName};
use crate::domain::organisation::{Change, ChangeKind, MemberRole, Organisation, Rota, Spell};
use crate::store::{RosterFacts, Store, StoreError, Tx};

use super::id::IdSource;
use super::nurse::Hand;

pub use calendar::{Imported, write_calendar};

/// Nobody plans a change for longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Where rotas are changed.
#[derive(Debug, Clone, Copy)]
pub struct RotaDesk<'a> {
    pub store: &'a Store,
    pub site: &'a Organisation,
    pub ids: &'a IdSource,
    pub now: Timestamp,
}

/// A change that somebody wants, not proved yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    pub kind: ChangeKind,
    pub from: Timestamp,
    pub to: Timestamp,
}

/// Changes that are in force now, and what they leave open.
#[derive(Debug, Clone, PartialEq)]
pub struct Booked {
    pub changes: Vec<Change>,
    /// Shifts within these changes' times that are nobody's now.
    pub open: Vec<(RotaId, Spell)>,
}

/// Why a deed changes nothing.
#[derive(Debug, Error)]
pub enum RotaError {
    #[error("there is no such {0}")]
    Unknown(&'static str),
    /// The request by itself makes no sense.
    #[error("{0}")]
    Senseless(String),
    /// It does not fit to how things stand.
    #[error("{0}")]
    Refused(String),
    #[error("only a lead changes what is others'; ask one")]
    NotYours,
    /// What a calendar says that is not understood, a sentence each.
    #[error("{}", .0.join("\n"))]
    Calendar(Vec<String>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RotaDesk<'_> {
    /// Books one change of a rota, or leave.
    pub async fn book(&self, wish: Wish, hand: &Hand) -> Result<Booked, RotaError> {
        let action = match wish.kind {
            ChangeKind::Override { .. } => "rota.override",
            ChangeKind::Cover { .. } => "rota.cover",
            ChangeKind::Leave { .. } => "rota.leave",
        };
        self.book_all(vec![wish], action, hand).await
    }

    /// Two people take each other's shifts on one rota: both or neither.
    pub async fn swap(&self, one: Wish, other: Wish, hand: &Hand) -> Result<Booked, RotaError> {
        if one.from < other.to && other.from < one.to {
            let why = "the two times of a swap overlap; a swap is of shifts at different times";
            return Err(RotaError::Senseless(why.to_owned()));
        }
        self.book_all(vec![one, other], "rota.swap", hand).await
    }

    /// Takes a change back. What it changed is as if it had never been.
    pub async fn cancel(&self, id: &str, hand: &Hand) -> Result<Booked, RotaError> {
        let actor = actor(hand)?;
        let mut tx = self.store.begin_quietly().await?;
        let change = tx.cancel_rota_change(id, &actor, self.now).await?;
        let change = change.ok_or(RotaError::Unknown("change in force"))?;
        if change.made_by != actor {
            self.check_right(&actor, &change.kind)?;
        }
        let detail = json!({ "kind": change.kind.name() });
        tx.audit(&hand.entry(self.now, "rota.cancel", id, detail)).await?;
        let facts = tx.roster_facts(self.now).await?;
        tx.commit().await?;
        let open = self.open(&facts, std::slice::from_ref(&change));
        Ok(Booked { changes: vec![change], open })
    }

    async fn book_all(&self, wishes: Vec<Wish>, action: &str, hand: &Hand) -> Result<Booked, RotaError> {
        let made_by = actor(hand)?;
        let mut tx = self.store.begin_quietly().await?;
        let facts = tx.roster_facts(self.now.min(earliest(&wishes))).await?;
        let mut changes = Vec::new();
        for wish in wishes {
            self.check_right(&made_by, &wish.kind)?;
            self.check(&wish, &facts)?;
            let Wish { kind, from, to } = wish;
            let id = self.ids.event(self.now).to_string();
            changes.push(Change { id, kind, from, to, made_by: made_by.clone(), made_at: self.now });
        }
        self.keep(&mut tx, &changes, action, hand).await?;
        let facts = tx.roster_facts(self.now).await?;
        tx.commit().await?;
        let open = self.open(&facts, &changes);
        Ok(Booked { changes, open })
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        changes: &[Change],
        action: &str,
        hand: &Hand,
    ) -> Result<(), StoreError> {
        for change in changes {
            tx.add_rota_change(change).await?;
            let mut detail = json!({ "from": change.from, "to": change.to });
            match &change.kind {
                ChangeKind::Override { rota, stands_in } => {
                    detail["rota"] = json!(rota);
                    detail["stands_in"] = json!(stands_in);
                }
                ChangeKind::Cover { rota, person, stands_in } => {
                    detail["rota"] = json!(rota);
                    detail["person"] = json!(person);
                    detail["stands_in"] = json!(stands_in);
                }
                ChangeKind::Leave { person } => detail["person"] = json!(person),
            }
            tx.audit(&hand.entry(self.now, action, &change.id, detail)).await?;
        }
        Ok(())
    }

    /// Members change what is theirs, leads what is anybody's. Whom the site's file does not know is an administrator or
    /// another system, and the right to write is theirs by the token.
    fn check_right(&self, actor: &UserName, kind: &ChangeKind) -> Result<(), RotaError> {
        let roles = || self.site.teams.values().filter_map(|team| team.members.get(actor));
        let on_rotas =
            || self.site.rotas.values().flat_map(|rota| &rota.shifts).flat_map(|shift| &shift.people);
        let is_known = roles().next().is_some() || on_rotas().any(|person| person == actor);
        let is_theirs = match kind {
            ChangeKind::Override { .. } => false,
            ChangeKind::Cover { person, stands_in, .. } => person == actor || stands_in == actor,
            ChangeKind::Leave { person } => person == actor,
        };
        let may = !is_known || is_theirs || roles().any(|role| *role == MemberRole::Lead);
        if may { Ok(()) } else { Err(RotaError::NotYours) }
    }

    fn check(&self, wish: &Wish, facts: &RosterFacts) -> Result<(), RotaError> {
        let Wish { kind, from, to } = wish;
        let senseless = |why: &str| Err(RotaError::Senseless(why.to_owned()));
        if from >= to {
            return senseless("'to' must be after 'from'");
        }
        if *to <= self.now {
            return senseless("this time is over already");
        }
        if to.duration_since(*from) > LONGEST {
            return senseless("this is longer than a year; change the rota's file instead");
        }
        match kind {
            ChangeKind::Leave { person } => here(person, facts),
            ChangeKind::Override { rota, stands_in } => {
                self.rota(rota)?;
                free(stands_in, *from, *to, facts)
            }
            ChangeKind::Cover { rota, person, stands_in } => {
                if person == stands_in {
                    return senseless("nobody stands in for themselves");
                }
                let rota = self.rota(rota)?;
                free(stands_in, *from, *to, facts)?;
                // Leave is left out: a shift of somebody who is away is theirs to be covered.
                let kept =
                    facts.changes.iter().filter(|change| !matches!(change.kind, ChangeKind::Leave { .. }));
                let kept: Vec<Change> = kept.cloned().collect();
                let spells = rota.spells(*from, *to, self.site, &kept);
                if spells.iter().all(|spell| spell.person.as_ref() != Some(person)) {
                    return Err(RotaError::Refused(format!("{person} has no shift on {} then", rota.name)));
                }
                Ok(())
            }
        }
    }

    fn rota(&self, id: &RotaId) -> Result<&Rota, RotaError> {
        self.site.rotas.get(id).ok_or(RotaError::Unknown("rota"))
    }

    /// What nobody has, of the times of these changes that still lie ahead.
    fn open(&self, facts: &RosterFacts, changes: &[Change]) -> Vec<(RotaId, Spell)> {
        let mut open = Vec::new();
        for change in changes {
            let from = change.from.max(self.now);
            let touched = |rota: &&Rota| match &change.kind {
                ChangeKind::Override { rota: id, .. } | ChangeKind::Cover { rota: id, .. } => *id == rota.id,
                ChangeKind::Leave { .. } => true,
            };
            for rota in self.site.rotas.values().filter(touched) {
                let spells = rota.spells(from, change.to.max(from), self.site, &facts.changes);
                let empty = spells.into_iter().filter(|spell| spell.person.is_none());
                open.extend(empty.map(|spell| (rota.id.clone(), spell)));
            }
        }
        open.dedup();
        open
    }
}

fn earliest(wishes: &[Wish]) -> Timestamp {
    wishes.iter().map(|wish| wish.from).min().unwrap_or(Timestamp::MAX)
}

/// Whose name a change bears.
fn actor(hand: &Hand) -> Result<UserName, RotaError> {
    UserName::parse(&hand.actor)
        .map_err(|_| RotaError::Senseless("'by' must be the name that somebody signs in with".to_owned()))
}

fn here(person: &UserName, facts: &RosterFacts) -> Result<(), RotaError> {
    if facts.staff.contains(person) {
        return Ok(());
    }
    Err(RotaError::Refused(format!("nobody may sign in as '{person}'; add them first, or mend the name")))
}

/// Whether somebody can be asked to stand in: here, and not away.
fn free(person: &UserName, from: Timestamp, to: Timestamp, facts: &RosterFacts) -> Result<(), RotaError> {
    here(person, facts)?;
    if facts.changes.iter().any(|change| change.is_leave_of(person) && change.overlaps(from, to)) {
        return Err(RotaError::Refused(format!("{person} is on leave then; take that back first")));
    }
    Ok(())
}
