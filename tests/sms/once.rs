//! The webhook before a real engine: what is answered is kept, and what is kept counts once, whichever address and
//! however often it came.

use jiff::SignedDuration;
use reqwest::StatusCode;
use std::time::{Duration, Instant};

use super::house::House;
use super::webhook::{ACCOUNT, Gate};
use crate::engine::house::{ADA, House as Engine, Left};

const MAIN: &str = "/sms/twilio/inbound";
/// Where Twilio goes when the main address does not answer: the same door under another name.
const FALLBACK: &str = "/sms/twilio/inbound?fallback=1";

fn text<'a>(sid: &'a str, body: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("MessageSid", sid), ("AccountSid", ACCOUNT), ("From", ADA), ("To", "+447700900456"), ("Body", body)]
}

/// A webhook whose engine is this one.
async fn gate(engine: &Engine) -> (House, Gate) {
    let house = House::new().await;
    let gate = Gate::open(&house, engine.intake()).await;
    (house, gate)
}

#[tokio::test]
async fn sms_05_with_a_healthy_database_the_answer_comes_within_two_seconds_and_after_the_commit() {
    let engine = Engine::new().await;
    let (_house, gate) = gate(&engine).await;
    let mut took = Vec::new();
    for n in 0..20 {
        let sid = format!("SM{n:032x}");
        let begun = Instant::now();
        let answer = gate.signed(MAIN, &text(&sid, "BP 126 74")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        took.push(begun.elapsed());
        // Another connection sees it as soon as we are answered.
        assert_eq!(engine.count(&format!("inbox where provider_id = '{sid}'")).await, 1);
    }
    // Most of them: what else runs on this machine may hold up one.
    took.sort();
    assert!(took[15] < Duration::from_secs(2), "{took:?}");
    engine.restart_abandoned().await.leaves_whatever().await;
}

#[tokio::test]
async fn sms_05_with_the_database_gone_the_answer_is_503_until_it_is_back() {
    let engine = Engine::new().await;
    let (_house, gate_before) = gate(&engine).await;
    engine.store.close().await;
    for n in 0..3 {
        let answer = gate_before.signed(MAIN, &text(&format!("SM{n}"), "BP 191 99")).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key("retry-after"));
    }
    assert_eq!(engine.count("inbox").await, 0, "what was not kept was not acknowledged");
    drop(gate_before);
    let (engine, answer) = again(engine, MAIN, "SM0").await;
    assert_eq!(answer, StatusCode::OK);
    assert_eq!(engine.alerts().await, ["ada blood_pressure_high red open x1"]);
    engine.restart_abandoned().await.leaves(Left::texts(1)).await;
}

/// The engine as a new process, and what it answers to this.
async fn again(engine: Engine, path: &str, sid: &str) -> (Engine, StatusCode) {
    let engine = engine.restart_abandoned().await;
    let (_house, gate) = gate(&engine).await;
    let answer = gate.signed(path, &text(sid, "BP 191 99")).await;
    (engine, answer.status())
}

#[tokio::test]
async fn sms_06_one_sid_a_hundred_times_and_after_a_restart_and_after_a_month_is_one_reading_and_one_reply() {
    let mut engine = Engine::new().await;
    for pause in [SignedDuration::ZERO, SignedDuration::from_hours(1), SignedDuration::from_hours(30 * 24)] {
        engine.wait(pause);
        let (_house, gate) = gate(&engine).await;
        let gate = std::sync::Arc::new(gate);
        let asked: Vec<_> = (0..100)
            .map(|_| {
                let gate = gate.clone();
                tokio::spawn(async move { gate.signed(MAIN, &text("SMsame", "BP 191 99")).await.status() })
            })
            .collect();
        for answer in asked {
            assert_eq!(answer.await.unwrap(), StatusCode::OK);
        }
        assert_eq!(engine.readings().await, ["systolic 191.0 accepted", "diastolic 99.0 accepted"]);
        assert_eq!(engine.texts().await.len(), 1);
        assert_eq!(engine.alerts().await, ["ada blood_pressure_high red open x1"]);
        engine = engine.restart_abandoned().await;
    }
    assert_eq!(engine.ledger().await, [300, 1, 299, 0, 0]);
    engine.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn sms_07_the_main_and_the_fallback_address_both_deliver_and_it_is_one_reading() {
    let engine = Engine::new().await;
    let (_house, gate) = gate(&engine).await;
    let first = text("SMboth", "BP 191 99");
    // To the fallback Twilio says as well why it came.
    let mut second = first.clone();
    second.extend([("ErrorCode", "11200"), ("ErrorUrl", "https://gw.example.nhs.uk/sms/twilio/inbound")]);
    let (one, other) = tokio::join!(gate.signed(MAIN, &first), gate.signed(FALLBACK, &second));
    assert_eq!((one.status(), other.status()), (StatusCode::OK, StatusCode::OK));
    assert_eq!(engine.readings().await, ["systolic 191.0 accepted", "diastolic 99.0 accepted"]);
    assert_eq!(engine.ledger().await, [2, 1, 1, 0, 0]);
    engine.restart_abandoned().await.leaves(Left::texts(1)).await;
}
