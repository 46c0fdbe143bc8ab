//! Proves a rule by its cases: each must hold, and together they must leave no band and no limit untried.

use std::ops::Range;

use crate::domain::alert::Severity;
use crate::domain::rule::{Check, Rule, Test};

use super::case::{Case, Expected, Kind};
use super::fault::Report;
use super::rule::Draft;

/// Runs every case; one that does not hold is a fault of the test file.
pub(super) fn run(cases: &[Case], rule: &Rule, report: &mut Report<'_>) {
    for case in cases {
        let got = match rule.judge(&case.page.chart(), &case.thresholds) {
            Ok(finding) => Expected::of(finding.as_ref()),
            Err(fault) => {
                report.add(case.mark.clone(), format!("case '{}': {fault}", case.name));
                continue;
            }
        };
        if let Some(clears) = case.clears
            && rule.has_cleared(&case.page.chart(), &case.thresholds) != Ok(clears)
        {
            let why = format!("case '{}': clears is not {clears}", case.name);
            report.add(case.expect_mark.clone(), why);
        }
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
            let Check::Limit(limit) = &test.check else {
                every_word_is_proved(cases, band.severity, test, mark, rule);
                continue;
            };
            // A worse band would hide what this limit does, so such a case proves nothing of it.
            let proved = cases.iter().any(|case| {
                case.kind == Kind::Boundary
                    && case.expect.severity() <= Some(band.severity)
                    && draft.rule.stands_on(test, &case.page.chart(), &case.thresholds)
            });
            if !proved {
                let why = format!(
                    "no boundary case stands on this limit ({} {} '{}'); add one to the tests",
                    test.subject.name(),
                    limit.comparison.words(),
                    limit.parameter
                );
                rule.add(mark.clone(), why);
            }
        }
    }
    if let Some(mark) = &draft.clear
        && !cases.iter().any(|case| case.clears == Some(true))
    {
        rule.add(mark.clone(), "no case has 'clears = true'; add one to the tests");
    }
}

/// Each word that a band listens for is said in some case that expects the band.
fn every_word_is_proved(
    cases: &[Case],
    severity: Severity,
    test: &Test,
    mark: &Range<usize>,
    rule: &mut Report<'_>,
) {
    let Check::Is(words) = &test.check else { return };
    for word in words {
        let said =
            |case: &&Case| case.page.chart().answered.iter().any(|answer| answer.value.word() == *word);
        let mut proofs = cases.iter().filter(said);
        if !proofs.any(|case| case.expect.severity() == Some(severity)) {
            let why =
                format!("no case answers '{word}' and expects {}; add one to the tests", severity.name());
            rule.add(mark.clone(), why);
        }
    }
}
