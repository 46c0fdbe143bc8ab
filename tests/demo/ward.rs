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
