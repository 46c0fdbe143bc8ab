//! What holds of every shipped rule for any value and any limits within the bounds.

use jiff::Timestamp;
use lamplight::domain::alert::Severity;
use lamplight::domain::chart::Chart;
use lamplight::domain::decide::Catalog;
use lamplight::domain::history::History;
use lamplight::domain::id::EventId;
use lamplight::domain::reading::{Beyond, Measurement};
use lamplight::domain::rule::{Applies, Figure, Finding, Rule, RuleFault, Side};
use lamplight::domain::threshold::{Threshold, Thresholds};
use lamplight::domain::vital::Vital;
use proptest::prelude::*;

use super::shipped::shipped;

fn thresholds(rule: &Rule, shares: &[Option<f64>]) -> Thresholds {
    rule.parameters
        .iter()
        .zip(shares.iter().cycle())
        .filter_map(|((name, parameter), share)| {
            let value = parameter.min + (*share)? * (parameter.max - parameter.min);
            Some(Threshold {
                rule: rule.id.clone(),
                parameter: name.clone(),
                // A share of the way can overshoot its end by the last bit.
                value: value.clamp(parameter.min, parameter.max),
                author: "nurse".to_owned(),
                reason: "test".to_owned(),
                since: Timestamp::UNIX_EPOCH,
            })
        })
        .collect()
}

/// Judges measurements of a patient without a past.
fn judge<'r>(
    rule: &'r Rule,
    measured: &[Measurement],
    limits: &Thresholds,
) -> Result<Option<Finding<'r>>, RuleFault> {
    let (set, history) = (EventId::trusted("e"), History::default());
    rule.judge(&Chart::of(&set, Timestamp::UNIX_EPOCH, measured, &history), limits)
}

fn severity(rule: &Rule, measured: Measurement, limits: &Thresholds) -> Option<Severity> {
    judge(rule, &[measured], limits).unwrap().map(|finding| finding.band.severity)
}

fn own(rule: &Rule, parameter: &str, value: f64) -> Thresholds {
    let (author, reason) = ("nurse".to_owned(), "test".to_owned());
    let (rule, parameter) = (rule.id.clone(), parameter.to_owned());
    [Threshold { rule, parameter, value, author, reason, since: Timestamp::UNIX_EPOCH }].into_iter().collect()
}

#[test]
fn a_finding_says_whether_the_limit_is_the_patients_own() {
    let catalog = shipped();
    let rule = catalog.rules.iter().find(|rule| rule.id.as_str() == "pulse_low").unwrap();
    let measured = [Measurement::exactly(Vital::Pulse, 42.0).unwrap()];
    for (limits, limit, own_limit, words) in [
        (Thresholds::default(), 50.0, false, "pulse 42/min, at or below 50"),
        (own(rule, "pulse_amber", 45.0), 45.0, true, "pulse 42/min, at or below 45, the patient's own limit"),
    ] {
        let finding = judge(rule, &measured, &limits).unwrap().unwrap();
        let breach = &finding.breaches[0];
        let kept = breach.limit.as_ref().unwrap();
        assert_eq!((kept.limit, kept.own_limit), (limit, own_limit));
        assert_eq!(breach.words(), words);
    }
}

#[test]
fn a_limit_outside_its_bounds_is_told_and_never_judged_by() {
    let catalog = shipped();
    let rule = catalog.rules.iter().find(|rule| rule.id.as_str() == "pulse_low").unwrap();
    let measured = [Measurement::exactly(Vital::Pulse, 42.0).unwrap()];
    for value in [4.0, 400.0, f64::NAN] {
        let fault = judge(rule, &measured, &own(rule, "pulse_red", value)).unwrap_err();
        assert!(fault.to_string().contains("outside 25 to 55"), "{fault}");
    }
}

#[test]
fn a_vital_without_a_limit_is_not_watched() {
    let catalog = shipped();
    let watched = |vital, limits: &Thresholds| {
        catalog.rules.iter().any(|rule| rule.applies == Applies::Everyone && rule.watches(vital, limits))
    };
    let rule = catalog.rules.iter().find(|rule| rule.id.as_str() == "peak_flow_low").unwrap();
    let none = Thresholds::default();
    for vital in Vital::ALL {
        assert_eq!(watched(vital, &none), !matches!(vital, Vital::Weight | Vital::PeakFlow), "{vital}");
    }
    assert!(watched(Vital::PeakFlow, &own(rule, "personal_best", 410.0)));
}

#[test]
fn a_share_of_a_limit_is_free_of_the_noise_of_arithmetic() {
    let catalog = shipped();
    let rule = catalog.rules.iter().find(|rule| rule.id.as_str() == "peak_flow_low").unwrap();
    let limits = own(rule, "personal_best", 333.3);
    let measured = [Measurement::exactly(Vital::PeakFlow, 200.0).unwrap()];
    let finding = judge(rule, &measured, &limits).unwrap().unwrap();
    assert_eq!(finding.breaches[0].words(), "peak flow 200 L/min, below 266.64, the patient's own limit");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_value_further_out_is_never_judged_less_severe(
        (one, other) in (0.0..=1.0_f64, 0.0..=1.0_f64),
        shares in prop::collection::vec(prop::option::of(0.0..=1.0_f64), 1..7),
    ) {
        thread_local!(static CATALOG: Catalog = shipped());
        CATALOG.with(|catalog| {
            for rule in catalog.rules.iter().filter(|rule| rule.figure == Figure::Band) {
                let limits = thresholds(rule, &shares);
                for test in rule.bands.iter().flat_map(|band| &band.any) {
                    let span = test.vital().unwrap().possible();
                    let at = |share: f64| {
                        let value = (span.low + share * (span.high - span.low)).clamp(span.low, span.high);
                        Measurement::exactly(test.vital().unwrap(), value).unwrap()
                    };
                    let (low, high) = (at(f64::min(one, other)), at(f64::max(one, other)));
                    let (near, far, end) = match test.limit().unwrap().comparison.side() {
                        Side::TooHigh => (low, high, Beyond::High),
                        Side::TooLow => (high, low, Beyond::Low),
                    };
                    let end = Measurement::off_scale(test.vital().unwrap(), end);
                    let judged = [near, far, end].map(|measured| severity(rule, measured, &limits));
                    prop_assert!(judged.is_sorted(), "{} {near:?} {far:?}: {judged:?}", rule.id);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_stated_bound_is_judged_no_less_than_the_number_it_states(share in 0.0..=1.0_f64) {
        thread_local!(static CATALOG: Catalog = shipped());
        CATALOG.with(|catalog| {
            for rule in catalog.rules.iter().filter(|rule| rule.figure == Figure::Band) {
                for test in rule.bands.iter().flat_map(|band| &band.any) {
                    let span = test.vital().unwrap().possible();
                    let value = (span.low + share * (span.high - span.low)).clamp(span.low, span.high);
                    let side = match test.limit().unwrap().comparison.side() {
                        Side::TooHigh => Beyond::High,
                        Side::TooLow => Beyond::Low,
                    };
                    let stated = severity(rule, Measurement::exactly(test.vital().unwrap(), value).unwrap(), &Thresholds::default());
                    let bound = severity(rule, Measurement::bounded(test.vital().unwrap(), value, side).unwrap(), &Thresholds::default());
                    prop_assert!(bound >= stated, "{} {value}: {bound:?} < {stated:?}", rule.id);
                }
            }
            Ok(())
        })?;
    }
}
