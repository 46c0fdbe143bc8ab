//! Draws a rule's figure from a chart: the numbers and answers that its bands then compare.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::domain::chart::Chart;
use crate::domain::news2::{Consciousness, Scale, Signs, oxygen_from_answer};
use crate::domain::reading::Amount;
use crate::domain::threshold::Thresholds;
use crate::domain::vital::Vital;

use super::band::{ScoreOf, Side};
use super::breach::{Because, Found, Manner, RuleFault};
use super::figure::{Against, Answer, Average, Change, Consecutive, Distance, Figure, News2};
use super::{Rule, tidy};

/// Something that bands compare. Where several readings make it, the number depends on the side that is bad.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawn {
    pub low: f64,
    pub high: f64,
    pub found: Found,
    pub because: Vec<Because>,
    /// One set a time that was answered: an answer test must find a word of its own in each.
    pub words: Vec<BTreeSet<String>>,
}

impl Drawn {
    fn number(value: f64, found: Found) -> Self {
        Self { low: value, high: value, found, because: Vec::new(), words: Vec::new() }
    }

    pub(super) fn value(&self, side: Side) -> f64 {
        match side {
            Side::TooHigh => self.high,
            Side::TooLow => self.low,
        }
    }

    /// What was found, with the number that the side gives.
    pub(super) fn found(&self, side: Side) -> Found {
        let mut found = self.found.clone();
        if let Found::Drawn { value, .. } = &mut found {
            *value = self.value(side);
        }
        found
    }
}

impl Rule {
    /// Every number or answer that the figure draws; none where the past does not reach.
    pub(super) fn draw(&self, chart: &Chart<'_>, limits: &Thresholds) -> Result<Vec<Drawn>, RuleFault> {
        match &self.figure {
            // Compared as they are, without a detour: see `Rule::measured_breaches`.
            Figure::Band => Ok(Vec::new()),
            Figure::Consecutive(figure) => {
                let Some(days) = self.setting(&figure.within_days, limits)? else { return Ok(Vec::new()) };
                let since = chart.ago(SignedDuration::from_secs_f64(days * 86_400.0));
                Ok(self
                    .new_vitals(chart)
                    .filter_map(|vital| consecutive(figure, vital, since, chart))
                    .collect())
            }
            Figure::Average(figure) => {
                let Some(days) = self.setting(&figure.days, limits)? else { return Ok(Vec::new()) };
                Ok(self.new_vitals(chart).filter_map(|vital| average(figure, vital, days, chart)).collect())
            }
            Figure::Change(figure) => {
                let Some(days) = self.setting(&figure.days, limits)? else { return Ok(Vec::new()) };
                #[expect(clippy::cast_possible_truncation, reason = "days are few")]
                let since = chart.calendar().start_of_day_before(chart.at, days as i64);
                Ok(self.new_vitals(chart).filter_map(|vital| change(figure, vital, since, chart)).collect())
            }
            Figure::Distance(figure) => {
                let Some((baseline, _)) = self.parameter(&figure.from, limits)? else {
                    return Ok(Vec::new());
                };
                Ok(self
                    .new_vitals(chart)
                    .filter_map(|vital| distance(figure, vital, baseline, chart))
                    .collect())
            }
            Figure::News2(figure) => self.score(figure, chart, limits),
            Figure::Answer(figure) => {
                let Some(days) = self.setting(&figure.within_days, limits)? else { return Ok(Vec::new()) };
                let since = chart.ago(SignedDuration::from_secs_f64(days * 86_400.0));
                Ok(figure.questions.iter().filter_map(|q| answers(figure, q, since, chart)).collect())
            }
            Figure::Silence(figure) => Ok(chart
                .silence
                .iter()
                .filter(|silence| figure.of.is_empty() || figure.of.contains(&silence.of))
                .map(|silence| {
                    let (of, missed, cause) = (silence.of.clone(), silence.missed, silence.cause);
                    Drawn::number(f64::from(missed), Found::Missed { of, missed, cause })
                })
                .collect()),
            Figure::Unreadable => {
                let unreadable_in_a_row = chart.unreadable_in_a_row;
                let found = Found::Texts { unreadable_in_a_row };
                Ok(vec![Drawn::number(f64::from(unreadable_in_a_row), found)])
            }
            Figure::Unconfirmed => Ok(chart
                .waiting_minutes
                .map(|minutes| Drawn::number(minutes, Found::Waiting { minutes }))
                .into_iter()
                .collect()),
        }
    }

