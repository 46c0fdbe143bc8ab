//! Rotas as calendars: one goes out, and the events of one that comes in are overrides, each known again by its UID.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use ring::digest;
use serde_json::json;

use crate::domain::id::{RotaId, UserName};
use crate::domain::organisation::ical::{self, Event, Window};
use crate::domain::organisation::{Address, Change, ChangeKind, Organisation, Rota};
use crate::store::{RosterFacts, Tx};

use super::super::nurse::Hand;
use super::{RotaDesk, RotaError, Wish, actor};

/// How far ahead events that repeat are taken in. A calendar is sent again before it runs out.
const AHEAD: SignedDuration = SignedDuration::from_hours(366 * 24);

/// What became of a calendar's events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    pub added: usize,
    /// In force already, word for word.
    pub unchanged: usize,
    /// Earlier words of events that are now otherwise, or called off.
    pub taken_back: usize,
    /// Over already, and left alone.
    pub past: usize,
}

/// An event with who it names.
struct Duty {
    event: Event,
    person: UserName,
}

/// The rota's calendar between two instants: an event a spell that is somebody's.
pub fn write_calendar(
    rota: &Rota,
    site: &Organisation,
    changes: &[Change],
    (from, to): (Timestamp, Timestamp),
    now: Timestamp,
) -> String {
    let events: Vec<Event> = rota
        .spells(from, to, site, changes)
        .into_iter()
        .filter_map(|spell| {
            let person = spell.person?;
            Some(Event {
                uid: format!("{}.{}.{}@lamplight", rota.id, spell.from.as_second(), slug(&spell.shift)),
                from: spell.from,
                to: spell.to,
                summary: person.to_string(),
                attendees: vec![vec![person.to_string()]],
                is_cancelled: false,
            })
        })
        .collect();
    ical::write(&rota.name, &events, now)
}

impl RotaDesk<'_> {
    /// Takes a calendar in: each event that names one person puts them on call for its time, whoever was. The same
    /// calendar again changes nothing; an event that has changed takes the place of its earlier words, and one that repeats
    /// the place of all its times. All of it or nothing.
    pub async fn import(&self, id: &RotaId, text: &str, hand: &Hand) -> Result<Imported, RotaError> {
        let rota = self.rota(id)?;
        let made_by = actor(hand)?;
        // Also what only calls events off is over others.
        let over_anybody = ChangeKind::Override { rota: id.clone(), stands_in: made_by.clone() };
        self.check_right(&made_by, &over_anybody)?;
        let window = Window { from: self.now, to: self.now.saturating_add(AHEAD).unwrap_or(self.now) };
        let events = ical::read(text, &self.site.zone, window).map_err(RotaError::Calendar)?;
        let full_names = self.store.full_names().await?;
        let mut tx = self.store.begin_quietly().await?;
        let facts = tx.roster_facts(self.now).await?;
        let (past, ahead): (Vec<Event>, Vec<Event>) =
            events.into_iter().partition(|event| event.to <= self.now);
        let mut imported = Imported { past: past.len(), ..Imported::default() };
        let (cancelled, kept): (Vec<Event>, Vec<Event>) =
            ahead.into_iter().partition(|event| event.is_cancelled);
        let duties = self.duties(kept, rota, &facts, &full_names)?;
        for event in &cancelled {
            let earlier = words_of(&series(id, &event.uid), &facts);
            imported.taken_back += self.take_back(&mut tx, &earlier, &made_by, hand).await?;
        }
        let says = |change: &Change, Duty { event, person }: &Duty| {
            let is_theirs =
                matches!(&change.kind, ChangeKind::Override { stands_in, .. } if stands_in == person);
            is_theirs && (change.from, change.to) == (event.from, event.to)
        };
        let uids: BTreeSet<&str> = duties.iter().map(|duty| duty.event.uid.as_str()).collect();
        for uid in uids {
            let mut earlier = words_of(&series(id, uid), &facts);
            earlier.retain(|change| !duties.iter().any(|duty| duty.event.uid == uid && says(change, duty)));
            imported.taken_back += self.take_back(&mut tx, &earlier, &made_by, hand).await?;
        }
        for duty in &duties {
            let event = &duty.event;
            if words_of(&series(id, &event.uid), &facts).into_iter().any(|change| says(change, duty)) {
                imported.unchanged += 1;
                continue;
            }
            let kind = ChangeKind::Override { rota: id.clone(), stands_in: duty.person.clone() };
            let change = Change {
                // Words that were taken back before may be said again: each time under a name of its own.
                id: format!("{}{}", series(id, &event.uid), self.ids.event(self.now)),
                kind,
                from: event.from,
                to: event.to,
                made_by: made_by.clone(),
                made_at: self.now,
            };
            self.keep(&mut tx, std::slice::from_ref(&change), "rota.import", hand).await?;
            imported.added += 1;
        }
        tx.commit().await?;
        Ok(imported)
    }

    /// Takes earlier words of an event back; how many.
    async fn take_back(
        &self,
        tx: &mut Tx,
        earlier: &[&Change],
        made_by: &UserName,
        hand: &Hand,
    ) -> Result<usize, RotaError> {
        for change in earlier {
            tx.cancel_rota_change(&change.id, made_by, self.now).await?;
            let detail = json!({ "kind": change.kind.name() });
            tx.audit(&hand.entry(self.now, "rota.cancel", &change.id, detail)).await?;
        }
        Ok(earlier.len())
    }

    /// Who is on call by each event, or every sentence why it cannot be told.
    fn duties(
        &self,
        events: Vec<Event>,
        rota: &Rota,
        facts: &RosterFacts,
        full_names: &HashMap<String, String>,
    ) -> Result<Vec<Duty>, RotaError> {
        let (mut duties, mut faults): (Vec<Duty>, Vec<String>) = (Vec::new(), Vec::new());
        for event in events {
            let when = event.from.to_zoned(self.site.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
            let wish = |person: &UserName| {
                let kind = ChangeKind::Override { rota: rota.id.clone(), stands_in: person.clone() };
                Wish { kind, from: event.from, to: event.to }
            };
            let found = named(&event, facts, full_names).map_err(RotaError::Refused).and_then(|person| {
                let wish = wish(&person);
                self.check(&wish, facts)?;
                Ok(person)
            });
            match found {
                Ok(person) => duties.push(Duty { event, person }),
                Err(why) => faults.push(format!("the event of {when}: {why}")),
            }
        }
        duties.sort_by_key(|duty| duty.event.from);
        for pair in duties.windows(2) {
            if pair[1].event.from < pair[0].event.to {
                let when = pair[1].event.from.to_zoned(self.site.zone.clone());
                faults.push(format!(
                    "the event of {}: it overlaps the one before it; an override is one person's at a time",
                    when.strftime("%Y-%m-%d %H:%M")
                ));
            }
        }
        if faults.is_empty() { Ok(duties) } else { Err(RotaError::Calendar(faults)) }
    }
}

