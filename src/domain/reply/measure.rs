//! From pieces of text to findings: every figure is explained, refused, or left over as a doubt.

use super::aside::Asides;
use super::bare::are_stones;
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
/// How far (as a share) a value may be from itself in another unit, for rounding.
const SAME_VALUE: f64 = 0.006;

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
    work.drop_conversions();
    let mut report = work.report;
    // The blood pressure leads, as on a cuff's display; the rest keeps the order of the text.
    report.findings.sort_by_key(|(at, finding)| (!finding.holds(Vital::Systolic), *at));
    report.doubts.extend(asides.date.then_some(Doubt::OtherDay));
    report.doubts.extend(asides.change.then_some(Doubt::Change));
    report.doubts.extend(asides.target.then_some(Doubt::Hypothetical));
    report
}

/// A text in work.
pub(super) struct Work<'a> {
    pub(super) pieces: &'a [Piece],
    pub(super) figures: &'a [Figure],
    pub(super) context: &'a Context<'a>,
    /// Which figures are still unexplained.
    open: Vec<bool>,
    pub(super) report: Report,
}

impl<'a> Work<'a> {
    pub(super) fn figure(&self, index: usize) -> Option<&'a Figure> {
        self.figures.get(index)
    }

    pub(super) fn is_open(&self, index: usize) -> bool {
        self.open.get(index).copied().unwrap_or(false)
    }

    pub(super) fn close(&mut self, index: usize) {
        if let Some(open) = self.open.get_mut(index) {
            *open = false;
        }
    }

    pub(super) fn open_indices(&self) -> Vec<usize> {
        (0..self.figures.len()).filter(|index| self.is_open(*index)).collect()
    }

    pub(super) fn record(&mut self, index: usize, outcome: Result<Finding, Refusal>) {
        let at = self.figure(index).map_or(0, |figure| figure.at.start);
        match outcome {
            Ok(finding) => self.report.findings.push((at, finding)),
            Err(refusal) => self.report.refusals.push(refusal),
        }
    }

    pub(super) fn holds(&self, vital: Vital) -> bool {
        self.report.findings.iter().any(|(_, finding)| finding.holds(vital))
    }

    pub(super) fn asked(&self) -> Option<Label> {
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
    pub(super) fn is_about_pressure(&self) -> bool {
        let labels = [Label::Pressure, Label::One(Vital::Systolic), Label::One(Vital::Diastolic)];
        self.context.asked == Some(Asked::BloodPressure)
            || labels.into_iter().any(|label| self.is_named(label))
    }

    /// How many words that are not everyday ones stand between two pieces.
    pub(super) fn strange_between(&self, from: usize, to: usize) -> usize {
        self.pieces
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .filter_map(Piece::word)
            .filter(|word| !is_plain(word))
            .count()
    }

    pub(super) fn all_plain(&self) -> bool {
        self.strange_between(0, self.pieces.len()) == 0
    }

    /// `12st 4 (78kg)`, `36.8C 98.2F`: one value in two units is one reading.
    fn drop_conversions(&mut self) {
        let unit_at =
            |at: usize| self.figures.iter().find(|figure| figure.at.start == at).map(|figure| figure.unit);
        let value = |finding: &Finding| match finding.likely.as_slice() {
            [only] => only.amount().value().map(|value| (only.vital(), value)),
            _ => None,
        };
        let mut kept: Vec<(usize, Finding)> = Vec::new();
        for (at, finding) in &self.report.findings {
            let repeats = kept.iter().any(|(before, first)| {
                let Some(((vital, a), (other, b))) = value(first).zip(value(finding)) else { return false };
                vital == other && unit_at(*before) != unit_at(*at) && (a - b).abs() <= a.abs() * SAME_VALUE
            });
            if !repeats {
                kept.push((*at, finding.clone()));
            }
        }
        self.report.findings = kept;
    }

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
        if let Label::One(vital) = claim.label
            && let Some((shape, doubt)) = self.with_next(vital, first)
        {
            self.take_together(vital, &[first, first + 1], shape, doubt);
            return;
        }
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

    fn take_joined(&mut self) {
        for index in self.open_indices() {
            let Some(figure) = self.figure(index).filter(|figure| figure.is_joined()) else { continue };
            let numbers = figure.numbers();
            let (others, about_pressure) = (self.figures.len() > 1, self.is_about_pressure());
            self.close(index);
            if let Some(shape) = self.stones_in(&numbers) {
                let stones = Figure { shape, ..figure.clone() };
                let outcome = single::read(Vital::Weight, &stones, self.context);
                self.record(index, outcome.map(|finding| finding.doubting(Doubt::UnitGuessed)));
            } else if self.context.asked == Some(Asked::Scale1To5) && is_of_five(&numbers) {
                self.report.loose.extend(numbers.first().map(|number| (*number).clone()));
            } else if looks_like_a_day(&numbers) && (others || !about_pressure) {
                self.report.doubts.push(Doubt::OtherDay);
                self.report.refusals.extend((!others).then_some(Refusal::NoMeaning));
            } else if self.context.asked == Some(Asked::PeakFlow) && pressure::read(&numbers, None).is_err() {
                self.take_each(Vital::PeakFlow, figure);
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

    /// `350/380` after the question for a peak flow: two blows.
    fn take_each(&mut self, vital: Vital, figure: &Figure) {
        for number in figure.numbers() {
            let one = Figure { shape: Shape::One(number.clone()), ..figure.clone() };
            match single::read(vital, &one, self.context) {
                Ok(finding) => self.report.findings.push((figure.at.start, finding.doubting(Doubt::Several))),
                Err(refusal) => self.report.refusals.push(refusal),
            }
        }
    }

    /// `12/4` after the question for a weight.
    fn stones_in(&self, numbers: &[&Number]) -> Option<Shape> {
        match numbers {
            [stones, pounds] if self.context.asked == Some(Asked::Weight) && are_stones(stones, pounds) => {
                Some(Shape::Stones { stones: (*stones).clone(), pounds: Some((*pounds).clone()) })
            }
            _ => None,
        }
    }

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
            Unit::Percent if asked.is_none() || asked == Some(Vital::Spo2) => Vital::Spo2,
            Unit::Percent => return None,
            Unit::PerMinute => {
                return asked.filter(|vital| matches!(vital, Vital::Pulse | Vital::RespiratoryRate));
            }
            Unit::MmHg | Unit::Kilopascal | Unit::One | Unit::Day | Unit::Minute => return None,
        })
    }
}

/// The numbers of a figure that is a blood pressure: `141.80` and `141,80` fall apart into two.
pub(super) fn pressure_numbers(figure: &Figure) -> Vec<Number> {
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
