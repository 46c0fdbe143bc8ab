//! Long texts that come in pieces: put together when all are there, in whatever order they came, and never before. Half a
//! text may end in half a number.

use jiff::{SignedDuration, Timestamp};

use super::event::TextIn;
use super::id::EventId;
use super::provider::Provider;

/// How long the last piece is waited for.
pub const PIECES_WAIT: SignedDuration = SignedDuration::from_mins(10);
/// What stands for a missing piece where a human reads what came.
pub const GAP: &str = " [...] ";

/// What the pieces of one text share. Two long texts of one sender may come interleaved: their references differ.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Belonging {
    pub provider: Provider,
    pub from: String,
    pub to: String,
    pub reference: String,
    pub total: u8,
}

/// A piece that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub event: EventId,
    pub of: Belonging,
    /// From 1.
    pub number: u8,
    pub body: String,
    pub media: u32,
    /// When it was sent, where the carrier did not bring it.
    pub sent_at: Option<Timestamp>,
    pub received_at: Timestamp,
}

/// A whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    pub body: String,
    pub media: u32,
    /// Its earlier pieces, in the order of the text.
    pub pieces: Vec<EventId>,
}

impl Belonging {
    /// Nothing for a text that is whole.
    pub fn of(text: &TextIn) -> Option<Self> {
        let part = text.part.as_ref()?;
        Some(Self {
            provider: text.provider,
            from: text.from.clone(),
            to: text.to.clone(),
            reference: part.reference.clone(),
            total: part.total,
        })
    }
}

/// The text that `last` completes, if the pieces of `waiting` are all the others. A number that came twice, under names of
/// its own each, counts as it came first: a carrier repeats itself, a patient does not.
pub fn assemble(waiting: &[Piece], last: &Piece) -> Option<Whole> {
    let is_of_it = |piece: &&Piece| piece.of == last.of && piece.event != last.event;
    let mut pieces: Vec<&Piece> = Vec::new();
    for piece in waiting.iter().filter(is_of_it).chain([last]) {
        if pieces.iter().all(|known| known.number != piece.number) {
            pieces.push(piece);
        }
    }
    pieces.sort_by_key(|piece| piece.number);
    let numbers = pieces.iter().map(|piece| piece.number);
    if !numbers.eq(1..=last.of.total) {
        return None;
    }
    Some(Whole {
        body: pieces.iter().map(|piece| piece.body.as_str()).collect(),
        media: pieces.iter().map(|piece| piece.media).sum(),
        pieces: waiting.iter().filter(is_of_it).map(|piece| piece.event.clone()).collect(),
    })
}

/// What came of a text, for a human: the pieces in order, with a mark for each that is missing.
pub fn show_gaps(pieces: &[Piece]) -> String {
    let Some(first) = pieces.first() else { return String::new() };
    let mut shown = String::new();
    for number in 1..=first.of.total {
        match pieces.iter().find(|piece| piece.number == number) {
            Some(piece) => shown.push_str(&piece.body),
            None if !shown.ends_with(GAP) => shown.push_str(GAP),
            None => {}
        }
    }
    shown
}
