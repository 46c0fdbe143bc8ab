//! Proves a rule by its cases: each must hold, and together they must leave no band and no limit untried.

use crate::domain::rule::Rule;

use super::case::{Case, Expected, Kind};
use super::fault::Report;
use super::rule::Draft;

/// Runs every case; one that does not hold is a fault of the test file.
pub(super) fn run(cases: &[Case], rule: &Rule, report: &mut Report<'_>) {
    for case in cases {
        let got = match rule.judge(&case.reading, &case.thresholds) {
            Ok(finding) => Expected::of(finding.as_ref()),
            Err(fault) => {
                report.add(case.mark.clone(), format!("case '{}': {fault}", case.name));
                continue;
            }
        };
        if got != case.expect {
            let (expected, got) = (case.expect.words(), got.words());
            let why = format!("case '{}' expected {expected}, but the rule gave {got}", case.name);
            report.add(case.expect_mark.clone(), why);
        }
    }
}

/// What the cases leave unproved is a fault of the test file when a kind is absent, and of the rule file, at its
/// place, when a band never fires or a limit is never stood on.
pub(super) fn check_coverage(cases: &[Case], draft: &Draft, tests: &mut Report<'_>, rule: &mut Report<'_>) {
    for kind in Kind::ALL {
        if !cases.iter().any(|case| case.kind == kind) {
            tests.add(0..0, format!("no case is of the kind '{}'; each rule needs one", kind.name()));
        }
    }
    for (band, marks) in draft.rule.bands.iter().zip(&draft.marks) {
        if !cases.iter().any(|case| case.kind == Kind::Fires && case.expect.severity() == Some(band.severity))
        {
            let why =
                format!("no case of the kind 'fires' expects {}; add one to the tests", band.severity.name());
            rule.add(marks.severity.clone(), why);
        }
        for (test, mark) in band.any.iter().zip(&marks.tests) {
            // A worse band would hide what this limit does, so such a case proves nothing of it.
            let proved = cases.iter().any(|case| {
                case.kind == Kind::Boundary
                    && case.expect.severity() <= Some(band.severity)
                    && case.stands_on(test.vital, draft.rule.limit(test, &case.thresholds))
            });
            if !proved {
                let why = format!(
                    "no boundary case stands on this limit ({} {} '{}'); add one to the tests",
                    test.vital,
                    test.comparison.words(),
                    test.parameter
                );
                rule.add(mark.clone(), why);
            }
        }
    }
}
