//! Texts that come in pieces: each is journalled and held; the one that makes the text whole stands for all of it.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::domain::decide::{Catalog, Decision, Outcome, incomplete, joined};
use crate::domain::event::{Edge, Event, Origin, TextIn, Way};
use crate::domain::id::EventId;
use crate::domain::part::{Belonging, PIECES_WAIT, Piece, Whole, assemble, show_gaps};
use crate::store::{Store, StoreError, Tallies, Tx};

use super::batch::Known;
use super::effect::{Plan, carry_out};

/// What the pieces of one batch come to.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// By the event that came last: the text as if it had come in one.
    wholes: HashMap<EventId, Event>,
    /// What waits now.
    waiting: Vec<Piece>,
    /// What waited, and by which event it is whole.
    done: Vec<(Piece, EventId)>,
}

/// Puts together what `fresh` makes whole. Costs nothing where no text is a piece.
pub(super) async fn gather(tx: &mut Tx, fresh: &[&Event]) -> Result<Gathered, StoreError> {
    let mut gathered = Gathered::default();
    let pieces: Vec<Piece> = fresh.iter().filter_map(|event| piece(event)).collect();
    if pieces.is_empty() {
        return Ok(gathered);
    }
    let texts: Vec<&Belonging> = pieces.iter().map(|piece| &piece.of).collect();
    let mut known = tx.pieces_of(&texts).await?;
    for (event, piece) in fresh.iter().filter_map(|event| Some((event, piece(event)?))) {
        let Some(whole) = assemble(&known, &piece) else {
            known.push(piece.clone());
            gathered.waiting.push(piece);
            continue;
        };
        let (earlier, rest): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|piece| whole.pieces.contains(&piece.event));
        known = rest;
        gathered.waiting.retain(|piece| !whole.pieces.contains(&piece.event));
        let text = stand_in(event, &earlier, whole);
        gathered.done.extend(earlier.into_iter().map(|piece| (piece, event.id.clone())));
        gathered.wholes.insert(event.id.clone(), text);
    }
    Ok(gathered)
}

impl Gathered {
    /// The event that is decided in the place of this one.
    pub(super) fn of<'e>(&'e self, event: &'e Event) -> &'e Event {
        self.wholes.get(&event.id).unwrap_or(event)
    }

    /// Writes what waits and what waits no more; what is decided is journalled already.
    pub(super) async fn keep(&self, tx: &mut Tx, tallies: &mut Tallies) -> Result<(), StoreError> {
        for last in self.wholes.keys() {
            let of_it = self.done.iter().filter(|(_, whole)| whole == last);
            let pieces: Vec<EventId> = of_it.map(|(piece, _)| piece.event.clone()).collect();
            tx.end_pieces(&pieces, &joined(last)).await?;
        }
        for (piece, _) in &self.done {
            let tally = tallies.at(piece.received_at, Edge::Text);
            tally.held -= 1;
            tally.accepted += 1;
        }
        tx.keep_pieces(&self.waiting).await
    }
}

/// Gives up on texts of which a piece has not come: the patient is asked for the text again, and a human reads what came.
/// How many that were.
pub async fn give_up(store: &Store, catalog: &Catalog, now: Timestamp) -> Result<usize, StoreError> {
    let before = now.saturating_sub(PIECES_WAIT).unwrap_or(now);
    let overdue = store.overdue_pieces(before).await?;
    for text in &overdue {
        give_up_one(store, catalog, text, now).await?;
    }
    Ok(overdue.len())
}

async fn give_up_one(
    store: &Store,
    catalog: &Catalog,
    text: &Belonging,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let pieces = tx.pieces_of(&[text]).await?;
    // The last may have come meanwhile.
    let Some(last) = pieces.last() else { return Ok(()) };
    let origin = TextIn {
        provider: text.provider,
        way: way(&pieces),
        part: None,
        from: text.from.clone(),
        to: text.to.clone(),
        body: show_gaps(&pieces),
        provider_id: String::new(),
        opt_out: None,
        media: 0,
    };
    let event = Event {
        id: last.event.clone(),
        key: String::new(),
        received_at: last.received_at,
        origin: Origin::Text(origin.clone()),
        raw: Vec::new(),
    };
    let mut known = Known::load(&mut tx, catalog, &[&event], now).await?;
    let mut decision: Decision = {
        let sharers = known.sharers(&event);
        incomplete(known.party(&event, &sharers), catalog, &event, &origin, now)
    };
    known.copy_to_carers(catalog, &mut decision);
    let ids: Vec<EventId> = pieces.iter().map(|piece| piece.event.clone()).collect();
    tx.end_pieces(&ids, &decision).await?;
    let mut tallies = Tallies::default();
    for piece in &pieces {
        let tally = tallies.at(piece.received_at, Edge::Text);
        tally.held -= 1;
        match decision.outcome {
            Outcome::Accepted => tally.accepted += 1,
            Outcome::Rejected => tally.rejected += 1,
            Outcome::Held => tally.held += 1,
        }
    }
    tx.tally(&tallies);
    let plan = Plan::of(&mut known, &[&decision]);
    carry_out(&mut tx, &plan, &[&decision], now).await?;
    tx.commit().await
}

fn piece(event: &Event) -> Option<Piece> {
    let Origin::Text(text) = &event.origin else { return None };
    Some(Piece {
        event: event.id.clone(),
        of: Belonging::of(text)?,
        number: text.part.as_ref()?.number,
        body: text.body.clone(),
        media: text.media,
        sent_at: Some(event.said_at()).filter(|_| text.way != Way::Pushed),
        received_at: event.received_at,
    })
}

/// The whole text under the name of its last piece.
fn stand_in(last: &Event, earlier: &[Piece], whole: Whole) -> Event {
    let mut event = last.clone();
    if let Origin::Text(text) = &mut event.origin {
        text.part = None;
        text.body = whole.body;
        text.media = whole.media;
        if let Way::Listed { sent_at } = way(earlier) {
            let own = last.said_at();
            text.way =
                Way::Listed { sent_at: if text.way == Way::Pushed { sent_at } else { sent_at.max(own) } };
        }
    }
    event
}

/// A text is late when any piece of it was found in the list; it was sent with its last.
fn way(pieces: &[Piece]) -> Way {
    match pieces.iter().filter_map(|piece| piece.sent_at).max() {
        Some(sent_at) => Way::Listed { sent_at },
        None => Way::Pushed,
    }
}
