//! Stopping and starting the texts to a patient by the API.

use lamplight::store::token::Scope;
use serde_json::json;

use super::ward::Ward;

#[tokio::test]
async fn a_nurse_stops_the_texts_to_a_patient_and_starts_them_on_the_patients_word() {
    let ward = Ward::open().await;
    ward.furnish().await;
    let token = ward.token("desk", Scope::Write, None).await;
    let path = "/api/v1/patients/p1/texts";
    let stopped =
        ward.call(&token, "POST", &format!("{path}/stop"), r#"{"why": "asked so", "by": "sister"}"#).await;
    assert_eq!(stopped.status, 200, "{}", stopped.body);
    let reply = ward.call(&token, "GET", path, "").await.json();
    assert_eq!(reply["standing"], "stopped");
    assert_eq!(
        (&reply["changes"][0]["by"], &reply["changes"][0]["why"]),
        (&json!("sister"), &json!("asked so"))
    );
    for (deed, body, status) in [
        ("stop", r#"{"why": "again", "by": "sister"}"#, 409),
        ("stop", r#"{"by": "sister"}"#, 400),
        ("start", r#"{"by": "sister"}"#, 400),
        ("start", r#"{"why": "wrong word", "by": "sister"}"#, 400),
        ("start", r#"{"patients_word": "rang us", "by": "sister"}"#, 200),
        ("start", r#"{"patients_word": "rang us", "by": "sister"}"#, 409),
    ] {
        let reply = ward.call(&token, "POST", &format!("{path}/{deed}"), body).await;
        assert_eq!(reply.status, status, "{deed} {body}: {}", reply.body);
    }
    let reply = ward.call(&token, "GET", path, "").await.json();
    assert_eq!((&reply["standing"], &reply["consent"]), (&json!("active"), &json!("opt_in")));
    for (method, path) in [("GET", "texts"), ("POST", "texts/stop")] {
        let reply = ward
            .call(&token, method, &format!("/api/v1/patients/nobody/{path}"), r#"{"why": "x", "by": "y"}"#)
            .await;
        assert_eq!(reply.status, 404, "{method}");
    }
}
