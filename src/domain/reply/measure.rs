//! From pieces of text to findings: every figure is explained, refused, or left over as a doubt.

use super::aside::Asides;
use super::bind::{Claim, bind};
use super::figure::{Figure, Shape, figures};
use super::finding::{Doubt, Finding, Refusal};
use super::lexicon::{Label, Piece, Sense};
use super::number::Number;
use super::plain::is_plain;
use super::{Asked, Context, pressure, single};
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

/// What the numbers of one text say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Report {
    /// With the piece each starts at.
    pub findings: Vec<(usize, Finding)>,
    pub refusals: Vec<Refusal>,
    /// Doubts about the text as a whole.
    pub doubts: Vec<Doubt>,
    /// Numbers that no finding explains.
    pub loose: Vec<Number>,
}

/// More numbers than this are no text about one's readings.
const MOST_FIGURES: usize = 24;

pub(super) fn measure(pieces: &[Piece], asides: Asides, context: &Context<'_>) -> Report {
    let figures = figures(pieces);
    if figures.len() > MOST_FIGURES {
        return Report { refusals: vec![Refusal::NoMeaning], ..Report::default() };
    }
    let mut work = Work {
        pieces,
        figures: &figures,
        context,
        open: vec![true; figures.len()],
        report: Report::default(),
    };
    work.take_labelled();
    work.take_joined();
    work.take_united();
    work.take_bare();
    let mut report = work.report;
    // The blood pressure leads, as on a cuff's display; the rest keeps the order of the text.
    report.findings.sort_by_key(|(at, finding)| (!finding.holds(Vital::Systolic), *at));
    report.doubts.extend(asides.date.then_some(Doubt::OtherDay));
    report.doubts.extend(asides.change.then_some(Doubt::Change));
    report.doubts.extend(asides.target.then_some(Doubt::Hypothetical));
    report
}

struct Work<'a> {
    pieces: &'a [Piece],
    figures: &'a [Figure],
    context: &'a Context<'a>,
    /// Which figures are still unexplained.
    open: Vec<bool>,
    report: Report,
}