    /// The vitals of the rule that are measured anew, each once.
    fn new_vitals<'a>(&'a self, chart: &'a Chart<'_>) -> impl Iterator<Item = Vital> + 'a {
        let vitals: BTreeSet<Vital> = self.vitals().filter(|vital| chart.measures(*vital)).collect();
        vitals.into_iter()
    }

    /// NEWS2 of what was seen within the spell. Not under 16 and not in pregnancy: the score is not made for them.
    fn score(&self, figure: &News2, chart: &Chart<'_>, limits: &Thresholds) -> Result<Vec<Drawn>, RuleFault> {
        if chart.person.pregnant || chart.person.age_years.is_some_and(|age| age < 16) {
            return Ok(Vec::new());
        }
        let (Some(scale), Some(minutes)) =
            (self.setting(&figure.scale, limits)?, self.setting(&figure.within_minutes, limits)?)
        else {
            return Ok(Vec::new());
        };
        let scale = if scale >= 2.0 { Scale::Two } else { Scale::One };
        let since = chart.ago(SignedDuration::from_secs_f64(minutes * 60.0));
        let mut because = Vec::new();
        let mut seen = |vital: Vital| latest(vital, since, chart, &mut because);
        let mut signs = Signs {
            respiratory_rate: seen(Vital::RespiratoryRate),
            spo2: seen(Vital::Spo2),
            systolic: seen(Vital::Systolic),
            pulse: seen(Vital::Pulse),
            temperature: seen(Vital::Temperature),
            ..Signs::default()
        };
        let mut told = |question: &'static str| {
            let new = chart.answered.iter().rev().find(|answer| answer.question == question);
            let answer = match new {
                Some(new) => new,
                None => chart.history.answers(question, since, chart.at).next()?,
            };
            because.push(Because { set_id: None, vital: None, taken_at: answer.at });
            Some(answer)
        };
        let consciousness = told(News2::QUESTIONS[0]);
        signs.consciousness = consciousness.and_then(|answer| Consciousness::from_answer(&answer.value));
        signs.on_oxygen = told(News2::QUESTIONS[1]).and_then(|answer| oxygen_from_answer(&answer.value));
        let Some(score) = signs.score(scale) else { return Ok(Vec::new()) };
        Ok([(ScoreOf::Total, score.total), (ScoreOf::Single, score.single())]
            .into_iter()
            .map(|(of, points)| {
                let value = f64::from(points);
                let found = Found::Scored { of, value, score: score.clone() };
                Drawn { because: because.clone(), ..Drawn::number(value, found) }
            })
            .collect())
    }
}

/// The newest value of a vital in the spell; of several in the new set the last.
fn latest(vital: Vital, since: Timestamp, chart: &Chart<'_>, because: &mut Vec<Because>) -> Option<f64> {
    if let Some(new) = chart.new_of(vital).last() {
        because.push(Because { set_id: Some(chart.set.clone()), vital: Some(vital), taken_at: chart.at });
        return Some(new.judged_value());
    }
    let past = chart.past(vital, since).next()?;
    because.push(Because { set_id: Some(past.set.clone()), vital: Some(vital), taken_at: past.taken_at });
    Some(past.measurement.judged_value())
}

/// One sitting: readings close together, by the worst of either side.
struct Sitting {
    at: Timestamp,
    low: f64,
    high: f64,
}

fn consecutive(figure: &Consecutive, vital: Vital, since: Timestamp, chart: &Chart<'_>) -> Option<Drawn> {
    let apart = SignedDuration::from_mins(i64::from(figure.apart_minutes));
    let mut because = Vec::new();
    let mut sittings: Vec<Sitting> = Vec::new();
    let new = chart.new_of(vital).map(|measured| (chart.at, chart.set, measured));
    let past = chart.past(vital, since).map(|past| (past.taken_at, &past.set, past.measurement));
    for (at, set, measured) in new.chain(past) {
        let value = measured.judged_value();
        let full = sittings.len() == figure.of;
        let together = |last: &&mut Sitting| {
            let gap = last.at.duration_since(at);
            gap < apart || gap.is_zero()
        };
        match sittings.last_mut().filter(together) {
            Some(last) => {
                last.low = last.low.min(value);
                last.high = last.high.max(value);
            }
            None if full => break,
            None => sittings.push(Sitting { at, low: value, high: value }),
        }
        because.push(Because { set_id: Some(set.clone()), vital: Some(vital), taken_at: at });
    }
    let mut lows: Vec<f64> = sittings.iter().map(|sitting| sitting.low).collect();
    let mut highs: Vec<f64> = sittings.iter().map(|sitting| sitting.high).collect();
    lows.sort_by(f64::total_cmp);
    highs.sort_by(|a, b| b.total_cmp(a));
    let worst = figure.at_least.checked_sub(1)?;
    let (low, high) = (*lows.get(worst)?, *highs.get(worst)?);
    let manner = Manner::Consecutive { at_least: figure.at_least, of: figure.of };
    Some(Drawn { low, high, found: drawn(vital, high, manner), because, words: Vec::new() })
}

