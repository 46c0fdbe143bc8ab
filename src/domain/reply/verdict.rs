//! The verdict on a whole text: which of everything found in it decides what happens.

use std::sync::LazyLock;

use super::circumstance::{self, Obstacle};
use super::finding::{Doubt, Finding};
use super::lexer::{Lexeme, Token, lex};
use super::lexicon::{self, Piece};
use super::measure::{Report, measure};
use super::spoken::Spoken;
use super::{Answer, Asked, Context, Outcome, Understanding, Urgency};
use super::{answer, aside, clean, command, courtesy, danger, meter, plain, spelled, urgency};
use crate::domain::reading::{Amount, Measurement};
use crate::domain::vital::Vital;

/// A stated limit this dangerous (steps of [`danger`]) is urgent.
const URGENT_BOUND: f64 = 2.0;
/// The readings of the example that nearly every text is held against.
static USUAL: LazyLock<Vec<Measurement>> =
    LazyLock::new(|| judge(Asked::BloodPressure.example(), &Context::default()).readings);
/// Below this (mmol/L) a stated limit means a hypo.
const HYPO: f64 = 4.0;

pub(super) fn judge(text: &str, context: &Context<'_>) -> Understanding {
    let plain = clean::clean(text);
    if courtesy::is_tapback(&plain) {
        return ignored("A phone's reaction to one of our texts.");
    }
    if context.example.is_some_and(|example| courtesy::is_echo(&plain, &clean::clean(example))) {
        return ignored("Our own example came back.");
    }
    let lexemes = lex(&plain);
    let spoken = Spoken::of(&lexemes);
    if let Some(command) = command::alone(&spoken, context) {
        let why = "The whole text is a command.".to_owned();
        return Understanding { command: Some(command), ..bare(Outcome::Command, why) };
    }
    let found = Found::of(lexemes, &spoken, context);
    let leaving = command::wants_to_leave(&spoken).then_some(super::Command::Stop);
    let decided = found.decide(&plain, &spoken, context, leaving.is_some());
    Understanding { command: leaving, ..decided }
}

fn bare(outcome: Outcome, why: String) -> Understanding {
    Understanding {
        outcome,
        urgency: None,
        command: None,
        readings: Vec::new(),
        worst_plausible: Vec::new(),
        answers: Vec::new(),
        why,
    }
}

fn ignored(why: &str) -> Understanding {
    bare(Outcome::Ignored, why.to_owned())
}

/// All that the text gives, before it is weighed.
struct Found {
    report: Report,
    off_scale: Option<Measurement>,
    answers: Vec<Answer>,
    /// Only told changes of weight: "up 2kg".
    change: bool,
    doubtful_answer: bool,
    device_error: bool,
}

impl Found {
    fn of(lexemes: Vec<Lexeme>, spoken: &Spoken, context: &Context<'_>) -> Self {
        let starred = is_starred(&lexemes);
        let typed_in_letters = context.asked.and_then(|_| spelled::lookalike(&lexemes));
        let spelled = typed_in_letters.or_else(|| spelled::spelled_out(&lexemes));
        let in_words = spelled.is_some();
        let mut pieces = lexicon::read(&spelled.unwrap_or(lexemes));
        lexicon::soften(&mut pieces, context.asked == Some(Asked::BloodPressure));
        let off_scale = meter::off_scale(spoken, &pieces, context);
        let asides = aside::set_aside(&mut pieces, context.asked);
        let mut report = measure(&pieces, asides, context);
        if in_words {
            report.findings.iter_mut().for_each(|(_, finding)| finding.mark_spelled_out());
        }
        keep_the_present(&mut report, &pieces, spoken);
        // To put a number right is what a read-back asks for.
        let expected = |doubt: &Doubt| context.awaits_confirmation && *doubt == Doubt::Correction;
        report
            .doubts
            .extend(circumstance::doubts(spoken, starred).into_iter().filter(|doubt| !expected(doubt)));
        let all_plain = pieces.iter().filter_map(Piece::word).all(plain::is_plain);
        let asked = context.asked;
        let answered = answer::answer(context, spoken, &report.loose, all_plain);
        // A YES or NO is none the less so for a number beside it: "no, I had one".
        let doubtful_answer =
            asked != Some(Asked::YesNo) && report.loose.iter().any(|number| number.doubtful);
        Self {
            change: (asides.change || circumstance::is_change(spoken)) && report.findings.is_empty(),
            device_error: meter::is_error(spoken),
            answers: answered.into_iter().collect(),
            doubtful_answer,
            off_scale,
            report,
        }
    }

