//! Numbers that stand alone: what was asked gives them their meaning, or nothing does.

use super::Asked;
use super::figure::{Figure, Shape};
use super::finding::{Doubt, Finding, Refusal};
use super::lexicon::{Label, Piece};
use super::measure::{Work, pressure_numbers};
use super::number::Number;
use super::plain::is_plain;
use super::{pressure, single};
use crate::domain::vital::Vital;

impl Work<'_> {
    /// Explains what neither a label, a slash nor a unit explained.
    pub(super) fn take_bare(&mut self) {
        let open = self.open_indices();
        if open.is_empty() {
            return;
        }
        let open = self.leave_answers(open);
        let unpaired = !self.holds(Vital::Systolic) && self.report.refusals.is_empty();
        match self.asked() {
            _ if self.is_about_pressure() && unpaired => self.take_pressure_row(&open),
            Some(Label::One(vital)) => self.take_asked(vital, &open),
            None if unpaired => self.take_unasked(&open),
            _ => {}
        }
        self.take_pulse_after_pressure();
        let rest = self.open_indices();
        if !rest.is_empty() {
            let nothing = self.report.findings.is_empty() && self.report.refusals.is_empty();
            if nothing {
                self.report.refusals.push(Refusal::NoMeaning);
            }
            self.report.doubts.push(Doubt::Leftover);
        }
    }

    /// Two or three numbers in a row, as cuffs show them; four or six are two measurements.
    fn take_pressure_row(&mut self, open: &[usize]) {
        let figures: Vec<&Figure> = open.iter().filter_map(|index| self.figures.get(*index)).collect();
        let numbers: Vec<Number> = figures.iter().flat_map(|figure| pressure_numbers(figure)).collect();
        let misprint = figures.iter().any(|figure| figure.is_doubtful());
        let far_apart = figures
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if self.strange_between(a.at.end, b.at.start) > 1));
        let rows = match numbers.as_slice() {
            [] => return,
            [only] => {
                let refusal = if only.length() > 3 { Refusal::RunTogether } else { Refusal::OneNumber };
                self.report.refusals.extend(self.report.findings.is_empty().then_some(refusal));
                self.close_all(open);
                return;
            }
            few if few.len() <= 3 => vec![few.iter().collect()],
            many => match pressure::rows(&many.iter().collect::<Vec<_>>()) {
                Some(rows) => rows,
                None => {
                    self.report.refusals.push(Refusal::RunTogether);
                    self.close_all(open);
                    return;
                }
            },
        };
        for row in rows {
            let outcome = pressure::read(&row, None).map(|finding| {
                finding.doubting_if(misprint, Doubt::Misprint).doubting_if(far_apart, Doubt::LooseWords)
            });
            self.record(open.first().copied().unwrap_or_default(), outcome);
        }
        self.close_all(open);
    }

    fn close_all(&mut self, indices: &[usize]) {
        for index in indices {
            self.close(*index);
        }
    }

    /// The number that a cuff shows behind the pair.
    fn take_pulse_after_pressure(&mut self) {
        let open = self.open_indices();
        let ([index], false) = (open.as_slice(), self.holds(Vital::Pulse)) else { return };
        let Some(before) = index.checked_sub(1).and_then(|before| self.figure(before)) else { return };
        let Some((figure, number)) = self.figure(*index).and_then(|figure| Some((figure, figure.one()?)))
        else {
            return;
        };
        let follows = before.is_joined() || self.holds(Vital::Systolic);
        let Some(value) =
            number.value().filter(|_| follows && self.holds(Vital::Systolic) && figure.unit.is_none())
        else {
            return;
        };
        let sure = self.is_about_pressure()
            && self.is_next_on_display(before.at.end, figure.at.start)
            && self.pieces.get(figure.at.end).and_then(Piece::word).is_none_or(is_plain)
            && number.is_whole();
        if let Ok(finding) = Finding::exactly(Vital::Pulse, value, None) {
            let finding = finding
                .doubting_if(figure.is_doubtful(), Doubt::Misprint)
                .doubting_if(!sure, Doubt::Leftover);
            self.close(*index);
            self.record(*index, Ok(finding));
        }
    }

    /// Nothing but marks and an "and" stands between: "141/80. I am 75" names no pulse.
    fn is_next_on_display(&self, from: usize, to: usize) -> bool {
        let mut words = self.pieces.get(from..to).unwrap_or_default().iter().filter_map(Piece::word);
        words.all(|word| matches!(word, "and" | "with" | "then" | "n"))
    }

    /// Bare numbers after the question for one vital.
    fn take_asked(&mut self, vital: Vital, open: &[usize]) {
        let numbers: Vec<&Number> = open.iter().filter_map(|index| self.figures.get(*index)?.one()).collect();
        let plain = self.all_plain();
        let already = self.holds(vital);
        match (open, numbers.as_slice()) {
            ([index], [_]) if !already => {
                if let Some(figure) = self.figure(*index) {
                    let outcome = single::read(vital, figure, self.context);
                    self.close(*index);
                    self.record(
                        *index,
                        outcome.map(|finding| finding.doubting_if(!plain, Doubt::LooseWords)),
                    );
                }
            }
            ([index, last], [_, _]) if !already && self.with_next(vital, *index).is_some() => {
                if let Some((shape, doubt)) = self.with_next(vital, *index) {
                    self.take_together(vital, &[*index, *last], shape, doubt);
                }
            }
            ([first, second], [oxygen, pulse])
                if vital == Vital::Spo2 && !already && !self.is_range(*first) =>
            {
                let shape = Shape::Joined(vec![(*oxygen).clone(), (*pulse).clone()]);
                self.take_together(vital, &[*first, *second], shape, Doubt::Pairing);
            }
            _ => {
                for index in open {
                    let read =
                        self.figure(*index).and_then(|figure| single::read(vital, figure, self.context).ok());
                    if let Some(finding) = read {
                        self.close(*index);
                        self.record(*index, Ok(finding.doubting(Doubt::Several)));
                    }
                }
            }
        }
    }

    /// What this figure and the next are together: stones and pounds, or a number whose point is a space.
    pub(super) fn with_next(&self, vital: Vital, index: usize) -> Option<(Shape, Doubt)> {
        let [first, next] = [self.figures.get(index)?, self.figures.get(index + 1)?];
        let (whole, rest) = (first.one()?, next.one()?);
        let bare = first.unit.is_none() && first.bound.is_none() && next.bound.is_none();
        if !bare || !self.is_open(index + 1) || !self.are_close(index) {
            return None;
        }
        if vital == Vital::Weight && are_stones(whole, rest) {
            let shape = Shape::Stones { stones: whole.clone(), pounds: Some(rest.clone()) };
            return Some((shape, Doubt::UnitGuessed));
        }
        is_lost_point(vital, whole, rest).then(|| {
            let joined = Number::new(&format!("{}.{}", whole.text(), rest.text()), false);
            (Shape::One(joined), Doubt::LostPoint)
        })
    }

    /// "93-95", "between 93 and 95": one uncertain number, not oxygen and pulse.
    fn is_range(&self, index: usize) -> bool {
        let (Some(first), Some(second)) = (self.figures.get(index), self.figures.get(index + 1)) else {
            return false;
        };
        let between = self.pieces.get(first.at.end..second.at.start).unwrap_or_default();
        let before = first.at.start.checked_sub(1).and_then(|at| self.pieces.get(at)).and_then(Piece::word);
        before == Some("between")
            || between.iter().any(|piece| piece.is_mark('-') || piece.word() == Some("to"))
    }

    /// Reads two figures as one of another shape.
    pub(super) fn take_together(&mut self, vital: Vital, indices: &[usize], shape: Shape, doubt: Doubt) {
        let Some((first, figure)) =
            indices.first().and_then(|first| Some((*first, self.figures.get(*first)?)))
        else {
            return;
        };
        let outcome = single::read(vital, &Figure { shape, ..figure.clone() }, self.context);
        self.close_all(indices);
        self.record(first, outcome.map(|finding| finding.doubting(doubt)));
    }

    /// Only a mark or a space stands between this figure and the next.
    fn are_close(&self, index: usize) -> bool {
        let (Some(first), Some(second)) = (self.figures.get(index), self.figures.get(index + 1)) else {
            return false;
        };
        let between = self.pieces.get(first.at.end..second.at.start).unwrap_or_default();
        between.len() <= 2 && between.iter().all(|piece| ".,:;-'".chars().any(|mark| piece.is_mark(mark)))
    }

    /// A dash that is no hyphen: nobody smokes -5 cigarettes, so it is asked about.
    fn is_minus_before(&self, at: usize) -> bool {
        let dash = at.checked_sub(1).and_then(|before| self.pieces.get(before));
        dash.is_some_and(|piece| piece.is_mark('-') && (piece.spaced || at == 1))
    }

    /// Leaves the numbers that answer a question about no vital sign to [`super::answer`].
    fn leave_answers(&mut self, open: Vec<usize>) -> Vec<usize> {
        let measured = self.holds(Vital::Systolic);
        let answers = |number: &Number| match self.context.asked {
            Some(Asked::Scale1To5) => !measured || number.value().is_some_and(|value| value <= 5.0),
            Some(Asked::Number | Asked::YesNo) => !measured,
            _ => false,
        };
        let is_answer = |index: &usize| {
            self.figures.get(*index).is_some_and(|figure| figure.numbers().into_iter().all(answers))
        };
        let (left, open): (Vec<usize>, Vec<usize>) = open.into_iter().partition(is_answer);
        for figure in left.iter().filter_map(|index| self.figures.get(*index)) {
            let minus = self.is_minus_before(figure.at.start);
            for mut number in figure.numbers().into_iter().cloned() {
                number.doubtful |= minus;
                self.report.loose.push(number);
            }
        }
        self.close_all(&left);
        open
    }

    /// With no question and no label, two numbers that can only be a blood pressure are at least asked about.
    fn take_unasked(&mut self, open: &[usize]) {
        let numbers: Vec<&Number> = open.iter().filter_map(|index| self.figures.get(*index)?.one()).collect();
        let whole = numbers.len() == open.len() && numbers.iter().all(|number| number.is_whole());
        if !(2..=3).contains(&numbers.len()) || !whole || !self.all_plain() {
            return;
        }
        if let Ok(finding) = pressure::read(&numbers, None)
            && finding.doubt.is_none()
        {
            self.record(open.first().copied().unwrap_or_default(), Ok(finding.doubting(Doubt::LooseWords)));
            self.close_all(open);
        }
    }
}

/// `5 6` for 5.6: a space, or another mark, where the point should be.
fn is_lost_point(vital: Vital, whole: &Number, tenths: &Number) -> bool {
    let decimal = matches!(vital, Vital::Glucose | Vital::Temperature | Vital::Weight | Vital::Ketones);
    decimal && whole.is_whole() && tenths.is_whole() && tenths.length() == 1
}

/// `12 4`, `12-4` and `12/4` for twelve stone four.
pub(super) fn are_stones(stones: &Number, pounds: &Number) -> bool {
    let within = |number: &Number, low: f64, high: f64| {
        number.is_whole() && number.value().is_some_and(|value| (low..=high).contains(&value))
    };
    within(stones, 5.0, 40.0) && within(pounds, 0.0, 13.0)
}