fn average(figure: &Average, vital: Vital, days: f64, chart: &Chart<'_>) -> Option<Drawn> {
    let calendar = chart.calendar();
    #[expect(clippy::cast_possible_truncation, reason = "days are few")]
    let since = calendar.start_of_day_before(chart.at, days as i64 - 1);
    let new = chart.new_of(vital).map(|measured| (chart.at, chart.set, measured));
    let past = chart.past(vital, since).map(|past| (past.taken_at, &past.set, past.measurement));
    // A bound or a meter's HI is no number that a mean could take in.
    let readings: Vec<_> = new
        .chain(past)
        .filter_map(|(at, set, measured)| match measured.amount() {
            Amount::Exactly(value) => Some((calendar.day(at), at, set, value)),
            _ => None,
        })
        .collect();
    let dates: BTreeSet<_> = readings.iter().map(|(day, ..)| *day).collect();
    let first = *dates.first()?;
    let kept: Vec<_> = readings.iter().filter(|(day, ..)| !figure.drop_first_day || *day != first).collect();
    if kept.is_empty() || kept.len() < figure.at_least || dates.len() < figure.at_least_days {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "readings are few")]
    let mean = tidy(kept.iter().map(|(.., value)| value).sum::<f64>() / kept.len() as f64);
    let because = kept
        .iter()
        .map(|(_, at, set, _)| Because { set_id: Some((*set).clone()), vital: Some(vital), taken_at: *at })
        .collect();
    let found = drawn(vital, mean, Manner::Average { days, readings: kept.len() });
    Some(Drawn { because, ..Drawn::number(mean, found) })
}

fn change(figure: &Change, vital: Vital, since: Timestamp, chart: &Chart<'_>) -> Option<Drawn> {
    let exactly = |amount: Amount| match amount {
        Amount::Exactly(value) => Some(value),
        _ => None,
    };
    let past = chart.past(vital, since).filter_map(|past| Some((exactly(past.measurement.amount())?, past)));
    let (from, past) = match figure.against {
        Against::Last => past.take(1).next(),
        Against::Lowest => past.min_by(|(a, _), (b, _)| a.total_cmp(b)),
        Against::Highest => past.max_by(|(a, _), (b, _)| a.total_cmp(b)),
    }?;
    let new = chart.new_of(vital).filter_map(|measured| exactly(measured.amount()));
    let change = new.map(|value| tidy(figure.direction.of(from, value))).max_by(f64::total_cmp)?;
    let manner = Manner::Change { direction: figure.direction, from, since: past.taken_at };
    let because = vec![
        Because { set_id: Some(past.set.clone()), vital: Some(vital), taken_at: past.taken_at },
        Because { set_id: Some(chart.set.clone()), vital: Some(vital), taken_at: chart.at },
    ];
    Some(Drawn { because, ..Drawn::number(change, drawn(vital, change, manner)) })
}

fn distance(figure: &Distance, vital: Vital, baseline: f64, chart: &Chart<'_>) -> Option<Drawn> {
    let of = |value: f64| {
        let distance = figure.direction.of(baseline, value);
        tidy(if figure.per_cent { distance / baseline * 100.0 } else { distance })
    };
    let far = chart.new_of(vital).map(|measured| of(measured.judged_value())).max_by(f64::total_cmp)?;
    let manner = Manner::Distance { direction: figure.direction, baseline };
    let unit = if figure.per_cent { "%" } else { vital.unit().ucum() };
    Some(Drawn::number(far, Found::Drawn { vital, value: far, unit, manner }))
}

fn answers(figure: &Answer, question: &str, since: Timestamp, chart: &Chart<'_>) -> Option<Drawn> {
    let new = chart.answered.iter().filter(|answer| answer.question == question);
    // Only an answer that comes now says something new.
    let newest = new.clone().next()?;
    let mut times: Vec<(Timestamp, Vec<_>)> = vec![(newest.at, new.collect())];
    for past in chart.history.answers(question, since, chart.at).filter(|past| past.at < newest.at) {
        let full = times.len() == figure.in_a_row;
        match times.last_mut().filter(|(at, _)| *at == past.at) {
            Some((_, same)) => same.push(past),
            None if full => break,
            None => times.push((past.at, vec![past])),
        }
    }
    if times.len() < figure.in_a_row {
        return None;
    }
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for (_, answers) in &times {
        let numbers = || answers.iter().filter_map(|answer| answer.value.number());
        // Who did not answer with a number has answered neither too high nor too low.
        low = low.max(numbers().min_by(f64::total_cmp).unwrap_or(f64::INFINITY));
        high = high.min(numbers().max_by(f64::total_cmp).unwrap_or(f64::NEG_INFINITY));
    }
    let words: Vec<BTreeSet<String>> =
        times.iter().map(|(_, answers)| answers.iter().map(|answer| answer.value.word()).collect()).collect();
    let answer = words.first()?.iter().cloned().collect::<Vec<_>>().join(", ");
    let found = Found::Answered { question: question.to_owned(), answer, in_a_row: figure.in_a_row };
    let because = times
        .iter()
        .flat_map(|(_, answers)| answers)
        .map(|answer| Because { set_id: None, vital: None, taken_at: answer.at })
        .collect();
    Some(Drawn { low, high, found, because, words })
}

fn drawn(vital: Vital, value: f64, manner: Manner) -> Found {
    Found::Drawn { vital, value, unit: vital.unit().ucum(), manner }
}
