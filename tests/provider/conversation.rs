//! One conversation, with every provider in turn and the whole daemon between.

use reqwest::StatusCode;
use serde_json::Value;

use super::edge::{Edge, sections};
use super::stub::{Sent, Stub};
use crate::peers::daemon::{BERNARD, Daemon, Plan, until};

/// Registers a patient as 07700 900124, lets a reading in through this edge and the answer out by its provider. Gives what
/// was answered.
async fn converse(edge: Edge) -> Vec<String> {
    let stub = Stub::start(&[]).await;
    let mut daemon = Daemon::start(Plan {
        api_base: Some(stub.base.clone()),
        provider: Some(edge.name()),
        lines: sections(&stub.base),
        ..Plan::default()
    })
    .await;
    daemon.overhear("BP 150/95");
    let base = daemon.url("");
    let knock = async |post, secret: &str| {
        edge.prove(&daemon.client, &base, &base, secret, &post).send().await.unwrap().status()
    };

    assert_eq!(
        knock(edge.text("in-1", "BP 150/95"), "not the secret of this edge").await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(daemon.ledger().await, [0; 5], "{edge:?}: nothing is kept of a forgery");
    for _ in 0..3 {
        assert_eq!(knock(edge.text("in-1", "BP 150/95"), edge.secret()).await, StatusCode::OK);
    }
    assert_eq!(daemon.ledger().await, [3, 1, 2, 0, 0], "{edge:?}");
    assert_eq!(daemon.readings("p2").await, ["diastolic 95", "systolic 150"], "{edge:?}");

    until("the answer", async || !stub.sent().is_empty() && settled(&daemon, "sent").await).await;
    let sent = stub.sent();
    for Sent { to, text, ours, name } in &sent {
        assert_eq!(to, BERNARD, "{edge:?}");
        daemon.overhear(text);
        let arrived = edge.prove(&daemon.client, &base, &base, edge.secret(), &edge.delivered(ours, name));
        assert_eq!(arrived.send().await.unwrap().status(), StatusCode::OK);
    }
    assert!(settled(&daemon, "delivered").await, "{edge:?}");
    daemon.end().await;
    sent.into_iter().map(|sent| sent.text).collect()
}

/// Whether every text to the patient is in this state.
async fn settled(daemon: &Daemon, state: &str) -> bool {
    let replies = daemon.replies("p2").await;
    !replies.is_empty() && replies.iter().all(|reply: &Value| reply["state"] == state)
}

#[tokio::test]
async fn sms_30_the_same_conversation_runs_with_every_provider() {
    let mut answers = Vec::new();
    for edge in Edge::ALL {
        answers.push(converse(edge).await);
    }
    assert!(answers[0].iter().any(|answer| answer.contains("150")), "{answers:?}");
    assert!(answers.iter().all(|of_one| *of_one == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn sms_30_what_an_unknown_phone_said_at_any_edge_is_taken_in_once_it_is_enrolled() {
    let stub = Stub::start(&[]).await;
    let mut daemon = Daemon::start(Plan { lines: sections(&stub.base), ..Plan::default() }).await;
    daemon.house.change("update patient set phone = null where id = 'p2'").await;
    let base = daemon.url("");
    for edge in Edge::ALL {
        let post = edge.text("in-1", "61 kg");
        let answer = edge.prove(&daemon.client, &base, &base, edge.secret(), &post).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{edge:?}");
    }
    assert_eq!(daemon.ledger().await, [4, 0, 0, 0, 4]);
    daemon.house.enrol("patient_id,phone\np9,07700900124\n");
    until("what was held is taken in", async || daemon.ledger().await == [4, 4, 0, 0, 0]).await;
    daemon.overhear("61 kg");
    daemon.end().await;
}
