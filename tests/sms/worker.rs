use std::time::Duration;

use jiff::SignedDuration;
use lamplight::domain::alert::Severity;
use lamplight::engine::intake::channel;
use lamplight::outbox::Pace;
use lamplight::outbox::policy::MAX_ATTEMPTS;
use reqwest::StatusCode;
use tokio::net::TcpListener;

use super::fake::{Act, FakeTwilio, carrier_to};
use super::house::{House, PHONE, until};
use super::webhook::{ACCOUNT, Gate, PUBLIC_URL};

/// Longer than any wait before a doubtful text is reconciled, shorter than a text is of use.
const A_WHILE: SignedDuration = SignedDuration::from_mins(15);

/// Turns the clock whenever nothing is due, until the text is in this state.
pub async fn wait_out(house: &House, id: &str, state: &str) {
    until(&format!("{id} {state}"), async || {
        if house.state(id).await == state {
            return true;
        }
        let now = house.clock.now();
        let idle = house
            .see(&format!(
                "select min(due_at) > {} from message where due_at is not null and state <> 'sending'",
                now.as_millisecond()
            ))
            .await;
        let busy = house.see("select count(*) from message where lease_until is not null").await;
        if idle == "1" && busy == "0" {
            house.advance(A_WHILE);
        }
        false
    })
    .await;
}

#[tokio::test]
async fn a_text_goes_out_once_with_all_that_the_provider_needs() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[]).await;
    house.text("m0", Some("p1"), "Thank you: 120/80 — “fine” & dandy + 😷", None).await;
    let worker = house.work(twilio.carrier());
    house.reaches("m0", "sent").await;
    worker.stop().await;
    let sent = twilio.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to, PHONE);
    assert_eq!(sent[0].body, "Thank you: 120/80 - \"fine\" & dandy + 😷");
    assert_eq!(sent[0].callback, format!("{PUBLIC_URL}/sms/twilio/status?m=m0"));
    assert_eq!(sent[0].validity, 36_000, "twelve hours of use, ten at most for the provider");
    assert_eq!(house.see("select provider_id from message").await, sent[0].sid);
    assert_eq!(house.see("select due_at from message").await, "-");
    assert!(house.telemetry.render().contains("lamplight_outbox_attempts_total{outcome=\"accepted\"} 1\n"));
}

#[tokio::test]
async fn sms_11_whatever_goes_wrong_once_ends_with_one_text_at_the_provider() {
    for (label, act, creates) in [
        ("asked to slow down", Act::SlowDown(30), 2),
        ("queue overflow at the provider", Act::Refuse(400, 21_611), 2),
        ("failure after it was taken", Act::AcceptThen500, 1),
        ("failure before it was taken", Act::Refuse(500, 20_500), 2),
        ("connection broken after it was taken", Act::AcceptThenReset, 1),
        ("answer broken off in the middle", Act::AcceptThenCut, 1),
        ("connection broken before it was taken", Act::Reset, 2),
        ("no answer after it was taken", Act::Hang { created: true }, 1),
        ("no answer and not taken", Act::Hang { created: false }, 2),
        ("credentials mended", Act::Refuse(401, 20_003), 2),
    ] {
        let house = House::new().await;
        let twilio = FakeTwilio::start(house.clock.clone(), &[act]).await;
        house.text("m0", Some("p1"), "Thank you.", None).await;
        let worker = house.work(twilio.carrier());
        wait_out(&house, "m0", "sent").await;
        worker.stop().await;
        assert_eq!((twilio.sent().len(), twilio.creates()), (1, creates), "{label}");
        assert_eq!(house.see("select provider_id from message").await, twilio.sent()[0].sid, "{label}");
        assert_eq!(house.alerts().await, "-", "{label}");
    }
}

#[tokio::test]
async fn sms_12_a_wait_that_the_provider_asks_for_is_kept() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::SlowDown(300)]).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    let worker = house.work(twilio.carrier());
    until("the wait", async || {
        house.see("select attempts = 1 and state = 'queued' from message").await == "1"
    })
    .await;
    let due = house.see("select due_at - created_at from message").await;
    assert_eq!(due, "300000");
    worker.stop().await;
}

