use lamplight::store::token::Scope;
use serde_json::json;

use super::ward::Ward;

#[tokio::test]
async fn whoever_looks_at_a_patient_or_the_queue_is_on_record() {
    let ward = Ward::open().await;
    ward.hire("anna", "Anna Lind").await;
    let theirs = ward.token("dashboard", Scope::Read, Some("anna")).await;
    let programs = ward.token("report", Scope::Read, None).await;
    let before = ward.audit().await.len();
    for (token, path) in [
        (&theirs, "/api/v1/patients/p1?reason=she%20rang"),
        (&theirs, "/api/v1/alerts?state=open"),
        (&programs, "/api/v1/readings?patient=p2&vital=weight"),
        (&programs, "/api/v1/patients/Ann%20Smith"),
        (&programs, "/api/v1/intake/ledger"),
        (&programs, "/api/v1/auditor"),
    ] {
        ward.call(token, "GET", path, "").await;
    }
    for path in ["/metrics", "/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/patients/p1"] {
        ward.get(path).await;
    }
    let trail = ward.audit().await;
    let views = &trail[..trail.len() - before];
    assert_eq!(
        views,
        [
            "token:report patient.view ?",
            "token:report readings.view p2",
            "anna alerts.view alerts",
            "anna patient.view p1"
        ]
    );
    let entries = ward.store.audit_trail(4).await.unwrap();
    assert_eq!(entries[3].detail, json!({"via": "api", "token": "dashboard", "reason": "she rang"}));
    assert_eq!(entries[1].detail, json!({"via": "api", "token": "report"}));
}

#[tokio::test]
async fn a_reason_may_stand_in_a_header() {
    let ward = Ward::open().await;
    let token = ward.token("report", Scope::Read, None).await;
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("x-reason", "complaint 12")];
    super::client::send(ward.address, "GET", "/api/v1/patients/p1", &headers, "").await;
    ward.audit().await;
    assert_eq!(ward.store.audit_trail(1).await.unwrap()[0].detail["reason"], "complaint 12");
}

#[tokio::test]
async fn the_trail_is_read_page_by_page_and_by_whom_and_what() {
    let ward = Ward::open().await;
    let token = ward.token("report", Scope::Read, None).await;
    for patient in ["p1", "p2", "p1"] {
        ward.call(&token, "GET", &format!("/api/v1/patients/{patient}"), "").await;
    }
    ward.audit().await;
    let ask =
        async |query: &str| ward.call(&token, "GET", &format!("/api/v1/audit?{query}"), "").await.json();
    let p1 = ask("subject=p1").await;
    assert_eq!(p1["entries"].as_array().unwrap().len(), 2, "{p1}");
    assert_eq!(p1["entries"][0]["action"], "patient.view");
    let first = ask("actor=token:report&limit=1").await;
    let next = first["next"].as_str().unwrap();
    let second = ask(&format!("actor=token:report&limit=1&cursor={next}")).await;
    let seq = |page: &serde_json::Value| page["entries"][0]["seq"].as_i64().unwrap();
    assert!(seq(&second) < seq(&first), "{first} {second}");
    assert_eq!(first["head"].as_str().unwrap().split(':').next().unwrap().len(), 64);
    assert_eq!(ask("since=2030-01-01T00:00:00Z").await["entries"], json!([]));
    assert_eq!(ward.call(&token, "GET", "/api/v1/audit?who=anna", "").await.status, 400);
    assert_eq!(ward.get("/api/v1/audit").await.status, 401);
}

#[tokio::test]
async fn what_the_auditor_found_is_shown() {
    let ward = Ward::open().await;
    let token = ward.token("report", Scope::Read, None).await;
    let nothing = ward.call(&token, "GET", "/api/v1/auditor", "").await.json();
    assert_eq!(
        nothing,
        json!({"fresh": false, "clean": false, "audited_at": null, "standing": [], "over": []})
    );
    ward.execute(
        "insert into patient (id, language, time_zone, consent, consent_at, standing, created_at, updated_at)
           values ('p1', 'en', 'Europe/London', 'given', 0, 'active', 0, 0);
         insert into alert (id, patient_id, rule_id, rule_version, severity, state, title, why, proposal, opened_at, last_at)
           values ('a1', 'p1', 'r', 'v', 'red', 'open', 't', 'w', 'p', 0, 0)",
    )
    .await;
    let mut auditor = lamplight::engine::auditor::Auditor::new(
        ward.store.clone(),
        ward.clock.clone(),
        ward.telemetry.clone(),
        None,
    );
    auditor.look(Vec::new()).await.unwrap();
    let found = ward.call(&token, "GET", "/api/v1/auditor", "").await.json();
    assert_eq!((&found["fresh"], &found["clean"]), (&json!(true), &json!(false)));
    assert_eq!(found["standing"][0]["kind"], "unwatched");
    assert_eq!(found["standing"][0]["withholds_heartbeat"], true);
    assert!(ward.get("/metrics").await.body.contains("lamplight_auditor_findings 1"));
}
