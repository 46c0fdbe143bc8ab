//! Whether a rule makes sense as a whole: units that measure, limits that can be reached, a worse band further out.

use crate::domain::rule::{Comparison, Rule, Side, Test};
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
            if band.any[..n].iter().any(|before| same_side(before, test)) {
                let side = test.comparison.side().words();
                let why = format!("this band already has a test for {} {side}; keep one", test.vital);
                report.add(mark.clone(), why);
            }
        }
    }
    worse_bands_lie_further_out(draft, report);
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
    let used =
        |name: &str| draft.rule.bands.iter().flat_map(|band| &band.any).any(|test| test.parameter == name);
    for (name, mark) in &draft.parameters {
        if !used(name) {
            report.add(mark.clone(), format!("no band uses the parameter '{name}'; use it or take it out"));
        }
    }
}

fn fault_of_test(rule: &Rule, test: &Test) -> Option<String> {
    let parameter = rule.parameters.get(&test.parameter)?;
    if parameter.unit != test.vital.unit() {
        return Some(format!(
            "'{}' is in {}, but {} is judged in {}",
            test.parameter,
            parameter.unit,
            test.vital,
            test.vital.unit()
        ));
    }
    let possible = test.vital.possible();
    [parameter.min, parameter.max].into_iter().map(|bound| bound * test.percent / 100.0).find_map(|limit| {
        (!can_part(test.comparison, limit, possible)).then(|| {
            format!(
                "a limit of {limit}, which '{}' allows, parts no {} from another: possible are {} to {}",
                test.parameter, test.vital, possible.low, possible.high
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
            if let Some(worse) = hidden_by {
                report.add(
                    mark.clone(),
                    format!(
                        "{} never fires on this: whatever is {} '{}' is {} already",
                        lesser.severity.name(),
                        test.comparison.words(),
                        test.parameter,
                        worse.severity.name()
                    ),
                );
            }
        }
    }
}

fn same_side(a: &Test, b: &Test) -> bool {
    a.vital == b.vital && a.comparison.side() == b.comparison.side()
}

/// Whether every value that `lesser` catches is caught by `worse`. Limits without a default are not comparable,
/// unless both are parts of the same one.
fn hides(rule: &Rule, worse: &Test, lesser: &Test) -> bool {
    let limit = |test: &Test| {
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