#[tokio::test]
async fn sms_12_a_storm_of_429_spreads_texts_out_and_loses_and_doubles_none() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::SlowDown(1); 80]).await;
    let ids: Vec<_> = (0..40).map(|n| format!("m{n:02}")).collect();
    for id in &ids {
        house.text(id, Some("p1"), id, None).await;
    }
    let worker = house.work(twilio.patient_carrier());
    until("everybody was turned away", async || {
        house.see("select count(*) from message where state = 'queued' and attempts = 1").await == "40"
    })
    .await;
    let spread: u32 = house.see("select count(distinct due_at) from message").await.parse().unwrap();
    assert!(spread > 30, "they come back at {spread} different times");
    assert_eq!(house.see("select min(due_at - created_at) >= 7500 from message").await, "1");
    for id in &ids {
        wait_out(&house, id, "sent").await;
    }
    worker.stop().await;
    let mut bodies: Vec<_> = twilio.sent().into_iter().map(|sent| sent.body).collect();
    bodies.sort();
    assert_eq!(bodies, ids);
    assert_eq!(twilio.creates(), 120, "each was turned away twice");
    assert_eq!(house.alerts().await, "-");
}

#[tokio::test]
async fn sms_13_a_number_that_takes_no_texts_and_an_unknown_code_are_alerts_at_once() {
    for (status, code, red) in [(400, 21_211, false), (400, 21_614, true), (400, 77_777, false)] {
        let house = House::new().await;
        let twilio = FakeTwilio::start(house.clock.clone(), &[Act::Refuse(status, code)]).await;
        house.text("m0", Some("p1"), "Thank you.", red.then_some(Severity::Red)).await;
        let worker = house.work(twilio.carrier());
        house.reaches("m0", "failed").await;
        worker.stop().await;
        let severity = if red { "red" } else { "amber" };
        assert_eq!(house.alerts().await, format!("system_undelivered/{severity}/open/1"));
        assert_eq!(house.see("select error_code from message").await, code.to_string());
        assert_eq!(twilio.creates(), 1);
    }
}

#[tokio::test]
async fn who_opted_out_at_the_provider_is_not_tried_again() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::Refuse(400, 21_610)]).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    let worker = house.work(twilio.carrier());
    house.reaches("m0", "failed").await;
    house.text("m1", Some("p1"), "Thank you.", None).await;
    house.reaches("m1", "failed").await;
    assert_eq!(house.alerts().await, "-");
    house.text("m2", Some("p1"), "Please call 999.", Some(Severity::Red)).await;
    house.reaches("m2", "failed").await;
    worker.stop().await;
    assert_eq!(twilio.creates(), 1);
    assert_eq!(house.tasks().await, "left_monitoring/p1/1");
    assert_eq!(house.alerts().await, "system_undelivered/red/open/1");
}

#[tokio::test]
async fn while_the_provider_refuses_our_account_texts_wait_and_an_operator_is_told_once() {
    let house = House::new().await;
    let acts = [Act::Refuse(401, 20_003); 4];
    let twilio = FakeTwilio::start(house.clock.clone(), &acts).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    house.text("m1", Some("p1"), "Thank you too.", None).await;
    let worker = house.work(twilio.carrier());
    wait_out(&house, "m0", "sent").await;
    wait_out(&house, "m1", "sent").await;
    worker.stop().await;
    assert_eq!(house.tasks().await, "provider_refuses/sms/4");
    assert_eq!(twilio.sent().len(), 2);
}

#[tokio::test]
async fn a_provider_that_stays_away_is_an_alert_in_the_end() {
    let house = House::new().await;
    // A port where nobody listens.
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    house.text("m0", Some("p1"), "Please call your nurse.", Some(Severity::Red)).await;
    let worker = house.work(carrier_to(&base, Duration::from_secs(5)));
    wait_out(&house, "m0", "failed").await;
    worker.stop().await;
    assert_eq!(house.see("select attempts from message").await, MAX_ATTEMPTS.to_string());
    assert_eq!(house.alerts().await, "system_undelivered/red/open/1");
    assert!(house.telemetry.render().contains("lamplight_outbox_exhausted_total 1\n"));
}