    fn decide(self, plain: &str, spoken: &Spoken, context: &Context<'_>, leaving: bool) -> Understanding {
        let expected = |obstacle: &Obstacle| context.awaits_confirmation && *obstacle == Obstacle::Correction;
        let obstacle = self
            .has_numbers()
            .then(|| circumstance::obstacle(spoken))
            .flatten()
            .filter(|found| !expected(found));
        let doubt = self.doubt(context);
        let readings = match obstacle {
            Some(_) => Vec::new(),
            None => self.readings(),
        };
        let worst = if doubt.is_some() && obstacle.is_none() { self.worst() } else { Vec::new() };
        let with = |outcome: Outcome, urgency: Option<Urgency>, why: String| Understanding {
            urgency,
            readings: readings.clone(),
            worst_plausible: worst.clone(),
            answers: self.answers.clone(),
            ..bare(outcome, why)
        };
        if let Some((urgency, why)) = self.urgency(spoken, obstacle, leaving) {
            return with(Outcome::Urgent, Some(urgency), why.to_owned());
        }
        match (readings.is_empty(), doubt) {
            (false, Some(doubt)) => with(Outcome::Confirm, None, doubt.sentence()),
            (false, None) => with(Outcome::Accepted, None, accepted(&readings)),
            (true, _) if !self.answers.is_empty() && self.doubtful_answer => {
                with(Outcome::Confirm, None, Doubt::Misprint.sentence())
            }
            (true, _) if !self.answers.is_empty() => {
                with(Outcome::Answer, None, "The pending question is answered.".to_owned())
            }
            (true, _) if courtesy::is_polite(spoken, plain) && context.asked != Some(Asked::YesNo) => {
                ignored("Thanks, a greeting or a picture.")
            }
            (true, _) => bare(Outcome::Unclear, self.refusal()),
        }
    }

    fn has_numbers(&self) -> bool {
        !self.report.findings.is_empty() || !self.report.refusals.is_empty() || !self.report.loose.is_empty()
    }

    fn urgency(
        &self,
        spoken: &Spoken,
        obstacle: Option<Obstacle>,
        leaving: bool,
    ) -> Option<(Urgency, &'static str)> {
        if urgency::is_emergency(spoken) {
            return Some((Urgency::Emergency, "There are words of an emergency in the text."));
        }
        if self.off_scale.is_some() {
            return Some((Urgency::BeyondScale, "The meter showed that the value lies beyond its scale."));
        }
        if self.report.findings.iter().any(|(_, finding)| is_dangerous_bound(finding)) {
            return Some((Urgency::BeyondScale, "A dangerous limit is given instead of a value."));
        }
        if leaving {
            return Some((Urgency::NeedsPerson, "The patient wishes to leave the service."));
        }
        if let Some(obstacle) = obstacle {
            return Some((Urgency::NeedsPerson, obstacle.sentence()));
        }
        self.change.then_some((Urgency::NeedsPerson, "A change is told and not a value; somebody must ask."))
    }

    fn readings(&self) -> Vec<Measurement> {
        let findings = self.report.findings.iter().flat_map(|(_, finding)| finding.likely.iter().copied());
        findings.chain(self.off_scale).collect()
    }

