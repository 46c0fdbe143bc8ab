//! NEWS2 against a second implementation: the chart of the Royal College of Physicians (2017) written down as a table of
//! spans, where the first one is written as comparisons.

use lamplight::domain::answer::AnswerValue;
use lamplight::domain::news2::{Consciousness, Part, Scale, Signs, oxygen_from_answer};

use crate::support::dice::Dice;

/// Points, and the span of the chart in which they are given, both ends included, in steps of the chart.
type Spans = &'static [(u8, i64, i64)];

const FAR: i64 = 100_000;
const BREATHS: Spans = &[(3, -FAR, 8), (1, 9, 11), (0, 12, 20), (2, 21, 24), (3, 25, FAR)];
const SCALE_1: Spans = &[(3, -FAR, 91), (2, 92, 93), (1, 94, 95), (0, 96, FAR)];
const SCALE_2_AIR: Spans = &[(3, -FAR, 83), (2, 84, 85), (1, 86, 87), (0, 88, FAR)];
const SCALE_2_OXYGEN: Spans =
    &[(3, -FAR, 83), (2, 84, 85), (1, 86, 87), (0, 88, 92), (1, 93, 94), (2, 95, 96), (3, 97, FAR)];
const SYSTOLIC: Spans = &[(3, -FAR, 90), (2, 91, 100), (1, 101, 110), (0, 111, 219), (3, 220, FAR)];
const PULSE: Spans = &[(3, -FAR, 40), (1, 41, 50), (0, 51, 90), (1, 91, 110), (2, 111, 130), (3, 131, FAR)];
/// In tenths of a degree.
const TEMPERATURE: Spans = &[(3, -FAR, 350), (1, 351, 360), (0, 361, 380), (1, 381, 390), (2, 391, FAR)];
const AWAKE: [(Consciousness, u8); 5] = [
    (Consciousness::Alert, 0),
    (Consciousness::Confused, 3),
    (Consciousness::Voice, 3),
    (Consciousness::Pain, 3),
    (Consciousness::Unresponsive, 3),
];

/// A set in the chart's own steps.
#[derive(Debug, Clone, Copy, Default)]
struct Set {
    breaths: Option<i64>,
    spo2: Option<i64>,
    oxygen: Option<bool>,
    systolic: Option<i64>,
    pulse: Option<i64>,
    awake: Option<usize>,
    tenths: Option<i64>,
}

fn points(spans: Spans, steps: i64) -> u8 {
    let mut found = spans.iter().filter(|(_, from, to)| (*from..=*to).contains(&steps));
    let (points, ..) = found.next().unwrap();
    assert!(found.next().is_none(), "{steps} stands in two spans");
    *points
}

impl Set {
    fn signs(&self) -> Signs {
        Signs {
            respiratory_rate: self.breaths.map(|steps| steps as f64),
            spo2: self.spo2.map(|steps| steps as f64),
            on_oxygen: self.oxygen,
            systolic: self.systolic.map(|steps| steps as f64),
            pulse: self.pulse.map(|steps| steps as f64),
            consciousness: self.awake.map(|n| AWAKE[n].0),
            temperature: self.tenths.map(|steps| steps as f64 / 10.0),
        }
    }

    /// Points a part, by the table.
    fn by_table(&self, scale: Scale) -> Vec<(Part, u8)> {
        let spo2 = self.spo2.and_then(|steps| match (scale, self.oxygen) {
            (Scale::One, _) => Some(points(SCALE_1, steps)),
            (Scale::Two, Some(false)) => Some(points(SCALE_2_AIR, steps)),
            (Scale::Two, Some(true)) => Some(points(SCALE_2_OXYGEN, steps)),
            // Below 93 both columns say the same.
            (Scale::Two, None) => (steps <= 92).then(|| points(SCALE_2_AIR, steps)),
        });
        [
            (Part::RespiratoryRate, self.breaths.map(|steps| points(BREATHS, steps))),
            (Part::Spo2, spo2),
            (Part::Oxygen, self.oxygen.map(|oxygen| u8::from(oxygen) * 2)),
            (Part::Systolic, self.systolic.map(|steps| points(SYSTOLIC, steps))),
            (Part::Pulse, self.pulse.map(|steps| points(PULSE, steps))),
            (Part::Consciousness, self.awake.map(|n| AWAKE[n].1)),
            (Part::Temperature, self.tenths.map(|steps| points(TEMPERATURE, steps))),
        ]
        .into_iter()
        .filter_map(|(part, points)| Some((part, points?)))
        .collect()
    }