#[tokio::test]
async fn sms_11_doubt_twice_is_a_humans_to_judge() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::Reset, Act::Reset]).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    let worker = house.work(twilio.carrier());
    wait_out(&house, "m0", "failed").await;
    worker.stop().await;
    assert_eq!((twilio.creates(), twilio.lists()), (2, 2));
    assert_eq!(house.alerts().await, "system_undelivered/amber/open/1");
}

#[tokio::test]
async fn a_provider_that_cannot_be_asked_is_asked_again_before_anything_is_sent() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::AcceptThen500]).await;
    twilio.fail_lists(3);
    house.text("m0", Some("p1"), "Thank you.", None).await;
    let worker = house.work(twilio.carrier());
    wait_out(&house, "m0", "sent").await;
    worker.stop().await;
    assert_eq!((twilio.creates(), twilio.lists()), (1, 4));
}

#[tokio::test]
async fn another_text_with_the_same_words_is_not_taken_for_the_doubtful_one() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::Reset]).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    let worker = house.work(twilio.carrier());
    house.reaches("m0", "ambiguous").await;
    house.text("m1", Some("p1"), "Thank you.", None).await;
    house.reaches("m1", "sent").await;
    wait_out(&house, "m0", "sent").await;
    worker.stop().await;
    assert_eq!(twilio.sent().len(), 2, "both went out");
    assert_eq!(house.see("select count(distinct provider_id) from message").await, "2");
}

#[tokio::test]
async fn an_older_text_with_the_same_words_is_not_taken_for_it_either() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::Accept, Act::Reset]).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    let worker = house.work(twilio.carrier());
    house.reaches("m0", "sent").await;
    // Not even one that we have forgotten the name of.
    house.run("update message set provider_id = null").await;
    house.advance(SignedDuration::from_hours(1));
    house.text("m1", Some("p1"), "Thank you.", None).await;
    wait_out(&house, "m1", "sent").await;
    worker.stop().await;
    assert_eq!(twilio.sent().len(), 2);
}

#[tokio::test]
async fn a_report_that_overtakes_the_lost_answer_settles_the_doubt() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::AcceptThenReset]).await;
    let gate = Gate::open(&house, channel(1).0).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    let worker = house.work(twilio.carrier());
    house.reaches("m0", "ambiguous").await;
    let sid = twilio.sent()[0].sid.clone();
    let path = twilio.sent()[0].callback.strip_prefix(PUBLIC_URL).unwrap().to_owned();
    let pairs = [("MessageSid", sid.as_str()), ("AccountSid", ACCOUNT), ("MessageStatus", "delivered")];
    assert_eq!(gate.signed(&path, &pairs).await.status(), StatusCode::OK);
    assert_eq!(house.state("m0").await, "delivered");
    house.advance(A_WHILE);
    worker.stop().await;
    assert_eq!((twilio.creates(), twilio.lists()), (1, 0));
    assert_eq!(house.see("select provider_id from message").await, sid);
}

#[tokio::test]
async fn a_report_that_comes_while_the_answer_is_awaited_is_not_undone_by_it() {
    let house = House::new().await;
    let gate = Gate::open(&house, channel(1).0).await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::Hang { created: true }]).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    let worker = house.work(twilio.carrier());
    until("it is under way", async || twilio.creates() == 1).await;
    let sid = twilio.sent()[0].sid.clone();
    let pairs = [("MessageSid", sid.as_str()), ("AccountSid", ACCOUNT), ("MessageStatus", "queued")];
    assert_eq!(gate.signed("/sms/twilio/status?m=m0", &pairs).await.status(), StatusCode::OK);
    worker.stop().await;
    assert_eq!(house.state("m0").await, "sent", "the time-out came after the proof");
    assert_eq!(house.see("select due_at from message").await, "-");
}

#[tokio::test]
async fn a_delivery_that_is_reported_before_the_answer_stays_delivered() {
    let house = House::new().await;
    let gate = Gate::open(&house, channel(1).0).await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::AcceptOnRelease]).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    let worker = house.work(twilio.patient_carrier());
    until("it is under way", async || twilio.creates() == 1).await;
    let sid = twilio.sent()[0].sid.clone();
    for status in ["delivered", "queued", "sent"] {
        let pairs = [("MessageSid", sid.as_str()), ("AccountSid", ACCOUNT), ("MessageStatus", status)];
        assert_eq!(gate.signed("/sms/twilio/status?m=m0", &pairs).await.status(), StatusCode::OK);
    }
    twilio.release.notify_one();
    worker.stop().await;
    assert_eq!(house.state("m0").await, "delivered");
    assert_eq!(house.see("select provider_id from message").await, sid);
    assert_eq!((twilio.creates(), twilio.lists()), (1, 0));
}

