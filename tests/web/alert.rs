//! What waits for somebody, and the life it leads through the API.

use lamplight::store::token::Scope;
use serde_json::{Value, json};

use super::ward::Ward;

async fn furnished() -> (Ward, String) {
    let ward = Ward::open().await;
    ward.furnish().await;
    let token = ward.token("triage", Scope::Write, None).await;
    (ward, token)
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn alerts_come_worst_first_then_oldest_first() {
    let (ward, token) = furnished().await;
    for (query, expected) in [
        ("", vec!["e4a0", "e3a0", "e1a0", "e2a0"]),
        ("?state=open", vec!["e4a0", "e1a0", "e2a0"]),
        ("?state=acknowledged", vec!["e3a0"]),
        ("?state=resolved", vec!["e5a0"]),
        ("?state=all", vec!["e5a0", "e4a0", "e3a0", "e1a0", "e2a0"]),
        ("?severity=red", vec!["e4a0", "e3a0"]),
        ("?patient=p2", vec!["e3a0", "e2a0"]),
        ("?team=north", vec!["e1a0"]),
        ("?team=north&state=all&severity=red", vec!["e5a0"]),
        ("?state=&severity=&patient=&team=", vec!["e4a0", "e3a0", "e1a0", "e2a0"]),
    ] {
        let reply = ward.call(&token, "GET", &format!("/api/v1/alerts{query}"), "").await.json();
        assert_eq!(ids(&reply["alerts"]), expected, "{query}");
    }
}

#[tokio::test]
async fn an_alert_tells_what_it_rests_on() {
    let (ward, token) = furnished().await;
    let alert = ward.call(&token, "GET", "/api/v1/alerts/e4a0", "").await.json();
    assert_eq!(
        alert,
        json!({
            "id": "e4a0", "patient_id": "p3", "team": null, "rule_id": "blood_pressure_high",
            "rule_version": "abc123", "severity": "red", "state": "open", "title": "Title of blood_pressure_high",
            "why": "Why of blood_pressure_high", "proposal": "Call the patient today.",
            "opened_at": "2026-11-22T07:00:00Z", "last_at": "2026-11-22T07:55:00Z", "count": 2,
            "worsened_at": "2026-11-22T07:55:00Z", "recovered_at": null, "late": false, "acknowledged_at": null, "acknowledged_by": null,
            "resolved_at": null, "resolved_by": null, "outcome": null, "note": null,
            "lapses_at": null, "snoozed_until": null, "snoozed_by": null, "snooze_reason": null, "watch": null, "notes": [],
            "covered": [],
            "evidence": [{"set_id": "e4", "unconfirmed": false}, {"set_id": "e6", "unconfirmed": true}],
        })
    );
}

#[tokio::test]
async fn an_alert_is_taken_on_once_and_closed_once() {
    let (ward, token) = furnished().await;
    let path = |deed: &str| format!("/api/v1/alerts/e4a0/{deed}");

    let taken = ward.call(&token, "POST", &path("acknowledge"), r#"{"by":"Dr Zhivago"}"#).await.json();
    assert_eq!(taken["state"], "acknowledged");
    assert_eq!(
        (&taken["acknowledged_by"], &taken["acknowledged_at"]),
        (&json!("Dr Zhivago"), &json!("2026-11-22T08:00:00Z"))
    );
    assert_eq!(ward.call(&token, "POST", &path("acknowledge"), "").await.status, 409);

    let body = r#"{"outcome":"GP informed","note":"  rang at 8  "}"#;
    let closed = ward.call(&token, "POST", &path("resolve"), body).await.json();
    assert_eq!(closed["state"], "resolved");
    assert_eq!(closed["resolved_by"], "token:triage");
    assert_eq!((&closed["outcome"], &closed["note"]), (&json!("GP informed"), &json!("rang at 8")));
    assert_eq!(ward.call(&token, "POST", &path("resolve"), "").await.status, 409);
    assert_eq!(ward.call(&token, "POST", &path("acknowledge"), "").await.status, 409);

    assert_eq!(
        ward.audit().await[..2],
        ["token:triage alert.resolve e4a0", "Dr Zhivago alert.acknowledge e4a0"],
        "two deeds, and none for the refusals"
    );
    let trail = ward.store.audit_trail(2).await.unwrap();
    assert_eq!(
        trail[1].detail,
        json!({
            "from": "open", "severity": "red", "rule_version": "abc123", "sets": ["e4", "e6"],
            "lapses_at": "2026-11-22T09:00:00Z", "via": "api", "token": "triage",
        })
    );
    assert!(!format!("{trail:?}").contains("rang"), "notes stay out of the trail");
}

#[tokio::test]
async fn an_alert_that_nobody_took_on_can_be_closed() {
    let (ward, token) = furnished().await;
    let closed = ward.call(&token, "POST", "/api/v1/alerts/e1a0/resolve", "").await.json();
    assert_eq!((&closed["state"], &closed["outcome"]), (&json!("resolved"), &Value::Null));
}

#[tokio::test]
async fn a_token_bound_to_a_user_acts_as_that_user_whatever_is_claimed() {
    let (ward, _) = furnished().await;
    ward.hire("anna", "Anna Nurse").await;
    let token = ward.token("annas-phone", Scope::Write, Some("anna")).await;
    let path = "/api/v1/alerts/e1a0/acknowledge";
    let taken = ward.call(&token, "POST", path, r#"{"by":"somebody else"}"#).await.json();
    assert_eq!(taken["acknowledged_by"], "anna");
}

#[tokio::test]
async fn of_two_who_take_an_alert_on_at_once_one_gets_it() {
    let (ward, token) = furnished().await;
    let path = "/api/v1/alerts/e1a0/acknowledge";
    let replies = tokio::join!(
        ward.call(&token, "POST", path, r#"{"by":"anna"}"#),
        ward.call(&token, "POST", path, r#"{"by":"ben"}"#),
        ward.call(&token, "POST", path, r#"{"by":"cem"}"#),
    );
    let mut statuses = [replies.0.status, replies.1.status, replies.2.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409]);
}

#[tokio::test]
async fn urgent_tasks_come_first_and_are_closed_once() {
    let (ward, token) = furnished().await;
    let tasks = ward.call(&token, "GET", "/api/v1/tasks", "").await.json();
    assert_eq!(ids(&tasks["tasks"]), ["e8t0", "e7t0"]);
    assert_eq!(tasks["tasks"][1]["kind"], "unknown_device");
    assert_eq!(tasks["tasks"][1]["count"], 4);

    let path = "/api/v1/tasks/e8t0/resolve";
    let closed = ward.call(&token, "POST", path, r#"{"by":"anna","note":"called"}"#).await.json();
    assert_eq!((&closed["resolved_by"], &closed["note"]), (&json!("anna"), &json!("called")));
    assert_eq!(ward.call(&token, "POST", path, "").await.status, 409);
    assert!(ward.audit().await.contains(&"anna task.resolve e8t0".to_owned()));
    let tasks = ward.call(&token, "GET", "/api/v1/tasks", "").await.json();
    assert_eq!(ids(&tasks["tasks"]), ["e7t0"]);
}

#[tokio::test]
async fn one_spoilt_piece_of_evidence_does_not_hide_the_queue() {
    let (ward, token) = furnished().await;
    ward.execute("update alert_evidence set detail = '{broken' where set_id = 'e4'").await;
    let reply = ward.call(&token, "GET", "/api/v1/alerts", "").await.json();
    assert_eq!(reply["alerts"].as_array().unwrap().len(), 4);
    assert_eq!(reply["alerts"][0]["evidence"][0], "{broken");
}