    /// The worst meaning of each finding; of several readings of the same vital, the most dangerous one.
    fn worst(&self) -> Vec<Measurement> {
        let mut kept: Vec<&Finding> = Vec::new();
        for (_, finding) in &self.report.findings {
            match kept.iter_mut().find(|kept| kept.is_of_same_vitals(finding)) {
                Some(kept) if danger::danger(finding.worst()) > danger::danger(kept.worst()) => {
                    *kept = finding
                }
                Some(_) => {}
                None => kept.push(finding),
            }
        }
        kept.into_iter().flat_map(|finding| finding.worst().iter().copied()).collect()
    }

    /// The first reason not to believe the readings at once.
    fn doubt(&self, context: &Context<'_>) -> Option<Doubt> {
        let findings = || self.report.findings.iter().map(|(_, finding)| finding);
        let repeated = findings()
            .enumerate()
            .any(|(at, finding)| findings().skip(at + 1).any(|other| other.is_of_same_vitals(finding)));
        let own = findings().find_map(|finding| finding.doubt);
        let impossible = (!self.report.refusals.is_empty()).then_some(Doubt::AlsoImpossible);
        let example = || context.example.is_some_and(|example| self.is_of_example(example, context));
        repeated
            .then_some(Doubt::Several)
            .or_else(|| self.report.doubts.first().copied())
            .or(own)
            .or(impossible)
            .or_else(|| example().then_some(Doubt::Example))
    }

    /// Whether the readings are those of our own example, in other words.
    fn is_of_example(&self, example: &str, context: &Context<'_>) -> bool {
        let own = self.readings();
        if own.is_empty() {
            return false;
        }
        match context.asked {
            None if example == Asked::BloodPressure.example() => own == *USUAL,
            asked => own == judge(example, &Context { asked, ..Context::default() }).readings,
        }
    }

    fn refusal(&self) -> String {
        match self.report.refusals.first() {
            Some(refusal) => refusal.sentence(),
            None if self.device_error => "The device showed an error instead of a value.".to_owned(),
            None => "There is nothing to measure in the text.".to_owned(),
        }
    }
}

/// `*131/80`, `131/80*`: how people put right what they sent before.
fn is_starred(lexemes: &[Lexeme]) -> bool {
    let star = |lexeme: Option<&Lexeme>| lexeme.is_some_and(|lexeme| lexeme.token == Token::Mark('*'));
    star(lexemes.first()) || star(lexemes.last())
}

fn is_dangerous_bound(finding: &Finding) -> bool {
    finding.likely.iter().any(|measurement| match (measurement.vital(), measurement.amount()) {
        (Vital::Glucose, Amount::Below(value)) => value <= HYPO,
        (_, Amount::Below(_) | Amount::Above(_)) => {
            danger::danger(std::slice::from_ref(measurement)) >= URGENT_BOUND
        }
        _ => false,
    })
}

/// "was 180/110 last week, now 130/80": of two readings the one that "now" stands beside.
fn keep_the_present(report: &mut Report, pieces: &[Piece], spoken: &Spoken) {
    if report.findings.len() < 2 || !circumstance::is_long_ago(spoken) {
        return;
    }
    let nows = || {
        pieces
            .iter()
            .enumerate()
            .filter(|(_, piece)| piece.word().is_some_and(circumstance::is_now))
            .map(|(at, _)| at)
    };
    let distance = |at: usize| nows().map(|now| at.abs_diff(now)).min().unwrap_or(usize::MAX);
    let first = report.findings.iter().map(|(_, finding)| finding.clone()).next();
    let same = first
        .is_some_and(|first| report.findings.iter().all(|(_, finding)| finding.is_of_same_vitals(&first)));
    let nearest = report.findings.iter().map(|(at, _)| *at).min_by_key(|at| distance(*at));
    if let (true, true, Some(nearest)) = (same, nows().next().is_some(), nearest) {
        report.findings.retain(|(at, _)| *at == nearest);
    }
}

fn accepted(readings: &[Measurement]) -> String {
    let mut titles: Vec<&str> = Vec::new();
    for measurement in readings {
        let title = match measurement.vital() {
            Vital::Systolic | Vital::Diastolic => "blood pressure",
            vital => vital.title(),
        };
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    format!("Understood beyond doubt: {}.", titles.join(", "))
}
