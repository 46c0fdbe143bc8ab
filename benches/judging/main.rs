//! What judging costs: readings judged per second on one core with ten rules a patient, beside a bare look-up of a limit
//! in a table, which is the least that any judging could cost. Run it with `cargo bench --bench judging`.

use std::collections::{BTreeSet, HashMap};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use lamplight::catalog;
use lamplight::domain::decide::{Catalog, Past, PatientState, replay};
use lamplight::domain::id::{EventId, PatientId, RuleId};
use lamplight::domain::patient::Patient;
use lamplight::domain::reading::Measurement;
use lamplight::domain::vital::Vital;

/// How long each thing is measured.
const SPELL: Duration = Duration::from_secs(3);

/// Ten rules of a patient on a virtual ward, of every kind that looks at readings.
const TEN: [&str; 10] = [
    "blood_pressure_high",
    "blood_pressure_low",
    "blood_pressure_average",
    "blood_pressure_repeatedly_high",
    "blood_pressure_jump",
    "pulse_high",
    "pulse_low",
    "spo2_low",
    "temperature_high",
    "news2",
];
/// Ten plain bands.
const PLAIN: [&str; 10] = [
    "blood_pressure_high",
    "blood_pressure_low",
    "glucose_high",
    "glucose_low",
    "ketones_high",
    "pulse_high",
    "pulse_low",
    "spo2_low",
    "temperature_high",
    "temperature_low",
];

fn main() -> ExitCode {
    // Cargo runs benches with `--bench`, and `cargo test --benches` without: then each thing is done a few times, to see that
    // it can be.
    let spell = if std::env::args().any(|argument| argument == "--bench") { SPELL } else { Duration::ZERO };
    let catalog = match catalog::built_in() {
        Ok(catalog) => catalog,
        Err(faults) => {
            eprintln!("the built-in rules do not hold: {} faults", faults.len());
            return ExitCode::FAILURE;
        }
    };
    println!("one core, sets of three numbers (blood pressure and pulse), {} s each", spell.as_secs());
    for (label, rules, past) in [
        ("ten plain bands", PLAIN, 0),
        ("ten rules of six kinds, no past", TEN, 0),
        ("ten rules of six kinds, 14 days of two sets a day", TEN, 28),
    ] {
        if let Some(gone) = rules.iter().find(|id| catalog.rules.iter().all(|rule| rule.id.as_str() != **id))
        {
            eprintln!("there is no rule '{gone}' any more: put another into this list");
            return ExitCode::FAILURE;
        }
        let a_second = judging(&catalog, &rules, past, spell);
        println!("{label:55} {:>12.0} sets/s {:>12.0} readings/s", a_second, a_second * 3.0);
    }
    let a_second = looking_up(spell);
    println!(
        "{:55} {:>12.0} sets/s {:>12.0} readings/s",
        "a bare look-up of each limit",
        a_second,
        a_second * 3.0
    );
    ExitCode::SUCCESS
}

fn set(n: usize) -> [Measurement; 3] {
    // Values that no rule minds, as most are.
    let small = (n % 8) as f64;
    let exactly =
        |vital, value| Measurement::exactly(vital, value).unwrap_or_else(|_| unreachable!("possible"));
    [
        exactly(Vital::Systolic, 118.0 + small),
        exactly(Vital::Diastolic, 72.0 + small),
        exactly(Vital::Pulse, 66.0 + small),
    ]
}

fn past(n: usize, at: Timestamp) -> Past {
    Past {
        set: EventId::trusted(format!("e{n}")),
        measurements: set(n).to_vec(),
        answers: Vec::new(),
        silence: Vec::new(),
        taken_at: at,
        received_at: at,
    }
}

/// Sets a second.
fn judging(catalog: &Catalog, rules: &[&str], sets_before: usize, spell: Duration) -> f64 {
    let rules: BTreeSet<RuleId> = rules.iter().map(|id| RuleId::trusted(*id)).collect();
    let mut catalog = catalog.clone();
    catalog.rules.retain(|rule| rules.contains(&rule.id));
    let mut state = PatientState::of(Patient::unknown(PatientId::trusted("p1")));
    state.rules_added = rules;
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 20_000);
    for n in (1..=sets_before).rev() {
        let hours = i64::try_from(n * 12).unwrap_or(i64::MAX);
        let before = past(n, now - SignedDuration::from_hours(hours));
        let decision = replay(&state, &catalog, &before);
        state.apply(&decision);
    }
    let sets: Vec<Past> = (0..64).map(|n| past(1000 + n, now)).collect();
    per_second(spell, |n| drop(black_box(replay(&state, &catalog, &sets[n % sets.len()]))))
}

/// Sets a second, each number compared with two limits out of a table by patient and vital.
fn looking_up(spell: Duration) -> f64 {
    let mut table: HashMap<(PatientId, Vital), (f64, f64)> = HashMap::new();
    for n in 0..1000 {
        let patient = PatientId::trusted(format!("p{n}"));
        for vital in Vital::ALL {
            table.insert((patient.clone(), vital), (40.0, 180.0));
        }
    }
    let patients: Vec<PatientId> = (0..1000).map(|n| PatientId::trusted(format!("p{n}"))).collect();
    let sets: Vec<_> = (0..64).map(set).collect();
    per_second(spell, |n| {
        let patient = &patients[n % patients.len()];
        for measured in &sets[n % sets.len()] {
            let limits = table.get(&(patient.clone(), measured.vital()));
            let value = measured.judged_value();
            black_box(limits.is_some_and(|(low, high)| value < *low || value > *high));
        }
    })
}

fn per_second(spell: Duration, mut one: impl FnMut(usize)) -> f64 {
    let begun = Instant::now();
    let mut done = 0;
    loop {
        for _ in 0..256 {
            one(done);
            done += 1;
        }
        if begun.elapsed() >= spell {
            break;
        }
    }
    done as f64 / begun.elapsed().as_secs_f64()
}
