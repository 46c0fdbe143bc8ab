//! The provider's list held against the journal.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::event::Way;
use lamplight::engine::intake::Settled;
use lamplight::sms::backfill::{Backfill, Pace};
use lamplight::sms::carrier::TextCarrier;
use lamplight::sms::listing::NotListed;
use lamplight::sms::log::LogCarrier;
use lamplight::sms::twilio::Sender;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::list::{Listing, NUMBER};
use crate::engine::house::{ADA, BOB, House};

fn backfill(house: &House, listing: &Listing) -> Backfill {
    Backfill {
        carriers: vec![TextCarrier::Twilio(listing.carrier(Listing::number())), TextCarrier::Log(LogCarrier)],
        intake: house.intake(),
        ids: house.ids.clone(),
        clock: house.clock.clone(),
        store: house.store.clone(),
        telemetry: house.telemetry.clone(),
        caught_up: CancellationToken::new(),
        pace: Pace { rest: Duration::from_millis(5), ..Pace::every(Duration::from_millis(10)) },
    }
}

fn ago(house: &House, minutes: i64) -> Timestamp {
    house.clock.now() - SignedDuration::from_mins(minutes)
}

async fn days(house: &House) -> Vec<String> {
    let sql = "select date(day * 86400, 'unixepoch') || ' listed ' || listed || ' kept ' || kept || ' late ' || late
               from listing_day order by day";
    house.see(sql).await
}

