//! What is durable here is blanked at the provider.

use lamplight::engine::intake::Settled;
use lamplight::sms::carrier::TextCarrier;
use lamplight::sms::redaction::Redactor;
use serde_json::json;

use super::list::Listing;
use crate::engine::house::{ADA, House};

fn redactor(house: &House, carriers: Vec<TextCarrier>) -> Redactor {
    Redactor {
        carriers,
        clock: house.clock.clone(),
        store: house.store.clone(),
        telemetry: house.telemetry.clone(),
    }
}

#[tokio::test]
async fn sms_29_a_text_is_blanked_once_it_is_stored_and_an_answer_once_it_is_final() {
    let house = House::new().await;
    let listing = Listing::start().await;
    let redactor = redactor(&house, vec![TextCarrier::Twilio(listing.carrier(Listing::number()))]);
    redactor.begin().await.unwrap();
    let text = house.text(ADA, "BP 121 79");
    let sid = text.key.trim_start_matches("twilio:").to_owned();
    listing.put(&sid, ADA, house.clock.now(), "BP 121 79", json!({}));
    house.accepts(text).await;

    // The provider does not answer: it is tried again, and not at once.
    listing.books.lock().unwrap().fails = Some(503);
    redactor.work().await.unwrap();
    listing.books.lock().unwrap().fails = None;
    redactor.work().await.unwrap();
    assert!(listing.books.lock().unwrap().blanked.is_empty(), "it waits");
    house.wait(jiff::SignedDuration::from_mins(1));
    redactor.work().await.unwrap();
    assert_eq!(listing.books.lock().unwrap().blanked, [sid]);
    assert_eq!(house.see("select body from message where direction = 'in'").await, ["BP 121 79"]);

    // Our answer, as it comes to its end.
    listing.put(
        "SMout",
        "+447700900456",
        house.clock.now(),
        "Thank you.",
        json!({ "direction": "outbound-api" }),
    );
    house.run("update message set provider_id = 'SMout', state = 'sent' where direction = 'out'").await;
    redactor.work().await.unwrap();
    assert_eq!(
        listing.books.lock().unwrap().blanked.len(),
        1,
        "it may still be needed to tell it from others"
    );
    house.run("update message set state = 'delivered' where direction = 'out'").await;
    redactor.work().await.unwrap();
    assert_eq!(listing.books.lock().unwrap().blanked[1], "SMout");
    assert_eq!(house.count("redaction").await, 0);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_29_nothing_is_blanked_unasked() {
    let house = House::new().await;
    redactor(&house, Vec::new()).begin().await.unwrap();
    house.settles(house.text(ADA, "BP 121 79"), Settled::Accepted).await;
    house.run("update message set provider_id = 'SMout', state = 'delivered' where direction = 'out'").await;
    assert_eq!(house.count("redaction").await, 0);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_29_a_text_that_nobody_has_any_more_is_done() {
    let house = House::new().await;
    let listing = Listing::start().await;
    let redactor = redactor(&house, vec![TextCarrier::Twilio(listing.carrier(Listing::number()))]);
    redactor.begin().await.unwrap();
    house.accepts(house.text(ADA, "BP 121 79")).await;
    redactor.work().await.unwrap();
    assert_eq!(house.count("redaction").await, 0);
    house.leaves_whatever().await;
}
