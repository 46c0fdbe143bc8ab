//! What is particular to one provider's posts.

use jiff::Timestamp;
use lamplight::domain::event::{Event, Origin, Part, RAW_LIMIT, TextIn, Way};
use lamplight::engine::intake::channel;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::edge::{Edge, Post, SECRET};
use crate::sms::house::House;
use crate::sms::webhook::{Gate, PUBLIC_URL, keep_all};

/// Posts to one edge, all well proved, and gives what was kept.
async fn kept_of(edge: Edge, posts: &[(&str, Value)]) -> Vec<Event> {
    let house = House::new().await;
    let (intake, waiting) = channel(32);
    let kept = keep_all(waiting);
    let gate = Gate::open_for(&house, intake, vec![edge.hook(PUBLIC_URL)]).await;
    for (path, body) in posts {
        let post = Post::raw(path, &body.to_string());
        let answer = edge.prove(&gate.client, &gate.base, PUBLIC_URL, SECRET, &post).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{body}");
    }
    let events = kept.lock().unwrap();
    events.clone()
}

fn text(event: &Event) -> &TextIn {
    let Origin::Text(text) = &event.origin else { panic!("{event:?}") };
    text
}

fn phone_event(event: &str, payload: Value) -> (&'static str, Value) {
    ("/sms/android/event", json!({ "id": "d1", "event": event, "payload": payload }))
}

#[tokio::test]
async fn two_texts_of_one_phone_that_share_the_apps_hash_are_both_kept() {
    let received = |words: &str, at: &str| {
        phone_event(
            "sms:received",
            json!({ "messageId": "1f0b22c9", "sender": "+447700900124", "message": words, "receivedAt": at }),
        )
    };
    let events = kept_of(
        Edge::Android,
        &[
            received("BP 150/95", "2026-11-22T09:00:00.000+00:00"),
            // A retry, and the same instant as another zone writes it.
            received("BP 150/95", "2026-11-22T09:00:00.000+00:00"),
            received("BP 150/95", "2026-11-22T10:00:00.000+01:00"),
            // Said again a minute later; said otherwise at the same time.
            received("BP 150/95", "2026-11-22T09:01:00.000+00:00"),
            received("BP 151/95", "2026-11-22T09:00:00.000+00:00"),
        ],
    )
    .await;
    let keys: Vec<_> = events.iter().map(|event| event.key.as_str()).collect();
    assert_eq!((keys[0], keys[0]), (keys[1], keys[2]));
    assert!(keys[3] != keys[0] && keys[4] != keys[0] && keys[3] != keys[4], "{keys:?}");
}

#[tokio::test]
async fn a_text_without_name_or_time_is_known_by_its_delivery() {
    let received = |delivery: &str| {
        let payload = json!({ "phoneNumber": "07700900124", "message": "61 kg" });
        ("/sms/android/event", json!({ "id": delivery, "event": "sms:received", "payload": payload }))
    };
    let events = kept_of(Edge::Android, &[received("d1"), received("d1"), received("d2")]).await;
    assert_eq!(events[0].key, events[1].key);
    assert_ne!(events[0].key, events[2].key);
    assert_eq!(text(&events[0]).from, "+447700900124");
}

#[tokio::test]
async fn a_text_that_a_phone_held_back_is_taken_as_of_its_own_time() {
    // The posts of `Edge::prove` are stamped 2026-11-22T09:00:00Z.
    let received = |at: &str| {
        phone_event(
            "sms:received",
            json!({ "sender": "+447700900124", "message": "61 kg", "receivedAt": at }),
        )
    };
    let events = kept_of(
        Edge::Android,
        &[
            received("2026-11-22T08:50:00Z"),
            received("2026-11-22T03:00:00Z"),
            received("2026-11-23T03:00:00Z"),
        ],
    )
    .await;
    let ways: Vec<_> = events.iter().map(|event| text(event).way).collect();
    let sent_at: Timestamp = "2026-11-22T03:00:00Z".parse().unwrap();
    assert_eq!(ways, [Way::Pushed, Way::Listed { sent_at }, Way::Pushed]);
}

#[tokio::test]
async fn pictures_are_counted_and_their_words_are_read() {
    let events = kept_of(
        Edge::Android,
        &[
            phone_event("mms:received", json!({ "messageId": "m1", "sender": "07700900124" })),
            phone_event(
                "mms:downloaded",
                json!({ "messageId": "m1", "sender": "07700900124", "subject": "BP", "body": "150/95", "attachments": [{}, {}] }),
            ),
            phone_event("system:ping", json!({ "health": {} })),
            phone_event("sms:data-received", json!({ "sender": "07700900124", "data": "AAEC" })),
        ],
    )
    .await;
    assert_eq!((text(&events[0]).media, text(&events[0]).body.as_str()), (1, ""));
    assert_eq!((text(&events[1]).media, text(&events[1]).body.as_str()), (2, "BP 150/95"));
    assert!(
        matches!(events[2].origin, Origin::Stray { .. }) && events.len() == 3,
        "a ping is nothing to keep"
    );
}