#[tokio::test]
async fn sms_08_each_missed_text_is_taken_in_once_at_its_own_time() {
    let house = House::new().await;
    let listing = Listing::start().await;
    // Out of order in the list, and one that the webhook brought.
    listing.put("SM1", ADA, ago(&house, 50), "BP 121 79", json!({}));
    listing.put("SM3", BOB, ago(&house, 30), "sugar 6.4", json!({}));
    listing.put("SM2", ADA, ago(&house, 40), "BP 122 80", json!({}));
    let mut brought = house.text(ADA, "BP 123 81");
    brought.key = "twilio:SM4".to_owned();
    listing.put("SM4", ADA, ago(&house, 20), "BP 123 81", json!({}));
    house.accepts(brought).await;
    let backfill = backfill(&house, &listing);
    for _ in 0..3 {
        backfill.look(house.clock.now()).await;
        house.wait(SignedDuration::from_mins(5));
    }
    let taken = house
        .see(
            "select vital || ' ' || value || ' ' || strftime('%H:%M', taken_at / 1000, 'unixepoch')
              from reading where vital <> 'diastolic' order by taken_at",
        )
        .await;
    assert_eq!(
        taken,
        ["systolic 121.0 08:10", "systolic 122.0 08:20", "glucose 6.4 08:30", "systolic 123.0 09:00"]
    );
    assert_eq!(house.ledger().await, [4, 4, 0, 0, 0], "looking again counts nothing twice");
    assert_eq!(days(&house).await, ["2026-11-22 listed 4 kept 4 late 3"]);
    assert!(house.tasks().await.is_empty());
    // Twilio brings one after all.
    let mut again = house.text(ADA, "BP 121 79");
    again.key = "twilio:SM1".to_owned();
    house.settles(again, Settled::Duplicate).await;
    let metrics = house.telemetry.render();
    assert!(metrics.contains("lamplight_backfill_texts_total 3"), "{metrics}");
    drop(backfill);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_08_a_text_that_the_provider_withheld_surfaces() {
    let house = House::new().await;
    let listing = Listing::start().await;
    let withheld = json!({ "status": "failed", "error_code": 30039 });
    listing.put("SM1", ADA, ago(&house, 9 * 60), "BP 194 123", withheld);
    let backfill = backfill(&house, &listing);
    backfill.look(house.clock.now()).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    drop(backfill);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_08_a_week_of_silence_is_caught_up_through_many_pages() {
    let house = House::new().await;
    let listing = Listing::start().await;
    let backfill = backfill(&house, &listing);
    backfill.look(house.clock.now()).await;
    let begun = house.clock.now();
    for n in 0..170 {
        let at = begun + SignedDuration::from_mins(n * 60);
        listing.put(&format!("SM{n:03}"), ADA, at, &format!("BP {} 80", 100 + n % 30), json!({}));
    }
    house.wait(SignedDuration::from_hours(171));
    backfill.look(house.clock.now()).await;
    assert_eq!(house.ledger().await[..2], [170, 170]);
    assert_eq!(house.count("(select distinct taken_at from reading)").await, 170);
    let days = days(&house).await;
    assert_eq!(days.len(), 8, "{days:?}");
    assert!(listing.books.lock().unwrap().asked.iter().any(|asked| asked.contains_key("Page")));
    drop(backfill);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_08_what_is_still_on_its_way_to_the_webhook_is_left_to_it() {
    let house = House::new().await;
    let listing = Listing::start().await;
    let up_since = ago(&house, 60);
    listing.put("SM1", ADA, house.clock.now() - SignedDuration::from_secs(10), "BP 121 79", json!({}));
    let backfill = backfill(&house, &listing);
    backfill.look(up_since).await;
    assert_eq!(house.ledger().await, [0; 5]);
    assert!(house.tasks().await.is_empty() && days(&house).await.is_empty());
    house.wait(SignedDuration::from_mins(5));
    backfill.look(up_since).await;
    assert_eq!(house.ledger().await, [1, 1, 0, 0, 0], "it never came");
    drop(backfill);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_08_a_list_that_fails_opens_a_task_and_is_made_up_for() {
    let house = House::new().await;
    let listing = Listing::start().await;
    listing.put("SM1", ADA, ago(&house, 23 * 60), "BP 121 79", json!({}));
    let backfill = backfill(&house, &listing);
    for (n, status) in [503, 401, 500, 503].into_iter().enumerate() {
        listing.books.lock().unwrap().fails = Some(status);
        backfill.look(house.clock.now()).await;
        assert_eq!(house.tasks().await.is_empty(), n < 2, "after {n}");
        house.wait(SignedDuration::from_hours(10));
    }
    assert_eq!(house.tasks().await, ["listing_fails twilio x2"]);
    listing.books.lock().unwrap().fails = None;
    backfill.look(house.clock.now()).await;
    assert!(house.tasks().await.is_empty());
    assert_eq!(house.ledger().await, [1, 1, 0, 0, 0], "what was sent before the first look failed");
    let metrics = house.telemetry.render();
    assert!(metrics.contains("lamplight_backfill_looks_total{outcome=\"failed\"} 4"), "{metrics}");
    drop(backfill);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_08_what_cannot_be_taken_in_is_a_difference_with_a_task_until_it_is() {
    let mut house = House::new().await;
    let listing = Listing::start().await;
    listing.put("SM1", ADA, ago(&house, 30), "BP 121 79", json!({}));
    let closed = Backfill { intake: lamplight::engine::intake::channel(1).0, ..backfill(&house, &listing) };
    closed.look(house.clock.now()).await;
    assert_eq!(days(&house).await, ["2026-11-22 listed 1 kept 0 late 0"]);
    assert_eq!(house.tasks().await, ["texts_missing twilio x1"]);
    assert!(house.telemetry.render().contains("lamplight_texts_missing 1"));
    let backfill = backfill(&house, &listing);
    backfill.look(house.clock.now()).await;
    assert_eq!(days(&house).await, ["2026-11-22 listed 1 kept 1 late 1"]);
    assert!(house.tasks().await.is_empty());
    drop((closed, backfill));
    house.stop().await;
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_08_only_texts_to_our_own_numbers_are_ours() {
    let house = House::new().await;
    let listing = Listing::start().await;
    let now = house.clock.now();
    listing.put("SM1", ADA, ago(&house, 30), "BP 121 79", json!({ "messaging_service_sid": "MGours" }));
    listing.put("SM2", ADA, ago(&house, 30), "BP 122 79", json!({ "to": "+447700900777" }));
    listing.put("SM3", ADA, ago(&house, 30), "BP 123 79", json!({ "messaging_service_sid": "MGtheirs" }));
    listing.put(
        "SM4",
        NUMBER,
        ago(&house, 30),
        "Thank you.",
        json!({ "direction": "outbound-api", "to": NUMBER }),
    );
    let sids = async |sender| -> Vec<String> {
        let listed = listing.carrier(sender).list_inbound(ago(&house, 60), now).await.unwrap();
        let mut sids: Vec<String> = listed.into_iter().map(|text| text.text.provider_id).collect();
        sids.sort();
        sids
    };
    assert_eq!(sids(Listing::number()).await, ["SM1", "SM3"]);
    assert_eq!(sids(Sender::Service("MGours".to_owned())).await, ["SM1", "SM2"]);
    let asked = listing.books.lock().unwrap().asked.clone();
    assert_eq!((asked[0].get("To").map(String::as_str), asked[1].get("To")), (Some(NUMBER), None));
    assert_eq!(asked[0]["DateSent>"], "2026-11-22");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_20_half_a_text_in_the_list_is_asked_for_again() {
    let house = House::new().await;
    let listing = Listing::start().await;
    let now = house.clock.now();
    listing.put("SM1", ADA, ago(&house, 90), "BP 18", json!({ "status": "failed", "error_code": 30009 }));
    listing.put("SM2", ADA, ago(&house, 90), "BP 19", json!({ "status": "receiving" }));
    listing.put("SM3", ADA, ago(&house, 5), "BP 17", json!({ "status": "receiving" }));
    listing.put("SM4", ADA, ago(&house, 5), "QlAgMTQwLzkwIHB1bHNlIDcy", json!({}));
    let listed = listing.carrier(Listing::number()).list_inbound(ago(&house, 120), now).await.unwrap();
    let mut seen: Vec<_> = listed
        .iter()
        .map(|t| (t.text.provider_id.as_str(), t.text.part.is_some(), t.text.body.as_str()))
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, [("SM1", true, "BP 18"), ("SM2", true, "BP 19"), ("SM4", false, "BP 140/90 pulse 72")]);
    assert!(listed.iter().all(|text| text.text.way == Way::Listed { sent_at: text.sent_at }));
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_08_a_list_that_makes_no_sense_is_no_list() {
    let house = House::new().await;
    let listing = Listing::start().await;
    listing.books.lock().unwrap().messages.push(json!({ "sid": 7, "to": NUMBER }));
    let carrier = listing.carrier(Listing::number());
    let told = carrier.list_inbound(ago(&house, 60), house.clock.now()).await;
    assert_eq!(told, Err(NotListed::Unreadable));
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_08_who_was_erased_does_not_come_back_from_the_list() {
    let house = House::new().await;
    let listing = Listing::start().await;
    listing.put("SM1", ADA, ago(&house, 30), "BP 121 79", json!({}));
    let backfill = backfill(&house, &listing);
    backfill.look(house.clock.now()).await;
    let mut tx = house.store.begin().await.unwrap();
    tx.erase_patient(&lamplight::domain::id::PatientId::trusted("ada")).await.unwrap();
    tx.commit().await.unwrap();
    backfill.look(house.clock.now()).await;
    assert_eq!(house.count("inbox").await, 1);
    assert_eq!(house.count("inbox where sender <> '' or provider_id is not null").await, 0);
    assert!(house.tasks().await.is_empty(), "{:?}", house.tasks().await);
    drop(backfill);
    house.leaves_whatever().await;
}
