//! What the worker takes up, in which order, and that it leaves nothing undone.

use jiff::SignedDuration;
use lamplight::domain::alert::Severity;
use lamplight::sms::log::LogCarrier;
use lamplight::telemetry::Part;

use super::fake::{Act, FakeTwilio};
use super::house::{House, until};
use super::worker::wait_out;

#[tokio::test]
async fn sms_25_red_advice_goes_first() {
    let house = House::new().await;
    for n in 0..20 {
        house.text(&format!("m{n}"), Some("p1"), &format!("Thank you {n}."), None).await;
    }
    house.advance(SignedDuration::from_secs(1));
    house.text("red", Some("p1"), "Please call 999.", Some(Severity::Red)).await;
    let mut tx = house.store.begin().await.unwrap();
    let now = house.clock.now();
    let held = tx.claim_texts(now, now + SignedDuration::from_mins(1), 2).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(held.iter().map(|text| text.id.as_str()).collect::<Vec<_>>(), ["red", "m0"]);
}

#[tokio::test]
async fn sms_22_a_text_goes_to_the_number_of_the_day() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::Reset]).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    house.run("update patient set phone = '+447700900777'").await;
    let worker = house.work(twilio.carrier());
    wait_out(&house, "m0", "sent").await;
    house.run("update patient set phone = null").await;
    house.text("m1", Some("p1"), "Thank you.", None).await;
    house.reaches("m1", "failed").await;
    worker.stop().await;
    assert_eq!(twilio.sent()[0].to, "+447700900777");
    assert_eq!(house.alerts().await, "system_undelivered/amber/open/1");
}

#[tokio::test]
async fn sms_24_a_text_that_is_no_longer_of_use_is_not_sent_and_not_forgotten() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[]).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    house.advance(SignedDuration::from_hours(12));
    let worker = house.work(twilio.carrier());
    house.reaches("m0", "failed").await;
    worker.stop().await;
    assert_eq!(twilio.creates(), 0);
    assert_eq!(house.alerts().await, "system_undelivered/amber/open/1");
}

#[tokio::test]
async fn a_backlog_empties_without_repeats() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[]).await;
    for n in 0..50 {
        house.text(&format!("m{n}"), Some("p1"), &format!("Thank you {n}."), None).await;
    }
    let worker = house.work(twilio.patient_carrier());
    until("all sent", async || house.see("select count(*) from message where state = 'sent'").await == "50")
        .await;
    assert!(house.telemetry.is_well(Part::Outbox));
    worker.stop().await;
    assert!(!house.telemetry.is_well(Part::Outbox));
    let mut bodies: Vec<_> = twilio.sent().into_iter().map(|sent| sent.body).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!((bodies.len(), twilio.creates()), (50, 50));
}

#[tokio::test]
async fn stopping_finishes_what_is_under_way() {
    let house = House::new().await;
    let twilio = FakeTwilio::start(house.clock.clone(), &[Act::Hang { created: true }]).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    let worker = house.work(twilio.carrier());
    until("it is under way", async || twilio.creates() == 1).await;
    worker.stop().await;
    assert_eq!(house.state("m0").await, "ambiguous", "its outcome was awaited and recorded");
}

#[tokio::test]
async fn the_log_provider_sends_nothing_and_says_sent() {
    let house = House::new().await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    house.text("m1", None, "This is an automatic service.", None).await;
    let worker = house.work(LogCarrier);
    house.reaches("m0", "sent").await;
    house.reaches("m1", "sent").await;
    worker.stop().await;
}
