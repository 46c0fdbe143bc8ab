//! Patients text through Twilio, and are texted.

use serde_json::Value;

use super::daemon::{AGNES, BERNARD, Daemon, Plan, until};
use super::twilio::Emulate;
use crate::support::broker::free_port;

const STRANGER: &str = "+447700900999";
const VERY_HIGH: &str = "BP 185 121";

/// A Twilio, and a gateway that it knows.
struct Line {
    twilio: Emulate,
    daemon: Daemon,
}

impl Line {
    async fn open() -> Self {
        let port = free_port();
        let twilio = Emulate::start(&format!("http://127.0.0.1:{port}")).await;
        let plan = Plan { api_base: Some(twilio.url("")), ..Plan::default() };
        let daemon = Daemon::start_on(port, plan).await;
        Self { twilio, daemon }
    }

    async fn text(&mut self, from: &str, body: &str) {
        self.daemon.overhear(body);
        self.twilio.text(from, body).await;
    }

    /// The states of a patient's texts from us, oldest first.
    async fn states(&self, patient: &str) -> Vec<Value> {
        self.daemon.replies(patient).await.iter().map(|reply| reply["state"].clone()).collect()
    }

    async fn patient(&self, id: &str) -> Value {
        self.daemon.api(&format!("patients/{id}")).await
    }

    async fn tasks(&self) -> Vec<String> {
        let tasks = self.daemon.list("tasks").await;
        tasks.iter().map(|task| format!("{} x{}", task["kind"].as_str().unwrap(), task["count"])).collect()
    }
}

#[tokio::test]
async fn a_very_high_blood_pressure_is_kept_alerted_answered_and_the_answer_followed_to_the_phone() {
    let mut line = Line::open().await;
    line.text(AGNES, VERY_HIGH).await;

    // The webhook was answered, so all of this is durable.
    assert_eq!(line.daemon.readings("p1").await, ["diastolic 121", "systolic 185"]);
    let alerts = line.daemon.list("alerts?patient=p1").await;
    let [alert] = alerts.as_slice() else { panic!("{alerts:?}") };
    assert_eq!(
        [&alert["rule_id"], &alert["severity"], &alert["state"]],
        ["blood_pressure_high", "red", "open"]
    );
    assert_eq!(line.daemon.ledger().await, [1, 1, 0, 0, 0]);

    let [sent] = &line.twilio.wait_for(AGNES, 1).await[..] else { unreachable!() };
    let body = sent["body"].as_str().unwrap();
    assert!(body.contains("185/121") && body.contains("999"), "{body}");
    // emulate reports `queued` before it answers the create, which is the worst moment.
    until("sent", async || line.states("p1").await == ["sent"]).await;

    let sid = sent["sid"].as_str().unwrap();
    line.twilio.report(sid, "sent").await;
    assert_eq!(line.states("p1").await, ["sent"]);
    line.twilio.report(sid, "delivered").await;
    let replies = line.daemon.replies("p1").await;
    assert_eq!((&replies[0]["state"], &replies[0]["body"]), (&"delivered".into(), &sent["body"]));
    assert!(replies[0]["sent_at"].is_string() && replies[0]["delivered_at"].is_string(), "{replies:?}");
    line.daemon.end().await;
}

#[tokio::test]
async fn reports_that_come_late_or_twice_lead_no_text_back_and_are_all_kept() {
    let mut line = Line::open().await;
    for (nth, (reports, end)) in [
        (["delivered", "sent", "sending", "queued", "delivered"], "delivered"),
        (["delivered", "failed", "undelivered", "canceled", "sent"], "delivered"),
        (["undelivered", "sent", "delivered", "undelivered", "queued"], "undelivered"),
        (["failed", "queued", "sent", "delivered", "undelivered"], "failed"),
    ]
    .into_iter()
    .enumerate()
    {
        line.text(BERNARD, &format!("My BP is {} over {}", 110 + nth, 70 + nth)).await;
        let sent = line.twilio.wait_for(BERNARD, nth + 1).await;
        let sid = sent[nth]["sid"].as_str().unwrap();
        for report in reports {
            line.twilio.report(sid, report).await;
            let states = line.states("p2").await;
            assert_eq!(states[nth], end, "{report} of {reports:?}");
        }
        let kept = format!("select count(*) from message_event where provider_id = '{sid}'");
        // One more: emulate's own `queued`.
        assert_eq!(line.daemon.house.count(&kept).await, 6);
    }
    line.daemon.end().await;
}

