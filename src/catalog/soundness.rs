//! Whether a rule makes sense as a whole: units that measure, limits that can be reached, a worse band further out.

use crate::domain::rule::{Check, Comparison, Figure, Limit, Rule, Side, Subject, Test};
use crate::domain::unit::Unit;
use crate::domain::vital::Span;

use super::fault::Report;
use super::rule::Draft;

/// Adds what is wrong with a rule that was read without fault.
pub(super) fn check(draft: &Draft, report: &mut Report<'_>) {
    severities_are_unique(draft, report);
    every_parameter_is_used(draft, report);
    for (band, marks) in draft.rule.bands.iter().zip(&draft.marks) {
        for (n, (test, mark)) in band.any.iter().zip(&marks.tests).enumerate() {
            if let Some(why) = fault_of_test(&draft.rule, test) {
                report.add(mark.clone(), why);
            }
            if let Some(limit) = test.limit()
                && band.any[..n].iter().any(|before| same_side(before, test))
            {
                let side = limit.comparison.side().words();
                let why =
                    format!("this band already has a test for {} {side}; keep one", test.subject.name());
                report.add(mark.clone(), why);
            }
        }
    }
    worse_bands_lie_further_out(draft, report);
    what_is_ours_is_told_to_staff(draft, report);
    if let (Some(clear), Some(mark)) = (draft.rule.clear, &draft.clear)
        && draft.rule.tests().all(|test| test.limit().is_none())
        && clear.margin > 0.0
    {
        report.add(mark.clone(), "words have no margin; leave it out");
    }
}

/// A patient is never told off for what is our own doing.
fn what_is_ours_is_told_to_staff(draft: &Draft, report: &mut Report<'_>) {
    for (band, marks) in draft.rule.bands.iter().zip(&draft.marks) {
        let ours = |test: &Test| match &test.subject {
            Subject::Missed(causes) => causes.iter().any(|cause| cause.is_ours()),
            _ => false,
        };
        if band.any.iter().any(ours) && !band.reply.is_empty() {
            report.add(marks.reply.clone(), "this is our own doing, not the patient's; leave the reply out");
        }
    }
}

fn severities_are_unique(draft: &Draft, report: &mut Report<'_>) {
    for (n, (band, marks)) in draft.rule.bands.iter().zip(&draft.marks).enumerate() {
        if draft.rule.bands[..n].iter().any(|before| before.severity == band.severity) {
            let why = format!("there is another {} band; a severity has one band", band.severity.name());
            report.add(marks.severity.clone(), why);
        }
    }
}

fn every_parameter_is_used(draft: &Draft, report: &mut Report<'_>) {
    let used = |name: &str| {
        draft.rule.tests().filter_map(Test::limit).any(|limit| limit.parameter == name)
            || draft.rule.figure.parameters().contains(&name)
    };
    for (name, mark) in &draft.parameters {
        if !used(name) {
            report.add(mark.clone(), format!("no band uses the parameter '{name}'; use it or take it out"));
        }
    }
}

fn fault_of_test(rule: &Rule, test: &Test) -> Option<String> {
    let Check::Limit(limit) = &test.check else { return None };
    let parameter = rule.parameters.get(&limit.parameter)?;
    let name = test.subject.name();
    let wanted = match (&test.subject, &rule.figure) {
        (Subject::Vital(_), Figure::Distance(distance)) if distance.per_cent => Unit::Percent,
        (Subject::Vital(vital), _) => vital.unit(),
        // A question may ask for anything that is measured.
        (Subject::Answer, _) => parameter.unit,
        (Subject::Score(_) | Subject::Missed(_) | Subject::Texts, _) => Unit::One,
        (Subject::Waiting, _) => Unit::Minute,
    };
    if parameter.unit != wanted {
        return Some(format!(
            "'{}' is in {}, but {name} is judged in {wanted}",
            limit.parameter, parameter.unit
        ));
    }
    let distance = matches!(rule.figure, Figure::Change(_) | Figure::Distance(_));
    if distance && (limit.comparison.side() != Side::TooHigh || parameter.min <= 0.0) {
        return Some(format!(
            "how far {name} has gone is compared with at_or_above or above a limit that is more than 0"
        ));
    }
    let Subject::Vital(vital) = test.subject else { return None };
    if distance {
        return None;
    }
    let possible = vital.possible();
    [parameter.min, parameter.max].into_iter().map(|bound| bound * limit.percent / 100.0).find_map(|bound| {
        (!can_part(limit.comparison, bound, possible)).then(|| {
            format!(
                "a limit of {bound}, which '{}' allows, parts no {vital} from another: possible are {} to {}",
                limit.parameter, possible.low, possible.high
            )
        })
    })
}

/// Whether some possible value is beyond the limit and some is not.
fn can_part(comparison: Comparison, limit: f64, possible: Span) -> bool {
    comparison.holds(possible.low, limit) != comparison.holds(possible.high, limit)
}

/// By the defaults, a worse band must leave the lesser one something to fire on.
fn worse_bands_lie_further_out(draft: &Draft, report: &mut Report<'_>) {
    let bands = &draft.rule.bands;
    for (n, lesser) in bands.iter().enumerate() {
        for (test, mark) in lesser.any.iter().zip(&draft.marks[n].tests) {
            let hidden_by = bands[..n].iter().find(|worse| {
                worse.severity > lesser.severity
                    && worse.any.iter().any(|other| same_side(other, test) && hides(&draft.rule, other, test))
            });
            if let (Some(worse), Some(limit)) = (hidden_by, test.limit()) {
                report.add(
                    mark.clone(),
                    format!(
                        "{} never fires on this: whatever is {} '{}' is {} already",
                        lesser.severity.name(),
                        limit.comparison.words(),
                        limit.parameter,
                        worse.severity.name()
                    ),
                );
            }
        }
    }
}

fn same_side(a: &Test, b: &Test) -> bool {
    let (Some(one), Some(other)) = (a.limit(), b.limit()) else { return false };
    let same = match (&a.subject, &b.subject) {
        (Subject::Missed(one), Subject::Missed(other)) => one.iter().any(|cause| other.contains(cause)),
        (one, other) => one == other,
    };
    same && one.comparison.side() == other.comparison.side()
}

/// Whether every value that `lesser` catches is caught by `worse`. Limits without a default are not comparable,
/// unless both are parts of the same one.
fn hides(rule: &Rule, worse: &Test, lesser: &Test) -> bool {
    let (Some(worse), Some(lesser)) = (worse.limit(), lesser.limit()) else { return false };
    let limit = |test: &Limit| {
        let parameter = rule.parameters.get(&test.parameter)?;
        let whole = parameter.default.or((worse.parameter == lesser.parameter).then_some(parameter.max))?;
        Some(whole * test.percent / 100.0)
    };
    let (Some(far), Some(near)) = (limit(worse), limit(lesser)) else { return false };
    let further_out = match lesser.comparison.side() {
        Side::TooHigh => near > far,
        Side::TooLow => near < far,
    };
    let leaves_the_limit = worse.comparison.is_strict() && !lesser.comparison.is_strict();
    further_out || near == far && !leaves_the_limit
}
