//! What people do to alerts through the API: notes, snoozes, passing on, handing over, and the record of who was told.

use lamplight::engine::escalation::run_watches;
use lamplight::engine::id::IdSource;
use lamplight::store::token::Scope;
use serde_json::{Value, json};

use super::ward::Ward;

async fn furnished() -> (Ward, String) {
    let ward = Ward::open().await;
    ward.furnish().await;
    let token = ward.token("triage", Scope::Write, None).await;
    (ward, token)
}

async fn look(ward: &Ward) {
    let catalog = lamplight::catalog::built_in().unwrap();
    run_watches(&ward.store, &catalog, &IdSource::default(), ward.clock.now()).await.unwrap();
}

async fn deed(ward: &Ward, token: &str, path: &str, body: &Value) -> Value {
    let reply = ward.call(token, "POST", &format!("/api/v1{path}"), &body.to_string()).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    reply.json()
}

#[tokio::test]
async fn an_acknowledgement_says_when_it_lapses_and_what_it_covers() {
    let (ward, token) = furnished().await;
    let taken = deed(&ward, &token, "/alerts/e4a0/acknowledge", &json!({"by": "anna"})).await;
    assert_eq!(taken["lapses_at"], "2026-11-22T09:00:00Z");
    assert_eq!(taken["covered"], json!(["e4", "e6"]));
    ward.execute("insert into alert_evidence values ('e4a0', 'e9', 1795338000000, '{}')").await;
    let alert = ward.call(&token, "GET", "/api/v1/alerts/e4a0", "").await.json();
    assert_eq!(alert["covered"], json!(["e4", "e6"]), "what came later is not covered");
    assert_eq!(alert["evidence"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn progress_is_kept_and_shown() {
    let (ward, token) = furnished().await;
    for note in ["rang, no answer", "rang again, coming in at ten"] {
        deed(&ward, &token, "/alerts/e4a0/note", &json!({"by": "anna", "note": note})).await;
    }
    let alert = ward.call(&token, "GET", "/api/v1/alerts/e4a0", "").await.json();
    let told: Vec<&str> =
        alert["notes"].as_array().unwrap().iter().map(|note| note["text"].as_str().unwrap()).collect();
    assert_eq!(told, ["rang, no answer", "rang again, coming in at ten"]);
    assert_eq!(alert["state"], "open");
    assert!(!format!("{:?}", ward.store.audit_trail(9).await.unwrap()).contains("rang"));
}

#[tokio::test]
async fn a_snooze_names_its_end_and_its_reason() {
    let (ward, token) = furnished().await;
    let body = json!({"by": "anna", "minutes": 120, "reason": "waits for the GP"});
    let alert = deed(&ward, &token, "/alerts/e4a0/snooze", &body).await;
    assert_eq!(
        [&alert["snoozed_until"], &alert["snoozed_by"], &alert["snooze_reason"]],
        ["2026-11-22T10:00:00Z", "anna", "waits for the GP"]
    );
    look(&ward).await;
    let alert = ward.call(&token, "GET", "/api/v1/alerts/e4a0", "").await.json();
    assert_eq!(alert["watch"]["stage"], "attended");
    assert_eq!(alert["watch"]["next_at"], "2026-11-22T10:00:00Z");
}

#[tokio::test]
async fn what_does_not_fit_a_deed_is_refused_in_words() {
    let (ward, token) = furnished().await;
    for (path, body, status, told) in [
        ("/alerts/e4a0/snooze", r#"{"minutes":60}"#, 400, "say why as 'reason'"),
        ("/alerts/e4a0/snooze", r#"{"reason":"x"}"#, 400, "either 'until' or 'minutes'"),
        ("/alerts/e4a0/snooze", r#"{"reason":"x","until":"tomorrow"}"#, 400, "is no time like"),
        (
            "/alerts/e4a0/snooze",
            r#"{"reason":"x","minutes":241}"#,
            400,
            "until 2026-11-22T12:00:00Z at the latest",
        ),
        ("/alerts/e5a0/snooze", r#"{"reason":"x","minutes":9}"#, 409, "already resolved"),
        ("/alerts/e4a0/note", "", 400, "write the progress"),
        ("/alerts/e4a0/note", r#"{"note":"x","to":"y"}"#, 400, "'to' does not belong here"),
        ("/alerts/e4a0/note", r#"{"nota":"x"}"#, 400, "unknown field"),
        ("/alerts/nobody/note", r#"{"note":"x"}"#, 404, "no such alert"),
        ("/alerts/e4a0/escalate", r#"{"to":"nights"}"#, 400, "written like person:amina"),
        ("/alerts/e4a0/escalate", r#"{"to":"rota:nights"}"#, 400, "nobody and nothing"),
        ("/alerts/e2a0/escalate", "", 409, "advice"),
        ("/alerts/e5a0/escalate", "", 409, "already resolved"),
        ("/handovers", r#"{"from":"anna"}"#, 400, "name both people"),
        ("/handovers", r#"{"from":"anna","to":"ben"}"#, 400, "'ben' is nobody"),
        ("/patients/p9/acknowledge", "", 404, "no such patient with an alert"),
    ] {
        let reply = ward.call(&token, "POST", &format!("/api/v1{path}"), body).await;
        assert!(
            reply.status == status && reply.body.contains(told),
            "{path} {body}: {} {}",
            reply.status,
            reply.body
        );
    }
}

#[tokio::test]
async fn a_card_is_taken_on_and_handed_over_whole() {
    let (ward, token) = furnished().await;
    ward.hire("ben", "Ben Nurse").await;
    let taken = deed(&ward, &token, "/patients/p2/acknowledge", &json!({"by": "anna"})).await;
    assert_eq!(taken, json!({"acknowledged": ["e2a0"]}), "what anna has already stays hers");
    let body = json!({"from": "anna", "to": "ben", "by": "ben"});
    let over = deed(&ward, &token, "/handovers", &body).await;
    assert_eq!(over, json!({"handed_over": ["e2a0", "e3a0"]}));
    let alert = ward.call(&token, "GET", "/api/v1/alerts/e3a0", "").await.json();
    assert_eq!(alert["acknowledged_by"], "ben");
    let deeds: Vec<String> =
        ward.audit().await.into_iter().filter(|entry| !entry.contains(".view ")).collect();
    assert_eq!(deeds[..2], ["ben alert.hand_over e3a0", "ben alert.hand_over e2a0"]);
}

#[tokio::test]
async fn who_was_told_and_why_can_be_read_with_addresses_hidden() {
    let (ward, token) = furnished().await;
    ward.execute(
        "insert into notice (id, patient_id, team_id, severity, episode, round, step, reason, target, person, channel,
           address, missed, message_id, at) values
         ('n1', 'p3', 'north', 'red', 1, 0, 0, 'first', 'rota:days', 'anna', 'sms', '+447700900101', null, null,
           1795330800000),
         ('n2', 'p3', 'north', 'red', 1, 0, 0, 'first', 'rota:nights', null, null, null, 'nobody is on call', null,
           1795330800000)",
    )
    .await;
    let told = ward.call(&token, "GET", "/api/v1/alerts/e4a0/notices", "").await.json();
    assert_eq!(
        told["notices"][0],
        json!({
            "id": "n1", "at": "2026-11-22T07:00:00Z", "severity": "red", "episode": 1, "round": 0, "step": 0,
            "reason": "first", "target": "rota:days", "person": "anna", "channel": "sms", "address": "…101",
            "missed": null, "state": null,
        })
    );
    assert_eq!(told["notices"][1]["missed"], "nobody is on call");
    assert_eq!(ward.call(&token, "GET", "/api/v1/alerts/nobody/notices", "").await.status, 404);
}