#[tokio::test]
async fn a_picture_too_large_for_the_journal_takes_no_words_with_it() {
    let data = "A".repeat(1024 * 1024);
    let payload = json!({ "sender": "07700900124", "body": "150/95", "attachments": [{ "data": data }] });
    let events = kept_of(Edge::Android, &[phone_event("mms:downloaded", payload)]).await;
    assert_eq!((text(&events[0]).media, text(&events[0]).body.as_str()), (1, "150/95"));
    assert_eq!(events[0].raw.len(), RAW_LIMIT);
}

#[tokio::test]
async fn a_form_or_a_query_says_what_json_says_and_its_token_is_not_kept() {
    let house = House::new().await;
    let (intake, waiting) = channel(8);
    let kept = keep_all(waiting);
    let gate = Gate::open_for(&house, intake, vec![Edge::Http.hook(PUBLIC_URL)]).await;
    let url = format!("{}/sms/http/inbound", gate.base);
    let token = SECRET.replace(' ', "%20");
    let fields = "msisdn=%2B447700900124&text=BP+150%2F95+%F0%9F%98%B7&message-id=h1";
    let asked = gate.client.get(format!("{url}?{fields}&token={token}"));
    let posted = gate.client.post(format!("{url}?token={token}")).body(fields);
    for request in [asked, posted] {
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }
    let forged = gate.client.get(format!("{url}?{fields}&token=wrong"));
    assert_eq!(forged.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let events = kept.lock().unwrap();
    assert_eq!(events.len(), 2);
    for event in events.iter() {
        assert_eq!((event.key.as_str(), text(event).body.as_str()), ("http:h1", "BP 150/95 😷"));
        assert_eq!(event.raw, fields.as_bytes());
    }
}

#[tokio::test]
async fn parts_of_a_long_text_are_told_apart_and_a_text_of_one_part_is_whole() {
    let part = |id: &str, number: &str, total: &str| {
        let body = json!({
            "msisdn": "447700900124", "text": "BP", "message-id": id,
            "concat-ref": "08B5", "concat-part": number, "concat-total": total,
        });
        ("/sms/http/inbound", body)
    };
    let posts = [
        part("a", "1", "2"),
        part("a", "2", "2"),
        part("b", "1", "1"),
        part("c", "3", "2"),
        part("d", "x", "2"),
    ];
    let events = kept_of(Edge::Http, &posts).await;
    let parts: Vec<_> = events[..3].iter().map(|event| text(event).part.clone()).collect();
    let of = |number| Some(Part { reference: "08B5".to_owned(), number, total: 2 });
    assert_eq!(parts, [of(1), of(2), None]);
    assert_ne!(events[0].key, events[1].key, "parts that share a name");
    assert!(events[3..].iter().all(|event| matches!(event.origin, Origin::Stray { .. })));
}

#[tokio::test]
async fn a_nameless_text_is_one_with_its_copy_and_not_with_the_next() {
    let said = |at: Option<&str>| {
        ("/sms/http/inbound", json!({ "msisdn": "447700900124", "text": "yes", "received_at": at }))
    };
    let posts = [
        said(Some("2026-11-22T09:00:00Z")),
        said(Some("2026-11-22T09:00:00Z")),
        said(Some("2026-11-22T09:00:01Z")),
        said(None),
        said(None),
    ];
    let events = kept_of(Edge::Http, &posts).await;
    let keys: Vec<_> = events.iter().map(|event| event.key.as_str()).collect();
    assert_eq!((keys[0], keys[3]), (keys[1], keys[4]));
    assert!(keys[0] != keys[2] && keys[2] != keys[3], "{keys:?}");
}

#[tokio::test]
async fn notify_names_why_a_text_was_lost() {
    for (word, state, task) in [
        ("permanent-failure", "undelivered", "number"),
        ("temporary-failure", "undelivered", "phone"),
        ("technical-failure", "failed", "network"),
        ("pending", "sent", "-"),
        ("sent", "sent", "-"),
        ("teleported", "queued", "-"),
    ] {
        let house = House::new().await;
        let gate = Gate::open_for(&house, channel(1).0, vec![Edge::Notify.hook(PUBLIC_URL)]).await;
        house.text("m0", Some("p1"), "Thank you.", None).await;
        let body = json!({ "id": "n1", "reference": "m0", "status": word, "notification_type": "sms" });
        let post = Post::raw("/sms/notify/status", &body.to_string());
        let request = Edge::Notify.prove(&gate.client, &gate.base, PUBLIC_URL, SECRET, &post);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
        assert_eq!(house.state("m0").await, state, "{word}");
        let why = house.see("select error from message").await;
        assert!(task == "-" && why == "-" || why.contains(task), "{word}: {why}");
    }
}

#[tokio::test]
async fn a_receipt_for_a_mail_of_the_same_service_is_nobodys() {
    let house = House::new().await;
    let gate = Gate::open_for(&house, channel(1).0, vec![Edge::Notify.hook(PUBLIC_URL)]).await;
    let body = json!({ "id": "n1", "reference": null, "status": "delivered", "notification_type": "email" });
    let post = Post::raw("/sms/notify/status", &body.to_string());
    let request = Edge::Notify.prove(&gate.client, &gate.base, PUBLIC_URL, SECRET, &post);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(house.see("select count(*) from message_event").await, "0");
}
