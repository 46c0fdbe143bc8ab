//! What there is to see when nobody does anything.

use serde_json::Value;

use super::visit::Visit;
use crate::support::wire::Wire;

#[tokio::test]
async fn the_first_minute_brings_one_of_everything() {
    let visit = Visit::begin();
    for severity in ["red", "amber", "advice"] {
        let path = format!("alerts?severity={severity}");
        visit.until(severity, &path, |answer| !list(answer, "alerts").is_empty()).await;
    }
    visit
        .until("a reading that was read back", "alerts?patient=p12", |answer| {
            list(answer, "alerts").iter().any(|alert| alert["evidence"][0]["unconfirmed"] == true)
        })
        .await;
    for source in ["text", "device"] {
        visit
            .until(source, "readings?limit=500", |answer| {
                list(answer, "readings").iter().any(|reading| reading["source"] == source)
            })
            .await;
    }
    let ledger = visit.until("a text of no patient", "intake/ledger", |ledger| ledger["held"] == 1).await;
    assert_eq!(ledger["balanced"], true, "{ledger}");
}

#[tokio::test]
async fn a_fortnight_lies_behind_everybody_and_whoever_is_asked_soon_is_asked() {
    let visit = Visit::begin();
    let prompts = visit.api("prompts?patient=p11&limit=500").await;
    for state in ["answered", "missed"] {
        let many = list(&prompts, "prompts").iter().filter(|prompt| prompt["state"] == state).count();
        assert!(many > 0, "{state}: {prompts}");
    }
    assert!(list(&prompts, "prompts").len() > 20, "{prompts}");
    let resolved = visit.api("alerts?state=resolved&limit=500").await;
    assert!(list(&resolved, "alerts").len() > 10);
    let ledger = visit.api("intake/ledger").await;
    assert_eq!(ledger["balanced"], true, "{ledger}");

    let line = visit.welcome.lines().find(|line| line.contains("Elsie Garner")).unwrap();
    assert!(line.contains("text BP 141 82"), "{line}");
    visit
        .until("the question", "prompts?patient=p05&limit=1", |answer| {
            list(answer, "prompts")[0]["state"] == "asked"
        })
        .await;
    assert_eq!(visit.text("+447700900105", "BP 141 82").await.status(), 303);
    visit
        .until("the answer", "prompts?patient=p05&limit=5", |answer| {
            list(answer, "prompts").iter().all(|prompt| prompt["state"] != "asked")
        })
        .await;
}

#[tokio::test]
async fn the_line_to_paste_is_a_reading_that_turns_the_queue_red() {
    let visit = Visit::begin();
    let (_, rest) = visit.welcome.split_once("mosquitto_pub -p ").unwrap();
    let (port, rest) = rest.split_once(" -q 1 -t ").unwrap();
    let (topic, rest) = rest.split_once(" -m \\\n").unwrap();
    let payload = rest.split('\'').nth(1).unwrap();
    let mut device = Wire::device(port.parse().unwrap(), "visitor").await;
    device.deliver(topic, 1, payload.as_bytes()).await;
    visit
        .until("the alert", "alerts?patient=p01&severity=red", |answer| !list(answer, "alerts").is_empty())
        .await;
    let readings = visit.api("readings?patient=p01&vital=systolic").await;
    assert!(list(&readings, "readings").iter().any(|reading| reading["value"] == 185), "{readings}");
}

fn list<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer[name].as_array().unwrap()
}
