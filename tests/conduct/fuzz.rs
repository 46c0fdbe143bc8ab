//! Made-up texts in bulk, as `cargo bench --bench texts` has them by the million.

use std::panic::catch_unwind;

use lamplight::domain::reply::{Context, Outcome, understand};

use super::claim::fault;
use super::typist::Typist;

const SEED: u64 = 7;
const COUNT: usize = 20_000;

#[test]
fn twenty_thousand_texts_bring_no_panic_no_impossible_value_and_no_number_of_our_own() {
    println!("seed {SEED}");
    let mut typist = Typist::new(SEED);
    let mut seen = [0_usize; 2];
    for _ in 0..COUNT {
        let (text, asked) = typist.text();
        let understood = catch_unwind(|| understand(&text, &Context { asked, ..Context::default() }));
        let understood = understood.unwrap_or_else(|_| panic!("{text:?} ({asked:?}) panics"));
        seen[usize::from(understood.outcome == Outcome::Accepted)] += 1;
        if let Some(fault) = fault(&text, &understood) {
            panic!("{text:?} ({asked:?}): {fault}; {understood:?}");
        }
    }
    // A typist whom nobody understands, or everybody, proves nothing.
    assert!(seen.iter().all(|n| *n > COUNT / 10), "{seen:?}");
}

#[test]
fn the_same_seed_types_the_same_texts() {
    let typed = |seed| (0..50).scan(Typist::new(seed), |typist, _| Some(typist.text())).collect::<Vec<_>>();
    assert_eq!(typed(3), typed(3));
    assert_ne!(typed(3), typed(5));
}

#[test]
fn a_number_of_nobodys_is_found() {
    let mut understood = understand("BP 141 80", &Context::default());
    assert_eq!(fault("BP 141 80", &understood), None);
    assert!(fault("BP 141 88", &understood).is_some());
    understood.why.clear();
    assert!(fault("BP 141 80", &understood).is_some());
}
