//! Alert rules and their evaluation: a figure drawn from a patient's chart, and bands of severity over it.

mod band;
mod breach;
mod draw;
mod figure;
mod reach;

use std::collections::BTreeMap;

use super::chart::Chart;
use super::id::RuleId;
use super::reading::{Amount, Measurement};
use super::threshold::Thresholds;
use super::unit::Unit;
use super::vital::Vital;

pub use band::{Band, Check, Comparison, Limit, ScoreOf, Side, Subject, Test};
pub use breach::{Because, Breach, Finding, Found, LimitKept, Manner, RuleFault};
pub use figure::{
    Against, Answer, Average, Change, Consecutive, Direction, Distance, Figure, News2, Setting, Silence,
};
pub use reach::LookBack;

use draw::Drawn;

/// A rule as its file states it. The catalog has checked that every band's parameters exist.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub id: RuleId,
    /// Content hash of the file: the version that alerts name.
    pub version: String,
    pub title: String,
    /// The folder it stands in.
    pub condition: String,
    pub evidence: String,
    pub applies: Applies,
    pub figure: Figure,
    pub parameters: BTreeMap<String, Parameter>,
    /// Worst first.
    pub bands: Vec<Band>,
    pub clear: Option<Clear>,
}

/// For whom a rule is in force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Applies {
    #[default]
    Everyone,
    /// Only for those on a protocol that names it.
    Enrolled,
}

/// When what a rule watches has recovered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clear {
    /// Readings in a row that are fine.
    pub readings: usize,
    /// So far inside the least limit, in its unit.
    pub margin: f64,
}

/// A number that a patient's threshold may replace, within bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Without one the bands that need it stay silent until the patient has a threshold (a personal best).
    pub default: Option<f64>,
    pub min: f64,
    pub max: f64,
    pub unit: Unit,
}

impl Limit {
    /// Whether a measurement is beyond the limit. "Less than 3.0" is below 3.0, though the number it states is not.
    pub fn is_breached_by(&self, measured: Measurement, limit: f64) -> bool {
        let stated = measured.judged_value();
        match (self.comparison, measured.amount()) {
            (Comparison::Below, Amount::Below(_)) => stated <= limit,
            (Comparison::Above, Amount::Above(_)) => stated >= limit,
            (comparison, _) => comparison.holds(stated, limit),
        }
    }
}

