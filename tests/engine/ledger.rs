//! `received = accepted + duplicate + rejected + held`, whatever comes in whatever order, and always what the journal
//! holds.

use jiff::SignedDuration;
use lamplight::domain::event::Event;
use proptest::prelude::*;

use super::house::{ADA, BOB, House, STRANGER, pressure};

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
enum Step {
    Text(&'static str, &'static str),
    Pressure(&'static str, u32),
    Garbage(&'static str),
    Status(&'static str, &'static str),
    Stray,
    /// One of all that came before comes again.
    Again(prop::sample::Index),
    Hours(i64),
    Revoke,
    Enrol,
    Release,
}

fn step() -> impl Strategy<Value = Step> {
    let from = prop::sample::select(vec![ADA, BOB, STRANGER, "60777"]);
    let body = prop::sample::select(vec![
        "BP 126 74",
        "BP 190 99",
        "BP 235 120",
        "YES",
        "NO",
        "STOP",
        "START",
        "HELP",
        "thanks",
        "???",
        "chest pain",
        "glucose LO",
        "",
    ]);
    let device = prop::sample::select(vec!["bp-1", "gl-2", "bp-9"]);
    prop_oneof![
        8 => (from, body).prop_map(|(from, body)| Step::Text(from, body)),
        6 => (device.clone(), 90_u32..230).prop_map(|(device, systolic)| Step::Pressure(device, systolic)),
        1 => device.clone().prop_map(Step::Garbage),
        2 => (device, prop::sample::select(vec!["online", "offline", "{}"])).prop_map(|(d, s)| Step::Status(d, s)),
        1 => Just(Step::Stray),
        5 => any::<prop::sample::Index>().prop_map(Step::Again),
        2 => (1_i64..30).prop_map(Step::Hours),
        1 => Just(Step::Revoke),
        1 => Just(Step::Enrol),
        2 => Just(Step::Release),
    ]
}

async fn live(steps: Vec<Vec<Step>>) {
    let house = House::new().await;
    let mut past: Vec<Event> = Vec::new();
    let mut offered = 0;
    for batch in steps {
        let mut events = Vec::new();
        for step in batch {
            let event = match step {
                Step::Text(from, body) => house.text(from, body),
                Step::Pressure(device, systolic) => {
                    house.publish(device, &pressure(Some(house.clock.now()), systolic, 70))
                }
                Step::Garbage(device) => house.publish(device, "}{"),
                Step::Status(device, said) => house.status(device, said),
                Step::Stray => house.stray("lamplight/v1//reading"),
                Step::Again(index) if !past.is_empty() => index.get(&past).clone(),
                Step::Again(_) => continue,
                Step::Hours(hours) => {
                    house.wait(SignedDuration::from_hours(hours));
                    continue;
                }
                Step::Revoke => {
                    house.run("update device set revoked_at = 5 where id = 'gl-2'").await;
                    continue;
                }
                Step::Enrol => {
                    house.enrol(&format!("patient_id,phone,devices\ncarl,{STRANGER},bp-9\n")).await;
                    continue;
                }
                Step::Release => {
                    house.release().await;
                    continue;
                }
            };
            past.push(event.clone());
            events.push(event);
        }
        offered += i64::try_from(events.len()).unwrap();
        assert!(house.take(events).await.iter().all(Result::is_ok));
        house.audits().await;
    }
    assert_eq!(house.ledger().await[0], offered);
    house.leaves_whatever().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_balances_and_equals_the_journal(steps in prop::collection::vec(prop::collection::vec(step(), 1..8), 1..8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live(steps));
    }
}
