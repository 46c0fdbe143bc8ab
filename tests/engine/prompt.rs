//! What is due is asked once, whatever breaks in the middle; from the enrolment to the answer with the real parts.

use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::date;
use lamplight::domain::id::{PatientId, ProtocolId};
use lamplight::engine::delivery::Nudge;
use lamplight::engine::enrolment::{Move, Wish};
use lamplight::engine::prompt::{repair, run_due};
use lamplight::outbox::Worker;
use lamplight::sms::log::LogCarrier;
use tokio_util::sync::CancellationToken;

use super::house::{ADA, House};
use super::protocol::{Gateway, hand};
use crate::due::file::{asks, at, catalog, entry, protocol};

async fn on_a_daily_question(people: &[&str]) -> Gateway {
    let daily = protocol("daily", vec![entry("morning", asks(&["bp"]), &["08:00"])]);
    let gateway = Gateway::under(catalog([daily]), at("2026-06-01 12:00")).await;
    for patient in people {
        let wish = Wish {
            protocol: ProtocolId::trusted("daily"),
            first_day: Some(date(2026, 6, 2)),
            last_day: None,
            consent: None,
        };
        gateway.desk().start(&PatientId::trusted(*patient), &wish, &hand()).await.unwrap();
    }
    gateway
}

/// Runs `work` for so many steps and then drops it, as a kill would. Nothing when it was cut off.
async fn cut_off<T>(work: impl Future<Output = T>, steps: usize) -> Option<T> {
    let mut work = Box::pin(work);
    let mut taken = 0;
    poll_fn(move |context| {
        if taken == steps {
            return Poll::Ready(None);
        }
        taken += 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn a_run_that_is_cut_off_anywhere_neither_loses_nor_doubles_a_question() {
    let gateway = on_a_daily_question(&["ada", "bob"]).await;
    gateway.settle().await;
    let House { store, catalog, ids, clock, .. } = &gateway.house;
    let mut cut = 0;
    // How many steps a run takes is the machine's affair; thirty cut none.
    for (day, steps) in (2..=30).zip(0..) {
        clock.set(at(&format!("2026-06-{day:02} 08:00")));
        cut += usize::from(cut_off(run_due(store, catalog, ids, clock.now()), steps).await.is_none());
        let today = format!("prompt where planned_at = {}", clock.now().as_millisecond());
        let asked = gateway.house.count(&today).await;
        assert!(asked == 0 || asked == 2, "{asked} of two patients were asked after {steps} steps");
        run_due(store, catalog, ids, clock.now()).await.unwrap();
        run_due(store, catalog, ids, clock.now()).await.unwrap();
        assert_eq!(gateway.house.count(&today).await, 2, "after {steps} steps");
        let now = clock.now().as_millisecond();
        let texts = format!("message where says like '%ask bp%' and created_at = {now}");
        assert_eq!(gateway.house.count(&texts).await, 2, "after {steps} steps");
        gateway.settle().await;
    }
    assert!(cut > 1, "no run was cut off once it had begun");
    gateway.house.leaves_whatever().await;
}

#[tokio::test]
async fn our_outage_is_one_task_for_the_house_and_no_alert_of_any_patient() {
    let gateway = on_a_daily_question(&["ada", "bob"]).await;
    let House { store, catalog, ids, clock, .. } = &gateway.house;
    clock.set(at("2026-06-02 20:00"));
    run_due(store, catalog, ids, clock.now()).await.unwrap();
    assert_eq!(gateway.house.count("prompt where cause = 'our_outage'").await, 2);
    assert_eq!(gateway.house.tasks().await, ["our_outage 2026-06-02 x2"]);
    assert!(gateway.house.alerts().await.is_empty());
    gateway.house.leaves_whatever().await;
}

#[tokio::test]
async fn who_fell_off_the_agenda_is_put_back_on_it() {
    let gateway = on_a_daily_question(&["ada"]).await;
    gateway.house.run("delete from agenda").await;
    let House { store, clock, .. } = &gateway.house;
    assert_eq!(repair(store, clock.now()).await.unwrap(), 1);
    assert_eq!(repair(store, clock.now()).await.unwrap(), 0);
    gateway.pass_to(at("2026-06-02 08:00")).await;
    assert_eq!(gateway.house.count("prompt where state = 'asked'").await, 1);
    gateway.house.leaves_whatever().await;
}

#[tokio::test]
async fn a_patient_of_whom_nothing_can_be_read_becomes_a_task_and_the_others_are_asked() {
    let gateway = on_a_daily_question(&["ada", "bob"]).await;
    gateway.settle().await;
    gateway.house.run("update enrolment set own_times = 'no JSON' where patient_id = 'ada'").await;
    gateway.pass_to(at("2026-06-02 08:05")).await;
    assert_eq!(gateway.house.see("select patient_id from prompt").await, ["bob"]);
    assert_eq!(
        gateway.house.see("select kind || ' ' || subject from task").await,
        ["failing_protocol ada"],
        "told once, counted on"
    );
    gateway.house.leaves_whatever().await;
}

#[tokio::test]
async fn enrolled_asked_sent_answered() {
    let gateway = on_a_daily_question(&["ada"]).await;
    let House { store, catalog, ids, clock, telemetry, .. } = &gateway.house;
    let (nudge, stop) = (Nudge::default(), CancellationToken::new());
    let worker = Worker::new(LogCarrier, store.clone(), clock.clone(), telemetry.clone(), nudge.clone());
    let worker = tokio::spawn(worker.run(stop.clone()));
    let all_sent = async |texts: i64| {
        for _ in 0..6000 {
            nudge.nudge();
            if gateway.house.count("message where state = 'sent'").await == texts {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the texts are not sent: {:?}", gateway.house.see("select state from message").await);
    };
    all_sent(1).await;
    clock.set(at("2026-06-02 08:00"));
    assert_eq!(run_due(store, catalog, ids, clock.now()).await.unwrap().messages, 1);
    assert_eq!(gateway.house.see("select state from prompt").await, ["asked"]);
    clock.set(at("2026-06-02 08:02"));
    all_sent(2).await;
    // The window opens when the question was really sent.
    run_due(store, catalog, ids, clock.now()).await.unwrap();
    let reminder = clock.now() + SignedDuration::from_mins(60);
    assert_eq!(store.next_wake().await.unwrap(), Some(reminder));
    clock.set(at("2026-06-02 08:09"));
    gateway.house.accepts(gateway.house.text(ADA, "126/74")).await;
    let told = gateway.house.see("select body from message union all select reason from inbox").await;
    assert_eq!(gateway.house.see("select state from prompt").await, ["answered"], "{told:?}");
    all_sent(3).await;
    clock.set(at("2026-06-02 12:30"));
    run_due(store, catalog, ids, clock.now()).await.unwrap();
    assert_eq!(gateway.house.count("message where says like '%remind%'").await, 0, "an answer silences it");
    stop.cancel();
    worker.await.unwrap();
    gateway.house.leaves_whatever().await;
}

#[tokio::test]
async fn every_move_is_recorded_with_its_hand_and_its_consent() {
    let gateway = on_a_daily_question(&["ada"]).await;
    let (ada, daily) = (PatientId::trusted("ada"), ProtocolId::trusted("daily"));
    let times = [("morning".to_owned(), vec!["07:00".parse().unwrap()])].into();
    let pause = Move::Pause { to: None, reason: "hospital".to_owned() };
    for change in [Move::Times(times), pause, Move::Resume, Move::End] {
        gateway.desk().change(&ada, &daily, change, &hand()).await.unwrap();
    }
    let refused = gateway.desk().change(&ada, &daily, Move::End, &hand()).await;
    assert!(refused.is_err(), "it is over");
    assert_eq!(
        gateway.house.see("select action || ' ' || actor from audit where action like 'enrolment.%'").await,
        [
            "enrolment.started rehearsal",
            "enrolment.times_changed rehearsal",
            "enrolment.paused rehearsal",
            "enrolment.resumed rehearsal",
            "enrolment.ended rehearsal",
        ]
    );
    assert_eq!(
        gateway
            .house
            .see("select consent || ' ' || consent_source || ' ' || end_reason from enrolment")
            .await,
        ["opt_out {\"by\":\"staff\",\"name\":\"rehearsal\"} ended"]
    );
    assert_eq!(gateway.house.count("agenda").await, 0);
    gateway.house.leaves_whatever().await;
}