/// Rounded to the millionth: what is drawn is shown to people, and the noise of arithmetic is no change.
fn tidy(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

impl Rule {
    /// The worst band that this chart reaches, if any, under this patient's thresholds.
    pub fn judge(
        &self,
        chart: &Chart<'_>,
        thresholds: &Thresholds,
    ) -> Result<Option<Finding<'_>>, RuleFault> {
        let drawn = self.draw(chart, thresholds)?;
        for band in &self.bands {
            let mut breaches = Vec::new();
            for test in &band.any {
                match &self.figure {
                    Figure::Band => breaches.extend(self.measured_breaches(test, chart, thresholds)?),
                    _ => breaches.extend(self.drawn_breaches(test, &drawn, thresholds)?),
                }
            }
            if !breaches.is_empty() {
                return Ok(Some(Finding { rule: self, band, breaches }));
            }
        }
        Ok(None)
    }

    fn measured_breaches(
        &self,
        test: &Test,
        chart: &Chart<'_>,
        thresholds: &Thresholds,
    ) -> Result<Vec<Breach>, RuleFault> {
        let (Some(vital), Some(compared)) = (test.vital(), test.limit()) else { return Ok(Vec::new()) };
        let Some((limit, own_limit)) = self.limit(compared, thresholds)? else { return Ok(Vec::new()) };
        Ok(chart
            .new_of(vital)
            .filter(|measured| compared.is_breached_by(*measured, limit))
            .map(|measured| Breach {
                found: Found::Measured(measured),
                limit: Some(compared.kept(limit, own_limit)),
                because: Vec::new(),
            })
            .collect())
    }

    fn drawn_breaches(
        &self,
        test: &Test,
        drawn: &[Drawn],
        thresholds: &Thresholds,
    ) -> Result<Vec<Breach>, RuleFault> {
        let mut of_test = drawn.iter().filter(|drawn| test.subject.is_of(&drawn.found)).peekable();
        if of_test.peek().is_none() {
            return Ok(Vec::new());
        }
        let compared = match &test.check {
            Check::Is(words) => {
                return Ok(of_test
                    .filter(|drawn| drawn.words.iter().all(|said| !said.is_disjoint(words)))
                    .map(|drawn| Breach {
                        found: drawn.found.clone(),
                        limit: None,
                        because: drawn.because.clone(),
                    })
                    .collect());
            }
            Check::Limit(compared) => compared,
        };
        let Some((limit, own_limit)) = self.limit(compared, thresholds)? else { return Ok(Vec::new()) };
        let side = compared.comparison.side();
        Ok(of_test
            .filter(|drawn| compared.comparison.holds(drawn.value(side), limit))
            .map(|drawn| Breach {
                found: drawn.found(side),
                limit: Some(compared.kept(limit, own_limit)),
                because: drawn.because.clone(),
            })
            .collect())
    }

    pub fn tests(&self) -> impl Iterator<Item = &Test> {
        self.bands.iter().flat_map(|band| &band.any)
    }

    /// The vitals that it looks at.
    pub fn vitals(&self) -> impl Iterator<Item = Vital> + '_ {
        let scored: &[Vital] = if matches!(self.figure, Figure::News2(_)) { &News2::VITALS } else { &[] };
        self.tests().filter_map(Test::vital).chain(scored.iter().copied())
    }

    /// The questions that it listens to.
    pub fn questions(&self) -> Vec<&str> {
        match &self.figure {
            Figure::Answer(answer) => answer.questions.iter().map(String::as_str).collect(),
            Figure::News2(_) => News2::QUESTIONS.to_vec(),
            _ => Vec::new(),
        }
    }

    /// Whether anything in the chart is new to it.
    pub fn is_touched_by(&self, chart: &Chart<'_>) -> bool {
        match &self.figure {
            Figure::Answer(_) => self.hears(chart),
            Figure::News2(_) => self.hears(chart) || self.vitals().any(|vital| chart.measures(vital)),
            Figure::Silence(_) => !chart.silence.is_empty(),
            Figure::Unreadable => chart.unreadable_in_a_row > 0,
            Figure::Unconfirmed => chart.waiting_minutes.is_some(),
            _ => self.vitals().any(|vital| chart.measures(vital)),
        }
    }

    /// Whether this is a rule on silence, and something has come at last. One that names what it misses waits for that.
    pub fn is_silence_broken_by(&self, chart: &Chart<'_>) -> bool {
        let Figure::Silence(silence) = &self.figure else { return false };
        let mut came = (chart.answered.iter().map(|answer| answer.question.as_str()))
            .chain(chart.measurements.iter().map(|measurement| measurement.vital().name()));
        came.any(|name| silence.of.is_empty() || silence.of.iter().any(|missed| missed == name))
    }

    fn hears(&self, chart: &Chart<'_>) -> bool {
        !chart.answered.is_empty()
            && self.questions().iter().any(|q| chart.answered.iter().any(|answer| answer.question == *q))
    }

    /// Whether some value of a vital is beyond a limit of this rule. Without, a reading of it must not be called fine: a
    /// mean, a repetition or a change has no limit that a single reading keeps.
    pub fn watches(&self, vital: Vital, thresholds: &Thresholds) -> bool {
        let baseline = match &self.figure {
            Figure::Band => true,
            Figure::Distance(distance) => matches!(self.parameter(&distance.from, thresholds), Ok(Some(_))),
            _ => false,
        };
        let mut limits = self.tests().filter(|test| test.vital() == Some(vital)).filter_map(Test::limit);
        baseline && limits.any(|limit| matches!(self.limit(limit, thresholds), Ok(Some(_))))
    }

    /// The number that a test compares with, and whether it is the patient's own. Nothing when the parameter has no
    /// default and the patient no threshold.
    pub fn limit(&self, limit: &Limit, thresholds: &Thresholds) -> Result<Option<(f64, bool)>, RuleFault> {
        let parameter = self.parameter(&limit.parameter, thresholds)?;
        // Rounded to the millionth: a share of a limit is shown to people, and the noise of arithmetic is no limit.
        Ok(parameter.map(|(value, own)| ((value * limit.percent * 10_000.0).round() / 1e6, own)))
    }

    /// A parameter's value for this patient, and whether it is the patient's own.
    pub fn parameter(&self, name: &str, thresholds: &Thresholds) -> Result<Option<(f64, bool)>, RuleFault> {
        let parameter = self.parameters.get(name).ok_or_else(|| RuleFault {
            rule: self.id.clone(),
            why: format!("it names no parameter '{name}'"),
        })?;
        let own = thresholds.get(&self.id, name);
        let Some(value) = own.map(|t| t.value).or(parameter.default) else { return Ok(None) };
        if !value.is_finite() || value < parameter.min || value > parameter.max {
            return Err(RuleFault {
                rule: self.id.clone(),
                why: format!("the limit {name} is {value}, outside {} to {}", parameter.min, parameter.max),
            });
        }
        Ok(Some((value, own.is_some())))
    }

    fn setting(&self, setting: &Setting, thresholds: &Thresholds) -> Result<Option<f64>, RuleFault> {
        match setting {
            Setting::Fixed(value) => Ok(Some(*value)),
            Setting::Parameter(name) => Ok(self.parameter(name, thresholds)?.map(|(value, _)| value)),
        }
    }

    /// Whether something in this chart stands exactly on the limit of `test`, where a wrong comparison shows; of an
    /// answer test, whether its question is answered.
    pub fn stands_on(&self, test: &Test, chart: &Chart<'_>, thresholds: &Thresholds) -> bool {
        let limit = match &test.check {
            Check::Limit(compared) => self.limit(compared, thresholds).ok().flatten().map(|(limit, _)| limit),
            Check::Is(_) => None,
        };
        if let (Figure::Band, Some(vital), Some(limit)) = (&self.figure, test.vital(), limit) {
            return chart.new_of(vital).any(|measured| measured.amount() == Amount::Exactly(limit));
        }
        let drawn = self.draw(chart, thresholds).unwrap_or_default();
        drawn.iter().filter(|drawn| test.subject.is_of(&drawn.found)).any(|drawn| {
            match (&test.check, limit) {
                #[expect(clippy::float_cmp, reason = "both are rounded to the millionth")]
                (Check::Limit(compared), Some(limit)) => drawn.value(compared.comparison.side()) == limit,
                (Check::Limit(_), None) => false,
                (Check::Is(_), _) => true,
            }
        })
    }

    /// Whether what the rule watches has recovered: nothing within the margin of its least limit, as often in a row as
    /// the file asks. Without a `[clear]` nobody says so but a human.
    pub fn has_cleared(&self, chart: &Chart<'_>, thresholds: &Thresholds) -> Result<bool, RuleFault> {
        let (Some(clear), Some(band)) = (self.clear, self.bands.last()) else { return Ok(false) };
        if !matches!(self.figure, Figure::Band) {
            let drawn = self.draw(chart, thresholds)?;
            for test in &band.any {
                let of_test = || drawn.iter().filter(|drawn| test.subject.is_of(&drawn.found));
                let near = match &test.check {
                    Check::Is(words) => {
                        of_test().any(|d| d.words.iter().any(|said| !said.is_disjoint(words)))
                    }
                    Check::Limit(compared) => match self.limit(compared, thresholds)? {
                        Some((limit, _)) => {
                            let side = compared.comparison.side();
                            of_test().any(|d| compared.is_near(d.value(side), limit, clear.margin))
                        }
                        None => false,
                    },
                };
                if near {
                    return Ok(false);
                }
            }
            return Ok(!drawn.is_empty());
        }
        let since = chart.ago(reach::CLEAR_MEMORY);
        let mut seen = false;
        for test in &band.any {
            let (Some(vital), Some(compared)) = (test.vital(), test.limit()) else { continue };
            let Some((limit, _)) = self.limit(compared, thresholds)? else { continue };
            let new = chart.new_of(vital).map(Measurement::judged_value);
            // Only as many of the past as the new ones leave wanting.
            let past = chart.past(vital, since).map(|past| past.measurement.judged_value());
            let values: Vec<f64> = new.chain(past).take(clear.readings).collect();
            if values.iter().any(|value| compared.is_near(*value, limit, clear.margin)) {
                return Ok(false);
            }
            seen |= chart.measures(vital) && values.len() == clear.readings;
        }
        Ok(seen)
    }
}

impl Limit {
    fn kept(&self, limit: f64, own_limit: bool) -> LimitKept {
        LimitKept { comparison: self.comparison, limit, parameter: self.parameter.clone(), own_limit }
    }

    /// Whether a value is beyond the limit, or has not come back from it by the margin.
    fn is_near(&self, value: f64, limit: f64, margin: f64) -> bool {
        let inner = match self.comparison.side() {
            Side::TooHigh => limit - margin,
            Side::TooLow => limit + margin,
        };
        self.comparison.holds(value, inner)
    }
}

impl Subject {
    /// Whether what was found is what this test looks at.
    fn is_of(&self, found: &Found) -> bool {
        match (self, found) {
            (Self::Vital(vital), Found::Drawn { vital: drawn, .. }) => vital == drawn,
            (Self::Vital(vital), Found::Measured(measured)) => *vital == measured.vital(),
            (Self::Score(of), Found::Scored { of: scored, .. }) => of == scored,
            (Self::Missed(causes), Found::Missed { cause, .. }) => causes.contains(cause),
            (Self::Answer, Found::Answered { .. })
            | (Self::Texts, Found::Texts { .. })
            | (Self::Waiting, Found::Waiting { .. }) => true,
            _ => false,
        }
    }
}