/// The one person that an event names: by its attendees, of whom each must be known, else by its summary.
fn named(
    event: &Event,
    facts: &RosterFacts,
    full_names: &HashMap<String, String>,
) -> Result<UserName, String> {
    let mut people = BTreeSet::new();
    for attendee in &event.attendees {
        let found: BTreeSet<UserName> =
            attendee.iter().flat_map(|name| known_as(name, facts, full_names)).collect();
        if found.is_empty() {
            let names: Vec<String> = attendee.iter().map(|name| shown(name)).collect();
            return Err(format!(
                "nobody here is {}; use a sign-in name, full name or mailbox",
                names.join(" or ")
            ));
        }
        people.extend(found);
    }
    if event.attendees.is_empty() {
        people = known_as(&event.summary, facts, full_names);
    }
    match (people.pop_first(), people.is_empty()) {
        (Some(person), true) => Ok(person),
        (Some(_), false) => Err("it names more than one person".to_owned()),
        (None, _) => {
            let name = shown(&event.summary);
            Err(format!("nobody here is {name}; use a sign-in name or full name as the summary"))
        }
    }
}

fn known_as(name: &str, facts: &RosterFacts, full_names: &HashMap<String, String>) -> BTreeSet<UserName> {
    let is = |other: &str| other.to_lowercase() == name.trim().to_lowercase();
    let by_name = facts
        .staff
        .iter()
        .filter(|person| is(person.as_str()) || full_names.get(person.as_str()).is_some_and(|full| is(full)));
    let by_mail = facts.contacts.iter().filter_map(|contact| match &contact.address {
        Address::Email(mailbox) if is(mailbox) => Some(&contact.person),
        _ => None,
    });
    by_name.chain(by_mail).cloned().collect()
}

/// What the ids of all words of one event begin with.
fn series(rota: &RotaId, uid: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("{rota}\0{uid}").as_bytes());
    let hex: String = hash.as_ref().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("ics-{hex}-")
}

fn words_of<'f>(series: &str, facts: &'f RosterFacts) -> Vec<&'f Change> {
    facts.changes.iter().filter(|change| change.id.starts_with(series)).collect()
}

/// Letters and digits of a shift's name.
fn slug(name: &str) -> String {
    name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect()
}

fn shown(text: &str) -> String {
    let short: String = text.trim().chars().take(60).flat_map(char::escape_debug).collect();
    format!("'{short}'")
}
