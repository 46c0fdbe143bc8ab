//! Which label means which number.
//!
//! "sys 127 dia 90", "127 sys 90 dia", "72 pulse bp 141/80": people put the label on either side. Every way to
//! pair labels with the numbers beside them is weighed, and the one that explains most wins.

use super::figure::Figure;
use super::lexicon::{Label, Piece, Sense};
use super::plain::is_plain;
use super::single::measures;
use super::words::Words;
use crate::domain::vital::Vital;

/// A label and the figures it names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Claim {
    pub label: Label,
    /// One figure, or two single numbers of a blood pressure.
    pub figures: Vec<usize>,
    /// Only everyday words stand between and right behind.
    pub sure: bool,
}

/// More labels than this in one text are not weighed against each other.
const MOST_LABELS: usize = 8;
/// "temp is normal", "pulse fine": the label has its answer.
static STATES: Words = Words::of(
    "fine|ok|okay|normal|good|steady|stable|same|better|unchanged|alright|great|perfect|gone|bad|poor|\
    checked|tablets|tablet|pills|machine|monitor|meter|cuff|clinic|nurse|check|test|strips|diary|book",
);

#[derive(Clone, Copy)]
struct Scene<'a> {
    pieces: &'a [Piece],
    figures: &'a [Figure],
    /// Whether figures can be what the label says.
    fits: &'a dyn Fn(Label, &[usize]) -> bool,
}

/// Pairs labels and figures. A figure is claimed once at most.
pub(super) fn bind(
    pieces: &[Piece],
    figures: &[Figure],
    fits: &dyn Fn(Label, &[usize]) -> bool,
) -> Vec<Claim> {
    let labels: Vec<(Label, usize)> = pieces
        .iter()
        .enumerate()
        .filter_map(|(at, piece)| match piece.sense {
            Sense::Label(label) => Some((label, at)),
            _ => None,
        })
        .filter(|(_, at)| !is_answered(pieces, *at))
        .take(MOST_LABELS)
        .collect();
    let scene = Scene { pieces, figures, fits };
    scene.best(&labels, 0, &mut Vec::new()).1
}

fn is_answered(pieces: &[Piece], label: usize) -> bool {
    let mut words = pieces.iter().skip(label + 1).map_while(Piece::word);
    let state = words.find(|word| !matches!(*word, "is" | "was" | "are" | "still" | "all" | "very" | "were"));
    state.is_some_and(|word| STATES.has(word))
}

impl Scene<'_> {
    /// The best score and claims for the labels from `index` on.
    fn best(&self, labels: &[(Label, usize)], index: usize, taken: &mut Vec<usize>) -> (i32, Vec<Claim>) {
        let Some((label, _)) = labels.get(index) else { return (0, Vec::new()) };
        let mut best = self.best(labels, index + 1, taken);
        for (claimed, points, sure) in self.options(labels, index, taken) {
            let before = taken.len();
            taken.extend(&claimed);
            let (rest, mut claims) = self.best(labels, index + 1, taken);
            taken.truncate(before);
            if points + rest > best.0 {
                claims.insert(0, Claim { label: *label, figures: claimed, sure });
                best = (points + rest, claims);
            }
        }
        best
    }

    /// The figures that the label may name: those right behind it, or right before it.
    fn options(
        &self,
        labels: &[(Label, usize)],
        index: usize,
        taken: &[usize],
    ) -> Vec<(Vec<usize>, i32, bool)> {
        let Some(&(label, at)) = labels.get(index) else { return Vec::new() };
        let next = labels.get(index + 1).map_or(self.pieces.len(), |(_, at)| *at);
        let previous = index.checked_sub(1).and_then(|index| labels.get(index)).map_or(0, |(_, at)| *at);
        let free = |from: usize, to: usize| -> Vec<usize> {
            let inside = |figure: &Figure| figure.at.start >= from && figure.at.end <= to;
            let free = |index: &usize| !taken.contains(index);
            (0..self.figures.len())
                .filter(|index| self.figures.get(*index).is_some_and(inside))
                .filter(free)
                .collect()
        };
        let mut behind = self.choices(label, &free(at + 1, next));
        let mut before: Vec<usize> = free(previous, at);
        before.reverse();
        let mut ahead = self.choices(label, &before);
        for claimed in &mut ahead {
            claimed.sort_unstable();
        }
        behind.append(&mut ahead);
        behind.into_iter().filter_map(|claimed| self.weigh(label, at, claimed)).collect()
    }

    /// The first figures of the list, nearest first, that the label can take.
    fn choices(&self, label: Label, nearest: &[usize]) -> Vec<Vec<usize>> {
        let figure = |index: &usize| self.figures.get(*index);
        let mut choices = Vec::new();
        match (label, nearest) {
            (Label::Pressure, [first, second, ..])
                if figure(first).is_some_and(|figure| figure.one().is_some())
                    && figure(second).is_some_and(|figure| figure.one().is_some()) =>
            {
                choices.push(vec![*first, *second]);
                choices.push(vec![*first]);
            }
            (Label::Pressure, [first, ..]) => choices.push(vec![*first]),
            (Label::One(vital), [first, ..]) => {
                let fitting = figure(first).is_some_and(|figure| {
                    (!figure.is_joined() || vital == Vital::Spo2)
                        && figure.unit.is_none_or(|unit| measures(unit, vital))
                });
                if fitting {
                    choices.push(vec![*first]);
                }
            }
            _ => {}
        }
        choices
    }

    fn weigh(&self, label: Label, at: usize, claimed: Vec<usize>) -> Option<(Vec<usize>, i32, bool)> {
        let first = self.figures.get(*claimed.first()?)?;
        let last = self.figures.get(*claimed.last()?)?;
        let behind = first.at.start > at;
        let gap = if behind { at + 1..first.at.start } else { last.at.end..at };
        let between = self.pieces.get(gap).unwrap_or_default();
        let strange = between.iter().filter_map(Piece::word).filter(|word| !is_plain(word)).count();
        let ends = between
            .iter()
            .filter(|piece| matches!(piece.sense, Sense::Mark('.' | ';' | '\n' | '!' | '?')))
            .count();
        let pauses =
            between.iter().filter(|piece| matches!(piece.sense, Sense::Mark(',' | '(' | ')'))).count();
        let follower = self.pieces.get(last.at.end).and_then(Piece::word);
        let counted =
            !last.is_joined() && last.unit.is_none() && follower.is_some_and(|word| !is_plain(word));
        let cost = |count: usize, weight: i32| i32::try_from(count).unwrap_or(i32::MAX / 64).min(8) * weight;
        let mut points = 20 + cost(claimed.len(), 4) + i32::from(behind);
        points -= cost(strange, 4) + cost(ends, 5) + cost(pauses, 2);
        if !(self.fits)(label, &claimed) {
            points -= 14;
        }
        // A line end after a label is layout; a full stop after a sentence is not.
        let sure =
            strange == 0 && !counted && (ends == 0 || between.iter().all(|piece| piece.word().is_none()));
        (points > 0).then_some((claimed, points, sure))
    }
}
