//! What holds for every text, and for every well-formed one.

use lamplight::domain::reading::{Measurement, check_together};
use lamplight::domain::reply::{Asked, Context, Outcome, understand};
use lamplight::domain::vital::Vital;
use proptest::prelude::*;

use crate::conduct::claim::{is_possible, numbers_in, stands_in};

const QUESTIONS: [Option<Asked>; 13] = [
    None,
    Some(Asked::BloodPressure),
    Some(Asked::Pulse),
    Some(Asked::Spo2),
    Some(Asked::RespiratoryRate),
    Some(Asked::Temperature),
    Some(Asked::Weight),
    Some(Asked::Glucose),
    Some(Asked::PeakFlow),
    Some(Asked::Ketones),
    Some(Asked::Number),
    Some(Asked::YesNo),
    Some(Asked::Scale1To5),
];

fn context(asked: Option<Asked>) -> Context<'static> {
    Context { asked, ..Context::default() }
}

/// Texts as they come: pieces that mean something, in any order, with anything between.
fn scrambled() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => (0_u32..1500).prop_map(|n| n.to_string()),
        2 => (0_u32..400, 0_u32..10).prop_map(|(a, b)| format!("{a}.{b}")),
        4 => (60_u32..230, 30_u32..140).prop_map(|(a, b)| format!("{a}/{b}")),
        4 => proptest::sample::select(vec![
            "bp", "BP", "sys", "dia", "pulse", "p", "sats", "O2", "spo2", "temp", "T", "weight", "wt", "sugar", "BM",
            "ketones", "pf", "resps", "kg", "st", "lb", "mmol", "mg/dl", "%", "C", "F", "bpm", "l/min", "over", "and",
            "yesterday", "no", "not", "less than", "up", "HI", "LO", "hi", "am", "at", "o", "l", "O", "stop", "½", "-",
            "/", ",", ".", ":", "\n", "(", "12/06", "7:30", "sorry", "my wife's", "👍", "١٤١", "one forty", "x", "*",
        ]).prop_map(str::to_owned),
    ];
    let gap = proptest::sample::select(vec![" ", " ", " ", "", ", ", "\n"]);
    proptest::collection::vec((piece, gap), 0..9)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, gap)| format!("{piece}{gap}")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_string_is_too_strange(text in any::<String>(), asked in proptest::sample::select(QUESTIONS.to_vec())) {
        let understanding = understand(&text, &context(asked));
        prop_assert!(!understanding.why.is_empty());
    }

    #[test]
    fn every_accepted_number_stands_in_the_text(
        text in scrambled(),
        asked in proptest::sample::select(QUESTIONS.to_vec()),
    ) {
        let understanding = understand(&text, &context(asked));
        for measurement in understanding.readings.iter().chain(&understanding.worst_plausible) {
            prop_assert!(is_possible(*measurement), "{text:?}: {measurement:?}");
        }
        prop_assert_eq!(check_together(&understanding.worst_plausible), Ok(()));
        if understanding.outcome == Outcome::Accepted {
            prop_assert!(!understanding.readings.is_empty());
            let numbers = numbers_in(&text);
            for measurement in understanding.readings {
                prop_assert!(stands_in(measurement, &numbers), "{text:?}: {measurement:?} not in {numbers:?}");
            }
        }
    }

    #[test]
    fn a_well_formed_blood_pressure_is_accepted(
        upper in 100_u32..=220, narrow in 15_u32..60, pulse in proptest::option::of(40_u32..=180),
        label in proptest::sample::select(vec!["", "BP ", "bp: ", "My BP is ", "blood pressure ", "BP=", "b.p. ", "BP"]),
        join in proptest::sample::select(vec!["/", " / ", " over ", "-", " ", ", ", "\\", " and "]),
        before_pulse in proptest::sample::select(vec![" pulse ", " p", " HR ", ", pulse is ", " "]),
        tail in proptest::sample::select(vec!["", " thanks", ".", " feeling ok", " this morning", " 🙂", "\n", " xx"]),
    ) {
        let lower = (upper - narrow).clamp(40, 130);
        prop_assume!(upper - lower >= 15);
        let pulse_text = pulse.map(|pulse| format!("{before_pulse}{pulse}")).unwrap_or_default();
        let text = format!("{label}{upper}{join}{lower}{pulse_text}{tail}");
        let found = understand(&text, &context(Some(Asked::BloodPressure)));
        let mut wanted = vec![(Vital::Systolic, upper), (Vital::Diastolic, lower)];
        wanted.extend(pulse.map(|pulse| (Vital::Pulse, pulse)));
        let wanted: Vec<Measurement> =
            wanted.into_iter().map(|(vital, value)| Measurement::exactly(vital, f64::from(value)).unwrap()).collect();
        prop_assert_eq!((found.outcome, found.readings), (Outcome::Accepted, wanted), "{:?}: {}", text, found.why);
    }

    #[test]
    fn a_well_formed_single_vital_is_accepted(
        which in 0_usize..8, tenths in 0_u32..10_000, labelled in any::<bool>(), suffixed in any::<bool>(),
        comma in any::<bool>(),
        tail in proptest::sample::select(vec!["", " thanks", ".", " today", " before breakfast", " 👍", "!"]),
    ) {
        let (asked, vital, label, unit, low, high, decimal) = [
            (Asked::Pulse, Vital::Pulse, "pulse ", " bpm", 400, 1800, false),
            (Asked::Spo2, Vital::Spo2, "sats ", "%", 800, 1000, false),
            (Asked::RespiratoryRate, Vital::RespiratoryRate, "resps ", " breaths per minute", 80, 400, false),
            (Asked::Temperature, Vital::Temperature, "temp ", "C", 350, 410, true),
            (Asked::Weight, Vital::Weight, "weight ", "kg", 300, 999, true),
            (Asked::Glucose, Vital::Glucose, "BM ", " mmol/L", 25, 200, true),
            (Asked::PeakFlow, Vital::PeakFlow, "peak flow ", " l/min", 600, 8000, false),
            (Asked::Ketones, Vital::Ketones, "ketones ", " mmol/L", 0, 50, true),
        ][which];
        let scaled = low + tenths % (high - low + 1);
        let scaled = if decimal { scaled } else { scaled / 10 * 10 };
        let value = f64::from(scaled) / 10.0;
        let number = if decimal { format!("{value:.1}") } else { format!("{value}") };
        let number = if comma { number.replace('.', ",") } else { number };
        let (label, unit) = (if labelled { label } else { "" }, if suffixed { unit } else { "" });
        let text = format!("{label}{number}{unit}{tail}");
        let found = understand(&text, &context(Some(asked)));
        let wanted = vec![Measurement::exactly(vital, value).unwrap()];
        prop_assert_eq!((found.outcome, found.readings), (Outcome::Accepted, wanted), "{:?}: {}", text, found.why);
    }

    #[test]
    fn stones_and_pounds_are_one_weight(
        stones in 5_u32..30, pounds in 0_u32..14,
        form in proptest::sample::select(vec!["{s}st {p}", "{s}st{p}lb", "{s} stone {p}", "{s} stone {p} pounds", "wt {s} st {p} lbs"]),
    ) {
        let text = form.replace("{s}", &stones.to_string()).replace("{p}", &pounds.to_string());
        let found = understand(&text, &context(Some(Asked::Weight)));
        let kg = f64::from(stones * 14 + pounds) * 0.453_592_37;
        prop_assert_eq!(found.outcome, Outcome::Accepted, "{:?}: {}", text, found.why);
        let value = found.readings.first().and_then(|m| m.amount().value()).unwrap();
        prop_assert!((value - kg).abs() < 1e-5);
    }

    #[test]
    fn an_emergency_is_never_missed_beside_a_reading(
        upper in 100_u32..200, lower in 50_u32..85,
        sign in proptest::sample::select(vec![
            "chest pain", "bad chest pains", "I cant breathe", "can't breath", "breathless at rest", "I've collapsed",
            "I want to kill myself", "bleeding heavily", "lips are blue", "took an overdose", "call an ambulance",
            "help me", "face is drooping", "I have fallen", "chest feels tight", "having a stroke",
        ]),
        first in any::<bool>(),
    ) {
        let reading = format!("{upper}/{lower}");
        let text = if first { format!("{sign} {reading}") } else { format!("{reading} {sign}") };
        let found = understand(&text, &context(Some(Asked::BloodPressure)));
        prop_assert_eq!(found.outcome, Outcome::Urgent, "{:?}", text);
        prop_assert_eq!(found.readings.len(), 2, "{:?}", text);
    }
}

#[test]
fn a_very_long_text_is_read_in_time() {
    for unit in ["bp 141/80 pulse 72 ", "no, or chest ", "141 ", "9.9.9.9,", "sys dia ", "..... "] {
        let text = unit.repeat(400);
        let started = std::time::Instant::now();
        understand(&text, &context(Some(Asked::BloodPressure)));
        assert!(started.elapsed().as_secs() < 5, "{unit:?} took {:?}", started.elapsed());
    }
}
