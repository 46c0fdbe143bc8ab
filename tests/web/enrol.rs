//! The JSON bodies of enrolment, up to the point where enrolment itself judges them.

use lamplight::store::token::Scope;

use super::ward::Ward;

#[tokio::test]
async fn bodies_that_fit_no_column_are_refused_by_name() {
    let ward = Ward::open().await;
    let token = ward.token("records", Scope::Write, None).await;
    for (path, body, told) in [
        ("/api/v1/patients", "", "no JSON object"),
        ("/api/v1/patients", "[]", "no JSON object"),
        ("/api/v1/patients", r#"{"patient_id":"p1","shoe_size":41}"#, "unknown column 'shoe_size'"),
        ("/api/v1/patients", r#"{"patient_id":"p1","name":{"first":"Ada"}}"#, "'name'"),
        ("/api/v1/patients", r#"{"patient_id":"p1","devices":[["x"]]}"#, "'devices'"),
        ("/api/v1/patients", r#"{"patient_id":"p1","devices":["a;b"]}"#, "'devices'"),
        ("/api/v1/patients", r#"{"patient_id":"p1","thresholds":{"r.p":[1]}}"#, "'thresholds'"),
        ("/api/v1/devices", r#"{"device":"bp-1"}"#, "device"),
        ("/api/v1/devices", r#"{"device_id":"a/b"}"#, "device_id"),
        ("/api/v1/devices", r#"{"device_id":"bp-1","patient_id":"a b"}"#, "patient_id"),
    ] {
        let reply = ward.call(&token, "POST", path, body).await;
        assert_eq!(reply.status, 400, "{body} {}", reply.body);
        assert!(reply.json()["detail"].as_str().unwrap().contains(told), "{body} {}", reply.body);
    }
}