#[tokio::test]
async fn advice_that_never_arrives_becomes_an_alert() {
    let mut line = Line::open().await;
    line.text(AGNES, VERY_HIGH).await;
    let sent = line.twilio.wait_for(AGNES, 1).await;
    line.twilio.report(sent[0]["sid"].as_str().unwrap(), "undelivered").await;
    let alerts = line.daemon.list("alerts?patient=p1").await;
    let rules: Vec<_> = alerts.iter().map(|alert| alert["rule_id"].as_str().unwrap()).collect();
    assert!(rules.contains(&"system_undelivered"), "{rules:?}");
    line.daemon.end().await;
}

#[tokio::test]
async fn an_unknown_number_is_held_and_answered_once_until_it_is_enrolled() {
    let mut line = Line::open().await;
    for text in ["BP 150 90", "hello is this the surgery", "please help me", "Weight 71.4kg"] {
        line.text(STRANGER, text).await;
    }
    assert_eq!(line.daemon.ledger().await, [4, 0, 0, 0, 4]);
    // A cry for help is for a human, whoever it is.
    assert_eq!(line.tasks().await, ["asked_for_help x1", "unknown_sender x3"]);
    // Replies are queued with what they answer, so a second one would be here by now.
    assert_eq!(line.daemon.list("messages").await.iter().filter(|m| m["direction"] == "out").count(), 1);
    let sent = line.twilio.wait_for(STRANGER, 1).await;
    assert_eq!(sent[0]["body"], "Sorry, we do not know this phone number, so we cannot answer your text.");

    line.daemon.house.enrol("patient_id,name,phone,consent\np3,Cerys Pritchard,07700900999,given\n");
    assert_eq!(line.daemon.readings("p3").await, ["diastolic 90", "systolic 150", "weight 71.4"]);
    let [received, accepted, .., held] = line.daemon.ledger().await;
    assert_eq!((received, held), (4, 0));
    assert!(accepted >= 3, "{accepted}");
    let alerts = line.daemon.list("alerts?patient=p3").await;
    let mut rules: Vec<_> = alerts.iter().map(|alert| alert["rule_id"].as_str().unwrap()).collect();
    rules.sort_unstable();
    assert_eq!(rules, ["blood_pressure_high", "system_urgent_text"]);
    // From now on a patient like any other.
    let answered = line.daemon.replies("p3").await.len();
    line.text(STRANGER, "sats are 97 today").await;
    assert_eq!(line.daemon.replies("p3").await.len(), answered + 1);
    line.twilio.wait_for(STRANGER, 1 + answered + 1).await;
    line.daemon.end().await;
}

#[tokio::test]
async fn stop_ends_the_texts_but_not_the_watch_and_start_brings_them_back() {
    let mut line = Line::open().await;
    line.text(BERNARD, " Stop ").await;
    assert_eq!(line.patient("p2").await["standing"], "stopped");
    assert_eq!(line.tasks().await, ["left_monitoring x1"]);

    line.text(BERNARD, VERY_HIGH).await;
    assert_eq!(line.daemon.readings("p2").await, ["diastolic 121", "systolic 185"]);
    assert_eq!(line.daemon.list("alerts?patient=p2&severity=red").await.len(), 1);
    assert!(line.daemon.replies("p2").await.is_empty());

    line.text(BERNARD, "START").await;
    assert_eq!(line.patient("p2").await["standing"], "active");
    line.text(BERNARD, "bp 121 over 78").await;
    let sent = line.twilio.wait_for(BERNARD, 2).await;
    let mut bodies: Vec<_> = sent.iter().map(|text| text["body"].as_str().unwrap()).collect();
    bodies.sort_unstable();
    assert!(bodies[0].contains("121/78") && bodies[1].starts_with("Welcome back."), "{bodies:?}");
    line.daemon.end().await;
}
