//! What is really texted: in every language, once, in the transaction that remembers it.

use std::sync::Arc;

use jiff::SignedDuration;
use lamplight::domain::wording::Phrase;
use lamplight::engine::candour::speak;

use super::site::candid_site;
use crate::engine::house::{ADA, House, Left, NOW};

async fn house() -> House {
    let mut catalog = lamplight::catalog::built_in().unwrap();
    catalog.site = Arc::new(candid_site());
    House::under(catalog, NOW.parse().unwrap()).await
}

async fn spoken(house: &House) -> usize {
    speak(&house.store, &house.catalog, &house.ids, house.clock.now()).await.unwrap()
}

async fn last_text(house: &House) -> String {
    house.texts().await.pop().unwrap()
}

#[tokio::test]
async fn a_red_reading_that_nobody_looks_at_is_owned_up_to_once_and_then_seen_once() {
    let house = house().await;
    house.accepts(house.text(ADA, "BP 185 121")).await;
    assert_eq!(house.see("select severity from alert").await, ["red"]);
    house.wait(SignedDuration::from_mins(15) - SignedDuration::from_secs(1));
    assert_eq!(spoken(&house).await, 0);
    house.wait(SignedDuration::from_secs(1));
    assert_eq!((spoken(&house).await, spoken(&house).await), (1, 0), "once");
    assert_eq!(
        last_text(&house).await,
        "Sorry, no nurse has looked at your reading yet. Please do not wait for us. For urgent advice call 111. \
         In an emergency call 999."
    );
    assert_eq!(
        house.see("select purpose from message order by id desc limit 1").await,
        [r#"{"reply":"red"}"#]
    );
    house.wait(SignedDuration::from_mins(5));
    let id = house.see("select id from alert").await.pop().unwrap();
    house.acknowledge(&id).await;
    assert_eq!((spoken(&house).await, spoken(&house).await), (1, 0), "once");
    assert_eq!(
        last_text(&house).await,
        "A nurse has seen your reading. If you feel worse, call 111. In an emergency call 999."
    );
    house.wait(SignedDuration::from_mins(5));
    house.resolve(&id).await;
    assert_eq!(spoken(&house).await, 0, "the same look");
    assert_eq!(house.see("select word from told order by at").await, ["unseen", "seen"]);
    house.leaves(Left::texts(3)).await;
}

#[tokio::test]
async fn sms_24_red_is_said_at_night_too_and_that_it_was_is_on_record() {
    for (at, audited) in [("2026-10-25T03:00:00Z", 1), ("2026-10-25T12:00:00Z", 0)] {
        let mut catalog = lamplight::catalog::built_in().unwrap();
        catalog.site = Arc::new(candid_site());
        let house = House::under(catalog, at.parse().unwrap()).await;
        house.accepts(house.text(ADA, "BP 185 121")).await;
        house.wait(SignedDuration::from_mins(15));
        assert_eq!((spoken(&house).await, spoken(&house).await), (1, 0), "{at}");
        let entries = house
            .see("select subject || ' ' || actor from audit where action = 'patient.told_at_night'")
            .await;
        assert_eq!(entries.len(), audited, "{at}: {entries:?}");
        assert!(entries.iter().all(|entry| entry.ends_with(" lamplight")), "{entries:?}");
        house.leaves_whatever().await;
    }
}

#[tokio::test]
async fn whoever_has_left_is_told_nothing_and_neither_is_anybody_of_what_we_raised_ourselves() {
    let house = house().await;
    house.accepts(house.text(ADA, "BP 185 121")).await;
    house.wait(SignedDuration::from_mins(20));
    house.run("update patient set standing = 'stopped'").await;
    assert_eq!(spoken(&house).await, 0);
    house
        .run("update patient set standing = 'active'; update alert set rule_id = 'system_undelivered'")
        .await;
    assert_eq!(spoken(&house).await, 0);
    house.run("update alert set rule_id = 'silence'; delete from alert_evidence").await;
    assert_eq!(spoken(&house).await, 0, "it rests on no reading");
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn whoever_looked_and_let_it_lapse_has_looked() {
    let house = house().await;
    house.accepts(house.text(ADA, "BP 185 121")).await;
    let id = house.see("select id from alert").await.pop().unwrap();
    house.acknowledge(&id).await;
    // As a lapse leaves it.
    house.run("update alert set state = 'open', acknowledged_at = null, acknowledged_by = null").await;
    house.wait(SignedDuration::from_mins(30));
    assert_eq!(spoken(&house).await, 0);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_machine_that_takes_an_alert_on_is_no_nurse() {
    let house = house().await;
    house.accepts(house.text(ADA, "BP 185 121")).await;
    house
        .run(&format!(
            "update alert set state = 'acknowledged', acknowledged_by = 'token:triage', acknowledged_at = {}",
            house.clock.now().as_millisecond()
        ))
        .await;
    assert_eq!(spoken(&house).await, 0);
    house.leaves(Left::texts(1)).await;
}

#[test]
fn every_language_has_both_texts() {
    let catalog = lamplight::catalog::built_in().unwrap();
    let texts: Vec<String> = ["en", "cy", "pl", "ur"]
        .into_iter()
        .flat_map(|language| {
            let words = catalog.wording.of(language);
            [Phrase::Seen, Phrase::Unseen]
                .map(|phrase| format!("{language} {}: {}", phrase.key(), words.say(phrase, &[])))
        })
        .collect();
    insta::assert_snapshot!(texts.join("\n"));
}
