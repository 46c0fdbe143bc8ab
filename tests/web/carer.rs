//! Carers by the API.

use lamplight::store::token::Scope;
use serde_json::json;

use super::ward::Ward;

#[tokio::test]
async fn a_carer_is_added_shown_brought_up_to_date_and_removed() {
    let ward = Ward::open().await;
    let token = ward.token("records", Scope::Write, None).await;
    ward.call(&token, "POST", "/api/v1/patients", r#"{"patient_id":"p1","phone":"07700 900121"}"#).await;
    let path = "/api/v1/patients/p1/carers";
    let form = r#"{"phone":"07700 900150","name":"Grace","gets_copies":"red","consent_by":"p1"}"#;
    let added = ward.call(&token, "POST", path, form).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let expected = json!({ "carers": [{
        "phone": "+447700900150", "name": "Grace", "may_report": false, "gets_copies": "red", "answers_for": false,
        "consent_by": "p1", "consent_at": super::ward::NOW, "stopped": false,
    }] });
    assert_eq!(added.json(), expected);
    let proxy = r#"{"phone":"+447700900150","name":"Grace","answers_for":true,"consent_by":"p1"}"#;
    let changed = ward.call(&token, "POST", path, proxy).await.json();
    assert_eq!(changed["carers"][0]["may_report"], true, "whoever answers may report");
    assert_eq!(ward.call(&token, "GET", path, "").await.json(), changed);
    let removed = ward.call(&token, "POST", &format!("{path}/+447700900150/remove"), "").await;
    assert_eq!((removed.status, removed.json()), (200, json!({ "carers": [] })));
}

#[tokio::test]
async fn what_cannot_be_a_carer_is_refused_with_the_reason() {
    let ward = Ward::open().await;
    let token = ward.token("records", Scope::Write, None).await;
    ward.call(&token, "POST", "/api/v1/patients", r#"{"patient_id":"p1","phone":"07700 900121"}"#).await;
    for (patient, body, status, told) in [
        ("p1", r#"{"phone":"07700 900121","name":"Ada","consent_by":"p1"}"#, 400, "patient's own"),
        ("p1", r#"{"phone":"12","name":"Ada","consent_by":"p1"}"#, 400, "phone"),
        ("p1", r#"{"phone":"07700 900150","name":" ","consent_by":"p1"}"#, 400, "name"),
        ("p1", r#"{"phone":"07700 900150","name":"Grace","consent_by":""}"#, 400, "consent_by"),
        ("p1", r#"{"phone":"07700 900150","name":"Grace"}"#, 400, "consent_by"),
        ("p2", r#"{"phone":"07700 900150","name":"Grace","consent_by":"p1"}"#, 404, "no such patient"),
    ] {
        let reply = ward.call(&token, "POST", &format!("/api/v1/patients/{patient}/carers"), body).await;
        assert_eq!(reply.status, status, "{body} {}", reply.body);
        assert!(reply.json()["detail"].as_str().unwrap().contains(told), "{body} {}", reply.body);
    }
    let nobody = ward.call(&token, "POST", "/api/v1/patients/p1/carers/+447700900150/remove", "").await;
    assert_eq!(nobody.status, 404, "{}", nobody.body);
}