    fn assert_agrees(&self) {
        for scale in [Scale::One, Scale::Two] {
            let expected = self.by_table(scale);
            let Some(score) = self.signs().score(scale) else {
                assert!(expected.is_empty(), "{self:?}");
                continue;
            };
            assert_eq!(
                score.parts.iter().map(|(part, n)| (*part, *n)).collect::<Vec<_>>(),
                expected,
                "{self:?}"
            );
            assert_eq!(score.total, expected.iter().map(|(_, points)| points).sum::<u8>(), "{self:?}");
            assert_eq!(score.single(), expected.iter().map(|(_, points)| *points).max().unwrap(), "{self:?}");
            assert_eq!(score.complete, expected.len() == 7, "{self:?}");
            assert_eq!(score.missing().count(), 7 - expected.len(), "{self:?}");
        }
    }
}

#[test]
fn the_two_implementations_agree_on_every_value_of_every_sign() {
    for steps in 3..=80 {
        Set { breaths: Some(steps), ..Set::default() }.assert_agrees();
    }
    for steps in 40..=100 {
        for oxygen in [None, Some(false), Some(true)] {
            Set { spo2: Some(steps), oxygen, ..Set::default() }.assert_agrees();
        }
    }
    for steps in 20..=300 {
        Set { systolic: Some(steps), ..Set::default() }.assert_agrees();
        Set { pulse: Some(steps), ..Set::default() }.assert_agrees();
    }
    for steps in 300..=450 {
        Set { tenths: Some(steps), ..Set::default() }.assert_agrees();
    }
    for awake in 0..AWAKE.len() {
        Set { awake: Some(awake), ..Set::default() }.assert_agrees();
    }
    Set::default().assert_agrees();
}

#[test]
fn the_two_implementations_agree_on_a_hundred_thousand_random_sets() {
    let mut dice = Dice::new(0x4e45_5753_0000_0002);
    for _ in 0..100_000 {
        let mut maybe = |from: i64, to: i64| {
            let seen = dice.below(6) > 0;
            let span = u64::try_from(to - from + 1).unwrap();
            seen.then(|| from + i64::try_from(dice.below(span)).unwrap())
        };
        let set = Set {
            breaths: maybe(3, 40),
            spo2: maybe(78, 100),
            oxygen: maybe(0, 1).map(|n| n == 1),
            systolic: maybe(70, 240),
            pulse: maybe(30, 150),
            awake: maybe(0, 4).map(|n| usize::try_from(n).unwrap()),
            tenths: maybe(340, 400),
        };
        set.assert_agrees();
    }
}

#[test]
fn what_lies_between_two_columns_takes_the_worse() {
    for (label, signs, points) in [
        ("breaths 8.5", Signs { respiratory_rate: Some(8.5), ..Signs::default() }, 3),
        ("breaths 20.5", Signs { respiratory_rate: Some(20.5), ..Signs::default() }, 2),
        ("oxygen 91.5", Signs { spo2: Some(91.5), ..Signs::default() }, 3),
        ("systolic 219.5", Signs { systolic: Some(219.5), ..Signs::default() }, 3),
        ("temperature 35.05", Signs { temperature: Some(35.05), ..Signs::default() }, 3),
        ("temperature 38.04", Signs { temperature: Some(38.04), ..Signs::default() }, 1),
    ] {
        assert_eq!(signs.score(Scale::One).unwrap().total, points, "{label}");
    }
}

#[test]
fn words_are_read_as_signs_and_never_guessed() {
    let choice = |word: &str| AnswerValue::Choice(word.to_owned());
    for (word, read) in [
        ("A", Some(Consciousness::Alert)),
        ("Confused", Some(Consciousness::Confused)),
        ("V", Some(Consciousness::Voice)),
        ("pain", Some(Consciousness::Pain)),
        ("U", Some(Consciousness::Unresponsive)),
        ("so so", None),
    ] {
        assert_eq!(Consciousness::from_answer(&choice(word)), read, "{word}");
    }
    assert_eq!(Consciousness::from_answer(&AnswerValue::YesNo(true)), None);
    for (answer, read) in [
        (choice("air"), Some(false)),
        (choice("Oxygen"), Some(true)),
        (AnswerValue::YesNo(true), Some(true)),
        (AnswerValue::Number(2.0), Some(true)),
        (AnswerValue::Number(0.0), Some(false)),
        (choice("perhaps"), None),
        (AnswerValue::Words, None),
    ] {
        assert_eq!(oxygen_from_answer(&answer), read, "{answer:?}");
    }
}