#[tokio::test]
async fn sms_10_a_report_that_was_parked_is_applied_when_the_answer_names_its_text() {
    let house = House::new().await;
    let gate = Gate::open(&house, channel(1).0).await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::AcceptOnRelease]).await;
    house.text("m0", Some("p1"), "Thank you.", Some(Severity::Red)).await;
    let worker = house.work(twilio.patient_carrier());
    until("it is under way", async || twilio.creates() == 1).await;
    let sid = twilio.sent()[0].sid.clone();
    let pairs = [("MessageSid", sid.as_str()), ("MessageStatus", "undelivered"), ("ErrorCode", "30006")];
    assert_eq!(gate.signed("/sms/twilio/status", &pairs).await.status(), StatusCode::OK);
    assert_eq!(house.state("m0").await, "sending");
    twilio.release.notify_one();
    house.reaches("m0", "undelivered").await;
    worker.stop().await;
    assert_eq!(house.alerts().await, "system_undelivered/red/open/1");
    assert_eq!(house.see("select count(*) from message_event where message_id is null").await, "0");
}

#[tokio::test]
async fn the_token_does_not_show_in_what_may_be_logged() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[]).await;
    let seen = format!("{:?}", twilio.carrier());
    assert!(!seen.contains(super::webhook::TOKEN), "{seen}");
}

#[tokio::test]
async fn a_worker_that_died_holding_a_text_leaves_it_to_be_reconciled() {
    for (label, created) in [("it had left", true), ("it had not left", false)] {
        let house = House::new().await;
        let twilio = FakeTwilio::start(house.clock.clone(), &[]).await;
        house.text("m0", Some("p1"), "Thank you.", None).await;
        let now = house.clock.now();
        let mut tx = house.store.begin().await.unwrap();
        let lease = Pace::default().lease;
        let held = tx.claim_texts(now, now + SignedDuration::try_from(lease).unwrap(), 8).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(held.len(), 1);
        if created {
            use lamplight::outbox::carrier::{Carrier, OutText};
            let text = OutText {
                id: held[0].id.clone(),
                to: held[0].tried.clone(),
                via: None,
                subject: None,
                body: held[0].body.clone(),
                occasion: None,
                validity: Duration::from_secs(60),
            };
            twilio.carrier().send(&text).await;
        }
        let worker = house.work(twilio.carrier());
        assert_eq!(house.state("m0").await, "sending", "the lease is respected");
        house.advance(SignedDuration::from_mins(2));
        house.reaches("m0", "sent").await;
        worker.stop().await;
        assert_eq!((twilio.sent().len(), twilio.lists()), (1, 1), "{label}");
    }
}

#[tokio::test]
async fn sms_29_a_doubtful_text_whose_words_are_blanked_is_a_humans_to_judge() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::AcceptThenReset]).await;
    twilio.blank();
    house.text("m0", Some("p1"), "Please call 999.", Some(Severity::Red)).await;
    let worker = house.work(twilio.carrier());
    wait_out(&house, "m0", "failed").await;
    worker.stop().await;
    assert_eq!(twilio.creates(), 1, "it may have arrived: nothing is sent blindly");
    assert_eq!(house.alerts().await, "system_undelivered/red/open/1");
}

#[tokio::test]
async fn sms_29_blanked_texts_that_are_others_do_not_stand_in_the_way() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::Reset]).await;
    twilio.blank();
    house.text("m0", Some("p1"), "Thank you.", None).await;
    let worker = house.work(twilio.carrier());
    house.reaches("m0", "ambiguous").await;
    house.text("m1", Some("p1"), "Something else.", None).await;
    house.reaches("m1", "sent").await;
    wait_out(&house, "m0", "sent").await;
    worker.stop().await;
    assert_eq!((twilio.creates(), twilio.sent().len()), (3, 2));
}
