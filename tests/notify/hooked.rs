use std::sync::Arc;

use lamplight::domain::organisation::{Channel, Detail, Organisation};
use lamplight::domain::secret::Secret;
use lamplight::notify::signature::sign;
use lamplight::notify::webhook::WebhookCarrier;
use lamplight::outbox::Carriers;
use lamplight::sms::log::LogCarrier;
use serde_json::json;

use super::hook::{Hook, Mood, SECRET, carrier};
use super::staff::{contact, notify, watched};
use crate::sms::house::House;
use crate::sms::wait_out;

fn with(webhook: WebhookCarrier) -> Carriers<LogCarrier, LogCarrier, WebhookCarrier> {
    Carriers { sms: LogCarrier, email: None, webhook: Some(webhook) }
}

#[tokio::test]
async fn a_hook_is_called_once_with_a_signature_that_holds() {
    for (detail, severity) in [(Detail::Nothing, json!(null)), (Detail::Severity, json!("red"))] {
        let house = House::new().await;
        let hook = Hook::open(&[]).await;
        watched(&house, "m0", "amina", "webhook", &hook.url).await;
        notify(&house, "m0", Channel::Webhook, &hook.url).await;
        let webhook = carrier(house.clock.clone(), |files| {
            files.site = Arc::new(Organisation { detail, ..Organisation::unwritten() });
        });
        let worker = house.work(with(webhook));
        house.reaches("m0", "sent").await;
        worker.stop().await;
        let calls = hook.calls();
        assert_eq!(calls.len(), 1);
        let seconds = house.clock.now().as_second();
        assert_eq!(calls[0].signature, sign(&Secret::new(SECRET), seconds, &calls[0].raw));
        let body = &calls[0].body;
        assert_eq!(body["severity"], severity, "as much as the site allows");
        assert_eq!(body["id"], "m0");
        assert_eq!(body["sent_at"], "2026-11-22T09:00:00Z");
        assert_eq!((&body["team"], &body["reason"]), (&json!("everyone"), &json!("first")));
        assert_eq!(body["text"], "A patient of North needs you — see the queue.");
    }
}

#[tokio::test]
async fn a_hook_that_fails_is_called_again_under_the_same_id() {
    for (mood, label) in [
        (Mood::Say(500), "broken"),
        (Mood::Say(503), "overloaded"),
        (Mood::Say(429), "slowed down"),
        (Mood::Hang, "silent"),
    ] {
        let house = House::new().await;
        let hook = Hook::open(&[mood]).await;
        notify(&house, "m0", Channel::Webhook, &hook.url).await;
        let worker = house.work(with(carrier(house.clock.clone(), |_| {})));
        wait_out(&house, "m0", "sent").await;
        worker.stop().await;
        let calls = hook.calls();
        assert_eq!(calls.len(), 2, "{label}");
        assert!(calls.iter().all(|call| call.body["id"] == "m0"), "{label}");
        assert_eq!(house.tasks().await, "-", "{label}");
    }
}

#[tokio::test]
async fn a_hook_that_refuses_is_a_task_and_the_chain_goes_on_at_once() {
    for (mood, code, task) in [
        (Mood::Say(410), 410, "staff_unreached/amina/1"),
        (Mood::Say(400), 400, "staff_unreached/amina/1"),
        (Mood::Say(401), 401, "provider_refuses/webhook/1"),
        (Mood::Elsewhere, 307, "staff_unreached/amina/1"),
    ] {
        let house = House::new().await;
        let hook = Hook::open(&[mood]).await;
        contact(&house, "amina", "webhook", &hook.url).await;
        watched(&house, "m0", "amina", "webhook", &hook.url).await;
        notify(&house, "m0", Channel::Webhook, &hook.url).await;
        let worker = house.work(with(carrier(house.clock.clone(), |_| {})));
        house.reaches("m0", "failed").await;
        worker.stop().await;
        assert_eq!(house.tasks().await, task);
        assert_eq!(house.see("select error_code from message").await, code.to_string());
        assert_eq!(house.see("select look_at from watch").await, "0");
        assert_eq!(house.see("select failed_at is not null from contact").await, "1");
        let calls = hook.calls();
        assert_eq!((calls.len(), calls[0].path.as_str()), (1, "/ward"), "nobody is followed elsewhere");
    }
}
