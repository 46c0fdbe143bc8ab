//! Numbers with what belongs to them: the unit, the slash, the stones' pounds, the "less than".

use std::ops::Range;

use super::lexicon::{Piece, Sense};
use super::number::Number;
use crate::domain::reading::Beyond;
use crate::domain::unit::Unit;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    One(Number),
    /// Two or three numbers that a slash or "over" joins.
    Joined(Vec<Number>),
    Stones {
        stones: Number,
        pounds: Option<Number>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    pub shape: Shape,
    pub unit: Option<Unit>,
    pub bound: Option<Beyond>,
    /// The pieces it covers, comparing words included.
    pub at: Range<usize>,
}

impl Figure {
    pub(super) fn numbers(&self) -> Vec<&Number> {
        match &self.shape {
            Shape::One(number) => vec![number],
            Shape::Joined(numbers) => numbers.iter().collect(),
            Shape::Stones { stones, pounds } => std::iter::once(stones).chain(pounds).collect(),
        }
    }

    pub(super) fn one(&self) -> Option<&Number> {
        match &self.shape {
            Shape::One(number) => Some(number),
            _ => None,
        }
    }

    pub(super) fn is_joined(&self) -> bool {
        matches!(self.shape, Shape::Joined(_))
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.numbers().iter().any(|number| number.doubtful)
    }
}

/// All figures of the text in order. Numbers set aside are no part of any.
pub(super) fn figures(pieces: &[Piece]) -> Vec<Figure> {
    let mut figures: Vec<Figure> = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let Some(number) = pieces.get(at).and_then(Piece::number) else {
            at += 1;
            continue;
        };
        let (shape, unit, end) =
            stones(pieces, at, number).or_else(|| joined(pieces, at, number)).unwrap_or_else(|| {
                let (unit, end) = unit_at(pieces, at + 1);
                (Shape::One(number.clone()), unit, end)
            });
        let floor = figures.last().map_or(0, |figure| figure.at.end);
        let (bound, start) = bound_before(pieces, at, floor);
        figures.push(Figure { shape, unit, bound, at: start..end });
        at = end;
    }
    figures
}

fn unit_at(pieces: &[Piece], at: usize) -> (Option<Unit>, usize) {
    match pieces.get(at).map(|piece| &piece.sense) {
        // "72 per minute", "18/min" name no vital: the label does.
        Some(Sense::Unit(unit)) => (Some(*unit), at + 1),
        _ => (None, at),
    }
}

/// `12st 4`, `12 stone 4 lbs`, `12st`.
fn stones(pieces: &[Piece], at: usize, stones: &Number) -> Option<(Shape, Option<Unit>, usize)> {
    let (unit, after) = unit_at(pieces, at + 1);
    if unit != Some(Unit::Stone) {
        return None;
    }
    let joins = |at: usize| {
        pieces.get(at).is_some_and(|piece| {
            piece.is_mark(',') || piece.is_mark('-') || matches!(piece.word(), Some("and"))
        })
    };
    let next = if joins(after) { after + 1 } else { after };
    let whole = (Shape::Stones { stones: stones.clone(), pounds: None }, Some(Unit::Stone), after);
    let Some(pounds) = pieces.get(next).and_then(Piece::number) else { return Some(whole) };
    if joined(pieces, next, pounds).is_some() {
        return Some(whole);
    }
    let (unit, end) = unit_at(pieces, next + 1);
    match unit {
        None | Some(Unit::Pound) => {
            let shape = Shape::Stones { stones: stones.clone(), pounds: Some(pounds.clone()) };
            Some((shape, Some(Unit::Stone), end))
        }
        Some(_) => Some(whole),
    }
}

/// `141/80`, `141 over 80`, `141mmHg / 80mmHg`, `141/80/72`.
fn joined(pieces: &[Piece], at: usize, first: &Number) -> Option<(Shape, Option<Unit>, usize)> {
    let mut numbers = vec![first.clone()];
    let (mut unit, mut end) = unit_at(pieces, at + 1);
    while numbers.len() < 3 {
        let mut next = end;
        while pieces.get(next).is_some_and(is_join) {
            next += 1;
        }
        let Some(number) = pieces.get(next).and_then(Piece::number).filter(|_| next > end) else { break };
        numbers.push(number.clone());
        let (own, after) = unit_at(pieces, next + 1);
        unit = own.or(unit);
        end = after;
    }
    (numbers.len() > 1).then_some((Shape::Joined(numbers), unit, end))
}

fn is_join(piece: &Piece) -> bool {
    match &piece.sense {
        Sense::Mark(mark) => matches!(mark, '/' | '\\' | '|'),
        Sense::Word(word) => {
            matches!(word.as_str(), "over" | "ovr" | "ova" | "on" | "by" | "przez" | "sobre" | "por")
        }
        _ => false,
    }
}

/// A comparison in front of the number, and where it starts.
fn bound_before(pieces: &[Piece], at: usize, floor: usize) -> (Option<Beyond>, usize) {
    let word = |back: usize| at.checked_sub(back).filter(|at| *at >= floor).and_then(|at| pieces.get(at));
    let text = |back: usize| word(back).and_then(Piece::word).unwrap_or("");
    let (side, length) = match (text(2), text(1)) {
        ("less" | "lower" | "smaller", "than") => (Some(Beyond::Low), 2),
        ("more" | "greater" | "higher" | "bigger", "than") => (Some(Beyond::High), 2),
        (_, "under" | "below") => (Some(Beyond::Low), 1),
        (_, "over" | "above") => (Some(Beyond::High), 1),
        _ if word(1).is_some_and(|piece| piece.is_mark('<')) => (Some(Beyond::Low), 1),
        _ if word(1).is_some_and(|piece| piece.is_mark('>')) => (Some(Beyond::High), 1),
        _ => (None, 0),
    };
    (side, at - length)
}
