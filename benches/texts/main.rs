//! A million texts through the parser: what must hold of each, and how many a second.
//!
//! `cargo bench --bench texts` takes another seed with `-- SEED` and another number with `-- SEED COUNT`. Any fault ends it
//! with the text, so that it can become a row of `tests/fixtures/own_texts.toml`.
#![allow(clippy::unwrap_used, reason = "a bench stops where its set-up fails")]

mod claim;
mod typist;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lamplight::domain::reply::{Context, understand};

use typist::Typist;

const SEED: u64 = 20_261_122;
const COUNT: u64 = 1_000_000;

fn main() {
    let mut given = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (seed, count) = (given.next().unwrap_or(SEED), given.next().unwrap_or(COUNT));
    let mut typist = Typist::new(seed);
    let (mut outcomes, mut faults) = (BTreeMap::<String, u64>::new(), 0);
    let (mut spent, mut slowest, mut letters) = (Duration::ZERO, Duration::ZERO, 0);
    for _ in 0..count {
        let (text, asked) = typist.text();
        letters += text.len();
        let context = Context { asked, ..Context::default() };
        let begun = Instant::now();
        let understood = understand(&text, &context);
        let taken = begun.elapsed();
        spent += taken;
        slowest = slowest.max(taken);
        *outcomes.entry(format!("{:?}", understood.outcome).to_lowercase()).or_default() += 1;
        if let Some(fault) = claim::fault(&text, &understood) {
            faults += 1;
            println!("{text:?} ({asked:?}): {fault}");
        }
    }
    let each = spent.as_secs_f64() / count as f64;
    println!("{count} texts of {} letters on average, seed {seed}", letters as u64 / count.max(1));
    for (outcome, n) in &outcomes {
        println!("{outcome:>10} {n:>9}");
    }
    println!(
        "{:.0} texts a second on one core, {:.1} µs each, the slowest {:.1} ms; {faults} faults",
        1.0 / each,
        each * 1e6,
        slowest.as_secs_f64() * 1e3
    );
    assert_eq!(faults, 0, "each of them is printed above");
}