impl<'a> Work<'a> {
    fn figure(&self, index: usize) -> Option<&'a Figure> {
        self.figures.get(index)
    }

    fn is_open(&self, index: usize) -> bool {
        self.open.get(index).copied().unwrap_or(false)
    }

    fn close(&mut self, index: usize) {
        if let Some(open) = self.open.get_mut(index) {
            *open = false;
        }
    }

    fn open_indices(&self) -> Vec<usize> {
        (0..self.figures.len()).filter(|index| self.is_open(*index)).collect()
    }

    fn record(&mut self, index: usize, outcome: Result<Finding, Refusal>) {
        let at = self.figure(index).map_or(0, |figure| figure.at.start);
        match outcome {
            Ok(finding) => self.report.findings.push((at, finding)),
            Err(refusal) => self.report.refusals.push(refusal),
        }
    }

    fn holds(&self, vital: Vital) -> bool {
        self.report.findings.iter().any(|(_, finding)| finding.holds(vital))
    }

    fn asked(&self) -> Option<Label> {
        Some(match self.context.asked? {
            Asked::BloodPressure => Label::Pressure,
            Asked::Pulse => Label::One(Vital::Pulse),
            Asked::Spo2 => Label::One(Vital::Spo2),
            Asked::RespiratoryRate => Label::One(Vital::RespiratoryRate),
            Asked::Temperature => Label::One(Vital::Temperature),
            Asked::Weight => Label::One(Vital::Weight),
            Asked::Glucose => Label::One(Vital::Glucose),
            Asked::PeakFlow => Label::One(Vital::PeakFlow),
            Asked::Ketones => Label::One(Vital::Ketones),
            Asked::Number | Asked::YesNo | Asked::Scale1To5 => return None,
        })
    }

    fn is_named(&self, label: Label) -> bool {
        self.pieces.iter().any(|piece| piece.sense == Sense::Label(label))
    }

    /// Whether bare pairs are blood pressures here.
    fn is_about_pressure(&self) -> bool {
        let labels = [Label::Pressure, Label::One(Vital::Systolic), Label::One(Vital::Diastolic)];
        self.context.asked == Some(Asked::BloodPressure)
            || labels.into_iter().any(|label| self.is_named(label))
    }

    /// How many words that are not everyday ones stand between two pieces.
    fn strange_between(&self, from: usize, to: usize) -> usize {
        self.pieces
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .filter_map(Piece::word)
            .filter(|word| !is_plain(word))
            .count()
    }

    fn all_plain(&self) -> bool {
        self.strange_between(0, self.pieces.len()) == 0
    }

    // ---- numbers with a label ------------------------------------------------------------------------------

    fn take_labelled(&mut self) {
        let (figures, context) = (self.figures, self.context);
        let fits = |label: Label, claimed: &[usize]| -> bool {
            let chosen: Vec<&Figure> = claimed.iter().filter_map(|index| figures.get(*index)).collect();
            match (label, chosen.as_slice()) {
                (Label::One(vital), [figure]) => single::read(vital, figure, context).is_ok(),
                (Label::Pressure, chosen) => {
                    let numbers: Vec<Number> =
                        chosen.iter().flat_map(|figure| pressure_numbers(figure)).collect();
                    numbers.len() > 1 && pressure::read(&numbers.iter().collect::<Vec<_>>(), None).is_ok()
                }
                _ => false,
            }
        };
        let claims = bind(self.pieces, self.figures, &fits);
        let halves = |wanted: Vital| -> Vec<Claim> {
            claims.iter().filter(|claim| claim.label == Label::One(wanted)).cloned().collect()
        };
        let (upper, lower) = (halves(Vital::Systolic), halves(Vital::Diastolic));
        for (upper, lower) in upper.iter().zip(&lower) {
            self.take_halves(upper, lower);
        }
        for claim in &claims {
            let taken = claim.figures.iter().all(|index| !self.is_open(*index));
            if !taken {
                self.take_claim(claim);
            }
        }
    }

    fn take_halves(&mut self, upper: &Claim, lower: &Claim) {
        let numbers: Vec<&Number> = [upper, lower]
            .into_iter()
            .flat_map(|claim| claim.figures.iter())
            .filter_map(|index| self.figures.get(*index).and_then(Figure::one))
            .collect();
        let misprint = numbers.iter().any(|number| number.doubtful);
        let outcome = pressure::read(&numbers, None).map(|finding| {
            finding
                .doubting_if(misprint, Doubt::Misprint)
                .doubting_if(!upper.sure || !lower.sure, Doubt::LooseWords)
        });
        for index in upper.figures.iter().chain(&lower.figures) {
            self.close(*index);
        }
        let first = upper.figures.iter().chain(&lower.figures).min().copied().unwrap_or_default();
        self.record(first, outcome);
    }

    fn take_claim(&mut self, claim: &Claim) {
        let Some(&first) = claim.figures.first() else { return };
        let Some(figure) = self.figure(first) else { return };
        let outcome = match claim.label {
            Label::One(vital) => single::read(vital, figure, self.context),
            Label::Pressure => {
                let chosen: Vec<&Figure> =
                    claim.figures.iter().filter_map(|index| self.figures.get(*index)).collect();
                let numbers: Vec<Number> =
                    chosen.iter().flat_map(|figure| pressure_numbers(figure)).collect();
                let misprint = chosen.iter().any(|figure| figure.is_doubtful());
                match numbers.as_slice() {
                    // Left open: with what else stands there it may still be a pair.
                    [_] if self.open_indices().len() > 1 => return,
                    [number] if number.length() < 4 => pressure::half(Vital::Systolic, number),
                    [_] => Err(Refusal::RunTogether),
                    numbers => pressure::read(&numbers.iter().collect::<Vec<_>>(), figure.unit)
                        .map(|finding| finding.doubting_if(misprint, Doubt::Misprint)),
                }
            }
        };
        for index in &claim.figures {
            self.close(*index);
        }
        // A slash needs no tidy words around it.
        let sure = claim.sure || (claim.label == Label::Pressure && self.is_pair(first));
        self.record(first, outcome.map(|finding| finding.doubting_if(!sure, Doubt::LooseWords)));
    }

    fn is_pair(&self, index: usize) -> bool {
        self.figure(index).is_some_and(Figure::is_joined)
    }

    // ---- numbers that a slash joins ------------------------------------------------------------------------

    fn take_joined(&mut self) {
        for index in self.open_indices() {
            let Some(figure) = self.figure(index).filter(|figure| figure.is_joined()) else { continue };
            let numbers = figure.numbers();
            let (others, about_pressure) = (self.figures.len() > 1, self.is_about_pressure());
            self.close(index);
            if self.context.asked == Some(Asked::Scale1To5) && is_of_five(&numbers) {
                self.report.loose.extend(numbers.first().map(|number| (*number).clone()));
            } else if looks_like_a_day(&numbers) && (others || !about_pressure) {
                self.report.doubts.push(Doubt::OtherDay);
                self.report.refusals.extend((!others).then_some(Refusal::NoMeaning));
            } else if self.context.asked == Some(Asked::Spo2) && below_hundred(&numbers) {
                self.record(index, single::read(Vital::Spo2, figure, self.context));
            } else {
                let outcome = pressure::read(&numbers, figure.unit);
                self.record(
                    index,
                    outcome.map(|finding| finding.doubting_if(figure.is_doubtful(), Doubt::Misprint)),
                );
            }
        }
    }

    // ---- numbers with a unit -------------------------------------------------------------------------------

    fn take_united(&mut self) {
        for index in self.open_indices() {
            let Some(figure) = self.figure(index) else { continue };
            let Some(vital) = figure.unit.and_then(|unit| self.vital_of(unit)) else { continue };
            self.close(index);
            let expected = self.asked() == Some(Label::One(vital)) || self.is_named(Label::One(vital));
            // A percentage or a weight of something else is among other words.
            let sure = expected || (self.all_plain() && figure.unit != Some(Unit::Percent));
            let outcome = single::read(vital, figure, self.context);
            self.record(index, outcome.map(|finding| finding.doubting_if(!sure, Doubt::LooseWords)));
        }
    }

    fn vital_of(&self, unit: Unit) -> Option<Vital> {
        let asked = match self.asked() {
            Some(Label::One(vital)) => Some(vital),
            _ => None,
        };
        Some(match unit {
            Unit::Kilogram | Unit::Gram | Unit::Pound | Unit::Stone => Vital::Weight,
            Unit::Celsius | Unit::Fahrenheit => Vital::Temperature,
            Unit::MillimolePerLitre if asked == Some(Vital::Ketones) => Vital::Ketones,
            Unit::MillimolePerLitre | Unit::MilligramPerDecilitre => Vital::Glucose,
            Unit::LitrePerMinute => Vital::PeakFlow,
            Unit::Percent => Vital::Spo2,
            Unit::PerMinute => {
                return asked.filter(|vital| matches!(vital, Vital::Pulse | Vital::RespiratoryRate));
            }
            Unit::MmHg | Unit::Kilopascal => return None,
        })
    }

    // ---- bare numbers --------------------------------------------------------------------------------------

    fn take_bare(&mut self) {
        let open = self.open_indices();
        if open.is_empty() {
            return;
        }
        let asked_answer =
            matches!(self.context.asked, Some(Asked::Number | Asked::YesNo | Asked::Scale1To5));
        if asked_answer && !self.holds(Vital::Systolic) {
            let figures = open.iter().filter_map(|index| self.figures.get(*index));
            self.report.loose.extend(figures.flat_map(Figure::numbers).cloned());
            return;
        }
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
            && self.strange_between(before.at.end, figure.at.start) == 0
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
            ([index, last], [whole, tenths])
                if !already && self.is_lost_point(vital, *index, whole, tenths) =>
            {
                let joined = Number::new(&format!("{}.{}", whole.text(), tenths.text()), false);
                let figure =
                    self.figure(*index).map(|figure| Figure { shape: Shape::One(joined), ..figure.clone() });
                if let Some(figure) = figure {
                    let outcome = single::read(vital, &figure, self.context);
                    self.close_all(&[*index, *last]);
                    self.record(*index, outcome.map(|finding| finding.doubting(Doubt::LostPoint)));
                }
            }
            ([first, second], [oxygen, pulse]) if vital == Vital::Spo2 && !already => {
                let numbers = vec![(*oxygen).clone(), (*pulse).clone()];
                let pair = self
                    .figure(*first)
                    .map(|figure| Figure { shape: Shape::Joined(numbers), ..figure.clone() });
                if let Some(pair) = pair {
                    let outcome = single::read(vital, &pair, self.context);
                    self.close_all(&[*first, *second]);
                    self.record(*first, outcome);
                }
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

    /// `5 6` for 5.6: a space where the point should be.
    fn is_lost_point(&self, vital: Vital, index: usize, whole: &Number, tenths: &Number) -> bool {
        let decimal = matches!(vital, Vital::Glucose | Vital::Temperature | Vital::Weight | Vital::Ketones);
        let (Some(first), Some(second)) = (self.figure(index), self.figure(index + 1)) else { return false };
        decimal
            && whole.is_whole()
            && tenths.is_whole()
            && tenths.length() == 1
            && first.at.end == second.at.start
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

/// The numbers of a figure that is a blood pressure: `141.80` and `141,80` fall apart into two.
fn pressure_numbers(figure: &Figure) -> Vec<Number> {
    match &figure.shape {
        Shape::One(number) => match number.parts() {
            Some(parts) if (2..=3).contains(&parts.len()) && parts.iter().all(|part| part.length() >= 2) => {
                parts
            }
            _ => vec![number.clone()],
        },
        Shape::Joined(numbers) => numbers.clone(),
        Shape::Stones { .. } => Vec::new(),
    }
}

fn is_of_five(numbers: &[&Number]) -> bool {
    matches!(numbers, [part, whole] if part.is_whole() && whole.value() == Some(5.0))
}

/// Day and month, with no blood pressure so small.
fn looks_like_a_day(numbers: &[&Number]) -> bool {
    let values: Vec<f64> =
        numbers.iter().filter(|number| number.is_whole()).filter_map(|number| number.value()).collect();
    matches!(values.as_slice(), [a, b] if (*a <= 31.0 && *b <= 12.0) || (*a <= 12.0 && *b <= 31.0))
}

fn below_hundred(numbers: &[&Number]) -> bool {
    numbers.first().and_then(|number| number.value()).is_some_and(|value| value <= 100.0)
        && numbers.len() == 2
}
