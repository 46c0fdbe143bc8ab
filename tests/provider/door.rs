//! What every edge does with a post, whoever made it.

use std::collections::HashSet;

use lamplight::domain::event::{Event, Origin};
use lamplight::engine::intake::channel;
use reqwest::StatusCode;

use super::edge::{Edge, OLD_SECRET, SECRET};
use crate::sms::house::House;
use crate::sms::webhook::{Gate, PUBLIC_URL, keep_all};

/// All four edges on loopback.
async fn gate(house: &House, intake: lamplight::engine::intake::Intake) -> Gate {
    let hooks = Edge::ALL.map(|edge| edge.hook(PUBLIC_URL)).into_iter().collect();
    Gate::open_for(house, intake, hooks).await
}

/// How an edge answers this post, under this secret.
async fn knock(gate: &Gate, edge: Edge, post: &super::edge::Post, secret: &str) -> reqwest::Response {
    edge.prove(&gate.client, &gate.base, PUBLIC_URL, secret, post).send().await.unwrap()
}

fn senders(events: &[Event]) -> Vec<(String, String)> {
    events.iter().map(|event| (event.key.clone(), event.sender().to_owned())).collect()
}

#[tokio::test]
async fn sms_30_every_edge_knows_one_patient_by_any_spelling_of_the_number() {
    let house = House::new().await;
    let (intake, waiting) = channel(8);
    let kept = keep_all(waiting);
    let gate = gate(&house, intake).await;
    for edge in Edge::ALL {
        let answer = knock(&gate, edge, &edge.text("in-1", "BP 150/95"), edge.secret()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{edge:?}");
    }
    let events = kept.lock().unwrap();
    let keys: Vec<_> = senders(&events).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys[..2], ["twilio:in-1", "notify:in-1"]);
    assert!(keys[2].starts_with("android:in-1-"), "{keys:?}");
    assert_eq!(keys[3], "http:in-1");
    for (event, edge) in events.iter().zip(Edge::ALL) {
        let Origin::Text(text) = &event.origin else { panic!("{event:?}") };
        assert_eq!((text.from.as_str(), text.body.as_str()), ("+447700900124", "BP 150/95"), "{edge:?}");
        assert_eq!(text.provider.name(), edge.name());
        assert!(!event.raw.is_empty());
    }
}

#[tokio::test]
async fn sms_30_a_forged_post_is_refused_at_every_edge_and_leaves_nothing() {
    let house = House::new().await;
    let (intake, waiting) = channel(8);
    let kept = keep_all(waiting);
    let gate = gate(&house, intake).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    for edge in Edge::ALL {
        for post in [edge.text("in-1", "BP 150/95"), edge.delivered("m0", "SM1"), edge.nonsense()] {
            for secret in ["another secret of 32 characters!", "", &edge.secret()[1..]] {
                let answer = knock(&gate, edge, &post, secret).await;
                assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{edge:?} {secret:?}");
            }
        }
    }
    assert!(kept.lock().unwrap().is_empty());
    assert_eq!(house.state("m0").await, "queued");
    assert_eq!(house.see("select count(*) from message_event").await, "0");
    let counted = house.telemetry.render();
    for refused in ["outcome=\"signature\"} 18\n", "outcome=\"token\"} 18\n"] {
        assert!(counted.contains(&format!("lamplight_webhook_refused_total{{{refused}")), "{counted}");
    }
}

#[tokio::test]
async fn sms_30_the_secret_of_before_still_opens_while_it_is_rotated() {
    let house = House::new().await;
    let (intake, waiting) = channel(8);
    let _kept = keep_all(waiting);
    let gate = gate(&house, intake).await;
    for edge in [Edge::Notify, Edge::Android, Edge::Http] {
        let answer = knock(&gate, edge, &edge.text("in-1", "BP 150/95"), OLD_SECRET).await;
        assert_eq!(answer.status(), StatusCode::OK, "{edge:?}");
    }
}

#[tokio::test]
async fn sms_30_what_cannot_be_stored_is_asked_for_again_with_503_and_no_other_code() {
    let house = House::new().await;
    let (intake, waiting) = channel(8);
    let gate = gate(&house, intake).await;
    drop(waiting);
    house.store.close().await;
    for edge in Edge::ALL {
        for post in [edge.text("in-1", "BP 150/95"), edge.delivered("m0", "SM1"), edge.nonsense()] {
            let answer = knock(&gate, edge, &post, edge.secret()).await;
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{edge:?}");
            assert_eq!(answer.headers()["retry-after"], "5", "{edge:?}");
        }
    }
}

#[tokio::test]
async fn sms_30_proved_nonsense_is_kept_and_answered_so_that_it_does_not_come_again() {
    let house = House::new().await;
    let (intake, waiting) = channel(16);
    let kept = keep_all(waiting);
    let gate = gate(&house, intake).await;
    for (n, edge) in Edge::ALL.into_iter().enumerate() {
        // Twilio comes again after no 4xx and shows it to whoever looks into its debugger; the others show it nobody.
        let expected = if edge == Edge::Twilio { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        for _ in 0..2 {
            assert_eq!(
                knock(&gate, edge, &edge.nonsense(), edge.secret()).await.status(),
                expected,
                "{edge:?}"
            );
        }
        let events = kept.lock().unwrap();
        assert_eq!(events.len(), 2 * (n + 1));
        assert!(events.iter().all(|event| matches!(event.origin, Origin::Stray { .. })));
        let keys: HashSet<_> = events.iter().map(|event| &event.key).collect();
        assert_eq!(keys.len(), n + 1, "named by content");
        assert!(events.last().unwrap().key.starts_with(edge.name()));
    }
}

#[tokio::test]
async fn sms_30_a_report_moves_its_text_at_every_edge() {
    for (n, edge) in Edge::ALL.into_iter().enumerate() {
        let house = House::new().await;
        let gate = gate(&house, channel(1).0).await;
        let ours = format!("m{n}");
        house.text(&ours, Some("p1"), "Thank you.", None).await;
        // As if the provider had named it in its answer.
        house.run("update message set provider_id = 'P1', state = 'sent'").await;
        for _ in 0..2 {
            let answer = knock(&gate, edge, &edge.delivered(&ours, "P1"), edge.secret()).await;
            assert_eq!(answer.status(), StatusCode::OK, "{edge:?}");
        }
        assert_eq!(house.state(&ours).await, "delivered", "{edge:?}");
        assert_eq!(house.see("select count(*) from message_event").await, "2", "every report is kept");
    }
    assert_ne!(SECRET, OLD_SECRET);
}
